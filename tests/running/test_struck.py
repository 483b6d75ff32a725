"""The release on which faults strike: one for all scenarios of a process, as long as all is well."""

from __future__ import annotations

from typing import Any

Project = Any

TWO = """
    @disruptive
    Scenario: One
      Given a release where faults strike
      {then}
    @disruptive
    Scenario: Two
      Given a release where faults strike
      Then it works
"""


def used(project: Project) -> list[str]:
    return [mark.removeprefix("uses ") for mark in project.marks if mark.startswith("uses")]


def run(project: Project, then: str, *arguments: str) -> Any:
    project.feature(TWO.format(then=then))
    return project.run("-p", "no:randomly", "--order", "written", *arguments)


def test_one_release_is_used_again_and_goes_with_the_run(project: Project) -> None:
    run(project, "Then it works", "--keep", "always").assert_outcomes(passed=2)
    first, second = used(project)
    assert first == second
    assert project.marks.count("release struck installed") == 1
    assert project.marks.count("namespace struck deleted") == 1


def test_a_failed_scenario_keeps_it_as_evidence_and_the_next_has_another(project: Project) -> None:
    run(project, "Then it fails", "--keep", "always").assert_outcomes(passed=1, failed=1)
    first, second = used(project)
    assert first != second
    assert project.marks.count("namespace struck deleted") == 1


def test_without_keeping_a_spoiled_one_goes_when_the_next_is_made(project: Project) -> None:
    run(project, "Then it fails", "--keep", "never").assert_outcomes(passed=1, failed=1)
    assert len(set(used(project))) == 2
    assert project.marks.count("namespace struck deleted") == 1
    assert "cluster deleted" in project.marks


def test_an_upgraded_one_is_not_what_the_next_expects(project: Project) -> None:
    run(project, "When it is upgraded").assert_outcomes(passed=2)
    first, second = used(project)
    assert first != second


def test_workers_do_not_share_it(project: Project) -> None:
    run(project, "Then it works", "-n", "2", "--keep", "always").assert_outcomes(passed=2)
    # one worker may have run both
    assert project.marks.count("release struck installed") == len(set(used(project)))
    assert project.marks.count("namespace struck deleted") == len(set(used(project)))
