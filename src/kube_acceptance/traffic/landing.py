"""Whether requests land on pods: on none that is not ready, and on every one that is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.release import Release
from kube_acceptance.traffic.judgement import must_not_fail
from kube_acceptance.traffic.request import Answer
from kube_acceptance.traffic.traffic import Traffic
from kube_acceptance.wait import Seen, consistently, eventually
from kube_acceptance.wait.rollout import is_ready


def must_be_left_alone(release: Release, component: str, traffic: Traffic, *, budgets: int) -> list[str]:
    """Watch a tier's pods for some liveness budgets: they stay unready, get no request, and none is restarted.

    Args:
        release: The release.
        component: The tier.
        traffic: Requests that go on, and that those pods had answered before.
        budgets: How many times as long as it takes the liveness probe to have failed as often as it may.

    Returns:
        What was seen, a sentence each.

    Raises:
        AcceptanceError: No request had landed on one of them before, so that none does says nothing, or one lands now.
        WaitError: One was ready, replaced or restarted.
    """
    pods = release.serving_pods(component)
    names = {pod.metadata.name for pod in pods}
    before = _landed(traffic.answers(), names)
    if never := sorted(names - before.keys()):
        raise AcceptanceError(
            f"no request has ever landed on the {component} pod {never[0]}, so none would say nothing"
        )
    lasting = budgets * max(_budget(container) for pod in pods for container in pod.spec.containers)
    same = _identity(pods)
    begun = traffic.from_now()

    def look() -> Seen[None]:
        now = release.serving_pods(component)
        ready = [pod.metadata.name for pod in now if is_ready(pod)]
        if (identity := _identity(now)) != same:
            other = sorted(map(str, identity.symmetric_difference(same)))
            return Seen(
                False, f"containers of the {component} pods have been restarted or replaced: {', '.join(other)}"
            )
        return Seen(not ready, f"{len(ready)} of {len(now)} {component} pods are ready")

    consistently(f"every {component} pod left unready, and not restarted,", look, lasting=lasting)
    since = [one for one in traffic.go_on(1) if one.began > begun]
    if landed := [one for one in since if names & set(one.said.values())]:
        raise AcceptanceError(
            f"{len(landed)} of {len(since)} requests landed on {component} pods, the first: {landed[0]}"
        )
    earlier = f"{sum(before.values())} requests had landed on {len(names)} {component} pods"
    return [
        f"{earlier}, none of the {len(since)} since then",
        f"no container restarted for {lasting:g} s, {budgets} times the liveness budget",
    ]


def must_all_be_good_again(
    release: Release, component: str, traffic: Traffic, *, count: int, within: float
) -> list[str]:
    """So many more of each request must all be answered well, and each ready pod of a tier must have answered some.

    Chance spreads requests over pods, and a connection that is kept alive stays with one for a while. So requests go on
    until each pod has answered, for a time at most.

    Args:
        release: The release.
        component: The tier.
        traffic: Requests that go on.
        count: How many more of each, at least.
        within: Seconds that each pod has, beyond those requests.

    Returns:
        How many answers each pod gave, a sentence each.

    Raises:
        AcceptanceError: One was not answered well.
        WaitError: A pod has answered none.
    """
    begun = traffic.from_now()
    traffic.go_on(count)

    def look() -> Seen[list[str]]:
        since = [one for one in traffic.answers() if one.began > begun]
        must_not_fail(since)
        names = {pod.metadata.name for pod in release.serving_pods(component)}
        landed = _landed(since, names)
        if silent := sorted(names - landed.keys()):
            return Seen(False, f"the {component} pod {silent[0]} has answered none of {len(since)} requests")
        said = [f"pod {name} answered {number} of {len(since)}" for name, number in sorted(landed.items())]
        return Seen(bool(names), "; ".join(said) or f"there is no {component} pod", said)

    return eventually(f"each {component} pod to answer some requests", look, within=within) or []


def _landed(answers: Sequence[Answer], names: set[str]) -> dict[str, int]:
    """How many answers came from each of some pods."""
    found: dict[str, int] = {}
    for one in answers:
        for name in names & set(one.said.values()):
            found[name] = found.get(name, 0) + 1
    return found


def _budget(container: Any) -> float:
    probe = container.liveness_probe
    if probe is None:
        raise AcceptanceError(f"container {container.name} has no liveness probe, so it never would be restarted")
    return float(probe.failure_threshold * probe.period_seconds)


def _identity(pods: Sequence[Any]) -> set[tuple[str, str, str]]:
    return {
        (pod.metadata.name, str(status.container_id), str(status.state.running and status.state.running.started_at))
        for pod in pods
        for status in pod.status.container_statuses or []
    }
