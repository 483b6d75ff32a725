"""Events that the cluster tells of an object."""

from __future__ import annotations

from typing import Any

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.release import Release


def of(release: Release, kind: str, name: str) -> list[Any]:
    """The events of an object; raises AcceptanceError when there are none (they are kept for an hour)."""
    selector = f"involvedObject.kind={kind},involvedObject.name={name}"
    found: list[Any] = release.cluster.core.list_namespaced_event(release.namespace, field_selector=selector).items
    if not found:
        raise AcceptanceError(f"no event tells of {kind} {name} in namespace {release.namespace}")
    return found


def must_tell(release: Release, kind: str, name: str, reason: str) -> str:
    """Fail unless an event of an object has a reason; returns its message."""
    told = of(release, kind, name)
    for event in told:
        if event.reason == reason:
            return str(event.message)
    reasons = ", ".join(sorted({str(event.reason) for event in told}))
    raise AcceptanceError(f"no event of {kind} {name} has the reason {reason}; there are {reasons}")
