"""What the further reports say alike of a scenario."""

from __future__ import annotations

import shlex
from pathlib import Path

from kube_acceptance.report.model import RED, Scenario

_NO_REASON = "no reason was given"


def title(scenario: Scenario) -> str:
    """The name of a scenario, with those values of its example row that the name does not say."""
    words = scenario.name.split()
    values = [f"{name}: {value}" for name, value in scenario.example.items() if value not in words]
    return f"{scenario.name} ({', '.join(values)})" if values else scenario.name


def cause(scenario: Scenario) -> str:
    """One line that says why a scenario is not simply passed; nothing if it is."""
    failed = scenario.failure.first_line if scenario.failure else ""
    match scenario.status:
        case "passed":
            return scenario.reason
        case "flaky":
            said = f"Flaky: it passed only at attempt {len(scenario.earlier) + 1}"
            red = next(((at, each) for at, each in enumerate(scenario.earlier, 1) if each.status in RED), None)
            return f"{said}; attempt {red[0]}: {cause(red[1])}" if red else said
        case "skipped":
            # what is expected to fail is skipped for that reason, not for how it failed
            return scenario.reason or failed or _NO_REASON
        case _:
            return failed or scenario.reason or _NO_REASON


def whole(scenario: Scenario) -> str:
    """The cause, what the error said beyond it, and the trace."""
    failure = scenario.failure
    parts = [cause(scenario), *((failure.first_line, failure.details, failure.text) if failure else ())]
    return "\n\n".join(dict.fromkeys(part for part in parts if part))


def command(scenario: Scenario) -> str:
    """What to type to run the scenario again."""
    return shlex.join(["pytest", scenario.id])


def store(path: Path, text: str) -> None:
    """Write a report: it appears whole or not at all.

    Raises:
        OSError: There is no room, or the folder cannot be written to.
    """
    part = path.with_name(f"{path.name}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)
