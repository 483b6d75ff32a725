"""Values, and what Helm says when it refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kube_acceptance.errors import ReleaseError
from kube_acceptance.release.chart import Chart, nested, reason
from kube_acceptance.release.objects import containers, images
from kube_acceptance.release.renderings import Renderings


def helm(folder: Path, script: str) -> Path:
    program = folder / "helm"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return program


def test_values_by_dotted_path() -> None:
    assert nested({"a.b.c": 1, "a.d": 2, "e": 3}) == {"a": {"b": {"c": 1}, "d": 2}, "e": 3}


def test_renders_with_values_and_overrides(tmp_path: Path) -> None:
    program = helm(
        tmp_path, 'shift 5; for f; do [ "$f" = --values ] || cat "$f"; done | sed "s/^/kind: X #/"; echo "metadata: {}"'
    )
    values = tmp_path / "values.yaml"
    values.write_text("one: 1\n")
    chart = Chart(program, tmp_path, values=[values]).using(**{"two.three": 4})
    assert chart.render(name="x", namespace="y") == [{"kind": "X", "metadata": {}}]


def test_a_tag_that_looks_like_a_number_is_a_text(tmp_path: Path) -> None:
    program = helm(tmp_path, 'for f; do last=$f; done; printf "kind: X\nmetadata: {}\nsaid: |\n  "; cat "$last"')
    [said] = Chart(program, tmp_path).using(tag="172472917e32").render(name="x", namespace="y")
    assert said["said"] == '{"tag": "172472917e32"}\n'


def test_a_mutant_changes_what_is_rendered_whatever_the_values(tmp_path: Path) -> None:
    chart = Chart(
        helm(tmp_path, "echo {kind: X, metadata: {}}"), tmp_path, change=lambda objects: [*objects, {"kind": "Y"}]
    )
    assert chart.using(a=1).render(name="x", namespace="y") == [{"kind": "X", "metadata": {}}, {"kind": "Y"}]


def test_what_was_rendered_is_kept_until_something_it_depends_on_differs(tmp_path: Path) -> None:
    chart_folder, kept = tmp_path / "chart", tmp_path / "kept"
    chart_folder.mkdir()
    kept.mkdir()
    (chart_folder / "values.yaml").write_text("one: 1")
    program = helm(tmp_path, f"echo x >> {tmp_path}/calls; echo {{kind: X, metadata: {{}}}}")

    def calls(chart: Chart, **names: str) -> int:
        chart.render(**{"name": "x", "namespace": "y", **names})
        return (tmp_path / "calls").read_text().count("x")

    chart = Chart(program, chart_folder, values=[chart_folder / "values.yaml"], renderings=Renderings(kept))
    assert [calls(chart), calls(chart), calls(chart.using())] == [1, 1, 1]
    changed = Chart(program, chart_folder, values=chart.values, renderings=Renderings(kept), change=lambda _: [])
    assert calls(changed) == 1
    assert changed.render(name="x", namespace="y") == []
    assert [calls(chart.using(a=1)), calls(chart, name="z"), calls(chart, namespace="z")] == [2, 3, 4]
    (chart_folder / "template").write_text("new")
    assert calls(chart) == 5
    program.write_text(program.read_text() + "\n")
    assert [calls(chart), calls(chart)] == [6, 6]
    assert calls(chart.edited(tmp_path / "copies", "values.yaml", "1", "2")) == 7


def test_a_refusal_is_not_kept(tmp_path: Path) -> None:
    chart_folder, kept = tmp_path / "chart", tmp_path / "kept"
    chart_folder.mkdir()
    kept.mkdir()
    chart = Chart(helm(tmp_path, "exit 1"), chart_folder, renderings=Renderings(kept))
    with pytest.raises(ReleaseError):
        chart.render(name="x", namespace="y")
    assert list(kept.iterdir()) == []


def test_a_chart_that_renders_nothing_fails(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError) as caught:
        Chart(helm(tmp_path, "true"), tmp_path).render(name="x", namespace="y")
    assert str(caught.value) == f"the chart {tmp_path.name} renders no object at all"


def test_what_is_no_object_is_told(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError) as caught:
        Chart(helm(tmp_path, "echo apiVersion: v1"), tmp_path).render(name="x", namespace="y")
    assert str(caught.value) == (
        f"object 1 that the chart {tmp_path.name} renders has no kind or no metadata\n"
        "Look for it in what `helm template` prints.\n"
        "  apiVersion: v1"
    )


def test_the_first_line_is_helms_reason(tmp_path: Path) -> None:
    script = "echo 'WARNING: old' >&2; echo 'Error: parse error at (x.yaml:3): unclosed action' >&2; exit 1"
    with pytest.raises(ReleaseError) as caught:
        Chart(helm(tmp_path, script), tmp_path).render(name="x", namespace="y")
    assert caught.value.summary == (
        f"helm template refused the chart {tmp_path.name}: parse error at (x.yaml:3): unclosed action"
    )


def test_reason_joins_what_follows_the_word_error() -> None:
    said = "level=info x\nError: values don't meet the specifications\nweb:\n- at '/replicas': got string\n"
    assert reason(said) == "values don't meet the specifications web: - at '/replicas': got string"


def test_containers_of_every_kind_of_workload() -> None:
    spec = {"initContainers": [{"name": "a"}], "containers": [{"name": "b"}]}
    objects = [
        {"kind": "Deployment", "metadata": {"name": "d"}, "spec": {"template": {"spec": spec}}},
        {"kind": "CronJob", "metadata": {"name": "c"}, "spec": {"jobTemplate": {"spec": {"template": {"spec": spec}}}}},
        {"kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [{"name": "x"}]}},
        {"kind": "Service", "metadata": {"name": "s"}, "spec": {}},
    ]
    assert [(where, each["name"]) for where, each in containers(objects)] == [
        ("Deployment d", "a"),
        ("Deployment d", "b"),
        ("CronJob c", "a"),
        ("CronJob c", "b"),
        ("Pod p", "x"),
    ]


def test_images_and_the_ports_that_their_containers_name() -> None:
    def deployment(*containers: dict[str, Any]) -> dict[str, Any]:
        spec = {"initContainers": [{"name": "i", "image": "a:1"}], "containers": list(containers)}
        return {"kind": "Deployment", "metadata": {"name": "web"}, "spec": {"template": {"spec": spec}}}

    web = {"name": "w", "image": "a:1", "ports": [{"containerPort": 80}, {"containerPort": 53, "protocol": "UDP"}]}
    assert images([deployment(web), deployment({"name": "x", "image": "b:1"})]) == {
        "a:1": {"80/tcp", "53/udp"},
        "b:1": set(),
    }


def test_the_version_of_the_application(tmp_path: Path) -> None:
    (tmp_path / "Chart.yaml").write_text("appVersion: 1.2\n")
    assert Chart(Path("helm"), tmp_path).app_version == "1.2"
    (tmp_path / "Chart.yaml").write_text("version: 1\n")
    with pytest.raises(ReleaseError) as error:
        _ = Chart(Path("helm"), tmp_path).app_version
    assert error.value.summary.endswith("has no appVersion, so no image can be held against it")
