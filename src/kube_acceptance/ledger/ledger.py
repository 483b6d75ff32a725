"""A ledger of writes: acknowledged ⊆ stored is compared as sets, never as counts.

A time-out says nothing about the write, so it is neither a success nor a failure (Jepsen's set test).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from kube_acceptance.errors import AcceptanceError

TOLD = 40  # writes that a failure lists


class WriteOutcome(StrEnum):
    """What the writer knows of a write."""

    ACKNOWLEDGED = "acknowledged"
    FAILED = "failed"
    INDETERMINATE = "indeterminate"


@dataclass(frozen=True)
class Write:
    """One write that is over.

    `key` is the id that the answer gave, empty unless it was acknowledged; `began` and `ended` are in seconds since
    1970 by the writer's clock, and `why` says why it was not acknowledged.
    """

    way: str
    number: int
    content: str
    outcome: WriteOutcome
    began: float
    ended: float
    key: str = ""
    why: str = ""

    def __str__(self) -> str:
        at = datetime.fromtimestamp(self.ended, UTC)
        key = f"{self.key} " if self.key else ""
        return f"{key}{self.content!r}, {self.outcome} at {at:%H:%M:%S.%f}"[:-3] + f" ({self.way})"


@dataclass
class Ledger:
    """The record of all writes that are over, and what was stored before them by id."""

    before: Mapping[str, str] = field(default_factory=dict)
    writes: list[Write] = field(default_factory=list)
    _known: set[tuple[str, int]] = field(default_factory=set, init=False, repr=False)

    def record(self, write: Write) -> None:
        """Note a write that is over; one that is noted already is not noted again.

        Raises:
            AcceptanceError: It was acknowledged, but by an answer without an id.
        """
        if write.outcome is WriteOutcome.ACKNOWLEDGED and not write.key:
            raise AcceptanceError(f"a write was acknowledged by an answer without an id: {write}")
        if (write.way, write.number) not in self._known:
            self._known.add((write.way, write.number))
            self.writes.append(write)

    def of(self, outcome: WriteOutcome) -> list[Write]:
        """The writes of which the writer knows just that."""
        return [write for write in self.writes if write.outcome is outcome]

    def acknowledged(self) -> dict[str, str]:
        """What was acknowledged: contents by id."""
        return {write.key: write.content for write in self.of(WriteOutcome.ACKNOWLEDGED)}

    def lost(self, stored: Mapping[str, str]) -> list[Write]:
        """The acknowledged writes that are not stored."""
        return [write for write in self.of(WriteOutcome.ACKNOWLEDGED) if write.key not in stored]

    def counts(self, stored: Mapping[str, str]) -> str:
        """How many writes there are of each kind, in words that a program can read: see `benchmarks/durability`."""
        number = {outcome: len(self.of(outcome)) for outcome in WriteOutcome}
        return (
            f"acknowledged {number[WriteOutcome.ACKNOWLEDGED]}, lost {len(self.lost(stored))}, "
            f"failed {number[WriteOutcome.FAILED]}, indeterminate {number[WriteOutcome.INDETERMINATE]}"
        )

    def must_lose_nothing(self, stored: Mapping[str, str]) -> None:
        """Fail when an acknowledged write is not stored, whatever else is.

        Raises:
            AcceptanceError: The first line says how many; the others which, and when they were acknowledged.
        """
        if lost := self.lost(stored):
            count = len(self.of(WriteOutcome.ACKNOWLEDGED))
            raise AcceptanceError(f"{len(lost)} of {count} acknowledged writes are lost", details=_told("lost", lost))

    def check(self, stored: Mapping[str, str]) -> None:
        """Compare with what is stored: acknowledged ⊆ stored ⊆ before ∪ acknowledged ∪ indeterminate, nothing twice.

        What was there before must still be there, too, and as it was.

        Args:
            stored: All that is stored: contents by id.

        Raises:
            AcceptanceError: Nothing was acknowledged, something is lost, changed or stored twice, or something is
                stored that nobody wrote, or of which the writer was told that it was not written.
        """
        acknowledged = self.of(WriteOutcome.ACKNOWLEDGED)
        if not acknowledged:
            raise AcceptanceError("no write was acknowledged, so nothing can be said about them")
        lost = self.lost(stored)
        changed = [
            f"{key} {content!r} is stored as {stored[key]!r}"
            for key, content in {**self.before, **self.acknowledged()}.items()
            if key in stored and stored[key] != content
        ]
        gone = [f"{key} {content!r}" for key, content in self.before.items() if key not in stored]
        new = {key: content for key, content in stored.items() if key not in self.before}
        twice = [
            f"{content!r} under {', '.join(sorted(key for key, other in new.items() if other == content))}"
            for content, count in Counter(new.values()).items()
            if count > 1
        ]
        invented = list(self._invented(new))
        found = [
            f"{len(lost)} of {len(acknowledged)} acknowledged writes are lost",
            *([f"{len(gone)} of {len(self.before)} rows from before are lost"] if gone else []),
            f"{len(changed)} changed",
            *([f"{len(twice)} stored twice"] if twice else []),
            f"{len(invented)} invented",
        ]
        if lost or gone or changed or twice or invented:
            told = [
                *_told("lost", lost),
                *_told("lost from before", gone),
                *_told("changed", changed),
                *_told("twice", twice),
                *_told("invented", invented),
            ]
            raise AcceptanceError(", ".join(found), details=told)

    def _invented(self, new: Mapping[str, str]) -> Iterable[str]:
        """What is stored and should not be; a write of which the writer learned nothing has no id that it knows."""
        acknowledged = self.acknowledged()
        unknown = {write.content for write in self.of(WriteOutcome.INDETERMINATE)}
        failed = {write.content: write for write in self.of(WriteOutcome.FAILED)}
        for key, content in new.items():
            if key in acknowledged or content in unknown:
                continue
            write = failed.get(content)
            yield f"{key} {content!r}" + (f", which failed: {write.why} ({write.way})" if write else "")


def _told(word: str, things: Iterable[object]) -> list[str]:
    said = [f"{word}: {thing}" for thing in things]
    return [*said[:TOLD], *([f"{word}: … and {len(said) - TOLD} more"] if len(said) > TOLD else [])]
