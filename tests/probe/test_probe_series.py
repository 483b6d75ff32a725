from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from probe_objects import FRONTEND, TO_DATABASE

from kube_acceptance.errors import ProbeError
from kube_acceptance.probe.outcome import Outcome, Protocol
from kube_acceptance.probe.place import Nonce
from kube_acceptance.probe.series import ANSWER, ONE_SYN, Change, Kept, Lane, apply, cut, settled_since, strays

ALLOWED, BLOCKED = Outcome.ALLOWED, Outcome.BLOCKED
CHANGE = Change("a policy came", asked=100.0, acknowledged=100.02)
NONCE = replace(TO_DATABASE, proof=Nonce("5ec2e7"))
# how an attempt ends, by a letter: allowed, blocked, refused, answered by another
ENDS = {"a": ("connected", "5ec2e7"), "b": ("timeout", ""), "r": ("refused", "ECONNREFUSED"), "x": ("connected", "me")}


def lane(ends: str, *, start: float = 99.0, expected: Outcome = ALLOWED, is_open: bool = False) -> Lane:
    """A lane that was tried every tenth of a second from a start on, with these ends."""
    made = Lane(FRONTEND, NONCE, 5432, Protocol.TCP, is_open, expected, since=start)
    for number, end in enumerate(ends):
        made.add(start + number / 10, 0.0, *ENDS[end])
    made.told_until = start + len(ends) / 10
    return made


def fails(call: Callable[[], object]) -> str:
    with pytest.raises(ProbeError) as caught:
        call()
    return caught.value.summary


def blocked(one: Lane, within: float = 1.0) -> dict[Lane, float]:
    return apply([one], {one: BLOCKED}, CHANGE, within)[0]


def test_the_time_is_from_the_acknowledgement_to_the_first_attempt_of_the_new_state() -> None:
    one = lane("a" * 14 + "b" * 20)
    assert blocked(one)[one] == pytest.approx(100.4 - 100.02)


def test_what_is_so_at_once_takes_no_longer_than_to_the_next_attempt() -> None:
    one = lane("a" * 10 + "b" * 20)
    assert blocked(one)[one] == pytest.approx(100.1 - 100.02)


def test_between_asking_and_acknowledging_both_is_right() -> None:
    one = lane("a" * 10 + "b" + "b" * 20)
    assert blocked(one)[one] == pytest.approx(0.08)


def test_what_is_allowed_was_so_when_it_was_answered() -> None:
    one = lane("b" * 9, expected=BLOCKED)
    one.add(99.9, 0.8, *ENDS["a"])  # tried before the change, held up, and let in after it
    for number in range(20):
        one.add(100.1 + number / 10, 0.3, *ENDS["a"])
    one.told_until = 110.0
    assert apply([one], {one: ALLOWED}, CHANGE, 1)[0][one] == pytest.approx(100.4 - 100.02)


def test_late_is_told_with_the_time_and_what_was_seen() -> None:
    one = lane("a" * 35 + "b" * 20)
    with pytest.raises(ProbeError) as caught:
        blocked(one)
    assert str(caught.value) == (
        "frontend -> database:5432 is blocked only 2.48 s after a policy came, later than 1 s\n"
        "  from 0.08 to 2.38 s: 24 x allowed (it got through)\n"
        "  from 2.48 to 4.38 s: 20 x blocked (timed out)"
    )


def test_a_late_relapse_counts_and_not_the_first_success() -> None:
    one = lane("a" * 11 + "b" * 10 + "a" + "b" * 20)
    assert fails(lambda: blocked(one)).startswith("frontend -> database:5432 is blocked only 1.18 s after")


def test_never_is_told_with_what_was_seen_last() -> None:
    assert fails(lambda: blocked(lane("a" * 40))) == (
        "frontend -> database:5432 is not blocked for good 2.9 s after a policy came: it got through"
    )


def test_a_new_state_that_has_not_held_for_a_second_is_not_there_for_good() -> None:
    assert "is not blocked for good 0.8 s after" in fails(lambda: blocked(lane("a" * 12 + "b" * 7)))


def test_what_was_so_before_the_change_is_not_its_doing() -> None:
    assert fails(lambda: blocked(lane("a" * 5 + "b" * 30))) == (
        "frontend -> database:5432 did not stay allowed: 5 of 10 attempts differ, the first 0.52 s before a policy came"
        " (timed out)"
    )


def test_refused_is_not_blocked() -> None:
    assert fails(lambda: blocked(lane("a" * 12 + "r" * 20))).endswith("a policy came: refused, ECONNREFUSED")


def test_another_who_answers_is_not_allowed() -> None:
    one = lane("b" * 12 + "x" * 20, expected=BLOCKED)
    assert fails(lambda: apply([one], {one: ALLOWED}, CHANGE, 1)).endswith("something else answered: 'me'")


