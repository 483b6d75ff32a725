"""How a finding speaks of a number that does not exist."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def suggestion(unknown: str, known: Iterable[str]) -> str:
    """`; did you mean X?` with the nearest known number, or nothing when none is near."""
    nearest = difflib.get_close_matches(unknown, list(known), n=1)
    return f"; did you mean {nearest[0]}?" if nearest else ""
