"""A ledger of writes: acknowledged ⊆ stored is compared as sets, never as counts.

A time-out says nothing about the write, so it is neither a success nor a failure (Jepsen's set test).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from kube_acceptance.errors import AcceptanceError


class WriteOutcome(StrEnum):
    """What the writer knows of a write."""

    ACKNOWLEDGED = "acknowledged"
    FAILED = "failed"
    INDETERMINATE = "indeterminate"


@dataclass
class Ledger:
    """Writes by id, with their content and outcome."""

    writes: dict[str, tuple[str, WriteOutcome]] = field(default_factory=dict)

    def record(self, key: str, content: str, outcome: WriteOutcome = WriteOutcome.ACKNOWLEDGED) -> None:
        """Note a write: the id by which it can be found again, what was written, and what the writer knows of it."""
        self.writes[key] = (content, outcome)

    def acknowledged(self) -> dict[str, str]:
        """What was acknowledged, by id."""
        return {key: content for key, (content, known) in self.writes.items() if known is WriteOutcome.ACKNOWLEDGED}

    def check(self, stored: Mapping[str, str]) -> int:
        """Compare with what is stored, and return how many acknowledged writes were found.

        Args:
            stored: Contents by id.

        Raises:
            AcceptanceError: Nothing was acknowledged, an acknowledged write is lost or changed, or something is stored
                that nobody wrote.
        """
        acknowledged = self.acknowledged()
        if not acknowledged:
            raise AcceptanceError("no write was acknowledged, so nothing can be said about them")
        lost = [f"lost: {key} {content!r}" for key, content in acknowledged.items() if key not in stored]
        changed = [
            f"changed: {key} {content!r} is stored as {stored[key]!r}"
            for key, content in acknowledged.items()
            if key in stored and stored[key] != content
        ]
        # a write of which the writer learned nothing has no id that he would know
        unknown = {content for content, known in self.writes.values() if known is WriteOutcome.INDETERMINATE}
        invented = [
            f"invented: {key} {content!r}"
            for key, content in stored.items()
            if key not in self.writes and content not in unknown
        ]
        if lost or changed or invented:
            raise AcceptanceError(
                f"{len(lost)} of {len(acknowledged)} acknowledged writes are lost, {len(changed)} changed, "
                f"{len(invented)} invented",
                details=[*lost, *changed, *invented][:20],
            )
        return len(acknowledged)
