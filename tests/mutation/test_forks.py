"""`--mutants-file`: one pytest, and a fork of it for each mutant."""

from __future__ import annotations

from pathlib import Path

import elsewhere
import pytest
from making import derived

from kube_acceptance.mutation.forks import SAID, WANTED, Wanted
from kube_acceptance.mutation.mutant import write
from kube_acceptance.report.model import Scenario

FEATURE = """
Feature: A
  @static
  Scenario: One
    Then nobody is called "web"

  @static
  Scenario: Two
    Then it is fine

  @static
  Scenario: Three
    Then nobody is called "shop"
"""

STEPS = """
from pathlib import Path

from kube_acceptance.errors import AcceptanceError
from pytest_bdd import parsers, then


@then(parsers.parse('nobody is called "{name}"'))
def nobody(name, session):
    with open("ran", "a") as file:
        print(name, session.mutant.manifests[0].name if session.mutant else "", file=file)
    if session.mutant and session.mutant.manifests[0].name == name:
        raise AcceptanceError(f"pod {name} is there")


@then("it is fine")
def fine():
    pass
"""

IDS = [f"features/a.feature::{name}" for name in ("One", "Two", "Three")]


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makepyprojecttoml('[tool.pytest.ini_options]\ntestpaths = ["features"]\naddopts = "-p no:cacheprovider"')
    (pytester.path / "features").mkdir()
    (pytester.path / "features" / "a.feature").write_text(FEATURE)
    elsewhere.define(pytester, STEPS)
    return pytester


def meet(project: pytest.Pytester, *wanted: tuple[str, list[str]]) -> list[list[Scenario]]:
    root = project.path
    each = [
        Wanted(mutant=write(derived(name), root), scenarios=ids, said=root / f"{number}.json", renderings=root)
        for number, (name, ids) in enumerate(wanted)
    ]
    (root / "wanted.json").write_bytes(WANTED.dump_json(each))
    project.runpytest_subprocess("-q", "features", "--order=written", f"--mutants-file={root / 'wanted.json'}")
    return [SAID.validate_json(one.said.read_bytes()) for one in each]


def told(said: list[Scenario]) -> list[tuple[str, str]]:
    return [(each.name, each.status) for each in said]


def test_each_fork_has_its_mutant_and_its_scenarios_in_their_order(project: pytest.Pytester) -> None:
    web, shop, other = meet(project, ("web", IDS), ("shop", IDS[::-1]), ("other", IDS[:1]))
    assert told(web) == [("One", "failed")]  # it noticed: the others would say nothing new
    assert told(shop) == [("Three", "failed")]
    assert told(other) == [("One", "passed")]
    assert web[0].failure
    assert (web[0].failure.first_line, web[0].failure.error) == ("pod web is there", "AcceptanceError")
    assert (project.path / "ran").read_text().splitlines() == ["web web", "shop shop", "web other"]


def test_what_cannot_be_made_is_not_tried_by_every_scenario(project: pytest.Pytester) -> None:
    names = ["First", "Second", "Third", "Fourth"]
    steps = ["the shop is open", "it is fine", "the shop is open", "the shop is open"]
    scenarios = [
        f"  @static\n  Scenario: {name}\n    Given {step}\n    Then it is fine\n"
        for name, step in zip(names, steps, strict=True)
    ]
    (project.path / "features" / "b.feature").write_text("Feature: B\n" + "".join(scenarios))
    closed = """
from pytest_bdd import given


@given("the shop is open")
def shop(session):
    if session.mutant:
        raise AcceptanceError("it cannot be opened")


@given("it is fine")
def fine_before():
    pass
"""
    elsewhere.define(project, STEPS + closed)
    ids = [f"features/b.feature::{name}" for name in names] + IDS
    [said] = meet(project, ("web", ids))
    assert told(said) == [("First", "failed"), ("Second", "passed"), ("Third", "failed"), ("Fourth", "failed")]


def test_red_for_another_reason_ends_nothing(project: pytest.Pytester) -> None:
    mutant = derived("web", signs=("anything else",))
    each = [
        Wanted(
            mutant=write(mutant, project.path), scenarios=IDS, said=project.path / "said.json", renderings=project.path
        )
    ]
    (project.path / "wanted.json").write_bytes(WANTED.dump_json(each))
    project.runpytest_subprocess("-q", "features", "--order=written", "--mutants-file=wanted.json")
    said = SAID.validate_json(Path(each[0].said).read_bytes())
    assert told(said) == [("One", "failed"), ("Two", "passed"), ("Three", "passed")]
