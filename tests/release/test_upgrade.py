"""A release becomes another version's: chart, values and what a mutant changes come from there."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace as Object
from typing import Any

from kube_acceptance.release import Chart, Release

HELM = """#!/bin/sh
echo "$POST $*" >> "$(dirname "$0")/calls"
[ "$1" = history ] && echo '[{"revision": 1}, {"revision": 2}]'
exit 0
"""


def test_an_upgrade_to_another_version(tmp_path: Path) -> None:
    helm = tmp_path / "helm"
    helm.write_text(HELM)
    helm.chmod(0o755)
    cluster: Any = Object(kubeconfig=Path("kubeconfig"))

    def release(version: str, **options: Any) -> Release:
        chart = Chart(helm, Path(version), values=[Path(version) / "values.yaml"])
        return Release(cluster, chart, name="shop", namespace="own", **options)

    old = release("before")
    old.install()
    assert old.upgrade_to(release("now", post_renderer=(("--post-renderer", "x"), {"POST": "mutant"}))) == 2
    assert old.chart.folder == Path("now")
    where = "--namespace own --kubeconfig kubeconfig"
    first, second, third = (tmp_path / "calls").read_text().splitlines()
    assert first.startswith(f" upgrade shop before --install {where} --values before/values.yaml ")
    assert second.startswith(f"mutant upgrade shop now --install --post-renderer x {where} --values now/values.yaml ")
    assert third == f" history shop --output json {where}"
