"""How writes went on: for how long none was acknowledged, and whether they all are again."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kube_acceptance.ledger.ledger import Write, WriteOutcome

INTERRUPTED = 1.0  # seconds without an acknowledgement after which an interruption is seen; five are due in them
STEADY = 3.0  # seconds without one that are none yet where there must be none: a machine that many work on takes them


@dataclass(frozen=True)
class Course:
    """How the writes of one way went since a time.

    Args:
        way: The way's name.
        longest: The longest time without an acknowledgement, in seconds.
        refused: How many writes were not acknowledged.
        row: How many have been acknowledged since then, one after the other.
        silent: Seconds since the last acknowledgement.
        last: Why the last write that was not acknowledged was not; empty when all were.
    """

    way: str
    longest: float
    refused: int
    row: int
    silent: float
    last: str = ""

    @property
    def interrupted(self) -> bool:
        """Whether a write was not acknowledged, or none was for a while."""
        return bool(self.refused) or self.longest > INTERRUPTED

    @property
    def steady(self) -> bool:
        """Whether all writes were acknowledged, with no more than a breath between two."""
        return not self.refused and self.longest <= STEADY

    def __str__(self) -> str:
        not_so = f", {self.refused} not (the last: {self.last})" if self.refused else ""
        return f"{self.way}: {self.row} in a row acknowledged{not_so}, at most {self.longest:.1f} s without"


def course(way: str, writes: Iterable[Write], since: float, now: float) -> Course:
    """Follow the writes of one way that ended after a time.

    Args:
        way: The way's name.
        writes: All writes, of any way.
        since: From when, in seconds since 1970.
        now: Until when.
    """
    mine = sorted((write for write in writes if write.way == way and write.ended > since), key=lambda one: one.ended)
    acknowledged = [write.ended for write in mine if write.outcome is WriteOutcome.ACKNOWLEDGED]
    refused = [write for write in mine if write.outcome is not WriteOutcome.ACKNOWLEDGED]
    times = [since, *acknowledged, max(now, since, *acknowledged)]
    gaps = [(later - earlier, later) for earlier, later in itertools.pairwise(times)]
    # a row begins anew with the first that is acknowledged after a gap, and after one that is not
    begins = max([since, *(later for gap, later in gaps if gap > INTERRUPTED), *(write.ended for write in refused)])
    return Course(
        way,
        longest=max(gap for gap, _ in gaps),
        refused=len(refused),
        row=sum(ended >= begins for ended in acknowledged),
        silent=gaps[-1][0],
        last=refused[-1].why if refused else "",
    )


def interruptions(courses: Sequence[Course]) -> str:
    """How long each way was interrupted, in words that a program can read: see `benchmarks/durability`."""
    told = [f"{one.longest:.1f} s ({one.way})" for one in courses if one.interrupted]
    return f"interrupted for {', '.join(told)}" if told else "not interrupted"
