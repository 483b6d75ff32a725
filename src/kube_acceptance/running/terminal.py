"""What people see of a run: a line a scenario, what went wrong below it, and what is happening right now.

It stands in for pytest's own reporter in runs with features; `-p no:kube_acceptance.running.terminal` has that back.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Generator
from typing import Any

import pytest
from _pytest.terminal import TerminalReporter

from kube_acceptance import console
from kube_acceptance.plugin import session_key
from kube_acceptance.report.model import RED, Scenario, ScenarioStatus
from kube_acceptance.report.observer import RECORD
from kube_acceptance.running.repeat import REPEATED
from kube_acceptance.running.screen import Screen, own
from kube_acceptance.running.voices import Listener, Worker

DIM = ("\x1b[2m", "\x1b[0m")
YELLOW: frozenset[ScenarioStatus] = frozenset({"not run", "skipped"})

_listener_key = pytest.StashKey[Listener]()


class ScenarioReporter(TerminalReporter):  # type: ignore[misc]  # pytest calls it final; pytest-bdd extends it too
    """pytest's reporter with scenarios in place of dots; other tests are reported as ever, without percentages.

    Args:
        config: pytest's configuration.
        screen: Where everything goes.
    """

    def __init__(self, config: pytest.Config, screen: Screen) -> None:
        super().__init__(config, screen)  # type: ignore[arg-type]
        self._show_progress_info = False
        self._screen = screen
        self._records: dict[str, Scenario] = {}
        self._before: dict[str, str] = {}
        self._running: dict[str, str] = {}
        self._finished = 0
        self._step = ""
        self._step_began = 0.0
        self._status = ""

    # ---- progress from anywhere

    def progress(self, text: str) -> None:
        """A lasting line, dim."""
        self._screen.line(self._tw.markup(console.stamped(text), light=True))

    def status(self, text: str) -> None:
        """What is being waited for right now."""
        self._status = text
        self._redraw()

    # ---- scenarios

    def pytest_runtest_logstart(self, nodeid: str, location: tuple[str, int | None, str]) -> None:
        """A scenario begins."""
        if not _is_scenario(nodeid):
            super().pytest_runtest_logstart(nodeid, location)
            return
        name = nodeid.partition("::")[2]
        self._running[nodeid] = name
        self._step = self._status = ""
        if self.verbosity > 0 and not self._has_workers:
            self._screen.line(self._tw.markup(nodeid, bold=True))
        self._redraw()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep what is known of a scenario until it ends."""
        if not _is_scenario(report.nodeid):
            super().pytest_runtest_logreport(report)
            return
        self._tests_ran = True
        category, _, _ = self.config.hook.pytest_report_teststatus(report=report, config=self.config)
        self._add_stats(category, [report])
        if record := getattr(report, RECORD, None):
            self._records[report.nodeid] = scenario = Scenario.from_dict(record)
            if report.outcome == REPEATED:
                self._before[report.nodeid] = _why(scenario)
                self._write_scenario("again", "yellow", scenario.name, scenario, _why(scenario))
        elif report.when not in ("setup", "call", "teardown"):
            # pytest-xdist says so, and nothing more, of what a worker ran when it died
            self._end(report.nodeid, "broken", str(report.longrepr).splitlines()[0])

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """A scenario has ended."""
        if not _is_scenario(nodeid):
            return
        record = self._records.pop(nodeid, None)
        if record is None:
            self._end(nodeid, "broken", "nothing was heard of it")
            return
        if self.verbosity > 0 and self._has_workers:
            for step in record.steps:
                self._write_step(step.status, f"{step.keyword} {step.text}", step.duration)
        before = self._before.pop(nodeid, "")
        if record.status == "passed" and before:
            self._end(nodeid, "flaky", f"passed only when repeated; before: {before}", record)
        else:
            self._end(nodeid, record.status, _why(record), record)

    def _end(self, nodeid: str, status: ScenarioStatus, why: str, record: Scenario | None = None) -> None:
        name = self._running.pop(nodeid, nodeid.partition("::")[2])
        self._finished += 1
        self._step = self._status = ""
        self._screen.show("")
        if status != "passed" or self.verbosity >= 0:
            colour = "red" if status in RED else "yellow" if status in YELLOW else "green"
            self._write_scenario(status, colour, record.name if record else name, record, why)
        self._redraw()

    def _write_scenario(self, word: str, colour: str, name: str, record: Scenario | None, why: str) -> None:
        seconds = f" ({record.duration:.1f} s)" if record else ""
        self._screen.line(f"{self._count} {self._coloured(word, colour)}  {name}{seconds}")
        if why:
            self._screen.line(self._coloured(f"    {why}", colour))

    # ---- steps, where they run in this process

    def pytest_bdd_before_step(self, step: Any) -> None:
        """A step begins."""
        self._step = f"{step.keyword.strip()} {step.name}"
        self._step_began = time.perf_counter()
        self.status("")

    def pytest_bdd_after_step(self) -> None:
        """A step passed."""
        self._end_step("passed")

    def pytest_bdd_step_error(self) -> None:
        """A step did not."""
        self._end_step("failed")

    def _end_step(self, status: str) -> None:
        if self.verbosity > 0:
            self._write_step(status, self._step, time.perf_counter() - self._step_began)
        self._step = ""
        self.status("")

    def _write_step(self, status: str, text: str, seconds: float) -> None:
        took = "" if status == "not run" else f" ({seconds:.1f} s)"
        colour = {"passed": "green", "not run": "yellow", "skipped": "yellow"}.get(status, "red")
        self._screen.line(f"    {self._coloured(status, colour)}  {text}{took}")

    def _coloured(self, text: str, colour: str) -> str:
        return self._tw.markup(text, **{colour: True})

    # ---- the bottom line

    def _redraw(self) -> None:
        if not self._running:
            self._screen.show("")
            return
        names = " | ".join(self._running.values())
        parts = " · ".join(part for part in (self._step, self._status) if part)
        self._screen.show(f"{self._count} {names}" + (f" › {parts}" if parts else ""))

    @property
    def _count(self) -> str:
        total = self._session.testscollected if self._session else 0
        return f"[{self._finished:{len(str(total))}}/{total}]"

    @property
    def _has_workers(self) -> bool:
        return bool(self.config.pluginmanager.has_plugin("dsession"))

    def pytest_enter_pdb(self) -> None:
        """The debugger has the terminal."""
        self._running.clear()
        self._redraw()

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """What was running is no more."""
        self._running.clear()
        self._redraw()
        if self.config.option.fulltrace:
            super().pytest_keyboard_interrupt(excinfo)
        else:  # only the last line of it is shown: pytest would parse the source of every frame for that
            self._keyboardinterrupt_memo = excinfo.getrepr(style="native")

    @pytest.hookimpl(wrapper=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int | pytest.ExitCode) -> Generator[None]:
        """No bottom line below the summary."""
        self._running.clear()
        self._redraw()
        yield from super().pytest_sessionfinish(session, exitstatus)


