"""The scores of earlier rounds: a line of JSON a round, the newest last."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from filelock import FileLock

from kube_acceptance.mutation.score import Score, Share, Verdict
from kube_acceptance.report.lines import Lines
from kube_acceptance.report.model import Record, Text

FILE = "mutation-history.jsonl"
ROUNDS_KEPT = 50


class Entry(Record):
    """One round in numbers; see `score` for what counts.

    `judged` says how many had a verdict, of `planned`, of `derived`.
    """

    began: datetime
    commit: Text = ""
    seconds: float = 0.0
    killed: int
    counted: int
    survived: int
    equivalent: int
    invalid: int
    judged: int
    planned: int
    derived: int
    chosen: Text = ""

    @classmethod
    def of(cls, score: Score) -> Entry:
        """A round in numbers."""
        share = score.share
        return cls(
            began=score.began,
            commit=score.commit,
            seconds=score.seconds,
            killed=share.killed,
            counted=share.counted,
            survived=len(score.survivors),
            equivalent=len(score.equivalents),
            invalid=len(score.of(Verdict.INVALID)),
            judged=len(score.results),
            planned=score.planned,
            derived=score.derived,
            chosen=score.chosen,
        )

    @property
    def share(self) -> Share:
        """The share that was killed."""
        return Share(self.killed, self.counted)

    @property
    def part(self) -> str:
        """Which part of the whole it was, in a few words; empty when it was all."""
        less = f"{self.planned} of {self.derived} mutants" if self.planned < self.derived else ""
        cut = "interrupted" if self.judged < self.planned else ""
        return ", ".join(filter(None, [self.chosen or less, cut]))


class History:
    """The recorded rounds of a project.

    Args:
        path: The file; it is made when the first round is added.
    """

    def __init__(self, path: Path) -> None:
        self._lines = Lines(path, Entry, most=ROUNDS_KEPT)

    def entries(self) -> list[Entry]:
        """The rounds, oldest first; a damaged line is told and left out."""
        return self._lines.read()

    def add(self, score: Score) -> None:
        """Record a round in which something was judged, once; the oldest beyond the last fifty are forgotten.

        Raises:
            OSError: The file cannot be written.
        """
        if not score.results:
            return
        path = self._lines.path
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{path}.lock"):
            before = [each for each in self.entries() if each.began != score.began]
            self._lines.keep([*before, Entry.of(score)])
