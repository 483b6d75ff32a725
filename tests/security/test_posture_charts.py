"""Every values file of a chart, and what is meant to be."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from test_posture_rules import ACCOUNT, LABELS, POLICY, workload
from typer.testing import CliRunner

from kube_acceptance import cli, tools
from kube_acceptance.errors import ReleaseError
from kube_acceptance.release import Chart
from kube_acceptance.security.posture import RULES, Rendered
from kube_acceptance.security.posture.charts import Allowance, findings, renderings

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: web}]}\n"
SERVICE = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "web", "labels": LABELS},
    "spec": {"type": "LoadBalancer"},
}
SAID = "Service web is of type LoadBalancer; make it a ClusterIP, and reach it through an Ingress [cluster-ip]"
SOUND = yaml.safe_dump_all([workload("Job"), ACCOUNT, POLICY])


def chart(folder: Path, *files: str, prints: str = POD) -> Chart:
    (folder / "prints").write_text(prints)
    for file in files:
        (folder / file).write_text("a: 1\n")
    helm = folder / "helm"
    helm.write_text(f"#!/bin/sh\nexec cat {folder}/prints\n")
    helm.chmod(0o755)
    return Chart(helm, folder)


def test_no_values_file_is_forgotten(tmp_path: Path) -> None:
    found = renderings(
        chart(tmp_path, "values.yaml", "values-ci.yaml", "other.yaml"), name="x", namespace="y", further={"b.c": True}
    )
    assert list(found) == [
        "values-ci.yaml",
        "values.yaml",
        "values-ci.yaml with b.c=True",
        "values.yaml with b.c=True",
    ]


def test_a_chart_without_values_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError) as caught:
        renderings(chart(tmp_path), name="x", namespace="y")
    assert str(caught.value) == f"the chart {tmp_path.name} has no values file, so nothing was checked"


def test_a_chart_that_runs_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError) as caught:
        renderings(chart(tmp_path, "values.yaml", prints="{kind: ConfigMap, metadata: {}}"), name="x", namespace="y")
    assert str(caught.value) == (
        f"the chart {tmp_path.name} renders no container with values.yaml, so nothing was checked"
    )


def test_a_breach_is_told_once_with_where_it_is() -> None:
    bad = Rendered([SERVICE])
    assert list(findings({"a.yaml": Rendered([]), "b.yaml": bad})) == [f"b.yaml: {SAID}"]
    assert list(findings({"a.yaml": bad, "b.yaml": bad, "c.yaml": bad}, "locality")) == [
        f"a.yaml: {SAID} (and in 2 more renderings)"
    ]
    assert list(findings({"a.yaml": bad}, "bounds")) == []


def test_an_allowance_is_for_one_rule_and_one_thing() -> None:
    found = {"a.yaml": Rendered([SERVICE])}
    assert list(findings(found, allowed=[Allowance("cluster-ip", "Service web", "it is for MetalLB")])) == []
    for other in (Allowance("cluster-ip", "Service db", "x"), Allowance("named-ports", "Service web", "x")):
        assert list(findings(found, allowed=[other])) == [
            f"a.yaml: {SAID}",
            f"nothing of {other.of!r} breaks the rule {other.rule}; remove the allowance",
        ]


@pytest.mark.parametrize(("prints", "status"), [(SOUND, 0), (SOUND.replace("web:1.0", "web:latest"), 1)])
def test_the_command_holds_a_chart_against_the_rules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, prints: str, status: int
) -> None:
    given = chart(tmp_path, "values.yaml", prints=prints)
    (tmp_path / "Chart.yaml").touch()
    monkeypatch.setattr(tools, "resolve", lambda name, cache: given.helm_program)
    ended = CliRunner().invoke(cli.app, ["lint", str(tmp_path)])
    told = "values.yaml: container web of Job web runs web:latest, which names no version; give it a tag with one, or a"
    assert ended.exit_code == status
    assert ended.output.splitlines() == [
        *([f"{told} digest [exact-image]"] if status else []),
        f"{status} breaches of {len(RULES)} rules in values.yaml",
    ]


def test_the_command_refuses_a_folder_that_is_no_chart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools, "resolve", lambda name, cache: tmp_path / "helm")
    ended = CliRunner().invoke(cli.app, ["lint", str(tmp_path)])
    assert str(ended.exception) == f"{tmp_path} is no chart: it has no Chart.yaml"
