"""What a comparison says: agreement, disagreement, or that nothing can be told."""

from __future__ import annotations

import pytest
from test_policy_random_sets import setting

from kube_acceptance.errors import PolicyError
from kube_acceptance.policy.check import Check, check
from kube_acceptance.policy.random_sets import policy_set
from kube_acceptance.policy.world import Compared, verdict
from kube_acceptance.probe import Expectation, Outcome, Protocol
from kube_acceptance.probe.observe import Cell, Sighting
from kube_acceptance.probe.place import Nonce, Place, Target
from kube_acceptance.probe.report import Report
from kube_acceptance.probe.verdict import State, Verdict

PLACE = Place("a", "x", "probe-a", "uid", "10.1.0.3")
CELL = Cell(PLACE, Target("b", "10.1.0.4", Nonce("n"), (PLACE,), 9090), 9090, Protocol.TCP)


def row(expected: Outcome) -> Expectation:
    return Expectation("x/a", "x/b", 9090, Protocol.TCP, expected)


def judged(expected: str, seen: str, unheard: str = "") -> Verdict:
    return verdict(
        row(Outcome(expected)), Sighting(CELL, Outcome(seen), "seen so", ""), unheard=unheard, because="p1 says so"
    )


@pytest.mark.parametrize(
    ("expected", "seen", "unheard", "state", "reason"),
    [
        ("allowed", "allowed", "", State.RIGHT, "seen so"),
        ("blocked", "blocked", "", State.RIGHT, "seen so"),
        ("blocked", "allowed", "", State.WRONG, "seen so, but p1 says so"),
        ("blocked", "allowed", "deaf", State.WRONG, "seen so, but p1 says so"),
        ("allowed", "blocked", "", State.WRONG, "seen so, but p1 says so"),
        ("allowed", "blocked", "deaf", State.INCONCLUSIVE, "it timed out, but that proves nothing: deaf"),
        ("blocked", "blocked", "deaf", State.INCONCLUSIVE, "it timed out, but that proves nothing: deaf"),
        ("allowed", "broken", "", State.INCONCLUSIVE, "seen so"),
        ("blocked", "broken", "", State.INCONCLUSIVE, "seen so"),
    ],
)
def test_a_block_needs_a_target_that_listens_and_what_is_broken_tells_nothing(expected, seen, unheard, state, reason):
    found = judged(expected, seen, unheard)

    assert (found.state, found.reason) == (state, reason)


def compared(number: int, *verdicts: Verdict) -> Compared:
    return Compared(policy_set("s", number, setting()), Report(verdicts, {}, 2, 1.5))


def test_sets_that_agree_are_counted():
    found = Check("s", [compared(1, judged("allowed", "allowed")), compared(2, judged("blocked", "blocked"))], 7.4)

    found.require_agreement()
    blocked = sum(each.policies.blocked for each in found.compared)
    assert found.summary() == (
        f"2 random sets of network policies, seed s: 2 connections compared, of which {blocked} must be blocked; "
        "0 sets disagree; 7 s in all"
    )


def test_a_disagreement_shows_the_connection_the_set_and_how_to_see_it_again():
    unclear, wrong = compared(1, judged("allowed", "broken")), compared(2, judged("blocked", "allowed"))

    with pytest.raises(PolicyError) as failed:
        Check("s", [unclear, wrong], 7).require_agreement()

    assert failed.value.summary == (
        "the cluster does not do what network policies mean: set 2 of seed s: "
        "x/a -> x/b:9090 is allowed, expected blocked: seen so, but p1 says so"
    )
    assert failed.value.hint == ("1 of 2 sets; look at this one again with: kube-acceptance policies --seed s --only 2")
    assert failed.value.details[:2] == (
        "set 2:",
        "  x/a -> x/b:9090 is allowed, expected blocked: seen so, but p1 says so",
    )
    assert "kind: NetworkPolicy" in failed.value.details


def test_what_cannot_be_told_accuses_nobody_and_fails_all_the_same():
    with pytest.raises(
        PolicyError, match=r"^whether the cluster does what network policies mean cannot be told: set 1 of"
    ):
        Check("s", [compared(1, judged("allowed", "broken"))], 7).require_agreement()


def test_no_sets_are_no_comparison():
    with pytest.raises(PolicyError, match=r"^there is no set of policies to compare$"):
        check(lambda: pytest.fail("no cluster is asked"), "image", labels={}, seed="s", numbers=[])
