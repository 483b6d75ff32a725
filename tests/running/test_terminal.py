"""What people see of a run, in a pipe and on a terminal."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

Project = Any

FEATURE = """
    @static
    Scenario: Good
      Given nothing
      Then it works
    @static
    Scenario: Bad
      Given nothing
      Then it fails
      And it works
    @static
    Scenario: Skipped
      Given it is not for this machine
"""
STEPS = """
@given("it is not for this machine")
def not_here():
    pytest.skip("there is no moon")

@given("it waits")
def waits():
    console.progress("the kettle is on")
    console.status("waiting for the kettle: 80 °C (8 of 120 s)")
"""


def seen(result: pytest.RunResult) -> list[str]:
    """The lines between the collection and the summary, without seconds."""
    lines = [re.sub(r"\d+\.\d s", "N s", line) for line in result.outlines]
    start = next(number for number, line in enumerate(lines) if line.startswith("collected") or "workers [" in line)
    return [line for line in lines[start + 1 : lines.index("", start + 2)] if line]


def test_a_line_a_scenario(project: Project) -> None:
    project.steps(STEPS)
    project.feature(FEATURE)
    result = project.run_static("--order", "written")
    assert seen(result) == [
        "[1/3] passed  Good (N s)",
        "[2/3] failed  Bad (N s)",
        "    it is broken",
        "[3/3] skipped  Skipped (N s)",
        "    there is no moon",
    ]
    assert "\x1b" not in result.stdout.str()
    assert "\r" not in result.stdout.str()
    assert result.parseoutcomes() == {"passed": 1, "failed": 1, "skipped": 1}
    result.stdout.fnmatch_lines(["*= FAILURES =*", "FAILED features/a.feature::Bad - *"])


def test_quiet_and_wordy(project: Project) -> None:
    project.steps(STEPS)
    project.feature(FEATURE)
    assert "[1/3] passed  Good" not in project.run_static("-q", "--order", "written").stdout.str()
    result = project.run_static("-v", "--order", "written", "-k", "Good or Bad")
    said = [re.sub(r"\d+\.\d s", "N s", line) for line in result.outlines]
    start = said.index("features/a.feature::Good")
    assert said[start : start + 9] == [
        "features/a.feature::Good",
        "    passed  Given nothing (N s)",
        "    passed  Then it works (N s)",
        "[1/2] passed  Good (N s)",
        "features/a.feature::Bad",
        "    passed  Given nothing (N s)",
        "    failed  Then it fails (N s)",
        "[2/2] failed  Bad (N s)",
        "    it is broken",
    ]


def test_workers_are_heard(project: Project) -> None:
    project.steps(STEPS)
    project.feature(FEATURE + "    @static\n    Scenario: Waits\n      Given it waits\n")
    result = project.run_static("-n", "2", "-v")
    said = result.stdout.str()
    assert re.search(r"^ +\d+\.\ds \[gw\d\] the kettle is on$", said, re.M)
    assert re.search(
        r"    passed  Given nothing \(\d\.\d s\)\n    failed  Then it fails .*\n    not run  And it works\n", said
    )
    assert re.search(r"^\[\d/4\] failed  Bad \(\d\.\d s\)\n    it is broken$", said, re.M)
    assert "waiting for the kettle" not in said
    assert project.left() == []


def test_other_tests_are_reported_as_ever(project: Project) -> None:
    test = project.pytester.makepyfile("def test_one(): pass")
    result = project.run_static(test)
    result.stdout.fnmatch_lines(["test_other_tests_are_reported_as_ever.py . *[[]100%[]]"])


def test_pytests_own_reporter_on_request(project: Project) -> None:
    project.steps(STEPS)
    project.feature(FEATURE + "    @static\n    Scenario: Waits\n      Given it waits\n")
    result = project.run_static("-p", "no:kube_acceptance.running.terminal", "--order", "written")
    result.stdout.fnmatch_lines(["features/a.feature .Fs. *"])


class Terminal:
    """A pytest on a terminal of its own."""

    def __init__(self, project: Project, *arguments: str, **environment: str) -> None:
        project.prepare()
        main, ours = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "pytest", *arguments],
            stdin=ours,
            stdout=ours,
            stderr=ours,
            cwd=project.path,
            env={**os.environ, "TERM": "xterm", "COLUMNS": "60", **environment},
        )
        os.close(ours)
        self._main = main
        self._text = b""
        self._came = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        chunk = b"-"
        while chunk:
            try:
                chunk = os.read(self._main, 65536)
            except OSError:  # the other side is closed
                chunk = b""
            with self._came:
                self._text += chunk
                self._came.notify_all()

    def text(self) -> str:
        """What came so far."""
        with self._came:
            return self._text.decode()

    def until(self, sign: str) -> None:
        with self._came:
            assert self._came.wait_for(lambda: sign in self._text.decode(), timeout=60), self._text.decode()

    def end(self) -> str:
        self.process.wait(timeout=60)
        return self.text()


HANGING = (
    STEPS
    + """
@then("it goes on")
def goes_on():
    deadline = time.monotonic() + 60
    while not (ROOT / "go").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
"""
)
WAITING = """
    @static
    Scenario: It boils
      Given it waits
      Then it goes on
"""


def test_what_happens_right_now(project: Project) -> None:
    project.steps(HANGING)
    project.feature(WAITING)
    terminal = Terminal(project, NO_COLOR="1")
    terminal.until("[0/1] It boils › Then it goes on")
    (project.path / "go").touch()
    text = terminal.end()
    erase = "\r\x1b[2K"
    assert f"{erase}[0/1] It boils › Given it waits{erase}" in text
    assert re.search(r"\[2K +\d+\.\ds the kettle is on\r\n\[0/1\] It boils › Given it waits", text)
    # it fits the terminal
    assert f"{erase}[0/1] It boils › Given it waits · waiting for the kettle:…{erase}" in text
    # and is gone before what stays
    assert re.search(r"\[2K\[1/1\] passed  It boils \(\d\.\d s\)\r\n\r\n=+ 1 passed", text)
    assert all("\x1b[2K" in line[line.rindex("›") :] for line in text.split("\r\n") if "›" in line)


def test_colours_are_honoured(project: Project) -> None:
    project.steps(STEPS)
    project.feature(FEATURE)
    coloured = project.run_static("--color", "yes", "--order", "written").stdout.str()
    assert "[1/3] \x1b[32mpassed\x1b[0m  Good" in coloured
    assert "\x1b[31m    it is broken\x1b[0m" in coloured
    assert "\x1b[2K" not in coloured


def test_nothing_is_left_after_an_interrupt(project: Project) -> None:
    project.steps(HANGING)
    project.feature(WAITING)
    terminal = Terminal(project, "--color", "no")
    terminal.until("› Then it goes on")
    terminal.process.send_signal(signal.SIGINT)
    text = terminal.end()
    assert terminal.process.returncode == pytest.ExitCode.INTERRUPTED
    last = text[text.rindex("›") :]
    assert "\x1b[2K" in last
    assert "KeyboardInterrupt" in last
    assert Path(project.path / "reports" / "run.json").exists()
