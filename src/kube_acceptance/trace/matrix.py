"""Requirements, clauses, tasks and scenarios side by side, for reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kube_acceptance.trace.model import Clause, Requirement, Scenario, Task, Trace


@dataclass(frozen=True)
class Row:
    """One requirement with all that hangs on it."""

    requirement: Requirement
    clauses: tuple[Clause, ...]
    tasks: tuple[Task, ...]
    scenarios: tuple[Scenario, ...]


def matrix(trace: Trace, scenarios: Sequence[Scenario]) -> list[Row]:
    """One row for each requirement, in the order of the specification; numbers that do not exist are left out."""
    return [
        Row(
            requirement,
            tuple(trace.clauses[number] for number in requirement.clauses if number in trace.clauses),
            tuple(task for task in trace.tasks.values() if requirement.id in task.requirements),
            tuple(
                scenario for scenario in scenarios if requirement.id in {tag.removeprefix("@") for tag in scenario.tags}
            ),
        )
        for requirement in trace.requirements.values()
    ]
