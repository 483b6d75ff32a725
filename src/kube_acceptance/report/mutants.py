"""What the pages show of the last round of mutants: whether the suite would notice if a protection were gone.

The round is read from `mutation.json` of the reports, whose run need not be the one that the page is about; the page
says when it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from kube_acceptance.mutation import score as scores
from kube_acceptance.mutation.history import FILE, Entry, History
from kube_acceptance.mutation.score import Result, Score, Share, Verdict
from kube_acceptance.mutation.words import excuse, extent, sentence, told
from kube_acceptance.report.model import Run

SIGNS = {
    "killed": "passed",
    "survived": "failed",
    "killed elsewhere": "flaky",
    "timed out": "broken",
    "invalid": "undefined",
    "equivalent": "skipped",
}
"""What became of a mutant, in the order of the page, and the status whose shape and colour it has."""


_ROUNDS = 12
"""How many rounds the page shows."""


@dataclass(frozen=True)
class Part:
    """The mutants of a requirement or an object: the share that was killed, and those that were not."""

    name: str
    share: Share
    left: tuple[Result, ...]


@dataclass(frozen=True)
class Mutants:
    """The last round, and the rounds before it, oldest first."""

    score: Score
    earlier: tuple[Entry, ...] = ()

    @property
    def told(self) -> str:
        """The score in a sentence or two."""
        return told(self.score)

    @property
    def extent(self) -> str:
        """What the round left out; empty when it left out nothing."""
        return extent(self.score)

    @property
    def answer(self) -> tuple[str, str]:
        """Whether the suite would notice, as a status and a sentence."""
        share, score = self.score.share, self.score
        if not share.counted:
            return "nothing proved", "No mutant was judged that counts."
        said = f"{share} mutants were killed, {share.percent} %"
        if score.interrupted:
            return "incomplete", f"{said}; the round was interrupted."
        if score.planned < score.derived:
            return "incomplete", f"{said}; only {score.planned} of {score.derived} took part."
        if score.chosen:
            return "incomplete", f"{said}; the round was limited: {score.chosen}."
        return "passed" if share.killed == share.counted else "passed in part", f"{said}."

    @cached_property
    def by_fate(self) -> dict[str, list[Result]]:
        """The results by what became of them, as `SIGNS` names it; each by concern and object."""
        found: dict[str, list[Result]] = {name: [] for name in SIGNS}
        for each in sorted(self.score.results, key=lambda one: (one.concern, one.object, one.id)):
            found[self.fate(each)].append(each)
        return found

    @property
    def counts(self) -> dict[str, int]:
        """How many became what."""
        return {name: len(members) for name, members in self.by_fate.items() if members}

    @property
    def signs(self) -> dict[str, int]:
        """How many became what, by the status that stands for it."""
        return {SIGNS[name]: count for name, count in self.counts.items()}

    @property
    def rounds(self) -> list[Entry]:
        """The last round and those before it, newest first; no more than are read."""
        return [Entry.of(self.score), *reversed(self.earlier)][:_ROUNDS]

    def sign(self, fate: str) -> str:
        """The status whose shape and colour stand for what became of a mutant."""
        return SIGNS[fate]

    def fate(self, result: Result) -> str:
        """What became of a mutant, as `SIGNS` names it."""
        return "equivalent" if self.score.excused(result) else str(result.verdict)

    def sentence(self, result: Result) -> str:
        """What became of a mutant, in a sentence."""
        return sentence(result)

    def excuse(self, result: Result) -> str:
        """Why nobody has to notice a mutant, if somebody has said so."""
        return excuse(self.score, result)

    def by_requirement(self) -> list[Part]:
        """Of each requirement the mutants that its scenarios killed, or could have seen and nobody killed."""
        return list(self._parts(lambda result: result.requirements))

    def by_object(self) -> list[Part]:
        """The mutants of each object."""
        return list(self._parts(lambda result: [result.object]))

    def by_scenario(self) -> dict[str, list[Result]]:
        """The mutants that each scenario killed, by its id; whoever killed most comes first."""
        found: dict[str, list[Result]] = {}
        for each in self.by_fate[Verdict.KILLED]:
            found.setdefault(each.scenario, []).append(each)
        return dict(sorted(found.items(), key=lambda pair: (-len(pair[1]), pair[0])))

    def _parts(self, names: Callable[[Result], Iterable[str]]) -> Iterator[Part]:
        found: dict[str, list[Result]] = {}
        for each in self.score.results:
            for name in names(each):
                found.setdefault(name, []).append(each)
        for name in sorted(found):
            share = self.score.share_of(found[name])
            if share.counted:
                left = [each for each in found[name] if self.fate(each) not in ("killed", "equivalent", "invalid")]
                yield Part(name, share, tuple(sorted(left, key=lambda each: each.id)))

    def other_commit(self, run: Run) -> bool:
        """Whether it is known that the round was of another commit than a run."""
        own = run.environment.get("Commit", "")
        return bool(own and self.score.commit and own != self.score.commit)


def read(folder: Path) -> Mutants | None:
    """The last round that a folder of reports tells of; none when there is none, or when it cannot be read."""
    score = scores.read(folder)
    if score is None:
        return None
    return Mutants(score, tuple(each for each in History(folder / FILE).entries() if each.began != score.began))
