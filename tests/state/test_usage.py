"""The use of CPU and memory: what counts as measured anew, the highest of it, and what it says of limits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace as Object
from typing import Any

import pytest

from kube_acceptance.errors import AcceptanceError, WaitError
from kube_acceptance.state import metrics
from kube_acceptance.state.metrics import Measured
from kube_acceptance.state.usage import Use, above, idle, measure, unrequested

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
WHERE = ("web", "app")


def at(seconds: int, cpu: str = "100m", memory: str = "64Mi", window: int = 10) -> dict[tuple[str, str], Measured]:
    usage_ = {"cpu": cpu, "memory": memory}
    return {WHERE: Measured(NOON + timedelta(seconds=seconds), timedelta(seconds=window), usage_)}


def release(limits: dict[str, str] | None = None) -> Any:
    given = {"cpu": "1", "memory": "128Mi"} if limits is None else limits
    resources = Object(limits=given, requests={"cpu": "50m", "memory": "32Mi"})
    labels = {"app.kubernetes.io/component": "web"}
    pod = Object(
        metadata=Object(name="web", labels=labels), spec=Object(containers=[Object(name="app", resources=resources)])
    )
    return Object(serving_pods=lambda: [pod])


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[dict[tuple[str, str], Measured]]:
    """What the metrics server says, look by look; the last word again and again."""
    answers: list[dict[tuple[str, str], Measured]] = []
    monkeypatch.setattr(metrics, "measured", lambda _: answers.pop(0) if len(answers) > 1 else answers[0])
    monkeypatch.setattr("kube_acceptance.wait.until.LOOK_EVERY", 0.01)
    return answers


def test_only_what_was_measured_in_whole_since_the_beginning_counts(told: list[Any]) -> None:
    told += [at(0, "900m"), at(0, "900m"), at(9, "900m"), at(10, "200m"), at(10, "200m"), at(20, "100m", "96Mi")]
    [use] = measure(release(), 2, within=5)
    assert use.highest == {"cpu": Decimal("0.2"), "memory": Decimal(96 * 1024**2)}
    assert str(use) == (
        "container app of pod web: cpu 200m of 1000m, a margin of 80 % (50m requested); "
        "memory 96Mi of 128Mi, a margin of 25 % (32Mi requested)"
    )


def test_a_container_that_is_not_measured_is_told(told: list[Any]) -> None:
    told += [at(0), at(10)]
    with pytest.raises(WaitError) as caught:
        measure(release(), 2, within=0.1)
    assert "measured were container app of pod web 1 times" in caught.value.summary


def test_nothing_measured_is_nothing_used(told: list[Any]) -> None:
    told += [{}]
    with pytest.raises(WaitError) as caught:
        measure(release(), 1, within=0.1)
    assert "measured were container app of pod web 0 times" in caught.value.summary


def test_without_a_limit_there_is_no_share_of_it(told: list[Any]) -> None:
    told += [at(0)]
    with pytest.raises(AcceptanceError) as caught:
        measure(release({"cpu": "1"}), 1, within=0.1)
    assert caught.value.summary == "container app of pod web has no limit of memory"


def used(cpu: str, memory: str) -> Use:
    use = Use(
        "web",
        "container app",
        {"cpu": Decimal(1), "memory": Decimal(100)},
        {"cpu": Decimal(0), "memory": Decimal(1048576)},
    )
    use.highest = {"cpu": Decimal(cpu), "memory": Decimal(memory)}
    return use


def test_more_of_a_limit_than_stated_is_told_by_resource() -> None:
    most = {"web": {"cpu": 50.0, "memory": 75.0}}
    assert list(above([used("0.5", "75")], most)) == []
    assert list(above([used("0.51", "76")], most)) == [
        "container app used 51 % of its limit of cpu, more than 50 %",
        "container app used 76 % of its limit of memory, more than 75 %",
    ]


@pytest.mark.parametrize("most", [{}, {"web": {}, "cart": {}}])
def test_the_table_has_what_was_measured_and_nothing_else(most: dict[str, dict[str, float]]) -> None:
    with pytest.raises(AcceptanceError) as caught:
        list(above([used("0", "0")], most))
    assert str(caught.value) == f"the table and what was measured differ in {'cart' if most else 'web'}"


def test_more_memory_than_requested_is_told() -> None:
    use = used("1", "2097152")
    assert list(unrequested([use])) == ["container app used 2Mi of memory and requests just 1Mi"]
    use.highest["memory"] = Decimal(1048576)
    assert list(unrequested([use])) == []


def test_what_was_idle_was_not_under_load() -> None:
    assert list(idle([used("0.02", "1")], "20m")) == []
    assert list(idle([used("0.019", "1")], "20m")) == [
        "container app used just 19m CPU, less than 20m: it was not under load"
    ]


@pytest.mark.parametrize(("text", "seconds"), [("10s", 10), ("1m2.5s", 62.5), ("15.123s", 15.123), ("500ms", 0.5)])
def test_times_as_go_writes_them(text: str, seconds: float) -> None:
    assert metrics._duration(text) == timedelta(seconds=seconds)
