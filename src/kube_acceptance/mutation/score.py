"""What became of derived mutants, as data: `mutation.json` beside the other reports. And what of it counts.

What counts are the mutants that ran and that somebody has to notice: those that were killed, killed elsewhere, that
survived or timed out. Left out are the invalid ones, which were never deployed, and the equivalent ones: survivors of
which somebody has said why nobody has to notice them, until a day that has not passed when the round began. The share
is that of the killed among those that count, in whole percent and rounded down, so that 100 % is all of them. Red for
another reason and a time-out are no kills.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path

from pydantic import Field, ValidationError

from kube_acceptance.console import progress
from kube_acceptance.report.model import Record, Text
from kube_acceptance.report.wording import store

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
    why nobody has to notice, until the day `until`. `so_far` is what an interrupted round has left: there are tiers
    that it has not met.
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
    so_far: bool = False


@dataclass(frozen=True)
class Share:
    """How many mutants were killed, of those that count."""

    killed: int
    counted: int

    @property
    def percent(self) -> int:
        """Whole percent, rounded down; 0 where none counts."""
        return 100 * self.killed // self.counted if self.counted else 0

    def __str__(self) -> str:
        return f"{self.killed} of {self.counted}"


class Score(Record):
    """A round of mutants.

    `planned` counts all mutants of the round, more than `results` when it was interrupted; `derived` all that the
    operators found, of which a sample or those of a change may have been chosen. `chosen` says how, and what else the
    round was limited to, such as the scenarios of a tier.
    """

    began: datetime
    seconds: float = 0.0
    commit: Text = ""
    derived: int
    planned: int
    chosen: Text = ""
    results: list[Result] = Field(default_factory=list)

    @property
    def interrupted(self) -> bool:
        """Whether mutants of the round have no verdict."""
        return len(self.results) < self.planned

    @property
    def share(self) -> Share:
        """The share of all that count."""
        return self.share_of(self.results)

    @property
    def survivors(self) -> list[Result]:
        """Those that nobody noticed, although somebody has to."""
        return [each for each in self.of(Verdict.SURVIVED) if not self.excused(each)]

    @property
    def equivalents(self) -> list[Result]:
        """Those that nobody noticed, and nobody has to."""
        return [each for each in self.results if self.excused(each)]

    def of(self, verdict: Verdict) -> list[Result]:
        """The results with a verdict, equivalent or not."""
        return [each for each in self.results if each.verdict == verdict]

    def share_of(self, results: Iterable[Result]) -> Share:
        """The share of some of the results."""
        counted = [each for each in results if each.verdict != Verdict.INVALID and not self.excused(each)]
        return Share(sum(each.verdict == Verdict.KILLED for each in counted), len(counted))

    def excused(self, result: Result) -> bool:
        """Whether nobody has to notice: it survived, and the day until which that holds had not passed."""
        return (
            result.verdict == Verdict.SURVIVED
            and bool(result.equivalent)
            and result.until is not None
            and result.until >= self.began.date()
        )

    def expired(self, result: Result) -> bool:
        """Whether it survived and counts, because the day until which nobody had to notice has passed."""
        return result.verdict == Verdict.SURVIVED and bool(result.equivalent) and not self.excused(result)

    def write(self, folder: Path) -> None:
        """Write it to a folder, which is made if missing; the file appears whole or not at all.

        Raises:
            OSError: There is no room, or the folder cannot be written to.
        """
        folder.mkdir(parents=True, exist_ok=True)
        store(folder / DATA, self.model_dump_json(indent=1) + "\n")


def read(folder: Path) -> Score | None:
    """The score that a folder of reports holds; none when there is none, or when it cannot be read, which is told."""
    file = folder / DATA
    if not file.is_file():
        return None
    try:
        return Score.model_validate_json(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ValidationError):
        progress(f"{file}: it is damaged or of another version, and left out")
        return None
