"""How a run that is given its time ends."""

from __future__ import annotations

import json
from typing import Any

import pytest

Project = Any

TWO = "".join(f"@{tier}\nScenario: {name}\n  Given nothing\n" for tier, name in (("static", "A"), ("cluster", "B")))


def test_what_would_end_too_late_is_not_begun(project: Project) -> None:
    project.feature(TWO)
    project.remember(A=1, B=600)
    result = project.run("--budget", "10")
    assert result.ret == 0
    assert result.parseoutcomes() == {"passed": 1, "skipped": 1}
    said = "1 scenario was not begun, since 10 min of --budget do not suffice; nothing is proved of it"
    result.stdout.fnmatch_lines([said])
    report = json.loads((project.path / "reports" / "run.json").read_text())
    assert report["verdict"] == "incomplete"
    assert "no time was left for it of the 10 min of --budget" in json.dumps(report)


def test_a_run_without_any_time_proves_nothing(project: Project) -> None:
    project.feature(TWO)
    result = project.run("--budget", "1e-9")
    assert result.ret == 1
    said = "2 scenarios were not begun, since 1e-09 min of --budget do not suffice; nothing is proved of them"
    result.stdout.fnmatch_lines([said])


def test_nothing_is_said_where_there_was_time(project: Project) -> None:
    project.feature(TWO)
    result = project.run("--budget", "10")
    assert result.parseoutcomes() == {"passed": 2}
    result.stdout.no_fnmatch_line("*--budget do*")


def test_the_longest_do_not_come_first(project: Project) -> None:
    project.feature(TWO)
    project.plan("-n", "2", "--budget", "10").stdout.fnmatch_lines(["order: random within each tier, seed *"])


@pytest.mark.parametrize("text", ["soon", "0", "-1", "inf", "nan", ""])
def test_what_is_no_time_is_refused(project: Project, text: str) -> None:
    project.feature(TWO)
    result = project.run(f"--budget={text}")
    assert result.ret == 4
    result.stderr.fnmatch_lines([f"*argument --budget: {text!r} is no number of minutes; give one such as 45"])
