"""HorizontalPodAutoscalers: what they measure, and how many pods they have asked for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from kube_acceptance.cluster.lacks import leave_out
from kube_acceptance.errors import AcceptanceError
from kube_acceptance.release import Release
from kube_acceptance.state import events, objects
from kube_acceptance.wait.situation import last

KIND = "HorizontalPodAutoscaler"
RESCALED = "SuccessfulRescale"
# the controller's words in its events
SIZE = re.compile(r"New size: (?P<size>\d+); reason: (?P<reason>.+)")
RAISED = re.compile(r"\babove target\b")
LOWERED = re.compile(r"\bbelow target\b")


def must_measure(release: Release, name: str) -> str:
    """Fail unless an autoscaler has real measurements of what it scales by; returns them, beside their targets.

    Raises:
        AcceptanceError: It has none (`<unknown>`), or says itself that it cannot scale.
    """
    item = objects.read(release, KIND, name)
    active = objects.condition(item, "ScalingActive")
    if active.get("status") != "True" or active.get("reason") != "ValidMetricFound":
        said = f"{KIND} {name} measures nothing: {active.get('message') or 'it says nothing yet'}"
        leave_out(release.cluster.provider, said)
        raise AcceptanceError(said)
    known = _uses(item)
    if not known or None in known:
        raise AcceptanceError(f"{KIND} {name} says that it measures, but tells no measurement")
    return _measured(item)


def must_have_scaled(release: Release, name: str, count: int, *, raised: bool) -> str:
    """Fail unless an autoscaler itself has made it just so many pods last, by the load, and all are ready.

    Raises:
        AcceptanceError: It has not, or for another reason than the load, or there are other pods.
    """
    item = objects.read(release, KIND, name)
    told = [event for event in events.of(release, KIND, name) if event.reason == RESCALED]
    if not told:
        raise AcceptanceError(f"{KIND} {name} has not changed the number of pods")
    newest = max(told, key=last)
    match = SIZE.match(str(newest.message))
    if not match or int(match["size"]) != count or not (RAISED if raised else LOWERED).search(match["reason"]):
        raise AcceptanceError(
            f"{KIND} {name} has not made it {count} pods for the load, but said: {newest.message}; "
            f"now it measures {_measured(item) or 'nothing'}"
        )
    target = item["spec"]["scaleTargetRef"]
    status = objects.read(release, target["kind"], target["name"]).get("status") or {}
    there, ready = status.get("replicas", 0), status.get("readyReplicas", 0)
    if not there == ready == count:
        raise AcceptanceError(f"{target['kind']} {target['name']} has {there} pods, {ready} of them ready, not {count}")
    return str(newest.message)


def _measured(item: Mapping[str, Any]) -> str:
    targets = [one["resource"]["target"].get("averageUtilization") for one in item["spec"]["metrics"]]
    used = ["an unknown part" if use is None else f"{use} %" for use in _uses(item)]
    return ", ".join(f"{use} of the request, {target} % wanted" for use, target in zip(used, targets, strict=False))


def _uses(item: Mapping[str, Any]) -> list[int | None]:
    current: Any = (item.get("status") or {}).get("currentMetrics") or []
    return [one["resource"]["current"].get("averageUtilization") for one in current if one.get("resource")]
