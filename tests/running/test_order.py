"""In which order scenarios run."""

from __future__ import annotations

import os
import re
from typing import Any

import pytest

Project = Any

TIERED = """
    @disruptive
    Scenario: Disruptive
      Given nothing
    @image
    Scenario: Image
      Given nothing
    @static
    Scenario: Static B
      Given nothing
    @static
    Scenario: Static A
      Given nothing
    @cluster
    Scenario: Cluster
      Given nothing
"""
MANY = "".join(f"@static\nScenario: {letter}\n  Given nothing\n" for letter in "ABCDEFGH")


def order(result: pytest.RunResult) -> list[str]:
    """The scenarios as a plan names them."""
    lines = result.outlines
    start = next(number for number, line in enumerate(lines) if line.startswith("scenario "))
    return [
        re.split(r"  +", line)[0] for line in lines[start + 1 :] if re.search(r"  (static|image|cluster|disr)", line)
    ]


def test_tiers_first_to_last(project: Project) -> None:
    project.feature(TIERED)
    tiers = ["Image", "Cluster", "Disruptive"]
    assert order(project.plan("--order", "written")) == ["Static B", "Static A", *tiers]
    assert order(project.plan())[2:] == tiers


def test_random_and_again(project: Project) -> None:
    project.feature(MANY)
    first = project.plan("--seed", "1")
    first.stdout.fnmatch_lines(["order: random within each tier, seed 1 (again: --seed 1)"])
    assert order(first) == order(project.plan("--seed", "1"))
    assert sorted(order(first)) == list("ABCDEFGH")
    others = [order(project.plan("--seed", seed)) for seed in ("2", "3")]
    assert order(first) not in others
    # a part keeps the order that it has in the whole
    part = [f"features/a.feature::{name}" for name in "ABC"]
    assert order(project.plan("--seed", "1", *part)) == [name for name in order(first) if name in "ABC"]


def test_the_seed_is_always_said(project: Project) -> None:
    project.feature(MANY)
    said = project.plan()
    seed = re.search(r"seed (\d+)", said.stdout.str())
    assert seed
    assert order(project.plan("--seed", seed[1])) == order(said)


UNKNOWN = """
    @disruptive
    Scenario: Unknown
      Given nothing
    @cluster @serial
    Scenario: Serial
      Given nothing
"""


def test_longest_first_with_workers(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    project.feature(TIERED + UNKNOWN)
    project.remember(Cluster=30, Disruptive=60, Image=40, Serial=100)
    said = project.plan("-n", "2", "--seed", "1")
    # what is not known counts as the usual one of its tier; what must be alone comes last
    names = order(said)
    assert sorted(names[:2]) == ["Static A", "Static B"]
    assert sorted(names[2:4]) == ["Disruptive", "Unknown"]
    assert names[4:] == ["Image", "Cluster", "Serial"]
    said.stdout.fnmatch_lines(["order: longest first, seed 1 (again: --seed 1)"])


ALONE_LAST = ["Image", "Cluster", "Serial", "Disruptive", "Unknown"]
SIDE_BY_SIDE = ["Serial", "Disruptive", "Unknown", "Image", "Cluster"]


@pytest.mark.parametrize(
    ("cores", "workers", "last"), [(3, "2", ALONE_LAST), (None, "2", ALONE_LAST), (1, "1", SIDE_BY_SIDE)]
)
def test_without_two_cores_for_each_worker_disruptive_ones_are_alone(
    project: Project, monkeypatch: pytest.MonkeyPatch, cores: int | None, workers: str, last: list[str]
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    project.feature(TIERED + UNKNOWN)
    project.remember(Cluster=30, Disruptive=60, Image=40, Serial=100)
    assert order(project.plan("-n", workers, "--order", "longest", "--seed", "1"))[2:] == last


def test_a_short_one_beside_each_of_the_longest(project: Project) -> None:
    project.feature("".join(f"@cluster\nScenario: {letter}\n  Given nothing\n" for letter in "ABCDE"))
    project.remember(A=50, B=40, C=30, D=20, E=10)
    assert order(project.plan("-n", "2")) == ["A", "E", "B", "D", "C"]
    assert order(project.plan("--order", "longest")) == ["A", "E", "B", "C", "D"]


def test_a_worker_gets_them_one_by_one(project: Project) -> None:
    project.steps("""
        @given("it waits for all the others")
        def waits():
            deadline = time.monotonic() + 60
            while (ROOT / "marks").read_text().count("other") < 7 and time.monotonic() < deadline:
                time.sleep(0.01)
            mark("first")

        @given("another")
        def another():
            mark("other")
    """)
    project.feature(
        "".join(f"@static\nScenario: {letter}\n  Given another\n" for letter in "BCDEFGHI")
        + "@cluster\nScenario: A\n  Given it waits for all the others\n"
    )
    (project.path / "marks").touch()
    project.remember(A=100)
    # dealt in chunks, one of the others would stand behind the one that waits for it
    result = project.run_static("-n", "2", "-m", "cluster or static", "--seed", "1")
    assert result.ret == 0
    assert project.marks.index("first") >= 7


def test_wrong_choices(project: Project) -> None:
    project.feature(MANY)
    assert project.run_static("--order", "sideways").ret == pytest.ExitCode.USAGE_ERROR
