"""What a check found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Mark = Literal["ok", "warning", "missing"]


@dataclass(frozen=True)
class Finding:
    """What a check found.

    Attributes:
        mark: `missing` keeps a run from succeeding, a `warning` does so at times or makes it say less.
        found: What is there, without a full stop.
        fix: What to do about it, one sentence; empty when all is well.
    """

    mark: Mark
    found: str
    fix: str = ""


def ok(found: str) -> Finding:
    """All is well."""
    return Finding("ok", found)


def warning(found: str, fix: str) -> Finding:
    """A run may succeed all the same."""
    return Finding("warning", found, fix)


def missing(found: str, fix: str) -> Finding:
    """A run cannot succeed."""
    return Finding("missing", found, fix)
