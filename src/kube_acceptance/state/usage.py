"""What containers use of CPU and memory over a time, held against their limits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.release import Release
from kube_acceptance.release.quantities import cores, mebibytes, quantity
from kube_acceptance.release.release import COMPONENT
from kube_acceptance.state import metrics, pods
from kube_acceptance.wait import Seen, eventually

RESOURCES = {"cpu": cores, "memory": mebibytes}


@dataclass
class Use:
    """What one container used: the highest of every measurement, by resource, and what it may use and requests."""

    component: str
    where: str
    limits: Mapping[str, Decimal]
    requests: Mapping[str, Decimal]
    highest: dict[str, Decimal] = field(default_factory=dict)
    times: set[datetime] = field(default_factory=set)

    def add(self, measured: metrics.Measured) -> None:
        """Take another measurement in."""
        self.times.add(measured.time)
        for resource in RESOURCES:
            self.highest[resource] = max(quantity(measured.usage[resource]), self.highest.get(resource, Decimal(0)))

    def share(self, resource: str) -> float:
        """The highest use in percent of the limit."""
        return float(100 * self.highest[resource] / self.limits[resource])

    def __str__(self) -> str:
        told = []
        for resource, written in RESOURCES.items():
            used, limit, wanted = (written(of[resource]) for of in (self.highest, self.limits, self.requests))
            margin = 100 - self.share(resource)
            told.append(f"{resource} {used} of {limit}, a margin of {margin:.0f} % ({wanted} requested)")
        return f"{self.where}: {'; '.join(told)}"


def measure(release: Release, count: int, *, within: float) -> list[Use]:
    """Have the metrics server measure every container that runs some times anew, and return the highest of each.

    Only what was measured in whole since the beginning counts, by the clock of whoever measures.

    Args:
        release: The release.
        count: How often, at least.
        within: Seconds.

    Raises:
        AcceptanceError: A container has no limit, or the metrics server does not answer.
        WaitError: They were not measured so often; the first line says which.
    """
    known: dict[tuple[str, str], Use] = {}
    start: list[datetime] = []

    def look() -> Seen[list[Use]]:
        there = {
            (pod.metadata.name, one.name): (pod, one) for pod in release.serving_pods() for one in pod.spec.containers
        }
        now = metrics.measured(release)
        if not start and now:
            start.append(max(one.time for one in now.values()))
        for key, (pod, container) in there.items():
            use = known.setdefault(key, _of(pod, container))
            if (one := now.get(key)) and one.time - one.window >= start[0]:
                use.add(one)
        lacking = [
            f"{known[key].where} {len(known[key].times)} times" for key in there if len(known[key].times) < count
        ]
        uses = [use for use in known.values() if use.times]
        return Seen(bool(there) and not lacking, f"measured were {', '.join(lacking) or 'all'}", uses)

    return eventually(f"every container to be measured {count} times", look, within=within) or []


def _of(pod: Any, container: Any) -> Use:
    where = str(pods.Container(pod.metadata.name, container.name, None))
    given = {kind: getattr(container.resources, kind) or {} for kind in ("limits", "requests")}
    for resource in RESOURCES:
        if resource not in given["limits"]:
            raise AcceptanceError(f"{where} has no limit of {resource}")
    limits, requests = ({key: quantity(given[kind].get(key, "0")) for key in RESOURCES} for kind in given)
    return Use((pod.metadata.labels or {}).get(COMPONENT, ""), where, limits, requests)


def unrequested(uses: list[Use]) -> Iterator[str]:
    """The containers that used more memory than they request, a sentence each: a full node evicts such pods first."""
    for use in uses:
        if use.highest["memory"] > use.requests["memory"]:
            used, wanted = mebibytes(use.highest["memory"]), mebibytes(use.requests["memory"])
            yield f"{use.where} used {used} of memory and requests just {wanted}"


def idle(uses: list[Use], least: str) -> Iterator[str]:
    """The containers that used less CPU than they should have under load, a sentence each."""
    for use in uses:
        if use.highest["cpu"] < quantity(least):
            yield f"{use.where} used just {cores(use.highest['cpu'])} CPU, less than {least}: it was not under load"


def above(uses: list[Use], most: Mapping[str, Mapping[str, float]]) -> Iterator[str]:
    """The containers that used more of their limits than they should, a sentence each.

    Args:
        uses: What was measured.
        most: Percent of the limits by component and resource.

    Raises:
        AcceptanceError: A component was measured and has no row, or has one and was not measured.
    """
    measured = {use.component for use in uses}
    if differing := sorted(measured ^ most.keys()):
        raise AcceptanceError(f"the table and what was measured differ in {', '.join(differing)}")
    for use in uses:
        for resource in RESOURCES:
            if use.share(resource) > most[use.component][resource]:
                yield (
                    f"{use.where} used {use.share(resource):.0f} % of its limit of {resource}, "
                    f"more than {most[use.component][resource]:g} %"
                )
