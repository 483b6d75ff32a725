"""Replicas: which evictions their budgets refuse, over which nodes they spread, and how autoscalers change them."""

from __future__ import annotations

from contextlib import ExitStack

from kube_acceptance import fault
from kube_acceptance.release import Release
from kube_acceptance.report import note
from kube_acceptance.session import Session
from kube_acceptance.state import autoscalers, spread
from kube_acceptance.vocabulary import assertion, given, when

# ---- disruption budgets


@when('every "{component}" pod is to be evicted at once', target_fixture="evictions")
def evictions_asked(release: Release, component: str) -> list[fault.Eviction]:
    """Asks for the eviction of each of a tier's pods, one right after the other, and goes by each answer."""
    return fault.evict_all(release, component)


@assertion(
    '{count:d} eviction(s) is granted, and the budget "{name}" refuses the others',
    timed=False,
    example='1 eviction is granted, and the budget "${RELEASE}-backend" refuses the others',
)
def evictions_answered(release: Release, evictions: list[fault.Eviction], count: int, name: str) -> None:
    """The API server answers the others with 429 because of that PodDisruptionBudget; their pods stay, by UID."""
    for line in fault.must_be_kept(release, evictions, count, name):
        note(line)


@when("the refused evictions are asked for again, and granted within {within:duration}")
def evictions_asked_again(release: Release, evictions: list[fault.Eviction], within: float) -> None:
    """As a drain does: the budget lets the next pod go when another one is ready, and blocks nobody for ever."""
    note(f"evicted: {', '.join(fault.evict_kept(release, evictions, within=within))}")


# ---- nodes


@given("the scheduler likes one node better than the others")
def one_node_liked(session: Session, afterwards: ExitStack) -> None:
    """For this scenario the others are disliked (PreferNoSchedule): pods gather on the one unless a rule forbids it."""
    note(fault.prefer_node(session.cluster, labels=session.labels, afterwards=afterwards))


@assertion('the "{component}" pods are spread evenly over the nodes')
def spread_evenly(release: Release, component: str) -> None:
    """Of all nodes that take pods, at least two, none runs over one pod of the tier more than another."""
    note(spread.must_be_even(release, component))


# ---- autoscalers


@assertion(
    'the HorizontalPodAutoscaler "{name}" measures the load',
    example='the HorizontalPodAutoscaler "${RELEASE}-backend" measures the load',
)
def measures_load(release: Release, name: str) -> None:
    """It has a real measurement of what it scales by, and says so itself (ScalingActive)."""
    note(autoscalers.must_measure(release, name))


@assertion(
    'the HorizontalPodAutoscaler "{name}" has raised the number of pods to {count:d}, and all are ready',
    example='the HorizontalPodAutoscaler "${RELEASE}-backend" has raised the number of pods to 3, and all are ready',
)
def pods_raised(release: Release, name: str, count: int) -> None:
    """Its newest event says that it did so because the load is above the target, and there are just so many."""
    note(autoscalers.must_have_scaled(release, name, count, raised=True))


@assertion(
    'the HorizontalPodAutoscaler "{name}" has lowered the number of pods to {count:d}, and all are ready',
    example='the HorizontalPodAutoscaler "${RELEASE}-backend" has lowered the number of pods to 1, and all are ready',
)
def pods_lowered(release: Release, name: str, count: int) -> None:
    """Its newest event says that it did so because the load is below the target, and there are just so many."""
    note(autoscalers.must_have_scaled(release, name, count, raised=False))
