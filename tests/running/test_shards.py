"""A run of a part of the scenarios."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kube_acceptance.report.model import Run

Project = Any

FEATURE = """
    @static
    Scenario: Long
      Given nothing
    @static
    Scenario: Short
      Given nothing
    @static @slow
    Scenario: Slow
      Given nothing
    @image
    Scenario: Image
      Given nothing
    @static
    Scenario Outline: Row <which>
      Given nothing
      Examples:
        | which |
        | one   |
        | two   |
"""


def report(folder: Path) -> Run:
    return Run.model_validate_json((folder / "run.json").read_text())


def names(run: Run) -> list[str]:
    return [scenario.name for scenario in run.scenarios()]


def test_each_scenario_is_in_one_shard_whoever_runs_it(project: Project) -> None:
    project.feature(FEATURE)
    project.remember(Long=40, Short=3)
    history = (project.path / "reports" / "history.jsonl").read_text()
    runs = []
    for number, workers in (1, "0"), (2, "2"):
        part = project.run(f"--shard={number}/2", "-m", "not slow", "-n", workers, f"--reports=shard-{number}")
        assert part.ret == 0
        runs.append(report(project.path / f"shard-{number}"))
    # 40 s against 21.5 s, the usual of their tier, for each row, 3 s, and 1 s where nothing is known
    assert [names(run) for run in runs] == [["Long", "Short", "Image"], ["Row one", "Row two"]]
    for number, run in enumerate(runs, 1):
        assert run.shard
        assert (run.shard.number, run.shard.of) == (number, 2)
        assert run.shard.dealt == sorted(
            f"features/a.feature::{name}" for name in ("Long", "Short", "Image", "Row <which>[one]", "Row <which>[two]")
        )
        assert run.left_out == 6 - len(names(run))
        assert run.verdict == "incomplete"
        page = (project.path / f"shard-{number}" / "living-documentation.html").read_text()
        assert f"This is shard {number} of 2 alone." in page
    # one shard's times would make the next one deal differently
    assert (project.path / "reports" / "history.jsonl").read_text() == history
    begun = (project.path / "shard-2" / "begun.jsonl").read_text().splitlines()
    assert json.loads(begun[0]) == [2, 2]
    assert sorted(map(json.loads, begun[1:])) == [f"features/a.feature::Row <which>[{each}]" for each in ("one", "two")]


def test_the_plan_is_that_of_the_shard(project: Project) -> None:
    project.feature(FEATURE)
    project.remember(Long=40, Short=3)
    said = project.plan("--shard", "1/2", "-k", "Long or Short or Image")
    said.stdout.fnmatch_lines(
        [
            "shard 1 of 2: 1 of 3 scenarios",
            "1 scenarios, random*",
            "expected time: 40 s with 1 worker, beside making the images, the cluster and its releases",
        ]
    )
    said = project.plan("--shard", "2/2", "-k", "Long or Short or Image")
    said.stdout.fnmatch_lines(["expected time: 3 s with 1 worker, *; 1 are not known"])


def test_what_is_no_shard_is_refused_before_anything_starts(project: Project) -> None:
    project.feature(FEATURE)
    result = project.plan("--shard", "4/3")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --shard 4/3 names no shard; say I/N, with I from 1 to N, such as 2/3"])


def test_a_shard_without_scenarios_proves_nothing_and_breaks_nothing(project: Project) -> None:
    project.feature("@static\nScenario: One\n  Given nothing\n")
    assert project.run_static("--shard", "2/2", "--reports=none").ret == pytest.ExitCode.NO_TESTS_COLLECTED
    run = report(project.path / "none")
    assert (run.verdict, run.problems, run.left_out) == ("nothing proved", [], 1)
    # the other one ran all that there is, and does not know it
    assert project.run_static("--shard", "1/2", "--reports=all").ret == 0
    assert report(project.path / "all").verdict == "incomplete"
    assert project.run_static("--shard", "1/1", "--reports=whole").ret == 0
    assert report(project.path / "whole").verdict == "passed"


def test_what_an_earlier_run_left_is_not_taken_for_this_ones(project: Project) -> None:
    project.feature("@static\nScenario: One\n  Given the end\n")
    project.steps("""
        @given("the end")
        def end():
            os.kill(os.getpid(), signal.SIGKILL)
    """)
    (project.path / "reports").mkdir()
    (project.path / "reports" / "run.json").write_text("{}")
    assert project.run("--shard", "1/2").ret != 0
    assert not (project.path / "reports" / "run.json").exists()
    assert (project.path / "reports" / "begun.jsonl").read_text() == '[1, 2]\n"features/a.feature::One"\n'
