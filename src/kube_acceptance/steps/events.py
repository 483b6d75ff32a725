"""Events that the cluster tells of objects."""

from __future__ import annotations

from kube_acceptance.release import Release
from kube_acceptance.report import note
from kube_acceptance.state import events
from kube_acceptance.vocabulary import assertion, must


@assertion(
    'an event of the {kind} "{name}" has the reason "{reason}"',
    trouble=True,
    example='an event of the Deployment "${RELEASE}-backend" has the reason "ScalingReplicaSet"',
)
def event_has_reason(release: Release, kind: str, name: str, reason: str) -> None:
    """The cluster told that of an object, within the hour that it keeps events."""
    note(events.must_tell(release, kind, name, reason))


@assertion('no event of the {kind} "{name}" is a warning')
def no_warning(release: Release, kind: str, name: str) -> None:
    """The cluster told of an object, but nothing to worry about."""
    found = events.of(release, kind, name)
    must((f"{kind} {name}: {one.reason}: {one.message}" for one in found if one.type == "Warning"), of="events")
    note(f"{len(found)} events")
