"""The recorded runs: who is unsteady, who became slower, and what is only the machine's mood."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from kube_acceptance.report.history import Track, slower, tracks, unsteady
from kube_acceptance.report.model import Feature, Past, Run, Scenario, ScenarioStatus, Step

NOON = datetime(2026, 1, 24, 12, 0, tzinfo=UTC)


def past(seconds: Sequence[float], **statuses: ScenarioStatus) -> list[Past]:
    """A result a day; `day_3="failed"` says what became of the third."""
    return [
        Past(run=NOON + timedelta(days=day), status=statuses.get(f"day_{day}", "passed"), seconds=each)
        for day, each in enumerate(seconds, 1)
    ]


def a_run(past_: dict[str, list[Past]], *scenarios: Scenario) -> Run:
    return Run(
        title="Tea",
        started=NOON,
        finished=NOON,
        command="pytest",
        features=[Feature(uri="a.feature", name="Tea", scenarios=list(scenarios))],
        past=past_,
    )


def a_scenario(id: str, status: ScenarioStatus = "passed", **more: object) -> Scenario:
    return Scenario.model_validate({"id": id, "uri": "a.feature", "line": 1, "name": id, "status": status, **more})


def test_this_run_is_the_last_result_without_what_fixtures_took() -> None:
    step = Step(keyword="Given", text="x", line=1, duration=9, setup=6)
    (track,) = tracks(a_run({"a": past([1])}, a_scenario("a", duration=9, steps=[step]))).values()
    assert (track.ran, [result.seconds for result in track.results]) == (True, [1, 3])


def test_what_did_not_run_adds_no_result() -> None:
    found = tracks(a_run({"a": past([1]), "old": past([2]), "new": []}, a_scenario("a", "not run"), a_scenario("new")))
    assert [(each.id, each.ran, len(each.results)) for each in found.values()] == [("a", False, 1), ("old", False, 1)]


def test_a_track_that_is_not_in_this_run_is_named_by_its_id() -> None:
    assert Track("features/a.feature::Tea is hot", (), ran=False).name == "Tea is hot"


def test_unsteady_are_those_that_would_fail_a_run_and_the_worst_comes_first() -> None:
    found = tracks(
        a_run(
            {
                "steady": past([1, 1, 1], day_2="skipped"),
                "once": past([1, 1, 1], day_2="failed"),
                "twice": past([1, 1, 1], day_1="flaky", day_2="flaky"),
            }
        )
    )
    assert [(each.id, each.unsteady) for each in unsteady(found)] == [("twice", {"flaky": 2}), ("once", {"failed": 1})]
    assert found["twice"].last_unsteady.run == NOON + timedelta(days=2)


@pytest.mark.parametrize(
    ("times", "now", "usual", "is_slower"),
    [
        ([2, 2], 9.0, None, False),
        ([2, 2, 8], 9.0, 2, True),
        ([2, 2, 2], 3.0, 2, False),
        ([2, 2, 2], 3.1, 2, True),
        ([0.1, 0.1, 0.1], 0.5, 0.1, False),
    ],
)
def test_slower_than_usual(times: list[float], now: float, usual: float | None, is_slower: bool) -> None:
    (track,) = tracks(a_run({"a": past(times)}, a_scenario("a", duration=now))).values()
    assert (track.usual, track.slower) == (usual, is_slower)


def test_what_failed_has_no_say_in_what_is_usual() -> None:
    (track,) = tracks(a_run({"a": past([2, 60, 2, 2], day_2="failed")})).values()
    assert track.usual == 2


@pytest.mark.parametrize(
    ("times", "trend"),
    [
        ([1, 1, 1, 9, 9], None),
        ([1, 1, 1, 2, 2, 2], (1, 2)),
        ([1, 1, 1, 1.4, 1.4, 1.4], None),
        ([2, 2, 2, 1, 1, 1], None),
        ([1, 9, 1, 1, 9, 1], None),
    ],
)
def test_a_trend_is_a_newer_half_that_is_markedly_slower(times: list[float], trend: tuple[float, float] | None) -> None:
    (track,) = tracks(a_run({"a": past(times)})).values()
    assert track.trend == trend


def test_the_slower_ones_are_told_by_the_time_they_cost() -> None:
    found = tracks(
        a_run(
            {"a": past([1, 1, 1, 3, 3, 3]), "b": past([1, 1, 1]), "c": past([1, 1, 1])},
            a_scenario("b", duration=9),
            a_scenario("c", duration=1),
        )
    )
    assert [track.id for track in slower(found)] == ["b", "a"]
