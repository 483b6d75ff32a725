"""Runs each mutant's scenarios, and judges: red for the right reason, or not.

Every mutant gets a pytest of its own, on the cluster that they share; first a control without any mutant, because a
scenario that is red anyway notices nothing. The control also says which scenarios a feature file has.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from kube_acceptance.command import CommandError
from kube_acceptance.errors import AcceptanceError
from kube_acceptance.mutation.mutant import Mutant
from kube_acceptance.mutation.score import Verdict
from kube_acceptance.report.model import Scenario
from kube_acceptance.scratch import scratch
from kube_acceptance.suite import Suite

RUN_WITHIN = 900.0  # seconds for one mutant, images and installation included
CONTROL_WITHIN = 180.0  # seconds more for each scenario of the control


@dataclass(frozen=True)
class Judgement:
    """A mutant, its verdict, and in a sentence what was seen."""

    mutant: Mutant
    verdict: Verdict
    seen: str
    seconds: float


def judge(mutant: Mutant, scenarios: Sequence[Scenario]) -> tuple[Verdict, str]:
    """The verdict on a mutant by the records of its scenarios, and the first line that tells of it.

    One that passes is enough to survive, and all must be red for the right reason to be killed.
    """
    order = (Verdict.SURVIVED, Verdict.INVALID, Verdict.KILLED_ELSEWHERE, Verdict.KILLED)
    if not scenarios:
        return Verdict.INVALID, "its scenario did not run"
    verdict, said = min((_judge_one(mutant, each) for each in scenarios), key=lambda one: order.index(one[0]))
    more = f" (the same of {len(scenarios)} scenarios)" if verdict is Verdict.KILLED and len(scenarios) > 1 else ""
    return verdict, said + more


def _judge_one(mutant: Mutant, scenario: Scenario) -> tuple[Verdict, str]:
    if scenario.status == "passed":
        return Verdict.SURVIVED, f'"{scenario.name}" passes: nothing notices that {mutant.takes_away} is gone'
    said = scenario.failure.first_line if scenario.failure else scenario.reason
    if re.search(mutant.because, said):
        return Verdict.KILLED, said
    return (Verdict.KILLED_ELSEWHERE if scenario.status == "failed" else Verdict.INVALID), said


def run_all(
    mutants: Sequence[Mutant],
    *,
    root: Path,
    options: Sequence[str],
    say: Callable[[str], None],
    altered: Callable[[Mutant], AbstractContextManager[None]],
    reports: Path | None = None,
) -> Iterator[Judgement]:
    """Run the control, then each mutant.

    Args:
        mutants: The mutants.
        root: The project's folder.
        options: Further options for every pytest.
        say: Told what is under way.
        altered: Changes the cluster itself as a mutant asks for, inside of a block.
        reports: Where the reports of each run are kept, in a folder named like the mutant, or `control`.

    Yields:
        A judgement a mutant. When the control is red the mutants of the scenarios that are red are invalid.
    """
    wanted = list(dict.fromkeys(node for mutant in mutants for node in mutant.scenario))
    say(f"control: {', '.join(wanted)} without any mutant")
    within = RUN_WITHIN + CONTROL_WITHIN * len(wanted)
    control, seconds = _run(wanted, root, options, reports and reports / "control", timeout=within, env={})
    green = [each for each in control if each.status == "passed"]
    say(f"control: {len(green)} of {len(control)} scenarios are green ({seconds:.0f} s)")
    for mutant in mutants:
        before = _of(mutant, control)
        if why := _not_green(mutant, before):
            yield Judgement(mutant, Verdict.INVALID, why, 0.0)
            continue
        say(f"mutant {mutant.name}: without {mutant.takes_away}")
        try:
            with altered(mutant):
                judgement = _judged(mutant, before, root, options, reports and reports / mutant.name)
        except AcceptanceError as error:  # the cluster could not be changed, or not be made whole again
            judgement = Judgement(mutant, Verdict.INVALID, error.summary, 0.0)
        yield judgement


def score(judgements: Iterable[Judgement]) -> tuple[int, int]:
    """How many mutants were killed, and how many there were."""
    verdicts = [each.verdict for each in judgements]
    return verdicts.count(Verdict.KILLED), len(verdicts)


def _judged(
    mutant: Mutant, control: Sequence[Scenario], root: Path, options: Sequence[str], reports: Path | None
) -> Judgement:
    try:
        with scratch("harness") as folder:
            env, taken = mutant.crippled(Path(folder)), [*options, "--mutant", str(mutant.file)]
            records, seconds = _run(mutant.scenario, root, taken, reports, timeout=RUN_WITHIN, env=env)
    except CommandError as error:
        return Judgement(mutant, Verdict.TIMED_OUT, error.summary, error.completed.seconds)
    after = _of(mutant, records)
    if missing := {each.id for each in control} - {each.id for each in after}:
        return Judgement(mutant, Verdict.INVALID, f"{min(missing)} did not run", seconds)
    return Judgement(mutant, *judge(mutant, after), seconds)


def _run(
    nodes: Sequence[str],
    root: Path,
    options: Sequence[str],
    reports: Path | None,
    *,
    timeout: float,
    env: Mapping[str, str],
) -> tuple[list[Scenario], float]:
    with contextlib.nullcontext(reports) if reports else scratch("mutant") as folder:
        ended = Suite(root, Path(folder), env).run("-q", *nodes, *options, timeout=timeout)
        try:
            return list(ended.run.scenarios()), ended.seconds
        except AcceptanceError:
            return [], ended.seconds


def _of(mutant: Mutant, scenarios: Iterable[Scenario]) -> list[Scenario]:
    """The scenarios that a mutant names: by their file, by their name, or as the rows of an outline of that name."""
    return [each for each in scenarios if any(_covers(node, each.id) for node in mutant.scenario)]


def _covers(node: str, scenario: str) -> bool:
    return scenario == node or scenario.startswith((f"{node}::", f"{node}["))


def _not_green(mutant: Mutant, control: Sequence[Scenario]) -> str:
    """Why a mutant cannot be judged: a scenario of it that is red anyway, or none; empty when it can."""
    for node in mutant.scenario:
        if not any(_covers(node, each.id) for each in control):
            return f"{node} did not run without it"
    for each in control:
        if each.status != "passed":
            said = each.failure.first_line if each.failure else each.reason
            return f'"{each.name}" is not green without it: {said}'
    return ""
