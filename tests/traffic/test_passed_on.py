"""What is said of requests that a tier passes on."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace as Object
from typing import Any

import pytest

from kube_acceptance.errors import AcceptanceError, ConfigurationError
from kube_acceptance.traffic import Answer, passed_on

TIMES = "X-Attempts"
CODE = "json:error.code"


def answer(name: str, at: float, status: int | None = 200, *, took: float = 0.1, **said: str) -> Answer:
    noted = {TIMES: said.get("times", "1"), CODE: said.get("code", ""), "pod": said.get("pod", "")}
    return Answer(name, int(at * 10), at, at + took, status, noted, content=f"{name} {at}")


def traffic(before: Sequence[Answer], more: Sequence[Answer] = ()) -> Any:
    names = sorted({one.request for one in [*before, *more]})
    return Object(
        requests=[Object(name=name) for name in names],
        answers=lambda: list(before),
        from_now=lambda: before[-1].ended,
        go_on=lambda count: [*before, *more],
        end=lambda: list(before),
    )


def said_of(call: Any, *arguments: Any, **options: Any) -> str:
    with pytest.raises(AcceptanceError) as caught:
        call(*arguments, **options)
    return caught.value.summary


def so(more: Sequence[Answer], half: float = 9, **within: float) -> Any:
    ways = [passed_on.Way(name, within=seconds, half=half) for name, seconds in within.items()]
    return passed_on.must_be_answered_so(traffic([answer("read", 0)], more), ["read"], ways, count=1)


def test_each_way_is_seen_and_in_time() -> None:
    more = [answer("read", 1, 504, took=5, code="late"), answer("read", 2, 503, code="shed")]
    assert so(more, late=6, shed=1) == [
        "1 late, one half after 5.0 s, the slowest after 5.0 s",
        "1 shed, one half after 0.1 s, the slowest after 0.1 s",
    ]


def test_a_way_that_was_not_seen_another_way_and_one_that_took_too_long() -> None:
    late = answer("read", 1, 504, took=5, code="late")
    assert said_of(so, [late], late=6, shed=1) == "none of 1 requests was answered shed"
    assert said_of(so, [late], shed=1).startswith("1 of 1 requests were answered in another way, the first: read 10 at")
    assert said_of(so, [late], half=4, late=6) == "one half of 1 answers late took over 5.0 s"
    assert said_of(so, [late], late=4).endswith("after 5.00 s: answered 504, X-Attempts 1, json:error.code late (late)")


def test_one_that_is_not_over() -> None:
    more = [answer("read", at, 503, code="shed") for at in (1, 1.2, 1.3, 8)]
    assert said_of(so, more, shed=6) == ("1 requests are not over, though they began over 6 s ago, the first: read 11")
    assert len(so(more, shed=7)) == 1  # it may still come in time


def test_a_request_that_nobody_sends() -> None:
    with pytest.raises(ConfigurationError) as caught:
        passed_on.must_be_answered_so(traffic([answer("read", 0)]), ["write"], [], count=1)
    assert str(caught.value) == "no request is called 'write'\nThere are read."


def budget(answers: Sequence[Answer], reserve: int = 1, pods: int = 1) -> Any:
    return passed_on.must_be_sent_on_within_budget(
        traffic(answers), "read", TIMES, reserve=reserve, percent=10, pods=pods
    )


def test_the_budget_counts_from_the_first_trouble() -> None:
    good = [answer("read", at) for at in range(100)]
    again = [answer("read", 100 + at, 504, times="2") for at in range(2)]
    assert said_of(budget, good + again) == (
        "too many requests read were sent on again: 2 of 2 were sent on again, of a budget of 1.2"
    )
    assert budget(good + again, pods=2) == "2 of 2 were sent on again, of a budget of 2.2"
    # what was shed was not sent on, and gives no budget
    shed = [answer("read", 102 + at, 503, times="0") for at in range(100)]
    assert said_of(budget, good + again + shed).endswith("2 of 2 were sent on again, of a budget of 1.2")


def test_a_budget_that_nothing_drew_on() -> None:
    assert said_of(budget, [answer("read", 0, 504)]) == (
        "no read was sent on again, so the budget for it was not put to the test"
    )


def test_what_is_never_sent_on_again() -> None:
    good, failed = answer("write", 0), answer("write", 1, 504)
    assert passed_on.must_never_be_sent_on_again(traffic([good, failed]), "write", TIMES) == (
        "2 write, of which 1 failed after having been sent on once, none twice"
    )
    twice = said_of(
        passed_on.must_never_be_sent_on_again, traffic([failed, answer("write", 2, times="2")]), "write", TIMES
    )
    assert twice.startswith("1 of 2 requests write were sent on again, the first: write 20 at")
    assert said_of(passed_on.must_never_be_sent_on_again, traffic([good]), "write", TIMES) == (
        "no write that was sent on has failed, so none would have been sent on again anyway"
    )


def test_saved_by_another_pod_alone() -> None:
    by_other = answer("read", 1, times="2", pod="api-2")
    assert passed_on.must_be_saved(traffic([by_other]), "read", TIMES, without="api-1").startswith(
        "1 read answered at the second attempt: read 10 at"
    )
    none = "none of 1 requests read was answered at a second attempt"
    for one in (answer("read", 1, times="2", pod="api-1"), answer("read", 1), answer("read", 1, 504, times="2")):
        assert said_of(passed_on.must_be_saved, traffic([one]), "read", TIMES, without="api-1").startswith(none)


def test_well_again() -> None:
    good = [answer("read", at) for at in range(3)]
    bad = answer("read", 0.5, 503)
    assert passed_on.must_be_well_again(traffic([bad, *good[1:]]), count=2) == "the last 2 of each were answered well"
    assert said_of(passed_on.must_be_well_again, traffic([bad, *good[1:]]), count=3).startswith(
        "1 of the last 3 requests read failed, the first: "
    )
    assert said_of(passed_on.must_be_well_again, traffic(good), count=4) == "only 3 requests read are over"


def test_not_failed() -> None:
    assert passed_on.must_not_have_failed(traffic([answer("page", 0)]), "page") == "1 page answered well"
    said = said_of(passed_on.must_not_have_failed, traffic([answer("page", 0, None)]), "page")
    assert said.startswith("1 of 1 requests page failed, the first: ")


def test_stored_once() -> None:
    answers = [answer("write", 0), answer("write", 1, 504)]
    once = passed_on.must_be_stored_once(answers, "write", {"a": "write 0", "b": "write 1", "c": "other"})
    assert once == "1 of 2 write answered well and stored, 1 more stored though not answered well"
    twice = {"a": "write 0", "b": "write 1", "c": "write 1"}
    assert said_of(passed_on.must_be_stored_once, answers, "write", twice).startswith(
        "1 of 2 requests write have stored what they say twice, the first: write 10 at"
    )
    assert said_of(passed_on.must_be_stored_once, answers, "write", {}).startswith(
        "1 of 1 requests write were answered well, and not stored, the first: "
    )
    assert said_of(passed_on.must_be_stored_once, answers[1:], "write", {}) == (
        "no write was answered well, so nothing would be stored"
    )
