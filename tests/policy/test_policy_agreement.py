"""Which of three opinions is wrong: every case of the rule, in its exact words."""

from __future__ import annotations

import pytest

from kube_acceptance.errors import PolicyError
from kube_acceptance.policy.agreement import Agreement, Case, Wrong, dispute
from kube_acceptance.policy.opinion import Direction, Opinion, Permission, Side
from kube_acceptance.probe.matrix import Expectation
from kube_acceptance.probe.outcome import Outcome
from kube_acceptance.probe.verdict import State, Verdict

ALLOWED, BLOCKED, BROKEN = Outcome.ALLOWED, Outcome.BLOCKED, Outcome.BROKEN
OPEN = Opinion(ALLOWED, Side(), Side(), "no NetworkPolicy isolates either end")
CLOSED = Opinion(
    BLOCKED, Side(), Side(("db",)), "NetworkPolicy db isolates db-0, and no rule of it lets web-0 in on port 5432"
)
IN = "NetworkPolicy db lets web-0 in to db-0 (ingress rule 1)"
OUT = "NetworkPolicy web lets web-0 out to db-0 (egress rule 1)"
LEFT = Opinion(None, Side(), Side(), "what NetworkPolicies mean for db-0 is left to the network plugin")


def through(direction: Direction, *, deliberate: bool) -> Side:
    return Side(("any",), Permission("any", direction, 1, True, deliberate))


def let_in(*, deliberate: bool) -> Opinion:
    return Opinion(ALLOWED, Side(), through(Direction.INGRESS, deliberate=deliberate), IN)


def let_out(*, deliberate: bool = True) -> Opinion:
    return Opinion(ALLOWED, through(Direction.EGRESS, deliberate=deliberate), Side(), OUT)


OF_NODE = Opinion(ALLOWED, Side(), Side(), "traffic between pod web-0 and its node is always allowed", exempt=True)


def row(expected: Outcome, target: str = "db:5432") -> Expectation:
    return Expectation.parse("web", target, expected)


def seen(expected: Outcome, outcome: Outcome, state: State = State.RIGHT, reason: str = "it timed out") -> Verdict:
    return Verdict(row(expected), state, outcome, reason)


def case(expected: Outcome, meant: Opinion | None, does: Outcome | None = None, **more: bool) -> Case:
    return Case(row(expected), meant, seen=seen(expected, does) if does else None, **more)


@pytest.mark.parametrize(
    "agreeing",
    [
        case(ALLOWED, OPEN),
        case(BLOCKED, CLOSED),
        case(ALLOWED, OPEN, ALLOWED),
        case(BLOCKED, CLOSED, BLOCKED),
        case(BLOCKED, CLOSED, BLOCKED, declared=False),
        case(BLOCKED, LEFT, BLOCKED),
        case(ALLOWED, LEFT),
        case(BLOCKED, OF_NODE, ALLOWED, beyond=True),
    ],
)
def test_opinions_that_agree(agreeing: Case) -> None:
    assert dispute(agreeing) is None


@pytest.mark.parametrize(
    ("one", "exempt"),
    [
        (case(BLOCKED, OF_NODE, ALLOWED, beyond=True), True),
        (case(BLOCKED, OF_NODE, ALLOWED), False),  # another of its pods is on another node
        (case(BLOCKED, OF_NODE, BLOCKED, beyond=True), False),
        (case(ALLOWED, OF_NODE, ALLOWED, beyond=True), False),
        (case(BLOCKED, OF_NODE, beyond=True), False),  # no cluster was asked
    ],
)
def test_what_no_policy_could_block_is_told_apart(one: Case, exempt: bool) -> None:
    found = Agreement([case(ALLOWED, OPEN), one]).exempt
    assert found == ({one.row: OF_NODE.because} if exempt else {})


