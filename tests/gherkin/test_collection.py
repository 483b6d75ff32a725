"""Feature files are test files: whole, in part, and with many workers."""

from __future__ import annotations

import pytest
from gherkin_project import Project

TWO = "Scenario: One works\n  Given a thing\n  Then it works\nScenario: Two\n  Then it fails\n"
OTHER = "@slow\nScenario: Other\n  Then it works\n"


@pytest.fixture
def features(project: Project) -> Project:
    project.feature(TWO)
    project.feature(OTHER, "b")
    return project


@pytest.mark.parametrize(
    ("arguments", "outcomes"),
    [
        (["features/"], {"passed": 2, "failed": 1}),
        ([], {"passed": 2, "failed": 1}),
        (["features/a.feature"], {"passed": 1, "failed": 1}),
        (["features/b.feature::Other"], {"passed": 1}),
        (["features/a.feature::One works"], {"passed": 1}),
        (["-k", "works"], {"passed": 1, "deselected": 2}),
        (["-m", "slow"], {"passed": 1, "deselected": 2}),
        (["-m", "not slow", "-k", "Two"], {"failed": 1, "deselected": 2}),
    ],
)
def test_features_and_parts_of_them_run(features: Project, arguments: list[str], outcomes: dict[str, int]) -> None:
    result = features.run(*arguments)
    result.assert_outcomes(**outcomes)
    assert result.ret == (pytest.ExitCode.TESTS_FAILED if "failed" in outcomes else pytest.ExitCode.OK)


@pytest.mark.parametrize(
    ("arguments", "outcomes"),
    [
        (["features/"], {"passed": 2, "failed": 1}),
        (["--dist", "loadgroup"], {"passed": 2, "failed": 1}),
        (["features/a.feature", "--dist", "loadfile"], {"passed": 1, "failed": 1}),
        (["features/a.feature::One works", "--dist", "loadgroup"], {"passed": 1}),
        (["-k", "works"], {"passed": 1}),
        (["-m", "slow"], {"passed": 1}),
    ],
)
def test_workers_run_features_and_parts_of_them(
    features: Project, arguments: list[str], outcomes: dict[str, int]
) -> None:
    result = features.run_apart("-n", "2", *arguments)
    result.assert_outcomes(**outcomes)
    assert result.ret == (pytest.ExitCode.TESTS_FAILED if "failed" in outcomes else pytest.ExitCode.OK)


def test_ids_are_file_and_name(features: Project) -> None:
    result = features.run("--collect-only", "-q", "features/a.feature")
    result.stdout.fnmatch_lines(["features/a.feature::One works", "features/a.feature::Two"])


def test_outlines_are_one_test_a_row(project: Project) -> None:
    project.feature(
        """\
        Scenario Outline: It <how>
          Then it <how>
          @slow
          Examples:
            | how   |
            | works |
          Examples:
            | how   |
            | fails |
        """
    )
    project.run().assert_outcomes(passed=1, failed=1)
    project.run("-m", "slow").assert_outcomes(passed=1, deselected=1)


def test_rows_that_read_the_same_all_run(project: Project) -> None:
    project.feature(
        """\
        Scenario Outline: It works
          Given a thing
          Then it works
          Examples:
            | a   | b   |
            | x-y | z   |
            | x   | y-z |
            | x   | y-z |
        """
    )
    project.run().assert_outcomes(passed=3)
    result = project.run("--collect-only", "-q")
    result.stdout.fnmatch_lines(["*::It works?x-y-z0]", "*::It works?x-y-z1]", "*::It works?x-y-z2]"])


def test_rules_and_backgrounds(project: Project) -> None:
    project.feature(
        """\
        Background:
          Given a thing
        @slow
        Rule: Things work
          Scenario: In a rule
            Then it works
        """
    )
    project.run("-m", "slow").assert_outcomes(passed=1)


def test_no_scenario_at_all_is_no_success(features: Project) -> None:
    assert features.run("-k", "nothing").ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_test_modules_beside_features_run(features: Project) -> None:
    features.write("flows/c.txt", "Feature: C\n  Scenario: Three\n    Then it works\n")
    features.write(
        "features/test_python.py",
        """\
        from pytest_bdd import scenarios

        def test_python(): pass

        scenarios("../flows/c.txt")
        """,
    )
    features.run().assert_outcomes(passed=4, failed=1)
