"""What became of derived mutants, as data: `mutation.json` beside the other reports."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from pydantic import Field

from kube_acceptance.report.model import Record, Text

DATA = "mutation.json"


class Verdict(StrEnum):
    """What became of a mutant."""

    KILLED = "killed"
    KILLED_ELSEWHERE = "killed elsewhere"
    SURVIVED = "survived"
    INVALID = "invalid"
    TIMED_OUT = "timed out"


class Result(Record):
    """A mutant and what became of it.

    `seen` is one sentence: the first line of the failure that killed it, or why it has another verdict. `scenario` is
    the node id of who noticed, and `requirements` those that it is about; where nobody noticed, those of all scenarios
    that could have. `digest` stands for all that the verdict depends on, by which it is found again. `equivalent` says
    why nobody has to notice, until the day `until`.
    """

    id: Text
    operator: Text
    concern: Text
    object: Text
    part: Text = ""
    takes_away: Text
    unnoticed: Text
    verdict: Verdict
    seen: Text = ""
    scenario: Text = ""
    requirements: list[Text] = Field(default_factory=list)
    tier: Text = ""
    seconds: float = 0.0
    digest: Text = ""
    when: datetime
    equivalent: Text = ""
    until: date | None = None


class Score(Record):
    """A round of mutants.

    `planned` counts all mutants of the round, more than `results` when it was interrupted; `derived` all that the
    operators found, of which a sample or those of a change may have been chosen (`chosen` says how).
    """

    began: datetime
    seconds: float = 0.0
    commit: Text = ""
    derived: int
    planned: int
    chosen: Text = ""
    results: list[Result] = Field(default_factory=list)