@pytest.mark.parametrize(
    ("disputed", "wrong", "sentence"),
    [
        (
            case(BLOCKED, CLOSED, ALLOWED),
            Wrong.ENFORCEMENT,
            "the enforcement is wrong: the cluster allows web -> db:5432, which the NetworkPolicies forbid: "
            f"{CLOSED.because}; the table expects blocked, as they do",
        ),
        (
            case(ALLOWED, CLOSED, ALLOWED),
            Wrong.ENFORCEMENT,
            "the enforcement is wrong: the cluster allows web -> db:5432, which the NetworkPolicies forbid: "
            f"{CLOSED.because}; the table expects allowed, as the cluster does",
        ),
        (
            case(ALLOWED, let_in(deliberate=True), BLOCKED),
            Wrong.ENFORCEMENT,
            "the enforcement is wrong: the cluster blocks web -> db:5432, which the NetworkPolicies allow, or "
            "something beside them is in the way: "
            f"{IN}; the table expects allowed, as they do",
        ),
        (
            case(BLOCKED, OPEN, BLOCKED),
            Wrong.ENFORCEMENT,
            "the enforcement is wrong: the cluster blocks web -> db:5432, which the NetworkPolicies allow, or "
            "something beside them is in the way: "
            "no NetworkPolicy isolates either end; the table expects blocked, as the cluster does",
        ),
        (
            case(ALLOWED, CLOSED, BLOCKED),
            Wrong.POLICY,
            f"the policy is wrong: web -> db:5432 is blocked, expected allowed: {CLOSED.because}; "
            "the cluster does what the policies mean",
        ),
        (
            case(ALLOWED, CLOSED),
            Wrong.POLICY,
            f"the policy is wrong: web -> db:5432 is blocked, expected allowed: {CLOSED.because}; no cluster was asked",
        ),
        (
            case(BLOCKED, OPEN, ALLOWED),
            Wrong.POLICY,
            "the policy is wrong: web -> db:5432 is allowed, expected blocked: no NetworkPolicy isolates either end; "
            "the cluster does what the policies mean",
        ),
        (
            case(BLOCKED, let_out(), ALLOWED),
            Wrong.POLICY,
            f"the policy is wrong: web -> db:5432 is allowed, expected blocked: {OUT}, "
            "and no NetworkPolicy isolates db; the cluster does what the policies mean",
        ),
        (
            case(BLOCKED, let_in(deliberate=False), ALLOWED),
            Wrong.POLICY,
            f"the policy is wrong: web -> db:5432 is allowed, expected blocked: {IN}, "
            "by a rule that speaks of more than that; the cluster does what the policies mean",
        ),
        (
            case(BLOCKED, let_out(deliberate=False), ALLOWED, into_pod=False),
            Wrong.POLICY,
            f"the policy is wrong: web -> db:5432 is allowed, expected blocked: {OUT}, "
            "by a rule that speaks of more than that; the cluster does what the policies mean",
        ),
        (
            case(BLOCKED, let_in(deliberate=True), ALLOWED),
            Wrong.EXPECTATION,
            f"the expectation is wrong: web -> db:5432 is allowed, expected blocked: {IN}, written for it; "
            "the cluster does what the policies mean",
        ),
        (
            case(BLOCKED, let_out(), ALLOWED, into_pod=False),
            Wrong.EXPECTATION,
            f"the expectation is wrong: web -> db:5432 is allowed, expected blocked: {OUT}, written for it; "
            "the cluster does what the policies mean",
        ),
        (
            case(BLOCKED, let_in(deliberate=True)),
            Wrong.EXPECTATION,
            f"the expectation is wrong: web -> db:5432 is allowed, expected blocked: {IN}, written for it; "
            "no cluster was asked",
        ),
        (
            case(ALLOWED, CLOSED, BLOCKED, declared=False),
            Wrong.EXPECTATION,
            "the expectation is wrong: web -> db:5432 is blocked, expected allowed: db declares no port 5432, and "
            f"{CLOSED.because}; the cluster does what the policies mean",
        ),
        (
            Case(row(ALLOWED), OPEN, seen=seen(ALLOWED, BROKEN, State.WRONG, "refused")),
            Wrong.UNKNOWN,
            "web -> db:5432 is broken: refused; the table expects allowed, and the NetworkPolicies mean the same",
        ),
        (
            Case(row(BLOCKED), OPEN, seen=seen(BLOCKED, BLOCKED, State.INCONCLUSIVE, "nothing listens")),
            Wrong.UNKNOWN,
            "web -> db:5432 is inconclusive: nothing listens; the table expects blocked, and the NetworkPolicies mean "
            "allowed: no NetworkPolicy isolates either end",
        ),
        (
            Case(row(BLOCKED), None, seen=seen(BLOCKED, BROKEN, State.INCONCLUSIVE, "no pod of db runs")),
            Wrong.UNKNOWN,
            "web -> db:5432 is broken: no pod of db runs; the table expects blocked, and no pod runs there of which "
            "the NetworkPolicies could speak",
        ),
        (
            case(BLOCKED, LEFT, ALLOWED),
            Wrong.UNKNOWN,
            "web -> db:5432 is allowed, expected blocked: the table or the cluster is wrong, what NetworkPolicies mean "
            "for db-0 is left to the network plugin",
        ),
    ],
)
def test_who_is_wrong(disputed: Case, wrong: Wrong, sentence: str) -> None:
    found = dispute(disputed)
    assert found
    assert (found.wrong, found.sentence) == (wrong, sentence)


def test_the_first_line_is_what_explains_most() -> None:
    agreement = Agreement([case(BLOCKED, OPEN, ALLOWED), case(BLOCKED, CLOSED, ALLOWED), case(ALLOWED, OPEN, ALLOWED)])
    with pytest.raises(PolicyError) as caught:
        agreement.check()
    first = str(caught.value).splitlines()[0]
    assert first.startswith("the enforcement is wrong: the cluster allows web -> db:5432")
    assert first.endswith("as they do (2 of 3 connections are disputed)")
    assert caught.value.details[0].startswith("the policy is wrong: ")


def test_the_table_has_three_columns() -> None:
    agreement = Agreement(
        [
            case(ALLOWED, OPEN, ALLOWED),
            Case(row(ALLOWED, "api:80"), OPEN, seen=seen(ALLOWED, ALLOWED)),
            case(BLOCKED, OPEN, ALLOWED),
            Case(row(BLOCKED), None),
        ]
    )
    assert agreement.table() == [
        "from  table    policies  cluster  wrong       to",
        "web   allowed  allowed   allowed              db:5432, api:80",
        "web   blocked  allowed   allowed  the policy  db:5432",
        "web   blocked  -         -                    db:5432",
    ]


def test_nothing_is_no_agreement() -> None:
    for cases in ([], [Case(row(BLOCKED), None)], [case(ALLOWED, LEFT)]):
        with pytest.raises(PolicyError) as caught:
            Agreement(cases).check()
        assert str(caught.value) == "there is no connection on which the NetworkPolicies have an opinion"
