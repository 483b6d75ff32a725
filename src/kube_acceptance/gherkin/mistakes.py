"""What can be wrong with features and step definitions, as data: the terminal and the report tell the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from kube_acceptance.trace import Place


class Kind(StrEnum):
    """The kinds of mistakes; the names stay the same from release to release, so that reports can group by them."""

    SYNTAX = "syntax"
    EMPTY_FEATURE = "empty feature"
    NO_STEPS = "scenario without steps"
    NO_ROWS = "outline without rows"
    DUPLICATE_SCENARIO = "duplicate scenario"
    UNKNOWN_SCENARIO = "unknown scenario"
    LOST_SCENARIO = "lost scenario"
    UNKNOWN_TAG = "unknown tag"
    REQUIREMENT = "requirement"
    UNDEFINED_STEP = "undefined step"
    AMBIGUOUS_STEP = "ambiguous step"
    STEP_TOO_EARLY = "step too early"
    DUPLICATE_STEP = "duplicate step"
    UNUSED_STEP = "unused step"
    ASYNC_STEP = "async step"
    RESERVED_NAME = "reserved name"


@dataclass(frozen=True)
class Mistake:
    """One mistake.

    Attributes:
        kind: What sort of mistake it is.
        place: File relative to the root, and line.
        message: What is wrong and what to do, in one sentence.
        snippet: Python to paste, for an undefined step.
        scenario: Id of the scenario that has the step, for an undefined step.
    """

    kind: Kind
    place: Place
    message: str
    snippet: str = ""
    scenario: str = ""

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"

    def to_dict(self) -> dict[str, Any]:
        """Plain data, as it crosses from a worker of pytest-xdist to its controller."""
        return {**asdict(self), "kind": str(self.kind), "place": list(self.place)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Mistake:
        """The mistake that `to_dict` made plain."""
        return cls(**{**data, "kind": Kind(data["kind"]), "place": Place(*data["place"])})


def told(mistakes: list[Mistake]) -> list[Mistake]:
    """The mistakes by file and line, each sentence once: a background's step is wrong in many scenarios."""
    unique = {str(mistake): mistake for mistake in reversed(mistakes)}
    return sorted(unique.values(), key=lambda mistake: (mistake.place, mistake.message))


def count(mistakes: list[Mistake]) -> str:
    """How many there are, as a sentence."""
    number = "1 mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
    return f"{number} in the features; nothing was run"
