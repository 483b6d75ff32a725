"""Each status is told truly in each report, and the reports are written by a real run, spread over processes or not."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from every_status import FAILED, every_status, lay_out
from report_project import Project

from kube_acceptance.report import junit, messages, summary
from kube_acceptance.report.model import STATUSES


class Told(NamedTuple):
    """How a scenario is told: in JUnit by element and type, in messages by the test steps of its last attempt."""

    scenario: str
    junit: list[tuple[str, str, str]]
    attempts: int
    steps: list[tuple[str, str]]
    summary: list[str]


TOLD = [
    Told(
        "passed",
        [],
        1,
        [("water", "PASSED"), ("it boils", "PASSED"), ("there is tea", "PASSED"), ("the label says", "PASSED")],
        [],
    ),
    Told(
        "failed",
        [("failure", "failed", FAILED)],
        1,
        [("water", "PASSED"), ("it boils", "PASSED"), ("there is tea", "FAILED")],
        ["**failed** failed (REQ-1)", FAILED, "pytest features/tea.feature::failed"],
    ),
    Told(
        "broken",
        [("error", "broken", 'Set-up failed in "kettle": no')],
        1,
        [("BEFORE_TEST_CASE set-up", "FAILED"), ("water", "SKIPPED"), ("it boils", "SKIPPED")],
        ["**broken** broken", 'Set-up failed in "kettle": no', "pytest features/tea.feature::broken"],
    ),
    Told(
        "broken in the middle",
        [("error", "broken", 'Set-up failed in "cup": none')],
        1,
        [
            ("water", "PASSED"),
            ("it boils", "PASSED"),
            ("BEFORE_TEST_STEP set-up", "FAILED"),
            ("there is tea", "SKIPPED"),
        ],
        [
            "**broken** broken in the middle",
            'Set-up failed in "cup": none',
            "pytest 'features/tea.feature::broken in the middle'",
        ],
    ),
    Told(
        "broken at the end",
        [("error", "broken", "Clean-up failed: no")],
        1,
        [("water", "PASSED"), ("it boils", "PASSED"), ("AFTER_TEST_CASE clean-up", "FAILED")],
        ["**broken** broken at the end", "Clean-up failed: no", "pytest 'features/tea.feature::broken at the end'"],
    ),
    Told(
        "undefined",
        [("error", "undefined", "No step definition matches: When it freezes")],
        1,
        [("water", "PASSED"), ("it freezes", "UNDEFINED"), ("there is tea", "SKIPPED")],
        [
            "**undefined** undefined",
            "No step definition matches: When it freezes",
            "pytest features/tea.feature::undefined",
        ],
    ),
    Told(
        "undefined at collection",
        [("error", "undefined", "No step definition matches: When it freezes")],
        1,
        [("water", "SKIPPED"), ("it freezes", "UNDEFINED"), ("there is tea", "SKIPPED")],
        [
            "**undefined** undefined at collection",
            "No step definition matches: When it freezes",
            "pytest 'features/tea.feature::undefined at collection'",
        ],
    ),
    Told(
        "its worker died",
        [("error", "broken", "The worker gw1 died while it ran.")],
        1,
        [
            ("water", "PASSED"),
            ("it boils", "PASSED"),
            ("BEFORE_TEST_STEP broken", "FAILED"),
            ("there is tea", "SKIPPED"),
        ],
        [
            "**broken** its worker died",
            "The worker gw1 died while it ran.",
            "pytest 'features/tea.feature::its worker died'",
        ],
    ),
    Told(
        "pending",
        [("error", "pending", "cocoa is for issue C")],
        1,
        [("water", "PASSED"), ("there is cocoa", "PENDING")],
        ["**pending** pending", "cocoa is for issue C", "pytest features/tea.feature::pending"],
    ),
    Told(
        "skipped",
        [("skipped", "skipped", "there is no gas")],
        1,
        [("BEFORE_TEST_CASE skipped", "SKIPPED"), ("water", "SKIPPED"), ("it boils", "SKIPPED")],
        ["**skipped** skipped", "there is no gas", "pytest features/tea.feature::skipped"],
    ),
    Told(
        "expected to fail",
        [("skipped", "skipped", "expected to fail: no gas")],
        1,
        [("water", "PASSED"), ("it boils", "SKIPPED")],
        [
            "**skipped** expected to fail",
            "expected to fail: no gas",
            "pytest 'features/tea.feature::expected to fail'",
        ],
    ),
    Told(
        "flaky",
        [("failure", "flaky", "Flaky: it passed only at attempt 3; attempt 1: no gas")],
        3,
        [
            ("BEFORE_TEST_CASE set-up", "PASSED"),
            ("water", "PASSED"),
            ("it boils", "PASSED"),
            ("AFTER_TEST_CASE flakiness", "FAILED"),
        ],
        [
            "**flaky** flaky",
            "Flaky: it passed only at attempt 3; attempt 1: no gas",
            "pytest features/tea.feature::flaky",
        ],
    ),
    Told(
        "flaky, in quarantine",
        [("flakyFailure", "failed", "no gas")],
        2,
        [("water", "PASSED"), ("it boils", "PASSED"), ("AFTER_TEST_CASE flakiness", "SKIPPED")],
        [
            "**flaky** flaky, in quarantine (in quarantine: Ann, until 2026-03-01)",
            "Flaky: it passed only at attempt 2; attempt 1: no gas",
            "pytest 'features/tea.feature::flaky, in quarantine'",
        ],
    ),
    Told(
        "not run",
        [("skipped", "not run", "the run was interrupted")],
        0,
        [],
        ["**not run** not run", "the run was interrupted", "pytest 'features/tea.feature::not run'"],
    ),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("project")
    folder = lay_out(root)
    run = every_status()
    junit.write(run, folder)
    messages.write(run, folder, root=root)
    summary.write(run, folder)
    return folder


def of_kind(folder: Path, kind: str) -> Iterator[dict[str, Any]]:
    for line in (folder / "cucumber-messages.ndjson").read_text().split("\n")[:-1]:
        (found, content), *rest = json.loads(line).items()
        assert not rest
        if found == kind:
            yield content


def told_in_messages(folder: Path, name: str) -> list[list[tuple[str, str]]]:
    """The test steps of each attempt at a scenario, in the order in which they finished, with their status."""
    (pickle,) = [pickle for pickle in of_kind(folder, "pickle") if pickle["name"] == name]
    texts = {step["id"]: step["text"] for step in pickle["steps"]}
    hooks = {hook["id"]: f"{hook.get('type', 'the run')} {hook['name']}" for hook in of_kind(folder, "hook")}
    cases = [case for case in of_kind(folder, "testCase") if case["pickleId"] == pickle["id"]]
    if not cases:
        return []
    (case,) = cases
    parts = {
        step["id"]: texts[step["pickleStepId"]] if "pickleStepId" in step else hooks[step["hookId"]]
        for step in case["testSteps"]
    }
    started = [each for each in of_kind(folder, "testCaseStarted") if each["testCaseId"] == case["id"]]
    assert [each["attempt"] for each in started] == list(range(len(started)))
    finished = {each["testCaseStartedId"]: each["willBeRetried"] for each in of_kind(folder, "testCaseFinished")}
    assert [finished[each["id"]] for each in started] == [True] * (len(started) - 1) + [False]
    results = list(of_kind(folder, "testStepFinished"))
    return [
        [
            (parts[result["testStepId"]], result["testStepResult"]["status"])
            for result in results
            if result["testCaseStartedId"] == attempt["id"]
        ]
        for attempt in started
    ]


def in_summary(folder: Path, name: str) -> list[str]:
    """What the lists of the summary say of a scenario, without the signs that only shape it."""
    found: list[list[str]] = []
    for line in (folder / "summary.md").read_text().splitlines():
        if line.startswith("- "):
            found.append([line[2:]])
        elif line.startswith("  <br>"):
            found[-1].append(line.removeprefix("  <br>").strip("`").strip())
    return next((entry for entry in found if entry[0].split("** ", 1)[1].split(" (")[0] == name), [])


def test_the_run_has_every_status() -> None:
    run = every_status()
    assert [status for status in STATUSES if not run.totals[status]] == []
    assert {told.scenario for told in TOLD} < {scenario.name for scenario in run.scenarios()}


@pytest.mark.parametrize("told", TOLD, ids=[told.scenario for told in TOLD])
def test_each_status_is_told_truly_in_each_report(folder: Path, told: Told) -> None:
    (case,) = ElementTree.parse(folder / "junit.xml").iterfind(f".//testcase[@name='{told.scenario}']")
    outcomes = [each for each in case if each.tag not in ("properties", "system-out")]
    assert [(each.tag, each.get("type"), each.get("message")) for each in outcomes] == told.junit
    attempts = told_in_messages(folder, told.scenario)
    assert len(attempts) == told.attempts
    assert attempts[-1:] == ([told.steps] if told.steps else [])
    assert in_summary(folder, told.scenario) == told.summary


def test_earlier_attempts_are_told_as_they_were(folder: Path) -> None:
    assert told_in_messages(folder, "flaky")[:2] == [
        [
            ("BEFORE_TEST_CASE set-up", "PASSED"),
            ("water", "PASSED"),
            ("it boils", "FAILED"),
            ("AFTER_TEST_CASE flakiness", "SKIPPED"),
        ],
        [
            ("BEFORE_TEST_CASE set-up", "FAILED"),
            ("water", "SKIPPED"),
            ("it boils", "SKIPPED"),
            ("AFTER_TEST_CASE flakiness", "SKIPPED"),
        ],
    ]


def test_a_problem_of_the_run_is_told_in_each_report(folder: Path) -> None:
    (case,) = ElementTree.parse(folder / "junit.xml").iterfind(".//testsuite[@name='the run']/testcase")
    (error,) = case.iterfind("error")
    assert (case.get("name"), error.get("message"), error.text) == (
        "steps/tea.py",
        "it is not Python",
        "it is not Python\n\nline 3",
    )
    problem, _ = of_kind(folder, "testRunHookFinished")
    assert (problem["result"]["status"], problem["result"]["message"]) == ("FAILED", "it is not Python\n\nline 3")
    (finished,) = of_kind(folder, "testRunFinished")
    assert not finished["success"]
    assert finished["message"].splitlines()[1:] == ["steps/tea.py: it is not Python"]
    assert in_summary(folder, "steps/tea.py") == ["**problem** steps/tea.py", "it is not Python"]


def test_what_did_not_run_is_named_beside_the_verdict(folder: Path) -> None:
    _, verdict = of_kind(folder, "testRunHookFinished")
    assert verdict["result"]["status"] == "FAILED"
    assert verdict["result"]["message"] == "did not run: not run: the run was interrupted"
    assert list(of_kind(folder, "hook"))[-1]["name"].startswith("failed: 4 of 18 scenarios passed; ")


CONFTEST = """
import pytest
from kube_acceptance.report import Recorder
from kube_acceptance.report.formats import formats

