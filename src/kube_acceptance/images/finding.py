"""What a look into an image said, rule by rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One rule's verdict on one image: its name, whether it is kept, and what was seen (one sentence)."""

    rule: str
    ok: bool
    said: str


def some(things: Sequence[str], shown: int = 5) -> str:
    """The first few of many things, with the number of those left out."""
    rest = len(things) - shown
    return ", ".join(things[:shown]) + (f" and {rest} more" if rest > 0 else "")
