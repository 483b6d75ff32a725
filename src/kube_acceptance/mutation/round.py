"""A round: mutants meet the scenarios that can see them, the cheapest first, until one notices.

Tier by tier, the mutants run side by side, each in a pytest of its own and, where it needs a release, in a namespace of
its own; the first scenario that goes red for the right reason ends its run. What survives goes on to the next tier.
Every verdict is kept as soon as it stands, and so is what a tier has left: an interrupted round goes on from there.

Whoever notices is seen green without any mutant in the same round, or it ends, for nothing would count: of the static
scenarios all before the first mutant, as they take seconds; of any other tier one, so that a tier that cannot run is
known at once, and then each that has noticed something.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from kube_acceptance import command
from kube_acceptance.errors import AcceptanceError, MachineError
from kube_acceptance.mutation.derived import Derived
from kube_acceptance.mutation.digest import Sources
from kube_acceptance.mutation.score import Result, Verdict
from kube_acceptance.mutation.sight import Sight
from kube_acceptance.mutation.store import Store, Usual
from kube_acceptance.mutation.verdict import judge, worst
from kube_acceptance.report.model import Scenario
from kube_acceptance.running.prospect import Prospect

USUAL: Mapping[str, Usual] = {
    "static": Usual(10.0, 0.4),
    "image": Usual(60.0, 0.3),
    "cluster": Usual(90.0, 0.3),
    "disruptive": Usual(180.0, 0.3),
}
"""What a mutant takes in a tier, the cheapest first, where no earlier result tells."""

RUN_WITHIN = 900.0  # seconds for one mutant in one tier, images and installation included, beside:
PATIENCE = 3.0  # times what its scenarios took when nothing ran beside them
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
    """A mutant that has no verdict yet, what was said of it so far, and the tiers that it has to meet still."""

    mutant: Derived
    left: Sequence[str]
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
        excused: The ids of mutants that nobody has to notice: they meet the cheapest tier that sees them alone, since
            who survives meets every scenario that there is for it.
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
        excused: Collection[str] = (),
    ) -> None:
        self._sight = sight
        self._sources = sources
        self._store = store
        self._runs = runs
        self._tiers = tiers
        self._jobs = jobs
        self._say = say
        self._excused = excused
        self._green: set[str] = set()
        self._controls = threading.Lock()  # one at a time: the next may find that it need not run
        self.known: list[Result] = []
        self.open: list[Open] = []
        for mutant in mutants:
            found = Open(mutant, self._tiers_of(mutant)) if fresh else self._recall(mutant)
            if isinstance(found, Open):
                self.open.append(found)
            else:
                self.known.append(found)

    @property
    def meeting(self) -> list[str]:
        """The tiers whose scenarios some mutant may meet that has no verdict yet."""
        return [tier for tier in self._tiers if any(tier in each.left for each in self.open)]

    def estimate(self, usual: Mapping[str, Usual] = USUAL) -> float:
        """The seconds that it will take if each tier leaves as many to the next as usual.

        Args:
            usual: What a mutant takes in each tier.
        """
        seconds = 0.0
        for each in self.open:
            reaching = 1.0
            for tier in each.left:
                seconds += reaching * usual[tier].seconds
                reaching *= usual[tier].left
        return seconds / self._jobs

    def results(self) -> Iterator[Result]:
        """What is known already, then each verdict as it comes.

        Raises:
            AcceptanceError: A control is not green, or the machine cannot run the suite, so that nothing counts from
                there on.
        """
        yield from self.known
        for tier in self._tiers:
            if seen := [each for each in self.open if tier in each.left]:
                scenarios = list({each.id: each for one in seen for each in self._sight.of(one.mutant, tier)}.values())
                self._control(tier, scenarios if tier == "static" else scenarios[:1])
                yield from self._side_by_side(tier, seen)
        for left in list(self.open):
            yield self._end(left)

    def _control(self, tier: str, scenarios: Iterable[Prospect], *, noticed: bool = False) -> None:
        """See scenarios green without any mutant, unless they were in this round; to be skipped is to notice nothing.

        Raises:
            AcceptanceError: One is not.
        """
        with self._controls:
            left = {each.id: each for each in scenarios if each.id not in self._green}
            if not left:
                return
            one, *more = (f'"{each.name}"' for each in left.values())
            self._say(f"control: {f'{len(left)} {tier} scenarios' if more else one} without any mutant")
            records = {each.id: each for each in self._runs.control(list(left), timeout=_patience(left.values()))}
            enough = ("passed",) if noticed else ("passed", "skipped")
            for id, scenario in left.items():
                record = records.get(id)
                if record is None or record.status not in enough:
                    failure = record.failure.first_line if record and record.failure else ""
                    why = (failure or record.reason) if record else "it did not run"
                    raise AcceptanceError(
                        f'"{scenario.name}" is not green without any mutant, so nothing counts: {why}',
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
                            one.left = one.left[1:]
                            if not one.left or worst(one.said)[0] is Verdict.KILLED:
                                yield self._end(one)
                            else:
                                self._store.keep(self._result(one, so_far=True))
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                command.end_all()
                raise

    def _meet(self, part: Sequence[Open], tier: str) -> None:
        """Run the scenarios of a tier with some mutants; none are static ones that were skipped in the control."""
        wanted = [
            [each for each in self._sight.of(one.mutant, tier) if tier != "static" or each.id in self._green]
            for one in part
        ]
        if not any(wanted):
            return
        if tier != "static":
            self._say(f"{part[0].mutant.id}: {len(wanted[0])} {tier} scenarios")
        began = time.monotonic()
        mutants = [(one.mutant, [each.id for each in scenarios]) for one, scenarios in zip(part, wanted, strict=True)]
        within = _patience(each for scenarios in wanted for each in scenarios)
        met = self._runs.meet(mutants, timeout=within)
        seconds = (time.monotonic() - began) / len(part)
        for one, scenarios, records in zip(part, wanted, met, strict=True):
            one.seconds += seconds
            one.tier = tier
            _must_have_a_machine(records or ())
            if records is None:
                one.said.append((Verdict.TIMED_OUT, f"its {tier} scenarios did not end within {within:.0f} s", ""))
            else:
                one.said += [(*judge(one.mutant, each), each.id) for each in records]
                verdict, _, noticed = worst(one.said)
                if verdict is Verdict.KILLED:
                    self._control(tier, [each for each in scenarios if each.id == noticed], noticed=True)

    def _end(self, one: Open) -> Result:
        self.open.remove(one)
        result = self._result(one)
        self._store.keep(result)
        return result

    def _result(self, one: Open, *, so_far: bool = False) -> Result:
        verdict, seen, scenario = worst(one.said)
        mutant, killed = one.mutant, verdict is Verdict.KILLED
        could = self._could(mutant)
        about = [each for each in could if each.id == scenario] if killed else could
        tiers = self._tiers_of(mutant)
        return Result(
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
            digest=self._digest(mutant, tiers[: len(tiers) - len(one.left)]),
            when=datetime.now(UTC),
            so_far=so_far,
        )

    def _recall(self, mutant: Derived) -> Result | Open:
        """What is known of a mutant, as long as all that it depends on is the same: its verdict, or how far it came."""
        tiers = self._tiers_of(mutant)
        for met in range(len(tiers), -1, -1):
            if known := self._store.get(self._digest(mutant, tiers[:met])):
                if met == len(tiers) or known.verdict is Verdict.KILLED:
                    return known.model_copy(update={"so_far": False})
                said: list[Said] = [(known.verdict, known.seen, known.scenario)]
                return Open(mutant, tiers[met:], said, known.seconds, known.tier)
        return Open(mutant, tiers)

    def _digest(self, mutant: Derived, tiers: Sequence[str]) -> str:
        """What a verdict depends on that a mutant got in some tiers."""
        scenarios = [each for tier in tiers for each in self._sight.of(mutant, tier)]
        return self._sources.of(mutant, scenarios, static=list(tiers) == ["static"])

    def _could(self, mutant: Derived) -> list[Prospect]:
        """Whoever could notice a mutant, in all tiers that it meets."""
        return [each for tier in self._tiers_of(mutant) for each in self._sight.of(mutant, tier)]

    def _tiers_of(self, mutant: Derived) -> list[str]:
        """The tiers that a mutant meets, unless one before has noticed it."""
        seeing = [tier for tier in self._tiers if self._sight.of(mutant, tier)]
        return seeing[:1] if mutant.id in self._excused else seeing


def _parts(group: Sequence[Open], size: int) -> list[Sequence[Open]]:
    return [group[start : start + size] for start in range(0, len(group), size)]


def _must_have_a_machine(records: Iterable[Scenario]) -> None:
    """Fail where Docker was not there, or no room: that says nothing of a mutant, nor would what follows."""
    for record in records:
        if record.failure and record.failure.error == MachineError.__name__:
            raise MachineError(
                f"the round cannot go on: {record.failure.first_line}", hint="Mend that; it goes on from here."
            )


def _patience(scenarios: Iterable[Prospect]) -> float:
    """The seconds that scenarios may take together, with the start of a run."""
    return RUN_WITHIN + PATIENCE * sum(each.seconds or 0.0 for each in scenarios)