def redact(text):
    return text.replace("s3cret", "[redacted]")

def pytest_configure(config):
    for name in ("REQ-1", "hot"):
        config.addinivalue_line("markers", name)
    writers = formats(config.rootpath, redact)
    config.pluginmanager.register(Recorder(config.rootpath / "reports", title="Tea", redact=redact, writers=writers))
"""
FEATURE = """
    Feature: Tea

      Background:
        Given water

      @REQ-1 @hot
      Scenario: good
        Then there is tea

      Scenario: bad
        Then there is coffee

      Scenario Outline: many
        Then there is "<what>"
          | what   |
          | <what> |

        Examples:
          | what   |
          | milk   |
          | s3cret |

      Rule: In winter
        Background:
          Given water

        Scenario: warm
          Then there is tea
"""


@pytest.mark.parametrize("spread", [(), ("-n", "2")], ids=["one process", "two workers"])
def test_a_real_run_writes_them_all(
    packages: Path, project: Project, spread: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBE_ACCEPTANCE_CACHE", str(packages))
    project.pytester.makeconftest(CONFTEST)
    project.feature(FEATURE)
    project.add_steps("""
        @then(parsers.parse('there is "{what}"'))
        def drink(what, datatable):
            attach(__import__("pathlib").Path(__file__), "the steps")
    """)
    run = project.run(*spread, exits=1)
    names = ["cucumber-messages.ndjson", "cucumber-report.html", "junit.xml", "summary.md"]
    assert [name for name in names if not (project.reports / name).is_file()] == []
    assert not [name for name in names if "s3cret" in (project.reports / name).read_text()]
    cases = ElementTree.parse(project.reports / "junit.xml").iter("testcase")
    assert [(case.get("classname"), case.get("name"), [each.tag for each in case]) for case in cases] == [
        ("Tea", "good", ["properties", "system-out"]),
        ("Tea", "bad", ["failure", "system-out"]),
        ("Tea", "many (what: milk)", ["properties", "system-out"]),
        ("Tea", "many (what: [redacted])", ["properties", "system-out"]),
        ("Tea", "warm", ["system-out"]),
    ]
    started = {each["testCaseId"]: each for each in of_kind(project.reports, "testCaseStarted")}
    ran = {case["pickleId"]: started[case["id"]] for case in of_kind(project.reports, "testCase")}
    pickles = list(of_kind(project.reports, "pickle"))
    assert [(each["name"], each["steps"][-1]["text"], each["id"] in ran) for each in pickles] == [
        ("good", "there is tea", True),
        ("bad", "there is coffee", True),
        ("many", 'there is "milk"', True),
        ("many", 'there is "[redacted]"', True),
        ("warm", "there is tea", True),
    ]
    assert {each.get("workerId", "") for each in ran.values()} == {scenario.worker for scenario in run.scenarios()}
    (finished,) = of_kind(project.reports, "testRunFinished")
    assert finished["message"] == "4 of 5 scenarios passed; 1 failed."
