"""A round: mutants meet the scenarios that can see them, the cheapest first, until one notices.

Tier by tier, the scenarios that will be needed run once without any mutant: a control that is not green ends the
round, for nothing would count. Then the mutants run side by side, each in a pytest of its own and, where it needs a
release, in a namespace of its own; the first scenario that goes red for the right reason ends its run. What survives
goes on to the next tier. Every verdict is kept as soon as it stands.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from kube_acceptance import command
from kube_acceptance.errors import AcceptanceError
from kube_acceptance.mutation.derived import Derived
from kube_acceptance.mutation.digest import Sources
from kube_acceptance.mutation.score import Result, Verdict
from kube_acceptance.mutation.sight import Sight
from kube_acceptance.mutation.store import Store
from kube_acceptance.mutation.verdict import judge, worst
from kube_acceptance.report.model import Scenario
from kube_acceptance.running.prospect import Prospect

USUAL: Mapping[str, float] = {"static": 10.0, "image": 60.0, "cluster": 90.0, "disruptive": 180.0}
"""Seconds that a mutant takes in a tier, where no earlier result tells."""

RUN_WITHIN = 900.0  # seconds for one mutant in one tier, images and installation included
AT_A_TIME = 8
"""How many mutants one pytest is started for where scenarios are shorter than its start."""

Said = tuple[Verdict, str, str]
"""A verdict, the line that tells it, and the scenario's id."""


class Runs(Protocol):
    """How scenarios are run."""

    def control(self, scenarios: Sequence[str], *, timeout: float) -> list[Scenario]:
        """Run scenarios without any mutant.

        Args:
            scenarios: Their ids.
            timeout: Seconds after which it is ended.

        Raises:
            AcceptanceError: They did not end in time, or left no report.
        """

    def meet(self, mutants: Sequence[tuple[Derived, Sequence[str]]], *, timeout: float) -> list[list[Scenario] | None]:
        """Run scenarios with mutants, one mutant after the other, each until a scenario has noticed it.

        Args:
            mutants: The mutants, each with the ids of its scenarios in their order.
            timeout: Seconds after which all of it is ended.

        Returns:
            For each mutant what its scenarios said; None where that did not come to its end.
        """


@dataclass
class Open:
    """A mutant that has no verdict yet, and what was said of it so far."""

    mutant: Derived
    said: list[Said] = field(default_factory=list)
    seconds: float = 0.0
    tier: str = ""


