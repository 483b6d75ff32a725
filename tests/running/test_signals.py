"""Nothing is left behind, whoever is told to stop."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from typing import Any

import psutil
import pytest

Project = Any

STEPS = """
@then("it never ends")
def never_ends():
    mark(f"busy {os.getpid()}")
    threading.Event().wait(60)

@then("its process is killed")
def killed():
    mark("killed")
    os.kill(os.getpid(), signal.SIGKILL)

@then("a program of it runs for long")
def program():
    from kube_acceptance import command
    mark(f"busy {os.getpid()}")
    command.run([ROOT / "long"], timeout=60)
"""
TWO = """
    @cluster
    Scenario: One
      Given the release
      Then it never ends
    @cluster
    Scenario: Two
      Given the release
      Then it never ends
"""


def statuses(project: Project) -> dict[str, str]:
    run = json.loads((project.path / "reports" / "run.json").read_text())
    return {each["name"]: each["status"] for each in run["features"][0]["scenarios"]}


def until(project: Project, process: subprocess.Popen[str], sign: str, count: int) -> None:
    """Wait until something was done so often."""
    marks = project.path / "marks"
    while not marks.exists() or sum(mark.startswith(sign) for mark in project.marks) < count:
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)


def start(project: Project, *arguments: str) -> subprocess.Popen[str]:
    project.prepare()
    return subprocess.Popen(
        [sys.executable, "-m", "pytest", *arguments],
        cwd=project.path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_controller_is_told_to_stop(project: Project, number: signal.Signals) -> None:
    project.steps(STEPS)
    project.feature(TWO)
    process = start(project, "-n", "2")
    until(project, process, "busy", 2)
    family = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(number)
    said = process.communicate(timeout=60)[0]
    assert process.returncode == pytest.ExitCode.INTERRUPTED, said
    assert project.marks.count("cluster created") == project.marks.count("cluster deleted") == 1
    assert project.left() == []
    assert psutil.wait_procs(family, timeout=30)[1] == []
    assert set(statuses(project).values()) == {"broken"}


def test_a_worker_is_killed(project: Project) -> None:
    project.steps(STEPS)
    project.feature("""
        @cluster
        Scenario: Good
          Given the release
        @cluster
        Scenario: Other
          Given the release
        @cluster
        Scenario: Killed
          Given the release
          Then its process is killed
        @cluster @serial
        Scenario: Alone
          Given the release
    """)
    result = project.run("-n", "2")
    assert result.ret == 1
    assert statuses(project) == {"Good": "passed", "Other": "passed", "Killed": "broken", "Alone": "passed"}
    result.stdout.re_match_lines([r"\[\d/4\] broken  Killed", r"    worker 'gw\d' crashed while running .*Killed'"])
    for once in ("cluster created", "release shared installed", "images loaded", "cluster deleted"):
        assert project.marks.count(once) == 1
    assert project.left() == []
