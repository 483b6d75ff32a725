"""A project with features, whose vocabulary comes from elsewhere, so that no test has to use all of it."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from pathlib import Path

import pytest

VOCABULARY = """
from pytest_bdd import given, parsers, then

@given("a thing")
def thing(): pass

@then("it works")
def works(): pass

@then("it fails")
def fails(): raise AssertionError("it is broken")
"""

CONFTEST = """
import pathlib
import pytest

pytest_plugins = ["vocabulary_of_tests"]

@pytest.fixture(scope="session", autouse=True)
def cluster(request):
    (request.config.rootpath / "a-fixture-was-made").touch()
"""

EMPTY_BUT_GREEN = "Feature: B\n  Scenario: Other\n    Then it works\n"


@dataclass
class Project:
    pytester: pytest.Pytester

    @property
    def root(self) -> Path:
        return self.pytester.path

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))

    def feature(self, text: str, name: str = "a") -> None:
        """A feature file; the scenarios begin in its second line."""
        self.write(f"features/{name}.feature", "Feature: A\n" + textwrap.indent(textwrap.dedent(text), "  "))

    def steps(self, text: str) -> None:
        """Step definitions of the project, after those imports of pytest-bdd that they need; three lines."""
        self.write(
            "own_steps.py", "from pytest_bdd import given, parsers, step, then, when\n\n\n" + textwrap.dedent(text)
        )
        self.write("conftest.py", CONFTEST.replace('"vocabulary_of_tests"', '"vocabulary_of_tests", "own_steps"'))

    def run(self, *arguments: str, ret: int | None = None) -> pytest.RunResult:
        result = self.pytester.runpytest(*arguments)
        if ret is not None:
            assert result.ret == ret
        return result

    def run_apart(self, *arguments: str) -> pytest.RunResult:
        """In a process of its own, as pytest-xdist wants it."""
        return self.pytester.runpytest_subprocess(*arguments)

    def mistakes(self, *arguments: str) -> list[str]:
        """What is told of a run that must be refused, with nothing run."""
        result = self.run(*arguments, ret=pytest.ExitCode.INTERRUPTED)
        return told(result, self)


def told(result: pytest.RunResult, project: Project) -> list[str]:
    """The mistakes, without the word before them; their count is told, and nothing was run."""
    lines = [line.removeprefix("error: ") for line in result.outlines if line.startswith("error: ")]
    number = "1 mistake" if len(lines) == 1 else f"{len(lines)} mistakes"
    result.stdout.fnmatch_lines([f"!* {number} in the features; nothing was run !*"])
    result.assert_outcomes(errors=0)
    assert not (project.root / "a-fixture-was-made").exists()
    return lines
