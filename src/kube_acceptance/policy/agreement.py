"""Three opinions on each connection, and which of them is wrong when they do not agree.

The table expects, the NetworkPolicies mean, the cluster does. Where they differ it is decided so, in this order:

1. What the cluster does cannot be told (broken, or blocked without a control): that is said, and nobody is blamed.
2. The specification leaves the meaning to the network plugin (pods on their node's network): the table is held against
   the cluster alone, and nobody can say which of the two is wrong.
3. The cluster does otherwise than the policies mean: **the enforcement** is wrong, whatever the table says. Where it
   blocks, that may also be something beside the policies, such as a route that is missing.
4. Cluster and policies agree, or no cluster is asked, and the table differs:
   - it expects `allowed` on a port that the target does not declare: **the expectation** is wrong;
   - it expects `allowed`, and no rule lets the connection pass: **the policy** is wrong, for want of that rule;
   - it expects `blocked`, and the end that decides lets the connection in by a rule that was written for it, since it
     names the port, and the other end by pods or addresses: **the expectation** is wrong;
   - it expects `blocked` otherwise, because nothing isolates that end or its rule speaks of more: **the policy** is.

Where no policy could block what the table expects to be, between a pod and the node that it runs on, nobody is wrong:
that is told apart, as `exempt`.

The end that decides is the target, whose owner says who may come; and the source where the target is no pod.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from kube_acceptance.errors import PolicyError
from kube_acceptance.policy.opinion import Opinion, Side
from kube_acceptance.probe.matrix import Expectation
from kube_acceptance.probe.outcome import Outcome
from kube_acceptance.probe.verdict import State, Verdict


class Wrong(StrEnum):
    """Which of the three opinions is wrong."""

    ENFORCEMENT = "the enforcement"
    POLICY = "the policy"
    EXPECTATION = "the expectation"
    UNKNOWN = "not to be told"


@dataclass(frozen=True, slots=True)
class Case:
    """The opinions on a connection.

    `meant` is None where no pod runs that the policies could be asked about. `into_pod` is whether the target is a pod,
    `declared` whether it declares the port, or whether something of the harness's own listens there; `seen` is None
    where no cluster was asked. `beyond` is whether no policy could forbid any of its pods' connections.
    """

    row: Expectation
    meant: Opinion | None
    into_pod: bool = True
    declared: bool = True
    seen: Verdict | None = None
    beyond: bool = False

    @property
    def exempt(self) -> bool:
        """Whether the table expects to be blocked what the cluster allows, as it must."""
        allowed = self.seen is not None and self.seen.seen is Outcome.ALLOWED
        return self.beyond and allowed and self.row.expected is Outcome.BLOCKED


@dataclass(frozen=True, slots=True)
class Dispute:
    """A connection on which the opinions differ: who is wrong, and what each says, in one sentence."""

    case: Case
    wrong: Wrong
    sentence: str


def dispute(case: Case) -> Dispute | None:
    """Say which opinion on a connection is wrong, by the rule above; None when all agree."""
    row, meant, seen = case.row, case.meant, case.seen
    if case.exempt:
        return None
    if seen and (seen.seen is Outcome.BROKEN or seen.state is State.INCONCLUSIVE):
        state = Outcome.BROKEN if seen.seen is Outcome.BROKEN else seen.state
        says = f"the table expects {row.expected}, and {_meaning(meant, row)}"
        return Dispute(case, Wrong.UNKNOWN, f"{row} is {state}: {seen.reason}; {says}")
    if meant is None or meant.outcome is None:
        if seen is None or seen.seen is row.expected:
            return None
        says = f"the table or the cluster is wrong, {_meaning(meant, row)}"
        return Dispute(case, Wrong.UNKNOWN, f"{row} is {seen.seen}, expected {row.expected}: {says}")
    if seen and seen.seen is not meant.outcome:
        # what blocks may be a route as well, or a target that is too slow to answer; what allows is nothing else
        less = ("blocks", "allow, or something beside them is in the way")
        does, mean = ("allows", "forbid") if seen.seen is Outcome.ALLOWED else less
        table = f"the table expects {row.expected}, as {'they' if meant.outcome is row.expected else 'the cluster'} do"
        table += "" if meant.outcome is row.expected else "es"
        sentence = f"the cluster {does} {row}, which the NetworkPolicies {mean}: {meant.because}; {table}"
        return _wrong(case, Wrong.ENFORCEMENT, sentence)
    if meant.outcome is row.expected:
        return None
    agrees = "the cluster does what the policies mean" if seen else "no cluster was asked"
    differ = f"{row} is {meant.outcome}, expected {row.expected}"
    if row.expected is Outcome.ALLOWED:
        if case.declared:
            return _wrong(case, Wrong.POLICY, f"{differ}: {meant.because}; {agrees}")
        undeclared = f"{row.target} declares no port {row.destination.rpartition(':')[2]}"
        return _wrong(case, Wrong.EXPECTATION, f"{differ}: {undeclared}, and {meant.because}; {agrees}")
    side = meant.ingress if case.into_pod else meant.egress
    if side.allowed_by and side.allowed_by.deliberate:
        return _wrong(case, Wrong.EXPECTATION, f"{differ}: {meant.because}, written for it; {agrees}")
    return _wrong(case, Wrong.POLICY, f"{differ}: {meant.because}{_slack(case, side)}; {agrees}")


@dataclass(frozen=True)
class Agreement:
    """The opinions on all connections of a table."""

    cases: Sequence[Case]

    @property
    def disputes(self) -> list[Dispute]:
        """The connections on which they differ, those that explain most first."""
        order = list(Wrong)
        found = [each for case in self.cases if (each := dispute(case))]
        return sorted(found, key=lambda each: order.index(each.wrong))

    @property
    def exempt(self) -> dict[Expectation, str]:
        """The connections that the table expects to be blocked and that no policy could, and why."""
        return {case.row: case.meant.because for case in self.cases if case.exempt and case.meant}

    def table(self) -> list[str]:
        """All connections with the three opinions on them; those of one source with the same opinions in one line."""
        lines: dict[tuple[str, ...], list[str]] = {}
        wrong = {id(each.case): each.wrong for each in self.disputes}
        for case in self.cases:
            meant = str(case.meant.outcome or "left open") if case.meant else "-"
            seen = _seen(case.seen) if case.seen else "-"
            key = (case.row.source, str(case.row.expected), meant, seen, str(wrong.get(id(case), "")))
            lines.setdefault(key, []).append(case.row.destination)
        cells = [("from", "table", "policies", "cluster", "wrong"), *lines]
        widths = [max(len(line[column]) for line in cells) for column in range(5)]
        targets = ["to", *(", ".join(its) for its in lines.values())]
        return [
            "  ".join([*(text.ljust(width) for text, width in zip(line, widths, strict=True)), to])
            for line, to in zip(cells, targets, strict=True)
        ]

    def check(self) -> None:
        """Raise PolicyError unless all opinions agree; its first line says of one connection which of them is wrong.

        Raises:
            PolicyError: They do not, or there is no connection on which the policies have an opinion.
        """
        if not any(case.meant and case.meant.outcome for case in self.cases):
            raise PolicyError("there is no connection on which the NetworkPolicies have an opinion")
        disputes = self.disputes
        if disputes:
            more = f" ({len(disputes)} of {len(self.cases)} connections are disputed)" if len(self.cases) > 1 else ""
            others = [each.sentence for each in disputes[1:]]
            raise PolicyError(f"{disputes[0].sentence}{more}", details=[*others, *self.table()])


def _wrong(case: Case, wrong: Wrong, sentence: str) -> Dispute:
    return Dispute(case, wrong, f"{wrong} is wrong: {sentence}")


def _meaning(meant: Opinion | None, row: Expectation) -> str:
    if meant is None:
        return "no pod runs there of which the NetworkPolicies could speak"
    if meant.outcome is None:
        return meant.because
    if meant.outcome is row.expected:
        return "the NetworkPolicies mean the same"
    return f"the NetworkPolicies mean {meant.outcome}: {meant.because}"


def _slack(case: Case, side: Side) -> str:
    """Why a connection is let in that nobody wrote a rule for, as far as the opinion has not said it."""
    who = case.row.target if case.into_pod else case.row.source
    if side.allowed_by:
        return ", by a rule that speaks of more than that"
    meant = case.meant
    either = meant and (meant.egress.isolated_by or meant.ingress.isolated_by)
    return f", and no NetworkPolicy isolates {who}" if either else ""


def _seen(verdict: Verdict) -> str:
    return str(verdict.state) if verdict.state is State.INCONCLUSIVE else str(verdict.seen)
