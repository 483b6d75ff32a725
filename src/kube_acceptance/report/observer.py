"""Watches one scenario at a time, in the process that runs it, and hands its record over inside pytest's test reports.

pytest-bdd's own reports are not used: they call skipped steps passed and steps that never ran failed, and they do not
cross to another process.
"""

from __future__ import annotations

import inspect
import re
import shutil
import textwrap
import time
import traceback
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import CodeType
from typing import TYPE_CHECKING, Any

import pytest

from kube_acceptance.errors import AcceptanceError, Pending
from kube_acceptance.report.model import Attachment, Failure, Scenario, Step, Wait, word
from kube_acceptance.report.plan import shown_path

if TYPE_CHECKING:
    from _pytest._code import Traceback

RECORD = "kube_acceptance_scenario"
"""The attribute of a test report that carries the scenario's record; pytest-xdist sends it along as plain data."""

_CAPTURED_LIMIT = 20_000
"""Characters kept of each captured output, the last ones: where it ended says why."""

_SPEAKS_FOR_ITSELF = (AcceptanceError, AssertionError, pytest.fail.Exception)
"""Errors whose message needs no type before it."""

_MACHINERY = ("_pytest", "pluggy", "pytest_bdd")
"""Packages whose frames say nothing about why a step failed."""

_observers: list[Observer] = []
"""The observer of this process last; a test of this package runs a pytest inside pytest."""


def note(text: str) -> None:
    """Say something short that was seen; it is shown below the step that runs (or with the scenario between steps)."""
    if _observers:
        _observers[-1].note(text)


def waited(what: str, seconds: float, budget: float) -> None:
    """Say how long a condition took to come true; shown below the step, and in the list of waits.

    Args:
        what: The condition, such as "deployment web is ready".
        seconds: How long it took.
        budget: How many seconds it was given.
    """
    if _observers:
        _observers[-1].waited(Wait(what=what, seconds=seconds, budget=budget))


def touched(kind: str) -> None:
    """Say that the API server was asked for objects of a kind, such as `deployments`; kept with the scenario."""
    if _observers:
        _observers[-1].touched(kind)


def attach(path: Path, name: str = "") -> Path | None:
    """Link a file or folder of evidence to the scenario that runs.

    Args:
        path: What to link; it is copied below the report's folder unless it lies there.
        name: What the link says; the file's name if empty.

    Returns:
        What the report links; nothing if no report is written, or none yet.

    Raises:
        OSError: It is missing or cannot be copied.
    """
    return _observers[-1].attach(path, name or path.name) if _observers else None


@dataclass
class _Watched:
    """The scenario that runs now, and where in it we are."""

    item: pytest.Item
    record: Scenario
    steps: list[Any] = field(default_factory=list)
    step: Step | None = None
    position: int = 0
    code: CodeType | None = None
    began: float = 0.0
    called: bool = False


