"""Shared releases go when nobody will ask for one any more."""

from __future__ import annotations

from typing import Any

import pytest

Project = Any

THREE = """
    @cluster
    Scenario: First
      Given the release
    @cluster
    Scenario: Second
      Given the release
    @disruptive
    Scenario: Last
      Given a release of its own
"""


def order(project: Project, *arguments: str) -> list[str]:
    project.feature(THREE)
    assert project.run(*arguments).ret == 0
    return [mark for mark in project.marks if "shared" in mark or "own" in mark]


def test_they_go_before_the_scenarios_that_need_none(project: Project) -> None:
    marks = order(project)
    assert marks.index("namespace shared deleted") < marks.index("namespace own created")
    assert marks.count("namespace shared deleted") == 1


@pytest.mark.parametrize("options", [("--keep", "always"), ("-n", "2")], ids=["kept", "workers"])
def test_they_stay_where_they_are_kept_and_where_others_may_ask(project: Project, options: tuple[str, ...]) -> None:
    assert "namespace shared deleted" not in order(project, *options)


def test_nobody_asks_for_one(project: Project) -> None:
    project.feature("@disruptive\nScenario: Last\n  Given a release of its own\n")
    assert project.run().ret == 0
    assert "namespace shared deleted" not in project.marks
