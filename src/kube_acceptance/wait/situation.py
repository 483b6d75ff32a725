"""The part of a namespace that a wait is about: its workloads, their pods, claims and events."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

LONG_AGO = datetime.fromtimestamp(0, UTC)
REVISION = "deployment.kubernetes.io/revision"  # of a Deployment and of its ReplicaSets, by the Deployment's controller
REVISION_OF_SET = "controller-revision-hash"  # of a StatefulSet's pods, by its controller
WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "Job")


@dataclass(frozen=True)
class Situation:
    """What is now.

    Args:
        now: By the clock that wrote the times in the objects.
        workloads: The workloads, each with its kind.
        sets: The newest ReplicaSets of Deployments among them.
        pods: Their pods of the newest revision that are not being deleted. Those of an older one do not keep the newest
            from becoming ready, whatever they suffer from.
        claims: The claims that these pods use.
        events: What is told of these objects: by UID, so that nobody is blamed for a namesake of the past.
        going: Whether pods of the namespace are being deleted, which frees what they hold.
        nodes: Reads the nodes.
    """

    now: datetime
    workloads: Sequence[tuple[str, Any]] = ()
    sets: Sequence[Any] = ()
    pods: Sequence[Any] = ()
    claims: Sequence[Any] = ()
    events: Sequence[Any] = ()
    going: bool = False
    nodes: Callable[[], Sequence[Any]] = field(default=lambda: ())

    def told(self, about: Any, *reasons: str, container: str = "") -> list[Any]:
        """The events about an object (of one of its containers) with one of these reasons, the newest last."""
        found = [
            event
            for event in self.events
            if event.involved_object.uid == about.metadata.uid
            and event.reason in reasons
            and (not container or f"{{{container}}}" in (event.involved_object.field_path or ""))
        ]
        return sorted(found, key=last)


def last(event: Any) -> datetime:
    """When an event was told the last time; events of one kind are counted, not repeated."""
    series = event.series.last_observed_time if event.series else None
    return _first_of(event.last_timestamp, series, event.event_time, event.metadata.creation_timestamp)


def first(event: Any) -> datetime:
    """When an event was told the first time."""
    return _first_of(event.first_timestamp, event.event_time, event.metadata.creation_timestamp)


def _first_of(*times: datetime | None) -> datetime:
    return next((time for time in times if time), LONG_AGO)


def situation(
    items: Callable[[str], Sequence[Any]], now: Callable[[], datetime], wanted: Collection[tuple[str, str]] = ()
) -> Situation:
    """The situation of some workloads of a namespace.

    Args:
        items: Reads the objects of a kind.
        now: Tells the time by the cluster's clock.
        wanted: The workloads by kind and name; all when there are none.
    """
    workloads = [
        (kind, one) for kind in WORKLOADS for one in items(kind) if not wanted or (kind, one.metadata.name) in wanted
    ]
    # of a change that its controller has not seen yet, the pods are still those of before
    mine = {one.metadata.uid: one for _, one in workloads if _observed(one)}
    sets = items("ReplicaSet")
    mine |= {one.metadata.uid: one for one in sets if (of := mine.get(_owner(one))) and _revision(one) == _revision(of)}
    strangers = {one.metadata.uid for one in sets} - set(mine)
    everybody = items("Pod")
    pods = [
        pod
        for pod in everybody
        if not pod.metadata.deletion_timestamp
        and (
            _is_current(pod, mine[_owner(pod)])
            if _owner(pod) in mine
            else ("Pod", pod.metadata.name) in wanted or (not wanted and _owner(pod) not in strangers)
        )
    ]
    names = set(_claims_of(pods))
    claims = [one for one in items("PersistentVolumeClaim") if one.metadata.name in names]
    known = {*mine, *(one.metadata.uid for one in (*pods, *claims))}
    return Situation(
        now=now(),
        workloads=workloads,
        sets=[one for one in sets if one.metadata.uid in mine],
        pods=pods,
        claims=claims,
        events=[event for event in items("Event") if event.involved_object.uid in known],
        going=any(pod.metadata.deletion_timestamp for pod in everybody),
        nodes=lambda: items("Node"),
    )


def is_owned(item: Any, by: Any) -> bool:
    """Whether an object is controlled by another."""
    return _owner(item) == str(by.metadata.uid)


def _owner(item: Any) -> str:
    return next((str(one.uid) for one in item.metadata.owner_references or [] if one.controller), "")


def _observed(item: Any) -> bool:
    observed = getattr(item.status, "observed_generation", None)
    return observed is None or observed >= item.metadata.generation


def _revision(item: Any) -> str:
    return str((item.metadata.annotations or {}).get(REVISION, ""))


def _is_current(pod: Any, owner: Any) -> bool:
    update = getattr(owner.status, "update_revision", None)
    return not update or (pod.metadata.labels or {}).get(REVISION_OF_SET) == update


def _claims_of(pods: Iterable[Any]) -> Iterable[str]:
    for pod in pods:
        for volume in pod.spec.volumes or []:
            if volume.persistent_volume_claim:
                yield volume.persistent_volume_claim.claim_name