class Observer:
    """The pytest plugin of a process that runs scenarios.

    Args:
        root: The folder that paths are shown relative to.
        output: The report's folder, which evidence is linked from.
        worker: The process's name in pytest-xdist, if it is one of several.
        redact: Removes secrets from a text. It is done here, since only this process may know them.
        tell: Called while a scenario comes along, with its record and the number of its steps that passed; the third
            argument is whether a further one has begun. A process that dies has told at least that.
    """

    def __init__(
        self,
        root: Path,
        output: Path,
        *,
        worker: str = "",
        redact: Callable[[str], str] = str,
        tell: Callable[[Scenario, int, bool], None] = lambda *_: None,
    ) -> None:
        self._root = root
        self._output = output
        self._worker = worker
        self._redact = redact
        self._tell = tell
        self._plan: Mapping[str, Scenario] = {}
        self._now: _Watched | None = None
        # the exceptions themselves: pytest raises the same one again for everybody who asks for a failed fixture
        self._fixture_errors: list[tuple[BaseException, str]] = []

    def unfinished(self) -> Scenario | None:
        """The scenario that was running when the session ended, if it was not allowed to come to its end."""
        if self._now is None:
            return None
        if self._now.step:
            self._stop_clock()
            self.note("The run ended while this step was running.")
        return self._now.record

    def note(self, text: str) -> None:
        """See the function `note`."""
        if target := self._target():
            target.facts = [*target.facts, text]

    def waited(self, wait: Wait) -> None:
        """See the function `waited`."""
        match self._target():
            case Step() as step:
                step.waits = [*step.waits, wait]
            case Scenario() as scenario:
                scenario.facts = [*scenario.facts, f"{wait.what} after {wait.seconds:.1f} s of {wait.budget:g} s"]

    def touched(self, kind: str) -> None:
        """See the function `touched`; what a scenario starts from is not what it is about."""
        now = self._now
        if not (now and now.called and now.step) or kind in now.record.touched:
            return
        if word(now.record.steps[: now.position + 1]) != "given":
            now.record.touched = sorted([*now.record.touched, kind])

    def attach(self, path: Path, name: str) -> Path | None:
        """See the function `attach`."""
        if self._now is None:
            return None
        link = self._below_output(path, self._now.item).as_posix()
        target = self._output / link
        files = [target] if target.is_file() else [file for file in target.rglob("*") if file.is_file()]
        record = self._now.record
        record.attachments = [
            *record.attachments,
            Attachment(name=name, path=link, bytes=sum(file.stat().st_size for file in files)),
        ]
        self._now.item.user_properties.append(("evidence", link))
        return target

    def _below_output(self, path: Path, item: pytest.Item) -> Path:
        path = path.resolve(strict=True)
        output = self._output.resolve()
        if path.is_relative_to(output):
            return path.relative_to(output)
        # a folder for each scenario: workers must not meet
        folder = output / "evidence" / re.sub(r"\W+", "-", item.name)
        folder.mkdir(parents=True, exist_ok=True)
        target, count = folder / path.name, 1
        while target.exists():
            count += 1
            target = folder / f"{path.stem}-{count}{path.suffix}"
        if path.is_dir():
            shutil.copytree(path, target)
        else:
            shutil.copyfile(path, target)
        return target.relative_to(output)

    def _target(self) -> Step | Scenario | None:
        return None if self._now is None else self._now.step or self._now.record

    def pytest_configure(self) -> None:
        """Make this the observer that `note` and its like speak to."""
        _observers.append(self)

    def pytest_unconfigure(self) -> None:
        """Step back."""
        _observers.remove(self)

    def expect(self, plan: Mapping[str, Scenario]) -> None:
        """Learn which scenarios will run, by pytest's node ids."""
        self._plan = plan

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None]:
        """Begin a record, anew when the scenario runs again."""
        if item.nodeid in self._plan:
            plan = self._plan[item.nodeid]
            # the lists of a record are never changed, only replaced: so what is below the steps needs no copy
            changes = {"steps": [step.model_copy() for step in plan.steps], "started": datetime.now(UTC)}
            record = plan.model_copy(update={**changes, "worker": self._worker})
            self._now = _Watched(item, record)
            self._tell(record, 0, False)
        yield

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self) -> Generator[None, object, object]:
        """Close the record when the scenario came to its end."""
        result = yield
        # not reached on Ctrl-C: then the record stays, and says where the run was interrupted
        self._now = None
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any]) -> Generator[None, object, object]:
        """Remember which errors come from making a fixture ready: they say nothing about the behaviour."""
        try:
            return (yield)
        except BaseException as error:
            if not any(error is known for known, _ in self._fixture_errors):
                self._fixture_errors.append((error, fixturedef.argname))
            raise

    def pytest_bdd_before_scenario(self, scenario: Any) -> None:
        """Take over the steps that pytest-bdd is about to run."""
        if self._now:
            self._now.steps = list(scenario.steps)

    def pytest_bdd_step_func_lookup_error(self, step: Any) -> None:
        """The step is undefined."""
        self._begin(step)
        if self._now and self._now.step:
            self._now.step.status = "undefined"

    def pytest_bdd_before_step(self, step: Any, step_func: Callable[..., object]) -> None:
        """The step is found, and what it needs is about to be made ready."""
        self._begin(step)
        if self._now and self._now.step:
            code = self._now.code = inspect.unwrap(step_func).__code__
            self._now.step.where = f"{shown_path(Path(code.co_filename), self._root)}:{code.co_firstlineno}"

    @pytest.hookimpl(trylast=True)
    def pytest_bdd_before_step_call(self) -> None:
        """What the step needs is ready, the step itself begins."""
        if self._now and self._now.step:
            self._now.called = True
            self._now.step.setup = time.perf_counter() - self._now.began

    @pytest.hookimpl(tryfirst=True)
    def pytest_bdd_after_step(self) -> None:
        """The step passed; what is noted from here to the next step belongs to the scenario."""
        self._stop_clock()
        if self._now and self._now.step:
            self._now.step.status = "passed"
            self._tell(self._now.record, self._now.position + 1, False)
            self._now.step = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_bdd_step_error(self) -> None:
        """The step failed: its time ends here, before others gather evidence."""
        self._stop_clock()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Judge a phase of the scenario, and put the record so far into pytest's report."""
        report = yield
        if self._now:
            self._judge(self._now, report, call.excinfo)
            if report.when != "setup" or not report.passed:  # before that there is nothing to tell
                record = self._now.record
                # the id is matched with the plan, and pytest sends it along in any case
                setattr(report, RECORD, {**record.redacted(self._redact).to_dict(), "id": record.id})
        _redact(report, self._redact)
        return report

    def _begin(self, step: Any) -> None:
        if self._now:
            self._now.position = self._now.steps.index(step)
            self._now.step = self._now.record.steps[self._now.position]
            self._now.step.started = datetime.now(UTC)
            self._now.began = time.perf_counter()
            self._now.called = False
            self._tell(self._now.record, self._now.position, True)

    def _stop_clock(self) -> None:
        if self._now and self._now.step and not self._now.step.duration:
            self._now.step.duration = time.perf_counter() - self._now.began

    def _judge(
        self, now: _Watched, report: pytest.TestReport, excinfo: pytest.ExceptionInfo[BaseException] | None
    ) -> None:
        record = now.record
        error = excinfo.value if excinfo else None
        record.duration += report.duration
        told = (error, error.__cause__) if error else ()  # whoever knows better may have said why
        fixture = next((name for known, name in self._fixture_errors if any(known is one for one in told)), "")
        unwritten = None if report.when == "teardown" else _unwritten(error, now.code)
        step, now.step = now.step, None
        if step and step.status == "not run":
            if unwritten is not None:
                step.status = "pending"
            elif now.called or not (fixture or report.skipped):
                step.status = "skipped" if isinstance(error, pytest.skip.Exception) else "failed"
            if step.status != "not run":
                step.duration = step.duration or time.perf_counter() - now.began
        undefined = step is not None and step.status == "undefined"
        if unwritten is not None or undefined or (fixture and not isinstance(error, pytest.xfail.Exception)):
            _expect_nothing(report)
        if unwritten is not None:
            record.status, record.reason = "pending", unwritten
            report.longrepr = f"pending: {unwritten}"
        elif report.failed:
            failure = _failure(report, excinfo, step)
            if undefined:
                record.status, record.failure = "undefined", failure
                report.longrepr = failure.first_line
            elif report.when == "call" and not fixture:
                record.status, record.failure = "failed", failure
            elif report.when == "teardown":
                _add_cleanup_failure(record, failure)
            else:
                place = f'Set-up failed in "{fixture}"' if fixture else "Set-up failed"
                failure.first_line = f"{place}: {failure.first_line}"
                record.status, record.failure = "broken", failure
        elif report.skipped and report.when == "teardown" and record.status != "passed":
            # a clean-up that needs what was lacking takes nothing back, and is no second scenario that was skipped
            report.outcome, report.longrepr = "passed", None
        elif report.skipped:
            record.status = "skipped"
            if hasattr(report, "wasxfail"):
                record.reason = f"expected to fail: {report.wasxfail}" if report.wasxfail else "expected to fail"
                record.failure = _failure(report, excinfo, step)
            else:
                record.reason = str(error)
        elif report.when == "call" and record.steps:
            record.status = "passed"
            if hasattr(report, "wasxfail"):
                record.reason = "passed, although it was expected to fail"
        elif report.when == "call":
            record.reason = "the scenario has no steps"


