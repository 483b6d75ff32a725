from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from probe_objects import row, sighting

from kube_acceptance.errors import ProbeError
from kube_acceptance.probe.matrix import Expectation
from kube_acceptance.probe.outcome import Outcome
from kube_acceptance.probe.report import Report, settle
from kube_acceptance.probe.verdict import State, Verdict

ALLOWED, BLOCKED = row("allowed", "backend"), row("blocked", "frontend")


def verdict(expectation: Expectation, state: State = State.RIGHT, reason: str = "as it should be") -> Verdict:
    seen = expectation.expected
    if state is State.WRONG:
        seen = Outcome.BLOCKED if seen is Outcome.ALLOWED else Outcome.ALLOWED
    sightings = (sighting(seen, seconds=2.0), sighting(seen, seconds=1.5))
    return Verdict(expectation, state, seen, reason, sightings)


class Looks:
    """Looks that take three seconds each, on a clock of their own."""

    def __init__(self, *looks: Sequence[Verdict]) -> None:
        self._looks = list(looks)
        self.time = 100.0
        self.slept: list[float] = []

    def __call__(self) -> Sequence[Verdict]:
        self.time += 3
        return self._looks.pop(0) if len(self._looks) > 1 else self._looks[0]

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds

    def settle(self, budget: float = 10) -> Report:
        now: Callable[[], float] = lambda: self.time  # noqa: E731
        return settle(self, budget=budget, now=now, sleep=self.sleep)


def test_right_at_the_first_look_is_confirmed_by_a_second() -> None:
    report = Looks([verdict(ALLOWED), verdict(BLOCKED)]).settle()
    assert (report.looks, report.seconds, report.convergence, report.failures) == (2, 6, 0.0, [])
    report.check()


def test_a_row_that_becomes_right_tells_when_and_what_was_before() -> None:
    wrong = verdict(BLOCKED, State.WRONG, "it got through")
    report = Looks([verdict(ALLOWED), wrong], [verdict(ALLOWED), verdict(BLOCKED)]).settle()
    assert (report.looks, report.convergence) == (3, 4.5)  # blocked for 1.5 s at the end of the second look
    assert report.converged[BLOCKED].before == wrong
    assert report.table()[2].endswith("as it should be (after 4.5 s; before: allowed, it got through)")


def test_what_becomes_allowed_is_allowed_at_the_end_of_a_look_at_the_latest() -> None:
    report = Looks([verdict(ALLOWED, State.WRONG)], [verdict(ALLOWED)]).settle()
    assert report.convergence == 6.0


def test_right_once_is_not_right() -> None:
    wrong = [verdict(BLOCKED, State.WRONG)]
    looks = Looks(wrong, [verdict(BLOCKED)], wrong, [verdict(BLOCKED)], [verdict(BLOCKED)])
    report = looks.settle()
    assert (report.looks, report.convergence, report.failures) == (5, 10.5, [])


def test_rows_that_are_right_only_in_turns_are_not_right() -> None:
    one = [verdict(ALLOWED, State.WRONG), verdict(BLOCKED)]
    other = [verdict(ALLOWED), verdict(BLOCKED, State.WRONG)]
    report = Looks(one, other, one, other, one).settle()
    assert (report.looks, len(report.failures)) == (4, 1)


def test_the_last_look_may_confirm_after_the_budget() -> None:
    wrong = [verdict(BLOCKED, State.WRONG)]
    report = Looks(wrong, wrong, wrong, [verdict(BLOCKED)]).settle(budget=10)
    assert (report.looks, report.seconds, report.failures) == (5, 15, [])


def test_the_same_row_twice_settles() -> None:
    assert Looks([verdict(BLOCKED), verdict(BLOCKED)]).settle().looks == 2


def test_looks_that_take_no_time_are_spaced() -> None:
    looks = Looks([verdict(ALLOWED)])
    now: Callable[[], float] = lambda: looks.time  # noqa: E731
    settle(lambda: [verdict(ALLOWED)], now=now, sleep=looks.sleep)
    assert looks.slept == [0.5]


def test_no_rows_are_a_failure() -> None:
    with pytest.raises(ProbeError) as caught:
        settle(lambda: [])
    assert caught.value.summary == "there is no connection to look at"


def test_a_failure_names_the_cause_first_and_shows_the_table() -> None:
    unsure = verdict(row("blocked", "stranger"), State.INCONCLUSIVE, "nothing listens")
    wrong = verdict(BLOCKED, State.WRONG, "no network policy stops it (pod database-0 holds it)")
    with pytest.raises(ProbeError) as caught:
        Looks([verdict(ALLOWED), unsure, wrong]).settle().check()
    assert str(caught.value) == (
        "frontend -> database:5432 is allowed, expected blocked: no network policy stops it (pod database-0 holds it)"
        " (2 of 3 rows fail)\n"
        "    from      to             expected  seen          why\n"
        "  ! stranger  database:5432  blocked   inconclusive  nothing listens\n"
        "  ! frontend  database:5432  blocked   allowed       no network policy stops it (pod database-0 holds it)\n"
        "    backend   database:5432  allowed   allowed       as it should be\n"
        "  4 looks in 12.0 s"
    )


def test_a_single_row_that_fails_is_not_counted() -> None:
    with pytest.raises(ProbeError) as caught:
        Looks([verdict(ALLOWED, State.WRONG, "timed out")]).settle().check()
    assert caught.value.summary == "backend -> database:5432 is blocked, expected allowed: timed out"


def test_a_short_table_is_told_row_by_row_and_a_long_one_source_by_source(monkeypatch: pytest.MonkeyPatch) -> None:
    report = Looks([verdict(ALLOWED), verdict(BLOCKED)]).settle()
    assert report.summary() == [*report.table(), "4 connections, 2 looks in 6.0 s"]
    monkeypatch.setattr("kube_acceptance.probe.report.SHORT", 1)
    assert report.summary() == [
        "backend reaches database:5432; of 1",
        "frontend reaches nothing; of 1",
        "2 pairs, 4 connections, 2 looks in 6.0 s",
    ]
    many = [verdict(row("allowed", "backend", f"database:{port}")) for port in range(8)]
    assert Looks(many).settle().summary()[0] == (
        "backend reaches " + ", ".join(f"database:{port}" for port in range(6)) + ", 2 more; of 8"
    )
