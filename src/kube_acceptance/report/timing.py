"""Where the time of a run went: what waited, against which limit, and what worked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kube_acceptance.report.model import Scenario, Step, Wait

SLOWEST = 8
"""How many scenarios and steps the lists of the slowest name."""
_TIGHT, _GENEROUS = 0.8, 0.1
"""The parts of its budget past which a wait may soon fail, and below which its budget would hide a slowdown."""
_WORTH_A_LOOK = 30.0
"""Seconds of budget below which a generous wait is no news."""


@dataclass(frozen=True)
class Waits:
    """All waits of a run for the same condition with the same budget, and the longest of them."""

    longest: Wait
    scenario: Scenario
    times: int

    @property
    def remark(self) -> str:
        """What a person should know of it."""
        return remark(self.longest)


@dataclass(frozen=True)
class Spent:
    """Seconds of all scenarios together: waiting for conditions, the rest, and the part of both that was set-up."""

    waiting: float
    working: float
    set_up: float


@dataclass(frozen=True)
class Worker:
    """A process of pytest-xdist: how many scenarios it ran, and in how many seconds."""

    name: str
    scenarios: int
    seconds: float


def used(wait: Wait) -> float:
    """The part of its budget that a wait took."""
    return wait.seconds / wait.budget if wait.budget else 1.0


def remark(wait: Wait) -> str:
    """Whether a wait was close to its limit, or its limit so far away that it would hide a slowdown."""
    if used(wait) > _TIGHT:
        return "close to its limit"
    return "limit is generous" if used(wait) < _GENEROUS and wait.budget >= _WORTH_A_LOOK else ""


def waits(scenarios: Iterable[Scenario]) -> list[Waits]:
    """What was waited for, that which took most of its budget first."""
    found: dict[tuple[str, float], list[tuple[Wait, Scenario]]] = {}
    for scenario in scenarios:
        for step in scenario.steps:
            for wait in step.waits:
                found.setdefault((wait.what, wait.budget), []).append((wait, scenario))
    groups = [Waits(*max(group, key=lambda entry: entry[0].seconds), len(group)) for group in found.values()]
    return sorted(groups, key=lambda group: -used(group.longest))


def spent(scenarios: Iterable[Scenario]) -> Spent:
    """How much of the scenarios' time was waiting."""
    all_of_it = waiting = set_up = 0.0
    for scenario in scenarios:
        all_of_it += scenario.duration
        set_up += scenario.made_ready
        waiting += sum(wait.seconds for step in scenario.steps for wait in step.waits)
    return Spent(waiting, max(all_of_it - waiting, 0.0), set_up)


def slow_scenarios(scenarios: Iterable[Scenario]) -> list[Scenario]:
    """The slowest scenarios, the slowest first."""
    return sorted((each for each in scenarios if each.duration), key=lambda each: -each.duration)[:SLOWEST]


def slow_steps(scenarios: Iterable[Scenario]) -> list[tuple[Scenario, Step]]:
    """The slowest steps, the slowest first."""
    steps = [(scenario, step) for scenario in scenarios for step in scenario.steps if step.duration]
    return sorted(steps, key=lambda entry: -entry[1].duration)[:SLOWEST]


def workers(scenarios: Sequence[Scenario]) -> list[Worker]:
    """The processes that ran scenarios, if there was more than this one."""
    found: dict[str, list[float]] = {}
    for scenario in scenarios:
        if scenario.worker:
            found.setdefault(scenario.worker, []).append(scenario.duration)
    by_number = sorted(found.items(), key=lambda entry: (len(entry[0]), entry[0]))
    return [Worker(name, len(times), sum(times)) for name, times in by_number]
