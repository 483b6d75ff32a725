"""The scores of earlier rounds: a line of JSON a round, the newest last."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

from filelock import FileLock
from pydantic import ValidationError

from kube_acceptance.console import progress
from kube_acceptance.mutation.score import Score, Share, Verdict
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
        self._path = path

    def entries(self) -> list[Entry]:
        """The rounds, oldest first; a damaged line is told and left out."""
        found = []
        lines = self._path.read_bytes().splitlines() if self._path.is_file() else []
        for number, line in enumerate(lines, 1):
            try:
                found.append(Entry.model_validate_json(line))
            except ValidationError:
                progress(f"{self._path}: line {number} is damaged and left out")
        return found

    def add(self, score: Score) -> None:
        """Record a round in which something was judged, once; the oldest beyond the last fifty are forgotten.

        Raises:
            OSError: The file cannot be written.
        """
        if not score.results:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{self._path}.lock"):
            before = [each for each in self.entries() if each.began != score.began]
            entries = [*before, Entry.of(score)][-ROUNDS_KEPT:]
            part = self._path.with_name(f"{self._path.name}.{os.getpid()}.part")
            part.write_text("".join(f"{entry.model_dump_json()}\n" for entry in entries), encoding="utf-8")
            part.replace(self._path)
