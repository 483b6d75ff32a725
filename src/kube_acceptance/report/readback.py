"""What the written reports say of each scenario, read back from the files: where they disagree, one of them lies."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from junitparser import Error, Failure, JUnitXml, Skipped

from kube_acceptance.report.model import Run
from kube_acceptance.report.outcome import FLAKINESS

# from worst to best; what a scenario's steps say together is what the worst of them says
_STEP_ORDER = ("FAILED", "AMBIGUOUS", "UNDEFINED", "PENDING", "SKIPPED", "PASSED")


def in_data(file: Path) -> dict[str, str]:
    """Statuses by scenario name in `run.json`."""
    run = Run.model_validate_json(file.read_text(encoding="utf-8"))
    return {scenario.name: str(scenario.status) for scenario in run.scenarios()}


def in_junit(file: Path) -> dict[str, str]:
    """Statuses by scenario name in a JUnit file, where a type says more than failure or error can."""
    return {str(case.name): _junit_status(case) for suite in JUnitXml.fromfile(str(file)) for case in suite}


def _junit_status(case: Any) -> str:
    for result in case.result:
        match result:
            case Failure() | Error():
                return str(result.type)
            case Skipped():
                return "skipped" if not str(result.message).startswith("not run") else "not run"
    return "passed"


def in_messages(file: Path) -> dict[str, str]:
    """Statuses by scenario name in Cucumber Messages, by their last attempt."""
    found = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    hooks = {each["id"]: each["name"] for each in _all(found, "hook")}
    pickles = {each["id"]: each["name"] for each in _all(found, "pickle")}
    cases = {each["id"]: each for each in _all(found, "testCase")}
    statuses = {}
    for started in sorted(_all(found, "testCaseStarted"), key=lambda each: each["attempt"]):
        case = cases[started["testCaseId"]]
        asides = {step["id"]: hooks[step["hookId"]] for step in case["testSteps"] if "hookId" in step}
        steps = [each for each in _all(found, "testStepFinished") if each["testCaseStartedId"] == started["id"]]
        statuses[pickles[case["pickleId"]]] = _message_status(steps, asides)
    return statuses


def _message_status(steps: list[dict[str, Any]], asides: Mapping[str, str]) -> str:
    """What the steps of one attempt say together; Cucumber tells a broken set-up and flakiness as hooks that fail."""
    worst = min(steps, key=lambda each: _STEP_ORDER.index(each["testStepResult"]["status"]))
    status = str(worst["testStepResult"]["status"]).lower()
    aside = asides.get(worst["testStepId"], "")
    if aside == FLAKINESS:
        return "flaky"
    return "broken" if status == "failed" and aside else status


def _all(found: list[dict[str, Any]], kind: str) -> Iterator[dict[str, Any]]:
    return (each[kind] for each in found if kind in each)