class Aside:
    """Progress past pytest's capture, for a run that keeps pytest's own reporter."""

    def __init__(self, config: pytest.Config) -> None:
        self._screen = Screen(own(sys.stderr), live=False)
        self._dim = sys.stderr.isatty()

    def progress(self, text: str) -> None:
        """A line of its own."""
        before, after = DIM if self._dim else ("", "")
        self._screen.write(f"\r{before}{console.stamped(text)}{after}\n")

    def status(self, text: str) -> None:
        """There is no place for it."""


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Stand in for pytest's reporter, once it is there."""
    run = config.stash.get(session_key, None)
    if run is None:
        return
    if worker := getattr(config, "workerinput", None):
        voice: console.Voice = Worker(run.shared.folder, worker["workerid"])
    else:
        voice = _reporter(config) or Aside(config)
    before = console.speak_through(voice)

    def give_back() -> None:
        console.speak_through(before)

    config.add_cleanup(give_back)


def _reporter(config: pytest.Config) -> ScenarioReporter | None:
    manager = config.pluginmanager
    theirs = manager.get_plugin("terminalreporter")
    if type(theirs) is not TerminalReporter:
        return None  # none at all, or another plugin's
    style = DIM if theirs.hasmarkup else ("", "")
    ours = ScenarioReporter(config, Screen(own(sys.stdout), style=style))
    manager.unregister(theirs)
    manager.register(ours, "terminalreporter")
    if distributed := manager.get_plugin("dsession"):  # it may have asked for the reporter before us
        distributed.terminal = ours
        theirs_of_xdist: Any = manager.get_plugin("terminaldistreporter")
        theirs_of_xdist.tr = ours
        ours.showfspath = False
    return ours


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Listen to the workers from the first one on."""
    stash = node.config.stash
    if session_key in stash and _listener_key not in stash:
        stash[_listener_key] = Listener(stash[session_key].shared.folder, console.progress)


@pytest.hookimpl(tryfirst=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Hear the workers out before the folder of the run goes."""
    if listener := config.stash.get(_listener_key, None):
        listener.end()


def _is_scenario(nodeid: str) -> bool:
    return nodeid.partition("::")[0].endswith(".feature")


def _why(record: Scenario) -> str:
    return record.failure.first_line if record.failure else record.reason
