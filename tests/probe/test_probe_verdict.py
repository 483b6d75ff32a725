from __future__ import annotations

from probe_objects import BACKEND, DATABASE, FRONTEND, cell, place, row, sighting

from kube_acceptance.probe.outcome import Outcome
from kube_acceptance.probe.place import Nonce, Target
from kube_acceptance.probe.verdict import State, judge, judge_missing

NOTHING = "nothing listens on port 5432 of pod database-0"
BY_BACKEND = sighting("allowed", of=cell(BACKEND))
OUTSIDE = Target("outside", "172.18.0.9", Nonce("secret"))


def test_allowed_as_expected_is_right() -> None:
    verdict = judge(row("allowed"), [sighting("allowed")], [], enforced=False)
    assert (verdict.state, verdict.reason) == (State.RIGHT, "as seen")
    assert (verdict.seen, verdict.cells) == (Outcome.ALLOWED, (cell(),))


def test_allowed_where_blocked_was_expected_names_the_cause() -> None:
    verdict = judge(row("blocked"), [sighting("allowed", "pod database-0 holds it")], [], enforced=True)
    assert verdict.state is State.WRONG
    assert str(verdict) == (
        "frontend -> database:5432 is allowed, expected blocked: no network policy stops it (pod database-0 holds it)"
    )


def test_blocked_where_allowed_was_expected_tells_a_policy_from_a_dead_target() -> None:
    policy = judge(row("allowed"), [sighting("blocked", "timed out")], [], enforced=True)
    dead = judge(row("allowed"), [sighting("blocked", "timed out", unheard=NOTHING)], [], enforced=True)
    assert str(policy) == (
        "frontend -> database:5432 is blocked, expected allowed: timed out, though database listens:"
        " a network policy of either end is in the way, or there is no route"
    )
    assert str(dead) == f"frontend -> database:5432 is blocked, expected allowed: timed out; {NOTHING}"


def test_broken_is_never_right() -> None:
    for expected in ("allowed", "blocked"):
        verdict = judge(row(expected), [sighting("broken", "refused")], [BY_BACKEND], enforced=True)
        assert verdict.state is State.WRONG
        assert str(verdict) == f"frontend -> database:5432 is broken, expected {expected}: refused"


def test_blocked_is_right_when_the_target_listens_and_an_allowed_peer_reached_it() -> None:
    seen = sighting("blocked", "timed out")
    verdict = judge(row("blocked"), [seen], [seen, BY_BACKEND], enforced=False)
    assert (verdict.state, verdict.reason) == (State.RIGHT, "timed out, while the target listens")


def test_blocked_is_right_when_the_same_source_reached_something_else() -> None:
    seen = sighting("blocked", "timed out")
    elsewhere = sighting("allowed", of=cell(FRONTEND, Target("backend", "10.0.0.2", None, (BACKEND,), 8000), 8000))
    assert judge(row("blocked"), [seen], [seen, elsewhere], enforced=False).state is State.RIGHT


def test_blocked_is_right_when_a_canary_showed_that_probes_succeed() -> None:
    seen = sighting("blocked", "timed out")
    assert judge(row("blocked"), [seen], [seen], enforced=True).state is State.RIGHT


def test_blocked_without_any_success_is_inconclusive() -> None:
    seen = sighting("blocked", "timed out")
    other = sighting("allowed", of=cell(DATABASE, Target("backend", "10.0.0.2", None, (BACKEND,), 8000), 8000))
    verdict = judge(row("blocked"), [seen], [seen, other], enforced=False)
    assert verdict.state is State.INCONCLUSIVE
    assert str(verdict) == (
        "frontend -> database:5432 is inconclusive, expected blocked: it timed out, but that proves nothing:"
        " no connection to the same target and none from the same source succeeded, and no canary was run"
    )


def test_blocked_by_a_target_that_does_not_listen_is_inconclusive_canary_or_not() -> None:
    seen = sighting("blocked", "timed out", unheard=NOTHING)
    verdict = judge(row("blocked"), [seen], [seen], enforced=True)
    assert verdict.state is State.INCONCLUSIVE
    assert str(verdict) == (
        f"frontend -> database:5432 is inconclusive, expected blocked: it timed out, but that proves nothing: {NOTHING}"
    )


def test_another_pod_of_the_target_that_was_reached_proves_nothing_for_this_one() -> None:
    seen = sighting("blocked", "timed out", unheard=NOTHING)
    replica = place("database-1", "10.0.0.4")
    other = sighting("allowed", of=cell(BACKEND, Target("database", "10.0.0.4", None, (replica,), 5432)))
    assert judge(row("blocked"), [seen], [seen, other], enforced=True).state is State.INCONCLUSIVE


def test_a_target_without_a_witness_needs_a_peer_that_reached_it() -> None:
    nobody = "no place that is allowed to reached outside"
    seen = sighting("blocked", "timed out", unheard=nobody, of=cell(FRONTEND, OUTSIDE, 8080))
    control = sighting("allowed", of=cell(place("stranger"), OUTSIDE, 8080))
    expected = row("blocked", target="outside:8080")
    assert judge(expected, [seen], [seen], enforced=True).state is State.INCONCLUSIVE
    right = judge(expected, [seen], [seen, control], enforced=False)
    assert (right.state, right.reason) == (State.RIGHT, "timed out, while others reach it")


def test_a_row_is_as_bad_as_its_worst_pair_of_pods() -> None:
    good, bad = sighting("blocked", "timed out"), sighting("allowed", "it got through")
    unsure = sighting("blocked", "timed out", unheard=NOTHING)
    assert judge(row("blocked"), [good, unsure, bad], [], enforced=True).state is State.WRONG
    assert judge(row("blocked"), [good, unsure], [], enforced=True).state is State.INCONCLUSIVE
    assert judge(row("blocked"), [good, good], [], enforced=True).state is State.RIGHT


def test_what_cannot_be_connected_is_neither_allowed_nor_blocked() -> None:
    reason = "no pod of database runs in namespace shop"
    assert str(judge_missing(row("allowed"), reason)) == (
        f"frontend -> database:5432 is broken, expected allowed: {reason}"
    )
    assert str(judge_missing(row("blocked"), reason)) == (
        f"frontend -> database:5432 is inconclusive, expected blocked: {reason}"
    )
