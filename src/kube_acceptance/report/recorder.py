"""The pytest plugin that gathers what all processes observed and writes the report when the run ends."""

from __future__ import annotations

import json
import shlex
import tempfile
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import pytest

from kube_acceptance.report.assemble import cut_off, is_of, with_outcomes, with_results
from kube_acceptance.report.html import render, sentence
from kube_acceptance.report.model import Failure, Feature, Past, Problem, Record, Requirement, Run, Scenario
from kube_acceptance.report.observer import RECORD, Observer
from kube_acceptance.report.plan import in_order, planned

DOCUMENT = "living-documentation.html"
DATA = "run.json"

_PLAN = "kube_acceptance_plan"
"""The key by which a worker of pytest-xdist learns the folder to leave its plan in."""

_INTERRUPTED = "the run was interrupted"

_Value = TypeVar("_Value")


class Recorder:
    """Writes the living documentation of a run, `living-documentation.html`, and its data, `run.json`.

    It works the same with and without pytest-xdist: workers send each scenario's record inside pytest's reports, and
    the controller assembles the run. Register it while pytest configures itself, in the controller and in the workers:

        config.pluginmanager.register(Recorder(Path("reports"), title="Shop"))

    Args:
        output: The folder to write to; it is made if missing.
        title: What was tested.
        environment: Called at the end: facts about what it ran on, such as versions, the commit, images with digests.
        requirements: Called at the end: the requirements, as the specification has them.
        redact: Removes secrets from a text; every text of the report goes through it.
        past: Called at the end: what is recorded of scenarios in earlier runs, by id.
        writers: Called with the finished, redacted run and the folder, to write it in further forms.
    """

    def __init__(
        self,
        output: Path,
        *,
        title: str = "Acceptance tests",
        environment: Callable[[], Mapping[str, str]] = dict,
        requirements: Callable[[], Sequence[Requirement]] = list,
        redact: Callable[[str], str] = str,
        past: Callable[[], Mapping[str, Sequence[Past]]] = dict,
        writers: Sequence[Callable[[Run, Path], None]] = (),
    ) -> None:
        self.document = output / DOCUMENT
        self.data = output / DATA
        self._output = output
        self._title = title
        self._environment = environment
        self._requirements = requirements
        self._redact = redact
        self._past = past
        self._writers = writers
        self._started = datetime.now(UTC)
        self._plans: tempfile.TemporaryDirectory[str] | None = None
        self._worker = ""
        self._plan_folder = Path()
        self._features: list[Feature] = []
        self._left_out: list[Scenario] = []
        self._records: dict[str, Scenario] = {}
        self._begun: set[str] = set()
        self._other_failures: dict[str, Failure] = {}
        self._problems: list[Problem] = []
        self._end_reason = ""
        self._last_words = ""

    def pytest_configure(self, config: pytest.Config) -> None:
        """Observe the scenarios of this process."""
        if worker := getattr(config, "workerinput", None):
            self._worker, self._plan_folder = worker["workerid"], Path(worker[_PLAN])
        self._observer = Observer(config.rootpath, self._output)
        config.pluginmanager.register(self._observer)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker of pytest-xdist where to leave its plan: the controller collects nothing itself."""
        self._plans = self._plans or tempfile.TemporaryDirectory(prefix="kube-acceptance-plan-")
        node.workerinput[_PLAN] = self._plans.name

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        """Know what this run leaves out."""
        root = items[0].config.rootpath if items else Path()
        self._left_out += [scenario for _, scenario in planned(items, root).values()]

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Learn what will run, and give requirements and tags to JUnit."""
        plan = planned(session.items, session.config.rootpath)
        for item in session.items:
            if item.nodeid in plan:
                _, scenario = plan[item.nodeid]
                item.user_properties += [("requirement", name) for name in scenario.requirements]
                item.user_properties += [("tag", name) for name in scenario.tags]
        self._observer.expect({nodeid: scenario for nodeid, (_, scenario) in plan.items()})
        features = {feature.uri: feature for feature, _ in plan.values()}
        self._features = in_order(features.values())
        if self._worker:
            parts: tuple[Sequence[Record], ...] = (self._features, self._left_out)
            self._leave(f"{self._worker}.plan", [[each.to_dict() for each in part] for part in parts])

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Keep what could not be collected."""
        if report.failed:
            self.problem(report.nodeid, _failure(str(report.longrepr)))

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Know what began, to tell it from what never ran."""
        self._begun.add(nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep a scenario's newest record, or a failure that no scenario tells of."""
        if record := getattr(report, RECORD, None):
            scenario = Scenario.from_dict(record)
            self._records[scenario.id] = scenario
        elif report.failed:
            self._other_failures[report.nodeid] = _failure(str(report.longrepr))

    def undefined(self, nodeid: str, line: int, suggestion: str) -> None:
        """Mark a planned scenario's step as undefined."""

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Keep why the run was broken off."""
        detail = str(excinfo.value)
        self._end_reason = f"{_INTERRUPTED}: {detail}" if detail else _INTERRUPTED

    def pytest_internalerror(self, excrepr: object) -> None:
        """Keep what broke pytest itself."""
        lines = str(excrepr).splitlines()
        self.problem("pytest", Failure(first_line=lines[-1] if lines else "internal error", text=str(excrepr)))

    def problem(self, where: str, failure: Failure) -> None:
        """Add something that kept the run from being whole; with a problem, no run is passed."""
        problem = Problem(where=where or "collection", failure=failure)
        if problem not in self._problems:
            self._problems.append(problem)
            if self._worker:
                self._leave(f"{self._worker}-{len(self._problems)}.problem", problem.to_dict())

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write the report, in the process that has heard of everything; it and the exit status say the same."""
        if self._worker:
            return
        if not self._end_reason:
            self._end_reason = str(session.shouldfail or session.shouldstop or "")
        run = self._run(session.config)
        if session.exitstatus and run.verdict in ("passed", "incomplete"):
            self.problem("pytest", Failure(first_line=f"pytest ended with exit status {int(session.exitstatus)}."))
            run.problems = self._problems
        if not session.exitstatus and run.verdict in ("failed", "nothing proved"):
            self._last_words = f"{run.verdict.capitalize()}: {sentence(run)}"
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        try:
            self._write(run)
        except OSError as error:
            self._last_words = (
                f"The report cannot be written to {self._output}: {error.strerror}. Make room or choose another folder."
            )
            session.exitstatus = session.exitstatus or pytest.ExitCode.INTERNAL_ERROR

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say why the run is red when no test says so."""
        if self._last_words:
            terminalreporter.write_line(self._last_words, red=True)

    def _run(self, config: pytest.Config) -> Run:
        self._hear_workers()
        if unfinished := self._observer.unfinished():
            self._records[unfinished.id] = cut_off(unfinished)
        features = with_results(
            self._features,
            self._records,
            crashes=self._other_failures,
            begun=self._begun,
            end_reason=self._end_reason,
        )
        scenarios = [scenario for feature in features for scenario in feature.scenarios]
        for nodeid, failure in self._other_failures.items():
            if not any(is_of(nodeid, scenario) for scenario in scenarios):
                self.problem(nodeid, failure)
        requirements = with_outcomes(self._asked("requirements", self._requirements, []), features, self._left_out)
        environment: Mapping[str, str] = self._asked("environment", self._environment, {})
        past: Mapping[str, Sequence[Past]] = self._asked("past", self._past, {})
        if self._end_reason.startswith(_INTERRUPTED) and not self._problems:
            self.problem("pytest", Failure(first_line=f"{self._end_reason[0].upper()}{self._end_reason[1:]}."))
        return Run(
            title=self._title,
            started=self._started,
            finished=datetime.now(UTC),
            command=shlex.join(["pytest", *map(str, config.invocation_params.args)]),
            environment=dict(environment),
            features=features,
            left_out=len(self._left_out),
            requirements=requirements,
            problems=self._problems,
            past={name: list(results) for name, results in past.items()},
        )

    def _leave(self, name: str, content: object) -> None:
        """Leave something for the controller; a file appears whole or not at all."""
        part = self._plan_folder / f"{name}.part"
        part.write_text(json.dumps(content))
        part.rename(part.with_suffix(""))

    def _hear_workers(self) -> None:
        """Take up what the workers left: every one collected the same, so any plan will do."""
        if self._plans is None:
            return
        with self._plans as name:
            folder = Path(name)
            for file in sorted(folder.glob("*.problem")):
                problem = Problem.from_dict(json.loads(file.read_text()))
                self.problem(problem.where, problem.failure)
            if plan := next(folder.glob("*.plan"), None):
                features, left_out = json.loads(plan.read_text())
                self._features = [Feature.from_dict(feature) for feature in features]
                self._left_out = [Scenario.from_dict(scenario) for scenario in left_out]

    def _asked(self, what: str, ask: Callable[[], _Value], otherwise: _Value) -> _Value:
        # whatever went wrong with the run may go wrong here again: that must not cost us the report
        try:
            return ask()
        except Exception as error:
            self.problem(f"report: {what}", Failure(first_line=f"{type(error).__name__}: {error}"))
            return otherwise

    def _write(self, run: Run) -> None:
        run = run.redacted(self._redact)
        self._output.mkdir(parents=True, exist_ok=True)
        for path, content in (
            (self.data, json.dumps(run.to_dict(), indent=2) + "\n"),
            (self.document, render(run)),
        ):
            part = path.with_suffix(".part")
            part.write_text(content, encoding="utf-8")
            part.replace(path)
        for write in self._writers:
            write(run, self._output)


def _failure(longrepr: str) -> Failure:
    """A failure of which only pytest's text is left; its error lines begin with E."""
    lines = [line.strip() for line in longrepr.splitlines() if line.strip()]
    first = next((line[1:].strip() for line in lines if line.startswith("E ")), lines[0] if lines else "failed")
    return Failure(first_line=first, text=longrepr)
