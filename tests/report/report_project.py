"""A project with features about tea, whose run leaves a report."""

from __future__ import annotations

import json
import textwrap
from dataclasses import dataclass
from pathlib import Path

import pytest

from kube_acceptance.report import Run

CONFTEST = """
import pytest
from kube_acceptance.report import Recorder, Requirement, Task

def requirements():
    return [
        Requirement(id="REQ-1", title="Tea is made", tasks=[Task(id="T-1", title="Kettle", files=["kettle.py"])]),
        Requirement(id="REQ-2", title="Coffee is made"),
        Requirement(id="REQ-3", title="Cocoa is made", status="not yet covered", due="issue B"),
    ]

def pytest_configure(config):
    for name in ("REQ-1", "REQ-2", "hot", "cold", "strong"):
        config.addinivalue_line("markers", name)
    config.pluginmanager.register(Recorder(
        config.rootpath / "reports",
        title="Tea",
        environment=lambda: {"kettle": "1.0"},
        requirements=requirements,
        redact=lambda text: text.replace("s3cret", "[redacted]"),
    ))
"""

STEPS = """
import pytest
from pytest_bdd import given, parsers, scenarios, then, when
from kube_acceptance.errors import WaitError
from kube_acceptance.report import attach, note, waited

@given("water")
def water():
    note("1 litre")

@when("it boils")
def boil():
    waited("the water boils", 3.2, 120)

@then("there is tea")
def tea():
    pass

@then("there is coffee")
def coffee():
    raise WaitError("The coffee is not ready after 5 s.", hint="Buy beans.", details=["grinder: empty"])
"""


PLUGINS = ("-p", "pytest_bdd.plugin", "-p", "xdist.plugin", "-p", "no:cacheprovider")


@dataclass
class Project:
    """A folder with features, their steps and a recorder, and a pytest to run in it."""

    pytester: pytest.Pytester
    steps: str = STEPS

    @property
    def reports(self) -> Path:
        return self.pytester.path / "reports"

    @property
    def html(self) -> str:
        return (self.reports / "living-documentation.html").read_text()

    def feature(self, text: str, name: str = "tea") -> None:
        path = self.pytester.path / "features" / f"{name}.feature"
        path.parent.mkdir(exist_ok=True)
        path.write_text(textwrap.dedent(text).lstrip("\n"))

    def add_steps(self, code: str) -> None:
        self.steps += textwrap.dedent(code)

    def add_to_conftest(self, code: str) -> None:
        conftest = self.pytester.path / "conftest.py"
        conftest.write_text(conftest.read_text() + textwrap.dedent(code))

    def run(self, *arguments: str, exits: int = 0, apart: bool = False) -> Run:
        """Run pytest, and answer what the recorder says of it; see `pytest`."""
        self.pytest(*arguments, exits=exits, apart=apart)
        return self.recorded

    def pytest(self, *arguments: str, exits: int = 0, apart: bool = False) -> pytest.RunResult:
        """Run pytest, see that its exit status and the verdict agree, and answer what it printed.

        `exits` is the status that is expected; `apart` takes a process of its own, for what would end this one.
        """
        self.pytester.makepyfile(test_features=f"{self.steps}\nscenarios('features')\n")
        run = self.pytester.runpytest_subprocess if apart else self.pytester.runpytest_inprocess
        result = run(*PLUGINS, *arguments)
        assert result.ret == exits, result.outlines
        assert (self.recorded.verdict in ("passed", "incomplete")) == (exits == 0)
        return result

    @property
    def recorded(self) -> Run:
        return Run.from_dict(json.loads((self.reports / "run.json").read_text()))
