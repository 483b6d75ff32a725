"""The command `kube-acceptance mutate`, from the choice of mutants to the score."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from rich.console import Console

from kube_acceptance.config import Config
from kube_acceptance.console import progress
from kube_acceptance.errors import ConfigurationError
from kube_acceptance.facts import commit
from kube_acceptance.mutation import catalogue, project
from kube_acceptance.mutation.closing import close
from kube_acceptance.mutation.derived import Derived
from kube_acceptance.mutation.digest import Sources
from kube_acceptance.mutation.equivalent import excused, mistakes
from kube_acceptance.mutation.round import USUAL, Round
from kube_acceptance.mutation.score import Result, Score, Verdict
from kube_acceptance.mutation.sight import Sight
from kube_acceptance.mutation.store import FILE, Store
from kube_acceptance.plugin import TIERS
from kube_acceptance.scratch import scratch
from kube_acceptance.session import cluster_name as named

WIDTH = 200  # columns of a table that goes into a pipe


@dataclass(frozen=True)
class Choice:
    """Which mutants take part; see the command's options."""

    patterns: Sequence[str]
    since: str
    count: int
    seed: int | None
    tiers: Sequence[str]

    def of(self, config: Config) -> Chosen:
        """The mutants.

        Raises:
            ConfigurationError: The choice names what there is not.
            ReleaseError: The chart cannot be rendered.
        """
        deployment = catalogue.Deployment(config, project.chart(config))
        everything = deployment.mutants()
        if not everything:
            raise ConfigurationError("no operator finds anything to take away in what the chart renders")
        mutants, words = catalogue.named(everything, self.patterns), list(self.patterns)
        if self.since:
            with scratch("before") as folder:
                revision = project.revision(config.root, self.since)
                earlier = catalogue.before(config, revision, Path(folder), project.chart)
                mutants = catalogue.changed(mutants, deployment.digests(), earlier.digests())
            words.append(f"changed since {self.since}")
        if self.count and self.count < len(mutants):
            seed = random.randrange(10_000) if self.seed is None else self.seed
            words.append(f"{self.count} of {len(mutants)} by chance, seed {seed} (again: --seed {seed})")
            mutants = catalogue.sample(mutants, self.count, seed)
        if self.tiers:
            words.append(f"only {' and '.join(self.tiers_in_order())} scenarios")
        return Chosen(mutants, [each.id for each in everything], ", ".join(words))

    def tiers_in_order(self) -> list[str]:
        """The tiers that take part, the cheapest first; raises ConfigurationError when one is none."""
        for each in self.tiers:
            if each not in TIERS:
                raise ConfigurationError(f"{each} is no tier", hint=f"There are {', '.join(TIERS)}.")
        return [tier for tier in TIERS if not self.tiers or tier in self.tiers]


@dataclass(frozen=True)
class Chosen:
    """The mutants that take part, the ids of all there are, and how they were chosen, in words."""

    mutants: list[Derived]
    ids: list[str]
    how: str


def listed(config: Config, choice: Choice) -> str:
    """A line for each mutant that takes part, and how many there are."""
    chosen = choice.of(config)
    width = max((len(each.id) for each in chosen.mutants), default=0)
    lines = [f"{each.id.ljust(width)}  without {each.takes_away}" for each in chosen.mutants]
    return "\n".join([*lines, f"{len(chosen.mutants)} of {len(chosen.ids)} mutants"])


def mutate(
    config: Config,
    choice: Choice,
    *,
    jobs: int,
    threshold: int,
    fresh: bool,
    keep: bool,
    cluster_name: str,
) -> bool:
    """Run a round, and tell its score. Returns whether that is good enough.

    Args:
        config: The project's configuration.
        choice: Which mutants, and which tiers.
        jobs: How many run side by side; 0 takes one a processor.
        threshold: Percent that must be killed.
        fresh: Whether earlier verdicts count for nothing.
        keep: Whether the cluster is left behind.
        cluster_name: The cluster's name; the project's own when empty.

    Raises:
        AcceptanceError: A control is not green, or the round cannot begin.
    """
    if found := list(mistakes(config.mutation.equivalents, date.today())):
        raise ConfigurationError(found[0], details=found[1:])
    tiers = choice.tiers_in_order()
    about = project.about(config)
    chosen = choice.of(config)
    if not chosen.mutants:
        progress(f"nothing to do: no mutant is {chosen.how}")
        return True
    reports = config.path(config.reports)
    sight = Sight(project.prospects(config.root, config.features), about=about, touched=project.touched(reports))
    store = Store(reports / FILE)
    began, started = datetime.now(UTC), time.monotonic()
    jobs = jobs or os.cpu_count() or 1
    name = cluster_name or named(config)
    with ExitStack() as stack:
        kept = Path(stack.enter_context(scratch("renderings")))
        round_ = Round(
            chosen.mutants,
            sight=sight,
            sources=Sources(config),
            store=store,
            runs=project.SuiteRuns(config.root, ["--cluster-name", name], kept),
            tiers=tiers,
            jobs=jobs,
            say=progress,
            fresh=fresh,
            excused=excused(chosen.ids, config.mutation.equivalents, date.today()),
        )
        if {*round_.meeting} - {"static"}:  # static scenarios need neither Docker nor a cluster
            stack.enter_context(project.reserved(config, name, keep=keep))
        known = f", {len(round_.known)} of them judged before" if round_.known else ""
        takes = _about(round_.estimate(store.usual(USUAL)))
        progress(f"{len(chosen.mutants)} mutants{known}: {takes} with {jobs} side by side")
        results: list[Result] = []
        try:
            for result in round_.results():
                results.append(result)
                if len(results) > len(round_.known):
                    _tell(result, results, len(chosen.mutants))
        finally:
            score = Score(
                began=began,
                seconds=round(time.monotonic() - started, 1),
                commit=commit(config.root),
                derived=len(chosen.ids),
                planned=len(chosen.mutants),
                chosen=chosen.how,
                results=results,
            )
            console = Console(width=None if os.isatty(1) else WIDTH)
            passed = close(score, config, threshold=threshold, ids=chosen.ids, console=console) if results else False
    return passed


def _tell(result: Result, results: Sequence[Result], planned: int) -> None:
    seen = f": {result.seen}" if result.seen else ""
    left = sum(each.verdict is not Verdict.KILLED for each in results)
    took = f"{result.seconds:.0f} s, {left} not killed so far"
    progress(f"[{len(results)}/{planned}] {result.verdict}  {result.id} ({took}){seen}")


def _about(seconds: float) -> str:
    return f"about {seconds / 60:.0f} min" if seconds >= 90 else f"about {seconds:.0f} s"
