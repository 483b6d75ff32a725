"""Autoscalers: real measurements, and who changed the number of pods, and why."""

from __future__ import annotations

from types import SimpleNamespace as Object
from typing import Any

import pytest

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.state import autoscalers, events, objects
from kube_acceptance.state.autoscalers import must_have_scaled, must_measure

ABOVE = "New size: 3; reason: cpu resource utilization (percentage of request) above target"
BELOW = "New size: 1; reason: All metrics below target"


def event(reason: str, message: str, number: int) -> Any:
    made = Object(creation_timestamp=number)
    return Object(reason=reason, message=message, series=None, last_timestamp=number, event_time=None, metadata=made)


def world(
    monkeypatch: pytest.MonkeyPatch,
    *,
    active: tuple[str, str] = ("True", "ValidMetricFound"),
    use: int | None = 40,
    told: tuple[str, ...] = (),
    replicas: tuple[int, int] = (3, 3),
) -> Any:
    """A release with an autoscaler, what it told, and the pods that there are, and are ready."""
    condition = {"type": "ScalingActive", "status": active[0], "reason": active[1], "message": "no metrics"}
    current = {"averageUtilization": use} if use is not None else {}
    found = {
        "HorizontalPodAutoscaler": {
            "spec": {
                "scaleTargetRef": {"kind": "Deployment", "name": "web"},
                "metrics": [{"resource": {"target": {"averageUtilization": 75}}}],
            },
            "status": {"conditions": [condition], "currentMetrics": [{"resource": {"current": current}}]},
        },
        "Deployment": {"status": {"replicas": replicas[0], "readyReplicas": replicas[1]}},
    }
    monkeypatch.setattr(objects, "read", lambda release, kind, name: found[kind])
    listed = [event("SuccessfulRescale", message, number) for number, message in enumerate(told, start=1)]
    other = event("FailedGetResourceMetric", "no metrics yet", 99)
    monkeypatch.setattr(events, "of", lambda release, kind, name: [*reversed(listed), other])
    return Object(name="shop", namespace="shop", cluster=Object(provider=Object()))


def test_measurements_are_told_beside_their_targets(monkeypatch: pytest.MonkeyPatch) -> None:
    assert must_measure(world(monkeypatch), "web") == "40 % of the request, 75 % wanted"


@pytest.mark.parametrize("active", [("False", "FailedGetResourceMetric"), ("True", "Other")])
def test_without_measurements_it_measures_nothing(monkeypatch: pytest.MonkeyPatch, active: tuple[str, str]) -> None:
    with pytest.raises(AcceptanceError) as caught:
        must_measure(world(monkeypatch, active=active), "web")
    assert str(caught.value) == "HorizontalPodAutoscaler web measures nothing: no metrics"


def test_a_measurement_that_is_unknown_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AcceptanceError) as caught:
        must_measure(world(monkeypatch, use=None), "web")
    assert str(caught.value) == "HorizontalPodAutoscaler web says that it measures, but tells no measurement"


def test_the_newest_event_says_who_scaled_and_why(monkeypatch: pytest.MonkeyPatch) -> None:
    release = world(monkeypatch, told=(BELOW, ABOVE))
    assert must_have_scaled(release, "web", 3, raised=True) == ABOVE
    release = world(monkeypatch, told=(ABOVE, BELOW), replicas=(1, 1))
    assert must_have_scaled(release, "web", 1, raised=False) == BELOW


def test_pods_that_somebody_else_added_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AcceptanceError) as caught:
        must_have_scaled(world(monkeypatch), "web", 3, raised=True)
    assert str(caught.value) == "HorizontalPodAutoscaler web has not changed the number of pods"


@pytest.mark.parametrize(("use", "measured"), [(40, "40 %"), (None, "an unknown part")])
@pytest.mark.parametrize(
    ("count", "raised", "message"),
    [
        (3, False, ABOVE),
        (2, True, ABOVE),
        (1, True, BELOW),
        (2, True, "New size: 2; reason: Current number of replicas"),
    ],
)
def test_another_size_or_reason_is_told(
    monkeypatch: pytest.MonkeyPatch, count: int, raised: bool, message: str, use: int | None, measured: str
) -> None:
    with pytest.raises(AcceptanceError) as caught:
        must_have_scaled(world(monkeypatch, told=(message,), use=use), "web", count, raised=raised)
    assert str(caught.value) == (
        f"HorizontalPodAutoscaler web has not made it {count} pods for the load, but said: {message}; "
        f"now it measures {measured} of the request, 75 % wanted"
    )


@pytest.mark.parametrize("replicas", [(3, 2), (4, 3)])
def test_pods_that_are_not_ready_or_too_many_are_told(
    monkeypatch: pytest.MonkeyPatch, replicas: tuple[int, int]
) -> None:
    with pytest.raises(AcceptanceError) as caught:
        must_have_scaled(world(monkeypatch, told=(ABOVE,), replicas=replicas), "web", 3, raised=True)
    assert str(caught.value) == f"Deployment web has {replicas[0]} pods, {replicas[1]} of them ready, not 3"


def test_the_words_of_both_directions_are_told_apart() -> None:
    assert autoscalers.RAISED.search(ABOVE)
    assert not autoscalers.LOWERED.search(ABOVE)
    assert autoscalers.LOWERED.search(BELOW)
    assert not autoscalers.RAISED.search(BELOW)