def _unwritten(error: BaseException | None, step: CodeType | None) -> str | None:
    """What must still be written before a step can be judged; None if that is not what the error says."""
    if isinstance(error, Pending):
        return error.summary
    if not isinstance(error, NotImplementedError) or error.__traceback__ is None:
        return None
    *_, (frame, _) = traceback.walk_tb(error.__traceback__)
    # raised further down, it is somebody else's abstract method: a failure like any other
    return (str(error) or "the step is not implemented") if frame.f_code is step else None


def _expect_nothing(report: pytest.TestReport) -> None:
    """Take back that a failure was expected: that speaks of the behaviour, not of what is missing or broken."""
    if report.skipped and hasattr(report, "wasxfail"):
        del report.wasxfail
        report.outcome = "failed"


def _redact(report: pytest.TestReport, redact: Callable[[str], str]) -> None:
    """Take secrets out of what pytest itself prints and writes to JUnit."""
    report.sections = [(title, redact(text)) for title, text in report.sections]
    match report.longrepr:
        case None:
            return
        case (path, line, reason):
            report.longrepr = (path, line, redact(reason))
        case told:
            text = str(told)
            # a text has no colours any more, so it only takes the place of what held a secret
            if (redacted := redact(text)) != text:
                report.longrepr = redacted


def _failure(
    report: pytest.TestReport, excinfo: pytest.ExceptionInfo[BaseException] | None, step: Step | None
) -> Failure:
    if step and step.status == "undefined":
        return Failure(first_line=f"No step definition matches: {step.keyword} {step.text}")
    error = excinfo.value if excinfo else None
    first, *rest = str(report.longrepr if error is None else error).strip().splitlines() or [""]
    if error is not None and not (first and isinstance(error, _SPEAKS_FOR_ITSELF)):
        first = f"{type(error).__name__}: {first}" if first else type(error).__name__
    trace = str(excinfo.getrepr(style="short", tbfilter=_without_machinery)) if excinfo else str(report.longrepr)
    captured = [f"{title}\n{text[-_CAPTURED_LIMIT:]}" for title, text in report.sections]
    return Failure(
        first_line=first,
        details=textwrap.dedent("\n".join(rest)),
        text="\n\n".join([trace, *captured]),
        error="" if error is None else type(error).__name__,
    )


def _without_machinery(excinfo: pytest.ExceptionInfo[BaseException]) -> Traceback:
    return excinfo.traceback.filter(
        lambda entry: not any(part in _MACHINERY for part in Path(entry.path).parts) and str(entry.path) != __file__
    )


def _add_cleanup_failure(record: Scenario, failure: Failure) -> None:
    failure.first_line = f"Clean-up failed: {failure.first_line}"
    if record.failure is None:
        record.status, record.failure = "broken", failure
    else:
        record.failure.text = "\n\n".join([record.failure.text, failure.first_line, failure.text])
