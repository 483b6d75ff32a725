"""Objects of any kind, as the API server holds them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import yaml

from kube_acceptance.command import CommandError
from kube_acceptance.errors import AcceptanceError, ConfigurationError
from kube_acceptance.manifests import read_manifests
from kube_acceptance.release import Release
from kube_acceptance.release.release import INSTANCE
from kube_acceptance.wait import Seen, eventually
from kube_acceptance.wait.changes import changes


def find(release: Release, kind: str, name: str) -> dict[str, Any] | None:
    """An object of the release's namespace (or of the cluster); None when there is none of that name.

    Raises:
        ConfigurationError: The cluster knows no such kind.
    """
    try:
        said = _kubectl(release, "get", kind, name, "--output", "json")
    except CommandError as error:
        if "(NotFound)" in error.completed.stderr:
            return None
        raise
    found: dict[str, Any] = json.loads(said)
    return found


def read(release: Release, kind: str, name: str) -> dict[str, Any]:
    """An object; raises AcceptanceError when it is not there."""
    found = find(release, kind, name)
    if found is None:
        raise AcceptanceError(f"there is no {kind} {name} in namespace {release.namespace}")
    return found


def condition(item: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A condition of an object's status; an empty one where there is none."""
    found = (item.get("status") or {}).get("conditions") or []
    return next((one for one in found if one["type"] == name), {})


def must_say(release: Release, kind: str, name: str, condition_name: str, reason: str) -> str:
    """Fail unless a condition of an object is true for a reason; returns its message."""
    found = condition(read(release, kind, name), condition_name)
    if found.get("status") != "True" or found.get("reason") != reason:
        told = f"{found['status']} because of {found.get('reason')}" if found else "not told"
        raise AcceptanceError(f"{condition_name} of {kind} {name} is {told}, not true because of {reason}")
    return str(found.get("message", ""))


def must_be_absent(release: Release, kind: str, name: str) -> None:
    """Fail when there is such an object; that its kind is known is asked too, so that a typing error is no success."""
    if find(release, kind, name) is not None:
        raise AcceptanceError(f"there is a {kind} {name} in namespace {release.namespace}")


def of_release(release: Release, kind: str) -> list[dict[str, Any]]:
    """The objects of a kind that carry the release's label; raises AcceptanceError when there are none."""
    found = labelled(release, kind)
    if not found:
        raise AcceptanceError(f"release {release.name} has no {kind} in namespace {release.namespace}")
    return found


def labelled(release: Release, kind: str) -> list[dict[str, Any]]:
    """The objects of a kind that carry the release's label, if there are any."""
    said = _kubectl(release, "get", kind, "--selector", f"{INSTANCE}={release.name}", "--output", "json")
    found: list[dict[str, Any]] = json.loads(said)["items"]
    return found


def left(release: Release, objects: list[dict[str, Any]]) -> set[str]:
    """Those objects of a list that are still there, by kind and name."""
    names = [(item["kind"], item["metadata"]["name"]) for item in objects]
    return {f"{kind} {name}" for kind, name in names if find(release, kind, name) is not None}


def apply(release: Release, manifests: str) -> list[str]:
    """Apply manifests in the release's namespace, and return what was applied.

    Raises:
        ConfigurationError: There is no object in them.
        AcceptanceError: The API server refused.
    """
    objects = parsed(manifests)
    try:
        _kubectl(release, "apply", "--filename", "-", manifests=manifests)
    except CommandError as error:
        raise AcceptanceError(f"the objects were refused: {_reason(error)}", details=error.details) from error
    return [f"{item['kind']} {item['metadata']['name']}" for item in objects]


def must_be_refused(release: Release, manifests: str, words: str) -> str:
    """Fail unless the API server refuses manifests with some words; returns what it said. Nothing is created."""
    parsed(manifests)
    try:
        _kubectl(release, "create", "--dry-run=server", "--filename", "-", manifests=manifests)
    except CommandError as error:
        said = _reason(error)
        if words not in said:
            raise AcceptanceError(f"the objects were refused for another reason: {said}") from error
        return said
    raise AcceptanceError(f"namespace {release.namespace} takes these objects")


def delete(release: Release, kind: str, name: str, *, within: float) -> str:
    """Delete an object and wait until another UID or none stands under its name; returns the UID that is gone.

    Raises:
        AcceptanceError: There is no such object.
        WaitError: It is still there after `within` seconds.
    """
    uid: str = read(release, kind, name)["metadata"]["uid"]

    def gone() -> Seen[None]:
        now = find(release, kind, name)
        return Seen(now is None or now["metadata"]["uid"] != uid, f"{kind} {name} is still being deleted")

    with changes(release.cluster.new_client, release.namespace) as changed:
        _kubectl(release, "delete", kind, name, "--wait=false")
        eventually(f"{kind} {name} to be gone", gone, within=within, changed=changed)
    return uid


def parsed(manifests: str) -> list[dict[str, Any]]:
    """The objects in a text.

    Raises:
        ConfigurationError: It is not YAML, or there are none.
    """
    try:
        objects = read_manifests(manifests)
    except yaml.YAMLError as error:
        raise ConfigurationError(f"the text below the step is not YAML: {error}") from error
    if not objects:
        raise ConfigurationError("the text below the step holds no object")
    return objects


def _kubectl(release: Release, *arguments: str, manifests: str = "") -> str:
    try:
        return release.cluster.kubectl(
            *arguments, "--namespace", release.namespace, input=manifests.encode() or None
        ).stdout
    except CommandError as error:
        if "doesn't have a resource type" in error.completed.stderr:
            raise ConfigurationError(f"the cluster knows no kind {arguments[1]}") from error
        raise


def _reason(error: CommandError) -> str:
    lines = [line.strip() for line in error.completed.stderr.splitlines() if line.strip()]
    return " ".join(line for line in lines if not line.startswith("Warning:"))[:600]
