"""A project whose scenarios fail as often as they are told, with the whole plugin."""

from __future__ import annotations

import json
import textwrap
from dataclasses import dataclass

import elsewhere
import pytest

from kube_acceptance.report import Run

STEPS = """
import pytest
from pytest_bdd import given, parsers, then, when

def count(request, what):
    path = request.config.rootpath / f"{what}.count"
    with path.open("a") as file:
        file.write(".")
    return path.stat().st_size

@given("water")
def water():
    pass

@when(parsers.parse("it fails {times:d} times"))
def fails(request, times):
    number = count(request, request.node.name)
    assert number > times, f"cold at attempt {number}"
"""


@dataclass
class TeaProject:
    """A folder with features and steps, and a pytest with the whole plugin to run in it."""

    pytester: pytest.Pytester

    def __post_init__(self) -> None:
        self.steps("")
        self.settings("")
        self.pytester.mkdir("features")

    def features(self, text: str) -> None:
        (self.pytester.path / "features" / "tea.feature").write_text(
            "Feature: Tea\n" + textwrap.indent(textwrap.dedent(text), "  ")
        )

    def steps(self, code: str) -> None:
        elsewhere.define(self.pytester, STEPS + textwrap.dedent(code))

    def settings(self, text: str) -> None:
        self.pytester.makepyprojecttoml(textwrap.dedent(text))

    def count(self, what: str) -> int:
        """How often a step or fixture counted itself."""
        return (self.pytester.path / f"{what}.count").stat().st_size

    def pytest(self, *arguments: str, exits: int) -> pytest.RunResult:
        """Run pytest, see that its exit status and the verdict agree, and answer what it printed.

        `exits` is the status that is expected.
        """
        result = self.pytester.runpytest_inprocess(
            "-p", "no:cacheprovider", "--order", "written", "features", *arguments
        )
        assert result.ret == exits, [*result.outlines, *result.errlines]
        if (self.pytester.path / "reports").is_dir():
            assert (self.recorded.verdict in ("passed", "incomplete")) == (exits == 0)
        return result

    @property
    def recorded(self) -> Run:
        return Run.from_dict(json.loads((self.pytester.path / "reports" / "run.json").read_text()))
