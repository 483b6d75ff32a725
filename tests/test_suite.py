"""A project's suite, run by a pytest of its own."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.suite import Suite

STEPS = """
import os
from pytest_bdd import then

@then("it works")
def works():
    print(sorted(os.environ))
    assert 0
"""


@pytest.fixture
def suite(tmp_path: Path) -> Suite:
    (tmp_path / "features").mkdir()
    (tmp_path / "pyproject.toml").write_text('[tool.pytest.ini_options]\ntestpaths = ["features"]\n')
    (tmp_path / "features" / "a.feature").write_text("Feature: A\n  Scenario: One\n    Then it works\n")
    (tmp_path / "conftest.py").write_text(STEPS)
    return Suite(tmp_path, tmp_path / "reports", {"ADDED": "1"})


def test_runs_to_its_end(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_XDIST_WORKER", "gw7")
    monkeypatch.setenv("KUBE_ACCEPTANCE_FEATURES", "elsewhere")
    ended = replace(suite, forget=("KUBE_ACCEPTANCE_FEATURES",)).run(timeout=60)
    assert ended.exitstatus == 1
    assert [scenario.status for scenario in ended.run.scenarios()] == ["failed"]
    assert "'ADDED'" in ended.said
    assert "PYTEST_XDIST_WORKER" not in ended.said


def test_a_suite_that_leaves_no_report(suite: Suite) -> None:
    with pytest.raises(AcceptanceError, match=r"^the suite left no report\n"):
        _ = suite.run("--no-such-option", timeout=60).run


def test_runs_in_the_background(suite: Suite, tmp_path: Path) -> None:
    process = suite.start(log=tmp_path / "log")
    assert process.wait(60) == 1
    assert "1 failed" in (tmp_path / "log").read_text()
    assert os.getpgid(0) != process.pid


def test_ends_on_a_signal(suite: Suite, tmp_path: Path) -> None:
    process = suite.start(log=tmp_path / "log")
    os.killpg(process.pid, signal.SIGKILL)
    assert process.wait(60) == -signal.SIGKILL
