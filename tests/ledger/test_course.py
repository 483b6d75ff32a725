"""How long nothing was acknowledged, and since when everything is again."""

from __future__ import annotations

from ledger_writes import NOON, write

from kube_acceptance.ledger.course import Course, course, interruptions
from kube_acceptance.ledger.ledger import Write, WriteOutcome

FAILED, INDETERMINATE = WriteOutcome.FAILED, WriteOutcome.INDETERMINATE


def acknowledged(*times: float) -> list[Write]:
    return [write(f"at {time}", at=time) for time in times]


def follow(writes: list[Write], *, since: float = 0.0, now: float = 2.0) -> Course:
    return course("api", writes, NOON + since, NOON + now)


def test_an_uninterrupted_course() -> None:
    seen = follow(acknowledged(0.5, 1.0, 1.5))
    assert (seen.row, seen.refused, round(seen.longest, 3), round(seen.silent, 3)) == (3, 0, 0.5, 0.5)
    assert not seen.interrupted
    assert seen.steady


def test_a_gap_interrupts_and_the_row_begins_behind_it() -> None:
    seen = follow(acknowledged(0.5, 1.0, 3.5, 4.0), now=4.2)
    assert (seen.row, round(seen.longest, 3), seen.interrupted, seen.steady) == (2, 2.5, True, True)


def test_a_gap_that_lasts_has_no_row_and_no_end() -> None:
    seen = follow(acknowledged(0.5, 1.0), now=9.0)
    assert (seen.row, round(seen.longest, 3), round(seen.silent, 3), seen.steady) == (0, 8.0, 8.0, False)


def test_nothing_since_then_is_a_gap_from_the_beginning() -> None:
    seen = follow(acknowledged(-0.5), now=5.0)
    assert (seen.row, round(seen.longest, 3)) == (0, 5.0)


def test_a_write_that_is_not_acknowledged_interrupts_without_a_gap() -> None:
    writes = [*acknowledged(0.5, 1.0, 1.2), write("no", FAILED, at=0.9, why="answered 404")]
    seen = follow(writes, now=1.3)
    assert (seen.row, seen.refused, seen.interrupted, seen.steady) == (2, 1, True, False)
    assert str(seen) == "api: 2 in a row acknowledged, 1 not (the last: answered 404), at most 0.5 s without"


def test_a_late_time_out_begins_the_row_anew() -> None:
    writes = [*acknowledged(4.0, 4.5, 5.1), write("late", INDETERMINATE, at=5.0, why="no answer: timed out")]
    assert follow(writes, since=4.0, now=5.2).row == 1


def test_other_ways_and_earlier_writes_do_not_count() -> None:
    other = [write("other", FAILED, at=1.0, way="web"), write("earlier", FAILED, at=-1.0)]
    assert follow([*acknowledged(0.5, 1.0), *other], now=1.1).refused == 0


def test_words_for_the_benchmark() -> None:
    calm = follow(acknowledged(0.5), now=1.0)
    stopped = follow(acknowledged(0.5), now=4.7)
    assert interruptions([calm]) == "not interrupted"
    assert interruptions([stopped, calm]) == "interrupted for 4.2 s (api)"
