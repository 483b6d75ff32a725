"""Objects of any kind: applied, deleted, refused, and what their fields are."""

from __future__ import annotations

from typing import Any

import yaml

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.release import Release
from kube_acceptance.report import note
from kube_acceptance.state import objects, paths
from kube_acceptance.vocabulary import assertion, must, rows, when


@when("these objects are applied")
def applied(release: Release, docstring: str) -> None:
    """Applies the YAML below the step in the release's namespace; for a release of one's own."""
    note(f"applied: {', '.join(objects.apply(release, docstring))}")


@when('the {kind} "{name}" is deleted and gone within {within:duration}')
def deleted(release: Release, kind: str, name: str, within: float) -> None:
    """Deletes an object; none or another one, by UID, stands in its place then."""
    note(f"{kind} {name} {objects.delete(release, kind, name, within=within)} is gone")


@assertion(
    'these objects are refused because of "{words}"', example='these objects are refused because of "exceeded quota"'
)
def refused(release: Release, docstring: str, words: str) -> None:
    """The API server refuses the YAML below the step with these words, and with no others; nothing is created."""
    note(objects.must_be_refused(release, docstring, words))


@assertion('the {kind} "{name}" exists')
def exists(release: Release, kind: str, name: str) -> None:
    """There is such an object in the release's namespace."""
    note(f"UID {objects.read(release, kind, name)['metadata']['uid']}")


@assertion('there is no {kind} "{name}"', trouble=True)
def is_absent(release: Release, kind: str, name: str) -> None:
    """There is no such object, of a kind that the cluster knows."""
    objects.must_be_absent(release, kind, name)


@assertion(
    'the {kind} "{name}" has "{path}" equal to {value:value}',
    example='the Deployment "shop-web" has "spec.template.spec.containers[name=web].ports[0].name" equal to "http"',
)
def has(release: Release, kind: str, name: str, path: str, value: Any) -> None:
    """A field has a value, written as JSON: `spec.replicas`, `metadata.labels[a.dotted/key]`, `ports[0].name`."""
    paths.must_equal(objects.read(release, kind, name), path, value, what=f"{kind} {name}")


@assertion('the {kind} "{name}" has these fields')
def has_fields(release: Release, kind: str, name: str, datatable: list[list[str]]) -> None:
    """The fields of a table `| path | value |` have these values, written as YAML."""
    item = objects.read(release, kind, name)
    for row in rows(datatable):
        paths.must_equal(item, row["path"], yaml.safe_load(row["value"]), what=f"{kind} {name}")


@assertion(
    'the {kind} "{name}" is "{condition}" because of "{reason}"',
    trouble=True,
    example='the Deployment "${RELEASE}-backend" is "Available" because of "MinimumReplicasAvailable"',
)
def is_because(release: Release, kind: str, name: str, condition: str, reason: str) -> None:
    """A condition of the object's status is true, and for that reason."""
    note(objects.must_say(release, kind, name, condition, reason))


@assertion('the {kind} "{name}" matches')
def matches(release: Release, kind: str, name: str, docstring: str) -> None:
    """The object holds everything that the YAML below the step does; it may hold more."""
    [expected] = objects.parsed(docstring)
    paths.must_hold(objects.read(release, kind, name), expected, what=f"{kind} {name}")


@assertion(
    'every {kind} of the release has "{path}" equal to {value:value}',
    example='every ServiceAccount of the release has "automountServiceAccountToken" equal to false',
)
def every_has(release: Release, kind: str, path: str, value: Any) -> None:
    """The field has that value in all objects of a kind that carry the release's label; none at all fail."""
    items = objects.of_release(release, kind)
    for item in items:
        paths.must_equal(item, path, value, what=f"{kind} {item['metadata']['name']}")
    note(f"{len(items)} objects")


@assertion("the release has {count:d} {kind} object(s)", example="the release has 2 PodDisruptionBudget objects")
def has_count(release: Release, count: int, kind: str) -> None:
    """Just so many objects of a kind, which the cluster knows, carry the release's label."""
    found = [item["metadata"]["name"] for item in objects.labelled(release, kind)]
    if len(found) != count:
        raise AcceptanceError(f"release {release.name} has {len(found)} {kind} objects, not {count}", details=found)


@assertion("the release has these objects")
def has_objects(release: Release, datatable: list[list[str]]) -> None:
    """Every object of a table `| kind | name |` exists."""
    missing = (row for row in rows(datatable) if objects.find(release, row["kind"], row["name"]) is None)
    must((f"there is no {row['kind']} {row['name']}" for row in missing), of="objects")
