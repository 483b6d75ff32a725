"""Looking until the rows are right, and what is left to say when they are not."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from kube_acceptance.errors import ProbeError, ReachabilityError
from kube_acceptance.probe.matrix import Expectation
from kube_acceptance.probe.outcome import Outcome
from kube_acceptance.probe.verdict import State, Verdict

BUDGET = 10.0  # seconds that policies may take until they hold
SHORT = 40  # rows that are told one by one
FEW = 6  # targets of a source that are named where rows are not told one by one
LOOK_EVERY = 0.5  # seconds from one look to the next, at least


@dataclass(frozen=True, slots=True)
class Convergence:
    """A row that was not right at first: how it was last seen then, and the seconds until it was right for good."""

    before: Verdict
    seconds: float


@dataclass(frozen=True, slots=True)
class Report:
    """The verdicts of the last look, the rows that became right only later, and how much looking it took."""

    verdicts: tuple[Verdict, ...]
    converged: Mapping[Expectation, Convergence]
    looks: int
    seconds: float

    @property
    def failures(self) -> list[Verdict]:
        """The rows that are not right."""
        return [verdict for verdict in self.verdicts if verdict.state is not State.RIGHT]

    @property
    def convergence(self) -> float:
        """The seconds until the last row was right for good, at most; 0.0 when all were at the first look."""
        return max((row.seconds for row in self.converged.values()), default=0.0)

    def without(self, rows: Collection[Expectation]) -> Report:
        """The same of the other rows alone."""
        return replace(self, verdicts=tuple(one for one in self.verdicts if one.row not in rows))

    def table(self) -> list[str]:
        """All rows as lines: expected, seen, and why; those that are not right come first and are marked."""
        cells = [("from", "to", "expected", "seen", "why")]
        verdicts = sorted(self.verdicts, key=lambda verdict: verdict.state is State.RIGHT)
        for verdict in verdicts:
            row, reason = verdict.row, verdict.reason
            seen = "inconclusive" if verdict.state is State.INCONCLUSIVE else str(verdict.seen)
            if change := self.converged.get(row):
                reason += f" (after {change.seconds:.1f} s; before: {change.before.seen}, {change.before.reason})"
            cells.append((row.source, row.destination, str(row.expected), seen, reason))
        widths = [max(len(line[column]) for line in cells) for column in range(4)]
        marks = ["  ", *("  " if verdict.state is State.RIGHT else "! " for verdict in verdicts)]
        return [
            mark + "  ".join([*(text.ljust(width) for text, width in zip(line, widths, strict=False)), line[4]])
            for mark, line in zip(marks, cells, strict=True)
        ]

    def summary(self) -> list[str]:
        """What was seen in few lines: the whole table where it is short, else what each source reaches and what not."""
        taken = (
            f"{sum(len(one.cells) for one in self.verdicts)} connections, {self.looks} looks in {self.seconds:.1f} s"
        )
        if len(self.verdicts) <= SHORT:
            return [*self.table(), taken]
        lines = []
        for source in dict.fromkeys(verdict.row.source for verdict in self.verdicts):
            its = [verdict for verdict in self.verdicts if verdict.row.source == source]
            reached = [verdict.row.destination for verdict in its if verdict.seen is Outcome.ALLOWED]
            more = [f"{len(reached) - FEW} more"] if len(reached) > FEW else []
            lines.append(f"{source} reaches {', '.join(reached[:FEW] + more) or 'nothing'}; of {len(its)}")
        return [*lines, f"{len(self.verdicts)} pairs, {taken}"]

    def check(self) -> None:
        """Raise ProbeError unless every row is right; its first line is the first row that is not.

        Raises:
            ReachabilityError: A row is wrong.
            ProbeError: None is wrong, but one cannot be told.
        """
        if not self.failures:
            return
        # a wrong row explains more than an inconclusive one
        first = min(self.failures, key=lambda verdict: verdict.state is not State.WRONG)
        more = f" ({len(self.failures)} of {len(self.verdicts)} rows fail)" if len(self.verdicts) > 1 else ""
        kind = ReachabilityError if first.state is State.WRONG else ProbeError
        raise kind(f"{first}{more}", details=[*self.table(), f"{self.looks} looks in {self.seconds:.1f} s"])


def settle(
    look: Callable[[], Sequence[Verdict]],
    *,
    budget: float = BUDGET,
    now: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Report:
    """Look until every row is right in two looks in a row, or the budget is over.

    Every look is at the whole matrix: rows that are right only at different moments are not right, and an allowed row
    that was seen before the policies held is seen again after.

    Args:
        look: Looks at every row once.
        budget: Seconds until all rows must have been right once; the look that confirms it may come later.
        now: The time in seconds.
        sleep: Waits so many seconds.

    Raises:
        ProbeError: There are no rows.
    """
    started, looks, streak = now(), 0, 0
    wrong: dict[Expectation, Verdict] = {}
    converged: dict[Expectation, Convergence] = {}
    while True:
        began = now()
        verdicts = look()
        if not verdicts:
            raise ProbeError("there is no connection to look at")
        looks += 1
        elapsed = now() - started
        for verdict in verdicts:
            if verdict.state is not State.RIGHT:
                wrong[verdict.row] = verdict
                converged.pop(verdict.row, None)
            elif verdict.row in wrong and verdict.row not in converged:
                converged[verdict.row] = Convergence(wrong[verdict.row], elapsed - verdict.held)
        streak = streak + 1 if all(verdict.state is State.RIGHT for verdict in verdicts) else 0
        if streak == 2 or (not streak and elapsed >= budget):
            return Report(tuple(verdicts), converged, looks, elapsed)
        sleep(max(0.0, LOOK_EVERY - (now() - began)))