def test_nobody_who_answers_is_neither_allowed_nor_blocked() -> None:
    one = lane("a" * 10)
    one.add(100.0, 10.0, "connected", "")
    assert (one.attempts[-1].outcome, one.attempts[-1].detail) == (
        Outcome.BROKEN,
        "it was let in, but nobody said who is there",
    )


def test_a_bystander_that_is_lost_for_a_moment_is_told_before_all_else() -> None:
    late, still = lane("a" * 50), lane("a" * 12 + "bbbb" + "a" * 20)
    assert fails(lambda: apply([late, still], {late: BLOCKED}, CHANGE, 1)) == (
        "frontend -> database:5432 did not stay allowed: 4 of 36 attempts differ, the first 0.18 s after a policy came"
        " (timed out)"
    )


def test_one_packet_may_be_lost_but_one_that_opens_what_is_closed_is_a_hole() -> None:
    still = lane("a" * 12 + "b" + "a" * 20)
    assert apply([still], {}, CHANGE, 1) == ({}, {still: Kept(33, 1)})
    still = lane("b" * 12 + "a" + "b" * 20, expected=BLOCKED)
    assert fails(lambda: apply([still], {}, CHANGE, 1)) == (
        "frontend -> database:5432 did not stay blocked: 1 of 33 attempts differ, the first 0.18 s after a policy came"
        " (it got through)"
    )


@pytest.mark.parametrize(
    ("ends", "found"),
    [("b", 1), ("ab", 0), ("ba", 0), ("abbba", 0), ("abbbba", 4), ("ara", 1), ("bb", 2), ("babab", 0)],
)
def test_lost_packets_are_few_and_have_answers_beside_them(ends: str, found: int) -> None:
    assert len(strays(lane(ends).attempts, ALLOWED)) == found


def test_a_series_that_stood_still_proves_nothing() -> None:
    still = lane("a" * 12)
    for number in range(20):
        still.add(103.0 + number / 10, 0.0, *ENDS["a"])
    still.told_until = 110.0
    assert fails(lambda: apply([still], {}, CHANGE, 1)) == (
        "frontend -> database:5432 was not tried for 2.9 s, so what happened meanwhile cannot be told"
    )


def test_a_lane_without_attempts_proves_nothing() -> None:
    assert fails(lambda: apply([one := lane("")], {one: BLOCKED}, CHANGE, 1)).startswith(
        "frontend -> database:5432 was not tried before a policy"
    )


def test_attempts_that_end_later_are_put_where_they_began_and_not_judged_before_all_are_told() -> None:
    one = lane("a" * 5)
    one.add(99.25, 0.9, *ENDS["b"])
    assert [attempt.started for attempt in one.attempts] == sorted(attempt.started for attempt in one.attempts)
    one.told_until = 99.25
    assert [attempt.outcome for attempt in one.between(99.0)] == [ALLOWED] * 3


def test_a_new_pod_has_its_time_from_its_start() -> None:
    one = lane("b" * 4 + "a" * 15, start=103.0)
    one.new = True
    assert apply([one], {one: ALLOWED}, CHANGE, 1)[0][one] == pytest.approx(0.4)


def test_what_is_judged_next_begins_with_the_last_attempt_that_was_right() -> None:
    one = lane("a" * 10 + "b")
    one.begin_anew()
    assert (one.since, len(one.attempts)) == (pytest.approx(99.9), 2)


def test_a_row_that_is_not_as_said_before_the_change_is_told() -> None:
    assert settled_since(lane("b" * 2 + "a" * 12)) == pytest.approx(99.2)
    assert fails(lambda: settled_since(lane("b" * 20))) == (
        "frontend -> database:5432 is not allowed before anything was changed: timed out"
    )


def test_an_open_connection_is_cut_when_nothing_comes_back_any_more() -> None:
    one = lane("a" * 15 + "b" * 12, is_open=True)
    assert cut(one, CHANGE, 1) == (pytest.approx(0.48), "timed out")
    late = lane("a" * 35 + "r" * 12, is_open=True)
    assert fails(lambda: cut(late, CHANGE, 1)) == (
        "the open connection frontend -> database:5432 was usable for 2.48 s after a policy came, longer than 1 s"
    )
    assert fails(lambda: cut(lane("a" * 35, is_open=True), CHANGE, 1)) == (
        "the open connection frontend -> database:5432 is usable still after a policy came"
    )


def test_only_a_new_tcp_connection_must_be_answered_before_the_kernel_repeats_itself() -> None:
    assert lane("").request()["timeout"] == ONE_SYN < 1 < ANSWER == lane("", is_open=True).request()["timeout"]
    udp = Lane(FRONTEND, NONCE, 8080, Protocol.UDP, is_open=False, expected=ALLOWED)
    assert (str(udp), udp.request()["kind"], udp.request()["timeout"]) == (
        "frontend -> database:8080/UDP",
        "udp",
        ANSWER,
    )
