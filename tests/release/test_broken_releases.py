"""After a release was refused or rolled back, the next upgrade starts from what is there, not from what was tried."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace as Object
from typing import Any

import pytest

from kube_acceptance.errors import ConfigurationError, ReleaseError
from kube_acceptance.release import Chart, Release

# it refuses what has `bad` among its values, counts revisions, and rolls back what it waits for
HELM = """#!/bin/sh
here="$(dirname "$0")"
count() { cat "$here/count" 2>/dev/null || echo 0; }
for last in "$@"; do case "$last" in */overrides.yaml) cp "$last" "$here/given" ;; esac; done
case "$1" in
version) printf %s "$VERSION" ;;
history) echo "[{\\"revision\\": $(count)}]" ;;
upgrade)
    echo "$*" >>"$here/calls"
    if grep -q bad "$here/given"; then echo "Error: release shop failed, and has been rolled back" >&2; exit 1; fi
    echo $(($(count) + 1)) >"$here/count" ;;
rollback) echo $(($(count) + 1)) >"$here/count" ;;
esac
"""


@pytest.fixture
def release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Release:
    monkeypatch.setenv("VERSION", "v4.1.0")
    helm = tmp_path / "helm"
    helm.write_text(HELM)
    helm.chmod(0o755)
    cluster: Any = Object(kubeconfig=Path("kubeconfig"))
    made = Release(cluster, Chart(helm, Path("chart")), name="shop", namespace="own")
    made.install()
    return made


def given(tmp_path: Path) -> Any:
    return json.loads((tmp_path / "given").read_text())


def test_what_was_refused_is_not_tried_again(release: Release, tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match=r"^helm upgrade refused the chart chart: release shop failed"):
        release.upgrade({"image": "bad"})
    assert release.upgrade({"replicas": 2}) == 2
    assert given(tmp_path) == {"replicas": 2}


def test_a_rollback_brings_back_the_values_of_its_revision(release: Release, tmp_path: Path) -> None:
    assert release.upgrade({"image": "other"}) == 2
    assert release.rollback(1) == 3
    release.upgrade({"replicas": 2})
    assert given(tmp_path) == {"replicas": 2}
    release.rollback(2)
    release.upgrade({"replicas": 3})
    assert given(tmp_path) == {"image": "other", "replicas": 3}


@pytest.mark.parametrize(("version", "flag"), [("v3.19.0", "--atomic"), ("v4.0.1", "--rollback-on-failure")])
def test_helm_is_asked_to_roll_back_in_the_words_of_its_version(
    release: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, flag: str
) -> None:
    monkeypatch.setenv("VERSION", version)
    with pytest.raises(ReleaseError, match="has been rolled back"):
        release.upgrade_or_roll_back({"image": "bad"}, within=30)
    assert f"upgrade shop chart {flag} --timeout 30s " in (tmp_path / "calls").read_text().splitlines()[-1]
    assert release.chart.overrides == {}


def test_another_version_of_a_chart_differs_in_one_file(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "web.yaml").write_text("path: /ready\n")
    chart = Chart(Path("helm"), folder, values=[folder / "values.yaml", Path("/elsewhere.yaml")], overrides={"a": 1})
    other = chart.edited(tmp_path / "copy", "web.yaml", "/ready", "/no-such")
    assert (other.folder / "web.yaml").read_text() == "path: /no-such\n"
    assert (folder / "web.yaml").read_text() == "path: /ready\n"
    assert other.values == (tmp_path / "copy" / "shop" / "values.yaml", Path("/elsewhere.yaml"))
    assert other.overrides == {"a": 1}
    for file, words in (("web.yaml", "/readyz"), ("none.yaml", "/ready")):
        with pytest.raises(ConfigurationError) as refused:
            chart.edited(tmp_path / file / "copy", file, words, "x")
        assert str(refused.value) == f"no {words!r} stands in {file} of the chart shop"
