"""Runs each mutant's scenario, and judges: red for the right reason, or not.

Every mutant gets a pytest of its own, on the cluster that they share; first a control without any mutant, because a
scenario that is red anyway notices nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from kube_acceptance.command import CommandError
from kube_acceptance.errors import AcceptanceError
from kube_acceptance.mutation.mutant import Mutant
from kube_acceptance.report.model import Scenario
from kube_acceptance.scratch import scratch
from kube_acceptance.suite import Suite

RUN_WITHIN = 900.0  # seconds for one mutant, images and installation included


class Verdict(StrEnum):
    """What became of a mutant."""

    KILLED = "killed"
    KILLED_ELSEWHERE = "killed elsewhere"
    SURVIVED = "survived"
    INVALID = "invalid"
    TIMED_OUT = "timed out"


@dataclass(frozen=True)
class Judgement:
    """A mutant, its verdict, and in a sentence what was seen."""

    mutant: Mutant
    verdict: Verdict
    seen: str
    seconds: float


def judge(mutant: Mutant, scenario: Scenario | None) -> tuple[Verdict, str]:
    """The verdict on a mutant by the record of its scenario; no record means that nothing ran."""
    if scenario is None:
        return Verdict.INVALID, "its scenario did not run"
    if scenario.status == "passed":
        return Verdict.SURVIVED, f"nothing notices that {mutant.takes_away} is gone"
    said = scenario.failure.first_line if scenario.failure else scenario.reason
    if re.search(mutant.because, said):
        return Verdict.KILLED, said
    if scenario.status == "failed":
        return Verdict.KILLED_ELSEWHERE, said
    return Verdict.INVALID, said


def run_all(
    mutants: Sequence[Mutant], *, root: Path, options: Sequence[str], say: Callable[[str], None]
) -> Iterator[Judgement]:
    """Run the control, then each mutant.

    Args:
        mutants: The mutants.
        root: The project's folder.
        options: Further options for every pytest.
        say: Told what is under way.

    Yields:
        A judgement a mutant. When the control is red the mutants of the scenarios that are red are invalid.
    """
    wanted = list(dict.fromkeys(mutant.scenario for mutant in mutants))
    say(f"control: {len(wanted)} scenarios without any mutant")
    control, seconds = _run(wanted, root, options)
    red = {node for node in wanted if (record := control.get(node)) is None or record.status != "passed"}
    say(f"control: {len(wanted) - len(red)} of {len(wanted)} scenarios are green ({seconds:.0f} s)")
    for mutant in mutants:
        if mutant.scenario in red:
            record = control.get(mutant.scenario)
            why = record.failure.first_line if record and record.failure else "it did not run"
            yield Judgement(mutant, Verdict.INVALID, f"its scenario is not green without it: {why}", 0.0)
            continue
        say(f"mutant {mutant.name}: without {mutant.takes_away}")
        try:
            records, seconds = _run([mutant.scenario], root, [*options, "--mutant", str(mutant.file)])
        except CommandError as error:
            yield Judgement(mutant, Verdict.TIMED_OUT, error.summary, error.completed.seconds)
            continue
        yield Judgement(mutant, *judge(mutant, records.get(mutant.scenario)), seconds)


def score(judgements: Iterable[Judgement]) -> tuple[int, int]:
    """How many mutants were killed, and how many there were."""
    verdicts = [each.verdict for each in judgements]
    return verdicts.count(Verdict.KILLED), len(verdicts)


def _run(nodes: Sequence[str], root: Path, options: Sequence[str]) -> tuple[dict[str, Scenario], float]:
    with scratch("mutant") as reports:
        ended = Suite(root, Path(reports), {}).run("-q", *nodes, *options, timeout=RUN_WITHIN)
        try:
            return {scenario.id: scenario for scenario in ended.run.scenarios()}, ended.seconds
        except AcceptanceError:
            return {}, ended.seconds
