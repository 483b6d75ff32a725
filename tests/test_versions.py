"""What docs/versions.md says is what the code pins."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from kube_acceptance.tools import PINS

ROOT = Path(__file__).parents[1]
TABLE = {
    cells[1].strip(): cells
    for line in (ROOT / "docs" / "versions.md").read_text().splitlines()
    if len(cells := line.split("|")) > 5
}
LIB = dict(re.findall(r"^([A-Z0-9_]+)=([\d.]+)", (ROOT / "deploy/closed-network/lib.sh").read_text(), flags=re.M))


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("Kubernetes", LIB["KUBERNETES"]),
        ("Kind", LIB["KIND"]),
        ("Kind", PINS["kind"].version),
        ("Helm", LIB["HELM"]),
        ("Helm", LIB["HELM3"]),
        ("Helm", PINS["helm"].version),
    ],
)
def test_the_document_names_the_version(name: str, version: str) -> None:
    assert version in "|".join(TABLE[name])


def test_the_oldest_helm_is_the_same_however_it_is_had() -> None:
    assert PINS["helm3"].version == LIB["HELM3"]
    assert LIB["HELM3"].startswith(TABLE["Helm"][2].strip())


def test_the_chart_takes_the_oldest_kubernetes() -> None:
    chart = yaml.safe_load((ROOT / "charts/todo/Chart.yaml").read_text())
    assert chart["kubeVersion"] == f">={TABLE['Kubernetes'][2].strip()}.0-0"