class Round:
    """One round over some mutants.

    Args:
        mutants: The mutants, each once.
        sight: Who can see what.
        sources: What verdicts depend on.
        store: What is known already, and where verdicts are kept.
        runs: Runs scenarios.
        tiers: The tiers that take part, the cheapest first.
        jobs: How many mutants run side by side.
        say: Told what is under way.
        fresh: Whether what is known already counts for nothing.
    """

    def __init__(
        self,
        mutants: Sequence[Derived],
        *,
        sight: Sight,
        sources: Sources,
        store: Store,
        runs: Runs,
        tiers: Sequence[str],
        jobs: int,
        say: Callable[[str], None],
        fresh: bool = False,
    ) -> None:
        self._sight = sight
        self._sources = sources
        self._store = store
        self._runs = runs
        self._tiers = tiers
        self._jobs = jobs
        self._say = say
        self._green: set[str] = set()
        self.known: list[Result] = []
        self.open: list[Open] = []
        for mutant in mutants:
            if not fresh and (result := self._recall(mutant)):
                self.known.append(result)
            else:
                self.open.append(Open(mutant))

    @property
    def meeting(self) -> list[str]:
        """The tiers whose scenarios some mutant may meet that has no verdict yet."""
        return [tier for tier in self._tiers if any(self._sight.of(each.mutant, tier) for each in self.open)]

    def estimate(self, usual: Mapping[str, float] = USUAL) -> float:
        """The seconds that it will take if each mutant is noticed in the first tier that has somebody to see it.

        Args:
            usual: The seconds that a mutant takes, by tier.
        """
        first = (next((tier for tier in self._tiers if self._sight.of(each.mutant, tier)), "") for each in self.open)
        return sum(usual.get(tier, 0.0) for tier in first) / self._jobs

    def results(self) -> Iterator[Result]:
        """What is known already, then each verdict as it comes.

        Raises:
            AcceptanceError: A control is not green, so that nothing counts from there on.
        """
        yield from self.known
        for tier in self._tiers:
            seen = [each for each in self.open if self._sight.of(each.mutant, tier)]
            for group in _groups(seen, tier):
                self._control(tier, group)
                yield from self._side_by_side(tier, group)
        for left in self.open:
            yield self._ended(left)
        self.open = []

    def _control(self, tier: str, group: Iterable[Open]) -> None:
        """See the scenarios green that a group will need, unless they were in this round."""
        needed = {each.id: each for one in group for each in self._sight.of(one.mutant, tier)}
        if not (left := [id for id in needed if id not in self._green]):
            return
        self._say(f"control: {len(left)} {tier} scenarios without any mutant")
        records = {each.id: each for each in self._runs.control(left, timeout=RUN_WITHIN + 60 * len(left))}
        for id in left:
            record = records.get(id)
            if record is None or record.status not in ("passed", "skipped"):
                why = (record.failure.first_line if record.failure else record.reason) if record else "it did not run"
                raise AcceptanceError(
                    f'"{needed[id].name}" is not green without any mutant, so nothing counts: {why}',
                    hint=f"See it pass first:  pytest '{id}'",
                )
        self._green.update(id for id in left if records[id].status == "passed")

    def _side_by_side(self, tier: str, group: Sequence[Open]) -> Iterator[Result]:
        parts = _parts(group, AT_A_TIME if tier == "static" else 1)
        with ThreadPoolExecutor(max_workers=self._jobs, thread_name_prefix="mutant") as pool:
            running: dict[Future[None], Sequence[Open]] = {pool.submit(self._meet, part, tier): part for part in parts}
            try:
                while running:
                    ended, _ = wait(running, return_when=FIRST_COMPLETED)
                    for future in ended:
                        part = running.pop(future)
                        future.result()
                        for one in part:
                            if worst(one.said)[0] is Verdict.KILLED:
                                self.open.remove(one)
                                yield self._ended(one)
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                command.end_all()
                raise

    def _meet(self, part: Sequence[Open], tier: str) -> None:
        """Run the scenarios of a tier with some mutants; none are those that were skipped in the control."""
        wanted = [[each.id for each in self._sight.of(one.mutant, tier) if each.id in self._green] for one in part]
        if not any(wanted):
            return
        if tier != "static":
            self._say(f"{part[0].mutant.id}: {len(wanted[0])} {tier} scenarios")
        began = time.monotonic()
        mutants = [(one.mutant, ids) for one, ids in zip(part, wanted, strict=True)]
        met = self._runs.meet(mutants, timeout=RUN_WITHIN)
        seconds = (time.monotonic() - began) / len(part)
        for one, records in zip(part, met, strict=True):
            one.seconds += seconds
            one.tier = tier
            if records is None:
                one.said.append((Verdict.TIMED_OUT, f"its {tier} scenarios did not end within {RUN_WITHIN:g} s", ""))
            else:
                one.said += [(*judge(one.mutant, each), each.id) for each in records]

    def _ended(self, one: Open) -> Result:
        verdict, seen, scenario = worst(one.said)
        mutant, killed = one.mutant, verdict is Verdict.KILLED
        could = self._could(mutant)
        about = [each for each in could if each.id == scenario] if killed else could
        result = Result(
            id=mutant.id,
            operator=mutant.operator,
            concern=mutant.concern,
            object=mutant.object,
            part=mutant.part,
            takes_away=mutant.takes_away,
            unnoticed=mutant.unnoticed,
            verdict=verdict,
            seen=seen or ("" if could else "no scenario is about it"),
            scenario=scenario if killed or verdict is Verdict.KILLED_ELSEWHERE else "",
            requirements=sorted({name for each in about for name in each.requirements}),
            tier=one.tier,
            seconds=round(one.seconds, 1),
            digest=self._static(mutant) if killed and one.tier == "static" else self._whole(mutant),
            when=datetime.now(UTC),
        )
        self._store.keep(result)
        return result

    def _recall(self, mutant: Derived) -> Result | None:
        """What is known of a mutant, as long as all that it depends on is the same."""
        if "static" in self._tiers and (known := self._store.get(self._static(mutant))):
            return known
        return self._store.get(self._whole(mutant))

    def _static(self, mutant: Derived) -> str:
        return self._sources.of(mutant, self._sight.of(mutant, "static"), static=True)

    def _whole(self, mutant: Derived) -> str:
        return self._sources.of(mutant, self._could(mutant), static=False)

    def _could(self, mutant: Derived) -> list[Prospect]:
        """Whoever could notice a mutant, in all tiers that take part."""
        return [each for tier in self._tiers for each in self._sight.of(mutant, tier)]


def _parts(group: Sequence[Open], size: int) -> list[Sequence[Open]]:
    return [group[start : start + size] for start in range(0, len(group), size)]


def _groups(seen: Sequence[Open], tier: str) -> Iterator[list[Open]]:
    """Those whose control is one: all of a tier that is cheap, and otherwise those of a concern."""
    if tier == "static":
        if seen:
            yield list(seen)
        return
    for concern in dict.fromkeys(each.mutant.concern for each in seen):
        yield [each for each in seen if each.mutant.concern is concern]
