"""What a plan says, and that it does nothing."""

from __future__ import annotations

import os
import re
from typing import Any

import pytest

from kube_acceptance.running.plan import Planned, makespan

Project = Any


def test_a_plan(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    project.feature("""
        @static
        Scenario: Still
          Given nothing
        @cluster @serial
        Scenario: Shared
          Given the release
        @disruptive
        Scenario: Own
          Given a release of its own
        @image
        Scenario Outline: Image <which>
          Given nothing
          Examples:
            | which |
            | one   |
    """)
    (project.path / "reports").mkdir()
    (project.path / "reports" / "history.jsonl").write_text(
        '{"started": "2026-11-01T00:00:00Z", "verdict": "passed", "scenarios": {'
        '"features/a.feature::Own": {"status": "passed", "seconds": 42.25}, '
        '"features/a.feature::Shared": {"status": "passed", "seconds": 3}}}\n'
    )
    project.plan()
    before = sorted(project.path.rglob("*"))
    result = project.plan("--order", "written", "-n", "2")
    assert result.ret == 0
    lines = result.outlines
    start = next(number for number, line in enumerate(lines) if line.startswith("scenario "))
    assert lines[start : start + 8] == [
        "scenario   requirements  tier             needs                                    took",
        "Still                    static           nothing",
        "Image one                image            Docker",
        "Shared                   cluster, serial  Docker, a cluster, the shared release    3.0 s",
        "Own                      disruptive       Docker, a cluster, a release of its own  42.2 s",
        "4 scenarios, as written within each tier",
        "expected time: 45 s with 1 worker, 45 s with 2, beside making the images, the cluster and its releases; "
        "2 are not known",
        "tools: helm, docker, kind, kubectl",
    ]
    assert "\x1b" not in result.stdout.str()
    # nothing was made: neither a report nor a folder of a run
    assert sorted(project.path.rglob("*")) == before
    assert project.left() == []


def test_what_a_step_before_has_made_is_not_needed(project: Project) -> None:
    project.steps("""
        @given("another release", target_fixture="shared_release")
        def another():
            pass
    """)
    project.feature("""
        @cluster
        Scenario: Another
          Given another release
          And the release
        @cluster
        Scenario: Another, too late
          Given the release
          And another release
    """)
    lines = project.plan("--order", "written").outlines
    needs = [line.partition("  cluster")[2].strip() for line in lines if line.startswith("Another")]
    assert needs == ["Docker, a cluster", "Docker, a cluster, the shared release"]


def test_mistakes_are_told_instead(project: Project) -> None:
    project.feature("@static\nScenario: One\n  Given no such thing\n")
    result = project.plan()
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["error: *a.feature:4: *no such thing*"])
    result.stdout.no_fnmatch_line("scenario *")


def test_nothing_to_plan(project: Project) -> None:
    test = project.pytester.makepyfile("def test(): raise AssertionError")
    result = project.plan(test)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --plan is for feature files, and none was named"])


def test_workers_take_the_next_when_they_are_free_and_serial_ones_alone() -> None:
    def plan(*seconds: float | None, serial: float = 0) -> list[Planned]:
        nothing: frozenset[str] = frozenset()
        each = [Planned(None, "cluster", False, (), one, nothing, nothing) for one in seconds]  # type: ignore[arg-type]
        return [*each, Planned(None, "cluster", True, (), serial, nothing, nothing)]  # type: ignore[arg-type]

    assert makespan(plan(5, 4, 3, 2, None), 1) == 14
    assert makespan(plan(5, 4, 3, 2), 2) == 7
    assert makespan(plan(5, 4, serial=3), 2) == 8


def test_the_plan_of_a_terminal_is_a_table(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    project.feature("@static\nScenario: One [really]\n  Given nothing\n")
    said = project.plan().stdout.str()
    assert re.search(r"┃ scenario +┃ requirements ┃ tier +┃ needs +┃ took ┃", re.sub(r"\x1b\[\d*m", "", said))
    assert re.search(r"│ One \[really\] │ +│ static │ nothing │ +│", said)
