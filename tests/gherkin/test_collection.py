"""Feature files as pytest collects them, and what is refused before anything starts."""

from __future__ import annotations

import textwrap

import pytest

STEPS = """
from pytest_bdd import given, parsers, then

@given("a thing")
def thing(): pass

@then("it works")
def works(): pass

@then("it fails")
def fails(): raise AssertionError("it is broken")
"""


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makepyprojecttoml('[tool.pytest.ini_options]\ntestpaths = ["features"]\naddopts = "--strict-markers"')
    pytester.makeconftest(STEPS)
    pytester.mkdir("features")
    return pytester


def feature(project: pytest.Pytester, text: str, name: str = "a") -> None:
    (project.path / "features" / f"{name}.feature").write_text(
        "Feature: A\n" + textwrap.indent(textwrap.dedent(text), "  ")
    )


def test_runs_without_a_test_module(project: pytest.Pytester) -> None:
    feature(project, "Scenario: One works\n  Given a thing\n  Then it works\nScenario: Two\n  Then it fails\n")
    result = project.runpytest("-v")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["features/a.feature::One works"])


def test_one_file_one_scenario_and_an_expression(project: pytest.Pytester) -> None:
    feature(project, "Scenario: One works\n  Then it works\n")
    feature(project, "Scenario: Other\n  Then it works\n", "b")
    project.runpytest("features/a.feature").assert_outcomes(passed=1)
    project.runpytest("features/b.feature::Other").assert_outcomes(passed=1)
    project.runpytest("-k", "works").assert_outcomes(passed=1, deselected=1)


def test_outlines_are_one_test_a_row(project: pytest.Pytester) -> None:
    feature(
        project, "Scenario Outline: It <how>\n  Then it <how>\n  Examples:\n    | how |\n    | works |\n    | fails |\n"
    )
    project.runpytest().assert_outcomes(passed=1, failed=1)


def test_two_scenarios_of_one_name(project: pytest.Pytester) -> None:
    feature(project, "Scenario: Same\n  Then it works\nScenario: Same\n  Then it fails\n")
    result = project.runpytest()
    assert result.ret != 0
    result.stdout.fnmatch_lines(
        ["*a.feature: two scenarios are named 'Same', and only one would run; give each its own name"]
    )


def test_undefined_ambiguous_and_async_steps_are_all_told_before_anything_runs(project: pytest.Pytester) -> None:
    project.makeconftest(
        STEPS
        + '@then(parsers.parse("it {what}"))\ndef anything(what): pass\n'
        + '@given("a slow thing")\nasync def slow(): pass\n'
    )
    feature(project, "Scenario: One\n  Given no such thing\n  Given a slow thing\n  Then it works\n")
    result = project.runpytest()
    assert result.ret != 0
    result.stdout.fnmatch_lines(
        [
            "error: a.feature:3: no step definition for: Given no such thing",
            "error: a.feature:4: the step definition conftest.py:* is async and would never run; make it a plain one",
            "error: a.feature:5: Then it works matches more than one step definition: conftest.py:* and conftest.py:*",
        ]
    )
    result.assert_outcomes()


def test_an_unknown_tag(project: pytest.Pytester) -> None:
    feature(project, "@clutser\nScenario: One\n  Then it works\n")
    result = project.runpytest()
    assert result.ret != 0
    result.stdout.fnmatch_lines(["*a.feature: the tag @clutser is not known; did you mean @cluster?"])


def test_no_gherkin(project: pytest.Pytester) -> None:
    feature(project, "Scenario: One\n  Then it works\n  Whatever\n")
    result = project.runpytest()
    assert result.ret != 0
    result.stdout.fnmatch_lines(["a.feature:4: *got 'Whatever'"])


def test_a_scenario_without_steps(project: pytest.Pytester) -> None:
    feature(project, "Scenario: One\n  Whatever it works\n")
    result = project.runpytest()
    assert result.ret != 0
    result.stdout.fnmatch_lines(["error: a.feature:2: the scenario 'One' has no steps and would prove nothing"])


def test_no_scenario_at_all_is_no_success(project: pytest.Pytester) -> None:
    feature(project, "Scenario: One\n  Then it works\n")
    assert project.runpytest("-k", "nothing").ret == pytest.ExitCode.NO_TESTS_COLLECTED
