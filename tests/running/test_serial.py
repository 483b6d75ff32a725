"""A serial scenario overlaps with no other, and none of the others waits for another."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kube_acceptance.report import Run
from kube_acceptance.running.serial import turn

Project = Any

MEETING = """
@given("it meets the others")
def meets():
    mark("begin shared")
    # until as many as there are workers are here at once: this cannot end when they are kept apart
    deadline = time.monotonic() + 60
    while (ROOT / "marks").read_text().count("begin shared") < 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    mark("end shared")

@given("it is alone")
def alone():
    mark("begin alone")
    mark("end alone")
"""


def test_alone_means_alone_also_with_workers(project: Project) -> None:
    project.steps(MEETING)
    project.feature(
        "@serial\nScenario: Alone\n  Given it is alone\n"
        + "".join(f"Scenario: {name}\n  Given it meets the others\n" for name in ("One", "Two", "Three", "Four"))
    )
    result = project.run_static("-n", "3", "--order", "longest")
    assert result.ret == 0, result.outlines
    at = project.marks.index("begin alone")
    assert project.marks[at + 1] == "end alone"
    before = project.marks[:at]
    assert before.count("begin shared") == before.count("end shared")
    # and the others did overlap
    assert project.marks[:3] == ["begin shared"] * 3
    # to wait for its turn is not part of it: its own time began when theirs was over
    run = Run.model_validate_json((project.path / "reports" / "run.json").read_text())
    began = {scenario.name: scenario.started for scenario in run.scenarios()}
    ended = {each.name: each.started + timedelta(seconds=each.duration) for each in run.scenarios() if each.started}
    assert sum(ended[name] <= began["Alone"] for name in ended if name != "Alone") == before.count("end shared")


HOLD = """
import sys
from pathlib import Path
from kube_acceptance.running.serial import turn
with turn(Path(sys.argv[1]), alone=sys.argv[2] == "alone"):
    print("in", flush=True)
    input()
print("out", flush=True)
"""


def holder(folder: Path, how: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder), how], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline()


def waits(folder: Path, process: subprocess.Popen[str]) -> None:
    """Wait until a process is blocked on a lock of the folder."""
    inodes = {str(path.stat().st_ino) for path in folder.iterdir()}
    while not any(
        words[1] == "->" and words[5] == str(process.pid) and words[6].split(":")[-1] in inodes
        for words in (line.split() for line in Path("/proc/locks").read_text().splitlines())
    ):
        assert process.poll() is None


@pytest.mark.skipif(not Path("/proc/locks").exists(), reason="sees who waits in /proc/locks")
def test_who_must_be_alone_is_not_overtaken(tmp_path: Path) -> None:
    first = holder(tmp_path, "shared")
    assert said(first) == "in\n"
    alone = holder(tmp_path, "alone")
    waits(tmp_path, alone)
    later = holder(tmp_path, "shared")
    waits(tmp_path, later)
    assert first.communicate("\n")[0] == "out\n"
    assert said(alone) == "in\n"
    waits(tmp_path, later)
    assert alone.communicate("\n")[0] == "out\n"
    assert later.communicate("\n")[0] == "in\nout\n"


def test_the_dead_let_go(tmp_path: Path) -> None:
    killed = holder(tmp_path, "alone")
    assert said(killed) == "in\n"
    killed.kill()
    killed.wait()
    with turn(tmp_path, alone=True):
        pass
