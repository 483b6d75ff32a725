"""The run as JUnit XML, which CI servers read."""

# mypy: allow-untyped-calls
# junitparser has types, but not everywhere

from __future__ import annotations

import socket
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from junitparser import Error, Failure, Skipped
from junitparser.junitparser import Result
from junitparser.xunit2 import FlakyFailure, JUnitXml, TestCase, TestSuite

from kube_acceptance.report.html import duration, sentence
from kube_acceptance.report.model import Feature, Problem, Run, Scenario
from kube_acceptance.report.wording import cause, command, store, title, whole

JUNIT = "junit.xml"

_RUN = "the run"
"""The name of the suite that tells what is wrong with the run as a whole."""
_NO_XML = {0xFFFE: "\ufffd", 0xFFFF: "\ufffd"}
"""Characters that XML has no way to write; the model has replaced the others."""


def write(run: Run, folder: Path) -> None:
    """Write `junit.xml`: a suite for each feature, a test case for each scenario.

    The form is that of Maven Surefire and of pytest, as most CI servers read it. What is wrong with the run itself is a
    test case, too: a server that knows only test cases must not call it green.

    Raises:
        OSError: The file cannot be written.
    """
    document = JUnitXml(_text(run.title))
    for feature in run.features:
        document.add_testsuite(_suite(feature, run))
    if cases := list(_of_the_run(run)):
        suite = _new_suite(_RUN, run.started)
        suite.extend(cases)
        document.add_testsuite(suite)
    document.update_statistics()
    store(folder / JUNIT, f'<?xml version="1.0" encoding="utf-8"?>\n{document.tostring().decode()}\n')


def _suite(feature: Feature, run: Run) -> TestSuite:
    started = [scenario.started for scenario in feature.scenarios if scenario.started]
    suite = _new_suite(feature.name, min(started, default=run.started))
    suite.file = _text(feature.uri)
    titles = Counter(title(scenario) for scenario in feature.scenarios)
    for scenario in feature.scenarios:
        # servers take two cases of one name for the same
        name = title(scenario) if titles[title(scenario)] == 1 else scenario.id.rpartition("::")[2]
        suite.append(_case(feature, scenario, name))
    suite.update_statistics()
    return suite


def _new_suite(name: str, started: datetime) -> TestSuite:
    suite = TestSuite(_text(name))
    suite.hostname = socket.gethostname()
    suite.timestamp = started.isoformat(timespec="seconds")
    return suite


def _case(feature: Feature, scenario: Scenario, name: str) -> TestCase:
    case = TestCase(_text(name), _text(feature.name), round(scenario.duration, 3))
    for key, value in _properties(scenario):
        case.add_property(key, _text(value))
    for outcome in _outcomes(scenario):
        case.append(outcome)
    case.system_out = _text("\n".join(_told(scenario)))
    return case


def _properties(scenario: Scenario) -> Iterator[tuple[str, str]]:
    yield from (("requirement", each) for each in scenario.requirements)
    yield from (("tag", each) for each in scenario.tags)
    yield from (("evidence", each.path) for each in scenario.attachments)
    if scenario.quarantine:
        yield "quarantine", scenario.quarantine


def _outcomes(scenario: Scenario) -> Iterator[Result]:
    match scenario.status:
        case "passed":
            return
        case "flaky" if scenario.quarantine:
            # Surefire's element for what passed only when repeated
            for attempt in scenario.earlier:
                yield _outcome(FlakyFailure, cause(attempt), attempt.status, whole(attempt))
        case "flaky":
            trace = "\n\n".join(f"Attempt {number}: {whole(each)}" for number, each in enumerate(scenario.earlier, 1))
            yield _outcome(Failure, cause(scenario), "flaky", trace)
        case "failed":
            yield _outcome(Failure, cause(scenario), "failed", whole(scenario))
        case "skipped" | "not run":
            yield _outcome(Skipped, cause(scenario), scenario.status, whole(scenario))
        case "broken" | "undefined" | "pending":
            yield _outcome(Error, cause(scenario), scenario.status, whole(scenario))


def _told(scenario: Scenario) -> Iterator[str]:
    """What happened, a line a step."""
    if scenario.status in ("passed", "flaky") and (why := cause(scenario)):
        yield why
    if scenario.quarantine:
        yield f"in quarantine: {scenario.quarantine}"
    for number, attempt in enumerate((*scenario.earlier, scenario), 1):
        if scenario.earlier:
            yield f"Attempt {number}: {'passed' if attempt.status == 'flaky' else attempt.status}"
        for step in attempt.steps:
            yield f"{step.status:>9}  {step.keyword} {step.text}  {duration(step.duration)}".rstrip()
    yield f"again: {command(scenario)}"


def _of_the_run(run: Run) -> Iterator[TestCase]:
    for problem in run.problems:
        yield _problem(problem)
    if run.verdict == "nothing proved":
        case = TestCase("nothing was proved", _RUN, 0.0)
        case.append(_outcome(Error, sentence(run), "nothing proved", sentence(run)))
        yield case


def _problem(problem: Problem) -> TestCase:
    failure = problem.failure
    case = TestCase(_text(problem.where), _RUN, 0.0)
    text = "\n\n".join(part for part in (failure.first_line, failure.details, failure.text) if part)
    case.append(_outcome(Error, failure.first_line, "problem", text))
    return case


def _outcome(kind: type[Result], message: str, type_: str, text: str) -> Result:
    outcome = kind(_text(message), type_)
    outcome.text = _text(text)
    return outcome


def _text(text: str) -> str:
    return text.translate(_NO_XML)
