"""Phrases on charts before any cluster."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import kubernetes_validate
import yaml
from pytest_bdd import given, parsers, then, when

from kube_acceptance import trace
from kube_acceptance.config import Config
from kube_acceptance.errors import AcceptanceError, ReleaseError
from kube_acceptance.release import Chart
from kube_acceptance.release.objects import containers
from kube_acceptance.report import note
from kube_acceptance.steps.phrases import must, some


@given("the chart", target_fixture="chart")
def the_chart(chart: Chart) -> Chart:
    return chart


@given(parsers.parse('the chart with the values file "{values}"'), target_fixture="objects")
def chart_with_values(chart: Chart, settings: Config, values: str) -> list[dict[str, Any]]:
    objects = chart.using(chart.folder / values).render(name=settings.release, namespace="static")
    note(f"{len(objects)} objects")
    return objects


@then(parsers.parse("every object it renders is valid for Kubernetes {version}"))
def objects_are_valid(objects: list[dict[str, Any]], version: str) -> None:
    must((problem for item in objects for problem in _invalid(item, version)), of="objects")


@then("every object it renders names a task that exists")
def objects_name_tasks(objects: list[dict[str, Any]], documents: trace.Trace) -> None:
    must(trace.task_findings(objects, documents), of="objects")


@then("every container it renders requests CPU and memory, and has limits of both")
def containers_are_bounded(objects: list[dict[str, Any]]) -> None:
    found = some(containers(objects), what="containers")
    must(
        (problem for where, container in containers(objects) for problem in unbounded(where, container)),
        of="containers",
    )
    note(f"{len(found)} containers")


@when(parsers.parse('it is rendered with "{path}" set to {value}'), target_fixture="refusal")
def rendered_with(chart: Chart, settings: Config, path: str, value: str) -> ReleaseError:
    chart.render(name=settings.release, namespace="static")  # the control: without the bad value it renders
    try:
        chart.using(**{path: yaml.safe_load(value)}).render(name=settings.release, namespace="static")
    except ReleaseError as error:
        return error
    raise AcceptanceError(f"the chart takes {path}={value} without a word")


@then(parsers.parse('it is refused with a message that says "{message}"'))
def refused_with(refusal: ReleaseError, message: str) -> None:
    if message not in refusal.summary:
        raise AcceptanceError(f"the refusal does not say {message!r}: {refusal.summary}")
    note(refusal.summary)


def unbounded(where: str, container: Mapping[str, Any]) -> Iterator[str]:
    """What a container's resources lack, a sentence each."""
    resources = container.get("resources") or {}
    for kind in ("requests", "limits"):
        for resource in ("cpu", "memory"):
            if not (resources.get(kind) or {}).get(resource):
                yield f"container {container['name']} of {where} has no {resource} in its {kind}"


def _invalid(item: Mapping[str, Any], version: str) -> Iterator[str]:
    what = f"{item.get('kind')} {item.get('metadata', {}).get('name')}"
    try:
        kubernetes_validate.validate(item, version, strict=True)
    except kubernetes_validate.ValidationError as error:
        path = "/".join(str(part) for part in error.path)
        yield f"{what} is not valid at {path or 'its top'}: {error.message}"
