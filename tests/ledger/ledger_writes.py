"""Writes for the ledger's tests."""

from __future__ import annotations

import itertools

from kube_acceptance.ledger import Write, WriteOutcome

NOON = 1_800_000_000.0
_numbers = itertools.count()


def write(
    content: str,
    outcome: WriteOutcome = WriteOutcome.ACKNOWLEDGED,
    *,
    at: float = 0.0,
    key: str = "",
    way: str = "api",
    why: str = "",
) -> Write:
    """A write that ended so many seconds after noon; an acknowledged one has its content for an id."""
    key = key or (content if outcome is WriteOutcome.ACKNOWLEDGED else "")
    return Write(way, next(_numbers), content, outcome, NOON + at - 0.01, NOON + at, key, why)
