"""Charts before any cluster: what they render, and which values they refuse."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kube_acceptance import trace
from kube_acceptance.config import Config
from kube_acceptance.errors import AcceptanceError, ReleaseError
from kube_acceptance.release import Chart
from kube_acceptance.release.objects import containers, unbounded
from kube_acceptance.report import note
from kube_acceptance.state import paths
from kube_acceptance.vocabulary import assertion, given, must, rows, some, when

NAMESPACE = "static"  # that charts are rendered for where there is no cluster


@given("the chart", target_fixture="chart")
def the_chart(chart: Chart) -> Chart:
    """The project's chart with its values files."""
    return chart


@given('the chart with the values file "{values}"', target_fixture="objects")
def chart_with_values_file(chart: Chart, settings: Config, values: str) -> list[dict[str, Any]]:
    """Renders the chart with one of its own values files."""
    return _rendered(chart.using(chart.folder / values), settings)


@given('the chart with the values file "{values}", for Kubernetes {version}', target_fixture="objects")
def chart_for_kubernetes(chart: Chart, settings: Config, values: str, version: str) -> list[dict[str, Any]]:
    """Renders the chart with one of its values files, and tells it that the cluster is of that version."""
    return _rendered(chart.using(chart.folder / values), settings, kubernetes=version)


@given("the chart with these values", target_fixture="objects")
def chart_with_values(chart: Chart, settings: Config, datatable: list[list[str]]) -> list[dict[str, Any]]:
    """Renders the chart with the values of a table `| path | value |`, the values written as YAML."""
    return _rendered(chart.using(**values_of(datatable)), settings)


@assertion(
    "every object it renders is valid for Kubernetes {version}",
    example="every object it renders is valid for Kubernetes 1.37",
)
def objects_are_valid(objects: list[dict[str, Any]], version: str) -> None:
    """Every object keeps the published schema of that version, strictly: unknown fields are refused."""
    must((problem for item in objects for problem in _invalid(item, version)), of="objects")


@assertion("every object it renders names a task that exists")
def objects_name_tasks(objects: list[dict[str, Any]], documents: trace.Trace) -> None:
    """Every object's annotation names tasks of the project's tasks document."""
    must(trace.task_findings(objects, documents), of="objects")


@assertion("every container it renders requests CPU and memory, and has limits of both")
def containers_are_bounded(objects: list[dict[str, Any]]) -> None:
    """No container of any workload lacks a request or a limit."""
    found = some(containers(objects), what="containers")
    must(
        (problem for where, container in containers(objects) for problem in unbounded(where, container)),
        of="containers",
    )
    note(f"{len(found)} containers")


@assertion("it renders {count:d} {kind} object(s)", example="it renders 2 Deployment objects")
def renders_count(objects: list[dict[str, Any]], count: int, kind: str) -> None:
    """The chart renders just so many objects of a kind."""
    found = [item for item in objects if item["kind"] == kind]
    if len(found) != count:
        raise AcceptanceError(f"the chart renders {len(found)} {kind} objects, not {count}")


@assertion(
    "it renders no {kind}, unlike with its own values", example="it renders no Ingress, unlike with its own values"
)
def renders_none(chart: Chart, settings: Config, objects: list[dict[str, Any]], kind: str) -> None:
    """The values given take away all objects of a kind; the control is that there are some without them."""
    some(
        (item for item in _rendered(chart, settings) if item["kind"] == kind), what=f"{kind} objects without the values"
    )
    must((f"the chart renders the {kind} {i['metadata']['name']}" for i in objects if i["kind"] == kind), of="objects")


@assertion(
    'the {kind} "{name}" that it renders has "{path}" equal to {value:value}',
    example='the Deployment "${RELEASE}-backend" that it renders has "spec.replicas" equal to 3',
)
def rendered_has(objects: list[dict[str, Any]], kind: str, name: str, path: str, value: Any) -> None:
    """A field of a rendered object has a value, written as JSON."""
    paths.must_equal(_object(objects, kind, name), path, value, what=f"{kind} {name}")


@assertion(
    'the {kind} "{name}" that it renders has no "{path}", unlike with the chart\'s own values',
    example='the Deployment "${RELEASE}-backend" that it renders has no "spec.replicas", unlike with the chart\'s own '
    "values",
)
def rendered_lacks(
    chart: Chart, settings: Config, objects: list[dict[str, Any]], kind: str, name: str, path: str
) -> None:
    """The values given take away a field of a rendered object; the control is that it is there without them."""
    paths.at(_object(_rendered(chart, settings), kind, name), path, what=f"{kind} {name} without the values")
    paths.must_lack(_object(objects, kind, name), path, what=f"{kind} {name}")


@when(
    'it is rendered with "{path}" set to {value:value}',
    target_fixture="refusal",
    example='it is rendered with "backend.replicas" set to "two"',
)
def rendered_with(chart: Chart, settings: Config, path: str, value: Any) -> ReleaseError:
    """Renders the chart with a value that it must refuse; the control is that it renders without it."""
    _rendered(chart, settings)
    try:
        chart.using(**{path: value}).render(name=settings.release, namespace=NAMESPACE)
    except ReleaseError as error:
        return error
    raise AcceptanceError(f"the chart takes {path}={value!r} without a word")


@assertion(
    'it is refused with a message that says "{message}"',
    timed=False,
    example='it is refused with a message that says "backend/replicas"',
)
def refused_with(refusal: ReleaseError, message: str) -> None:
    """Helm's own reason names what is wrong."""
    if message not in refusal.summary:
        raise AcceptanceError(f"the refusal does not say {message!r}: {refusal.summary}")
    note(refusal.summary)


def values_of(datatable: list[list[str]]) -> dict[str, Any]:
    """The values of a table by their dotted paths."""
    import yaml

    return {row["path"]: yaml.safe_load(row["value"]) for row in rows(datatable)}


def _object(objects: list[dict[str, Any]], kind: str, name: str) -> dict[str, Any]:
    found = [item for item in objects if item["kind"] == kind and item["metadata"]["name"] == name]
    return some(found, what=f"{kind} objects {name} among what the chart renders")[0]


def _rendered(chart: Chart, settings: Config, *, kubernetes: str = "") -> list[dict[str, Any]]:
    objects = chart.render(name=settings.release, namespace=NAMESPACE, kubernetes=kubernetes)
    note(f"{len(objects)} objects")
    return objects


def _invalid(item: Mapping[str, Any], version: str) -> Iterator[str]:
    import kubernetes_validate  # loads schemas, which only this phrase needs

    what = f"{item.get('kind')} {item.get('metadata', {}).get('name')}"
    try:
        kubernetes_validate.validate(item, version, strict=True)
    except kubernetes_validate.ValidationError as error:
        path = "/".join(str(part) for part in error.path)
        yield f"{what} is not valid at {path or 'its top'}: {error.message}"
