"""How a run goes on whose cluster is no more."""

from __future__ import annotations

import json
from typing import Any

import pytest

Project = Any

FOUR = """
    @cluster
    Scenario: First
      Given the cluster
    @cluster
    Scenario: Second
      Given the release
      When the cluster vanishes
    @cluster
    Scenario: Third
      Given the release
    @static
    Scenario: Fourth
      Given nothing
"""
VANISH = """
@when("the cluster vanishes")
def vanishes():
    (ROOT / "silent").write_text("the cluster {} does not answer any more: nobody is there")
    raise OSError("connection refused")
"""
SAID = "does not answer any more: nobody is there"


def run(project: Project, *options: str) -> tuple[pytest.RunResult, dict[str, str]]:
    project.feature(FOUR)
    project.steps(VANISH)
    result = project.run("--order", "written", "--cluster-name", "ours", *options)
    report = json.loads((project.path / "reports" / "run.json").read_text())
    scenarios = [one for feature in report["features"] for one in feature["scenarios"]]
    return result, {one["name"]: one["status"] for one in scenarios}


def test_what_needs_it_still_is_skipped_and_told(project: Project) -> None:
    result, statuses = run(project)
    assert result.ret == 1
    assert statuses == {"First": "passed", "Second": "failed", "Third": "skipped", "Fourth": "passed"}
    result.stdout.fnmatch_lines(
        [
            f"*s the cluster ours {SAID}",
            "[[]3/4[]] failed  Second *",
            f"    the cluster ours {SAID}",
            "[[]4/4[]] skipped  Third *",
            f"    the cluster ours {SAID}",
            f"the cluster ours {SAID}",
            "  OSError: connection refused",
            "1 scenario was not begun, since the cluster does not answer any more; nothing is proved of it",
        ]
    )
    assert project.marks[-1] == "cluster deleted"


def test_what_could_not_be_made_ready_is_broken(project: Project) -> None:
    project.feature("@cluster\nScenario: First\n  Given the ladder\n")
    project.steps(
        VANISH
        + """
@pytest.fixture
def ladder(cluster):
    vanishes()


@given("the ladder")
def the_ladder(ladder):
    pass
"""
    )
    result = project.run("--cluster-name", "ours")
    result.stdout.fnmatch_lines(
        ["[[]1/1[]] broken  First *", f'    Set-up failed in "ladder": the cluster ours {SAID}']
    )


def test_who_noticed_stays_red_when_it_is_repeated(project: Project) -> None:
    result, statuses = run(project, "--repeat-failed", "1")
    assert (result.ret, statuses["Second"], statuses["Third"]) == (1, "failed", "skipped")


def test_a_cluster_that_answers_is_used_on(project: Project) -> None:
    project.feature(FOUR)
    project.steps(VANISH.replace("the cluster {} does not answer any more: nobody is there", ""))
    result = project.run("--order", "written")
    assert result.parseoutcomes() == {"passed": 3, "failed": 1}
    result.stdout.no_fnmatch_line("*any more*")
