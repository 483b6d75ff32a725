"""What a reviewer must look at: the same trouble once, the worst first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kube_acceptance.report.model import Problem, Scenario, ScenarioStatus

_SECTIONS: tuple[tuple[str, str, tuple[ScenarioStatus, ...]], ...] = (
    ("failed", "Failed", ("failed",)),
    ("broken", "No verdict: set-up or clean-up broke", ("broken",)),
    ("undefined", "Steps without a definition", ("undefined",)),
    ("pending", "Steps that are not written yet", ("pending",)),
    ("flaky", "Passed only when repeated", ("flaky",)),
    ("not proved", "Not proved by this run", ("skipped", "not run")),
)
_PLACES = {
    ".feature": "In feature files",
    ".py": "In tests and step definitions",
    "report:": "In the report itself",
    "": "Around the run",
}
"""What a problem's place contains, and what such problems are called."""


@dataclass(frozen=True)
class Group:
    """Scenarios that share the same trouble, and code that would mend it if there is some."""

    headline: str
    status: ScenarioStatus
    scenarios: tuple[Scenario, ...]
    snippet: str = ""


@dataclass(frozen=True)
class Section:
    """Groups of the same kind, by a short name and a title."""

    name: str
    title: str
    groups: tuple[Group, ...]

    @property
    def status(self) -> ScenarioStatus:
        """The worst in it."""
        return self.groups[0].status

    @property
    def count(self) -> int:
        """How many scenarios are in it."""
        return sum(len(group.scenarios) for group in self.groups)


def attention(scenarios: Sequence[Scenario]) -> list[Section]:
    """What did not simply pass, in the order in which to look at it."""
    sections = [Section(name, title, tuple(_groups(scenarios, statuses))) for name, title, statuses in _SECTIONS]
    return [section for section in sections if section.groups]


def problems_by_place(problems: Iterable[Problem]) -> dict[str, list[Problem]]:
    """Problems by the kind of place in which they were found, the same kinds in the same order."""
    found: dict[str, list[Problem]] = {title: [] for title in _PLACES.values()}
    for problem in problems:
        found[next(title for part, title in _PLACES.items() if part in problem.where)].append(problem)
    return {title: members for title, members in found.items() if members}


def _groups(scenarios: Iterable[Scenario], statuses: Sequence[ScenarioStatus]) -> Iterable[Group]:
    found: dict[tuple[ScenarioStatus, str], list[Scenario]] = {}
    for scenario in scenarios:
        if scenario.status in statuses:
            found.setdefault((scenario.status, _headline(scenario)), []).append(scenario)
    for (status, headline), members in sorted(found.items(), key=lambda entry: statuses.index(entry[0][0])):
        yield Group(headline, status, tuple(members), _snippet(members) if status == "undefined" else "")


def _headline(scenario: Scenario) -> str:
    failure = scenario.failure
    match scenario.status:
        case "undefined":
            if missing := [step.text for step in scenario.steps if step.status == "undefined"]:
                return "; ".join(missing)
        case "flaky":
            failure = scenario.earlier[-1].failure if scenario.earlier else None
        case "pending" | "skipped" | "not run":
            failure = None if scenario.reason else failure
    return failure.first_line if failure else scenario.reason or "no reason was given"


def _snippet(scenarios: Iterable[Scenario]) -> str:
    """The definitions that the scenarios' steps lack, each once."""
    found = [step.suggestion.strip() for scenario in scenarios for step in scenario.steps if step.suggestion]
    return "\n\n\n".join(dict.fromkeys(found))
