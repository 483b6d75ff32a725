"""The pytest plugin that gathers what all processes observed and writes the report when the run ends."""

from __future__ import annotations

import contextlib
import json
import shlex
import tempfile
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from kube_acceptance.report.assemble import Heard, Reached, with_outcomes, with_results
from kube_acceptance.report.comparison import compared
from kube_acceptance.report.html import render, sentence
from kube_acceptance.report.model import RED, Failure, Feature, Past, Problem, Requirement, Run, Scenario, Shard
from kube_acceptance.report.observer import RECORD, Observer
from kube_acceptance.report.plan import in_order, planned
from kube_acceptance.report.wording import store
from kube_acceptance.scratch import scratch

if TYPE_CHECKING:  # what mutants are made of needs this package itself
    from kube_acceptance.report.mutants import Mutants

DOCUMENT = "living-documentation.html"
DATA = "run.json"
BEGUN = "begun.jsonl"
"""What a shard began, as it began it: a machine that is lost leaves no more."""

_PLAN = "kube_acceptance_plan"
"""The key by which a worker of pytest-xdist learns the folder to leave its plan in."""

_PYTEST = "pytest"
"""Where a problem is that ended the run itself."""

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
        quarantine: Who answers for the flakiness of a scenario and until when, by its id, or for an outline by the part
            of the ids that its rows share. A flaky scenario that is named here does not fail the run.
        past: Called at the end: what is recorded of scenarios in earlier runs, by id.
        writers: Called with the finished, redacted run and the folder, to write it in further forms.
        beside: The names of what they write; the living documentation links to those that are there.
        mutants: Called with the folder: the last round of mutants that it tells of, for the living documentation.
        shard: The part of the scenarios that this run is of, if others run the rest.
    """

    def __init__(
        self,
        output: Path,
        *,
        title: str = "Acceptance tests",
        environment: Callable[[], Mapping[str, str]] = dict,
        requirements: Callable[[], Sequence[Requirement]] = list,
        redact: Callable[[str], str] = str,
        quarantine: Mapping[str, str] = MappingProxyType({}),
        past: Callable[[], Mapping[str, Sequence[Past]]] = dict,
        writers: Sequence[Callable[[Run, Path], None]] = (),
        beside: Sequence[str] = (),
        mutants: Callable[[Path], Mutants | None] = lambda _: None,
        shard: Shard | None = None,
    ) -> None:
        self.document = output / DOCUMENT
        self.data = output / DATA
        self._output = output
        self._title = title
        self._environment = environment
        self._requirements = requirements
        self._redact = redact
        self._quarantine = quarantine
        self._past = past
        self._writers = writers
        self._beside = beside
        self._mutants = mutants
        self._shard = shard
        self._started = datetime.now(UTC)
        self._plans: tempfile.TemporaryDirectory[str] | None = None
        self._worker = ""
        self._plan_folder = Path()
        self._features: list[Feature] = []
        self._left_out: list[Scenario] = []
        self._ids: dict[str, str] = {}
        self._attempts: dict[str, list[Scenario]] = {}
        self._refused = False
        self._begun: set[str] = set()
        self._ended: set[str] = set()
        self._reached: dict[str, Reached] = {}
        self._undefined: list[tuple[str, int, str]] = []
        self._crashes: dict[str, str] = {}
        self._died: set[str] = set()
        self._broken_off: set[str] = set()
        self._other_failures: dict[str, Failure] = {}
        self._internal_errors: list[Failure] = []
        self._problems: list[Problem] = []
        self._end_reason = ""
        self._last_words: list[str] = []
        self._flaky: list[Scenario] = []

    def pytest_configure(self, config: pytest.Config) -> None:
        """Observe the scenarios of this process."""
        if worker := getattr(config, "workerinput", None):
            self._worker, self._plan_folder = worker["workerid"], Path(worker[_PLAN])
        self._observer = Observer(
            config.rootpath,
            self._output,
            worker=self._worker,
            redact=self._redact,
            tell=self._leave_word if self._worker else lambda *_: None,
        )
        config.pluginmanager.register(self._observer)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker of pytest-xdist where to leave its plan: the controller collects nothing itself."""
        self._plans = self._plans or scratch("plan")
        node.workerinput[_PLAN] = self._plans.name

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        """Know which workers of pytest-xdist died; one that was broken off ended in order."""
        if error:
            (self._broken_off if error == "keyboard-interrupt" else self._died).add(node.gateway.id)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection(self) -> Generator[None, object, object]:
        """Keep what pytest refuses to begin with."""
        try:
            return (yield)
        except pytest.UsageError as error:
            self._refused = True
            for text in error.args:
                self.problem(_PYTEST, Failure(first_line=str(text)))
            raise

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        """Know what this run leaves out."""
        root = items[0].config.rootpath if items else Path()
        self._left_out += {scenario.id: scenario for _, scenario in planned(items, root).values()}.values()

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
        self._ids = {nodeid: scenario.id for nodeid, (_, scenario) in plan.items()}
        if self._worker:
            features_, left_out = ([each.to_dict() for each in part] for part in (self._features, self._left_out))
            dealt = self._shard.dealt if self._shard else []
            self._leave(f"{self._worker}.plan", [features_, left_out, self._ids, dealt])

    def dealt(self, shard: Shard) -> None:
        """Learn what was dealt to all shards."""
        self._shard = shard

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Keep what could not be collected."""
        if report.failed:
            self.problem(report.nodeid, _failure(str(report.longrepr)))

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Know what began, to tell it from what never ran."""
        if self._shard and not self._worker:
            self._keep_begun(self._shard, nodeid)
        self._begun.add(nodeid)

    def _keep_begun(self, shard: Shard, nodeid: str) -> None:
        # what is not kept is told by nobody when this machine is lost; that must not fail the scenario
        with contextlib.suppress(OSError):
            if not self._begun:
                self._output.mkdir(parents=True, exist_ok=True)
                self.data.unlink(missing_ok=True)  # an earlier run's would be taken for this one's
                store(self._output / BEGUN, json.dumps([shard.number, shard.of]) + "\n")
            with (self._output / BEGUN).open("a") as file:
                file.write(json.dumps(nodeid) + "\n")

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """Know what came to its end."""
        self._ended.add(nodeid)

    @pytest.hookimpl(optionalhook=True)
    def pytest_handlecrashitem(self, crashitem: str, report: Any) -> None:
        """Know which test a worker of pytest-xdist took with it; its report says nothing else."""
        self._crashes[crashitem] = report.node.gateway.id

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep a scenario's newest record, or a failure that no scenario tells of."""
        if record := getattr(report, RECORD, None):
            self._hear(Scenario.from_dict(record))
        elif report.failed and report.nodeid not in self._crashes:
            self._other_failures[report.nodeid] = _failure(str(report.longrepr))

    def _hear(self, record: Scenario) -> None:
        attempts = self._attempts.setdefault(record.id, [])
        attempts[:] = [each for each in attempts if not _is_same_attempt(each, record)] + [record]

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(
        self, report: pytest.TestReport
    ) -> tuple[str, str, tuple[str, dict[str, bool]]] | None:
        """Call flaky what passed after it had failed, whoever repeated it."""
        record = getattr(report, RECORD, None)
        if report.when != "call" or not report.passed or not record or record["id"] not in self._attempts:
            return None
        now = Scenario.from_dict(record)
        if any(each.status in RED and not _is_same_attempt(each, now) for each in self._attempts[now.id]):
            return "flaky", "f", ("FLAKY", {"red": True})
        return None

    def undefined(self, nodeid: str, line: int, suggestion: str) -> None:
        """Say before anything runs that a step has no definition.

        Args:
            nodeid: The node id of a scenario that has the step.
            line: The step's line in the feature file.
            suggestion: Code for the definition, ready to be copied.
        """
        entry = (nodeid, line, suggestion)
        if entry not in self._undefined:
            self._undefined.append(entry)
            if self._worker:
                self._leave(f"{self._worker}-{len(self._undefined)}.undefined", entry)

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Keep why the run was broken off."""
        detail = str(excinfo.value)
        if isinstance(excinfo.value, KeyboardInterrupt) and excinfo.type is not KeyboardInterrupt:
            # pytest's own way, and pytest-xdist's, to end early: nobody interrupted anything
            self._end_reason = detail if self._begun else f"nothing was started: {detail}"
            return
        self._end_reason = f"{_INTERRUPTED}: {detail}" if detail else _INTERRUPTED
        if self._worker:
            self.problem(_PYTEST, Failure(first_line=_as_sentence(self._end_reason)))

    def pytest_internalerror(self, excrepr: object) -> None:
        """Keep what broke pytest itself."""
        self._end_reason = self._end_reason or "pytest ended with an internal error"
        lines = str(excrepr).splitlines()
        self._internal_errors.append(
            Failure(first_line=lines[-1] if lines else "internal error", text=str(excrepr)),
        )
        if self._worker:
            self.problem(_PYTEST, self._internal_errors[-1])

    def problem(self, where: str, failure: Failure) -> None:
        """Add something that kept the run from being whole; with a problem, no run is passed."""
        problem = Problem(where=where or "collection", failure=failure)
        if problem not in self._problems:
            self._problems.append(problem)
            if self._worker:
                redacted = problem.redacted(self._redact)
                self._leave(f"{self._worker}-{len(self._problems)}.problem", redacted.to_dict())

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write the report, in the process that has heard of everything; it and the exit status say the same."""
        if self._worker or session.config.option.collectonly:
            return
        if not self._end_reason:
            self._end_reason = str(session.shouldfail or session.shouldstop or "")
        run = self._run(session.config)
        if session.exitstatus and run.verdict in ("passed", "incomplete"):
            self.problem(_PYTEST, Failure(first_line=f"pytest ended with exit status {int(session.exitstatus)}."))
            run.problems = self._problems
        if not session.exitstatus and run.verdict in ("failed", "nothing proved"):
            self._last_words.append(f"{run.verdict.capitalize()}: {sentence(run)}")
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        run = run.redacted(self._redact)
        self._flaky = [scenario for scenario in run.scenarios() if scenario.status == "flaky"]
        try:
            complaints = write(run, self._output, writers=self._writers, beside=self._beside, mutants=self._mutants)
        except OSError as error:
            self._last_words.append(
                f"The report cannot be written to {self._output}: {error.strerror}. Make room or choose another folder."
            )
            session.exitstatus = session.exitstatus or pytest.ExitCode.INTERNAL_ERROR
            return
        if complaints:
            self._last_words += complaints
            session.exitstatus = session.exitstatus or pytest.ExitCode.INTERNAL_ERROR

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say why the run is red when no test says so, and what was flaky."""
        for line in self._last_words:
            terminalreporter.write_line(line, red=True)
        for scenario in self._flaky:
            terminalreporter.write_line(_flake(scenario), red=scenario.red, yellow=not scenario.red)

    def _run(self, config: pytest.Config) -> Run:
        self._hear_workers()
        if unfinished := self._observer.unfinished():
            self._hear(unfinished)
        if not any(problem.where == _PYTEST for problem in self._problems):
            # otherwise a worker has said what broke, and the controller's errors are of its making
            for failure in self._internal_errors:
                self.problem(_PYTEST, failure)
        features = with_results(self._features, self._heard())
        for nodeid, failure in self._other_failures.items():
            self.problem(nodeid, failure)
        for nodeid in self._crashes.keys() - self._ids.keys():
            self.problem(nodeid, Failure(first_line=f"The worker {self._crashes[nodeid]} died while this test ran."))
        for worker in sorted(self._died - set(self._crashes.values())):
            self.problem("pytest-xdist", Failure(first_line=f"The worker {worker} died while it ran no scenario."))
        requirements = with_outcomes(self._asked("requirements", self._requirements, []), features, self._left_out)
        environment: Mapping[str, str] = self._asked("environment", self._environment, {})
        past: Mapping[str, Sequence[Past]] = self._asked("past", self._past, {})
        if self._end_reason.startswith(_INTERRUPTED) and not self._problems:
            self.problem(_PYTEST, Failure(first_line=_as_sentence(self._end_reason)))
        return Run(
            title=self._title,
            started=self._started,
            finished=datetime.now(UTC),
            command=shlex.join(["pytest", *map(str, config.invocation_params.args)]),
            shard=self._shard,
            environment=dict(environment),
            features=features,
            left_out=len(self._left_out),
            requirements=requirements,
            behaviours=compared(features),
            problems=self._problems,
            past={name: list(results) for name, results in past.items()},
        )

    def _heard(self) -> Heard:
        def of_scenarios(nodeids: Iterable[str]) -> set[str]:
            return {self._ids[nodeid] for nodeid in nodeids if nodeid in self._ids}

        undefined: dict[str, dict[int, str]] = {}
        for nodeid, line, suggestion in self._undefined:
            undefined.setdefault(self._ids.get(nodeid, nodeid), {})[line] = suggestion
        if self._broken_off:
            self._end_reason = _INTERRUPTED
        elif undefined and not self._begun:
            self._end_reason = "nothing was started, since steps are undefined"
        elif self._died and not self._end_reason:
            self._end_reason = "workers died and were not replaced"
        crashes = {nodeid: worker for nodeid, worker in self._crashes.items() if worker not in self._broken_off}
        # what a worker began just before it was stopped is known by its word alone
        begun = of_scenarios(self._begun) | self._reached.keys()
        return Heard(
            attempts=self._attempts,
            begun=begun,
            unfinished=begun - of_scenarios(self._ended),
            reached=self._reached,
            crashes={self._ids[nodeid]: worker for nodeid, worker in crashes.items() if nodeid in self._ids},
            undefined=undefined,
            quarantine=self._quarantine,
            end_reason=self._end_reason,
        )

    def _leave_word(self, record: Scenario, passed: int, running: bool) -> None:
        """Leave how far a scenario has come: a process that dies tells nothing more."""
        started = record.started.isoformat() if record.started else ""
        words = self._plan_folder / f"{self._worker}.words"
        # a word that cannot be left must not fail the step that it is about
        with contextlib.suppress(OSError), words.open("a") as file:
            file.write(json.dumps([record.id, started, passed, running]) + "\n")

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
                if self._refused and problem == _BROKEN_OFF:  # by the refusal, which has been told
                    continue
                self.problem(problem.where, problem.failure)
                if problem.where == _PYTEST:
                    self._last_words.append(f"{problem.where}: {problem.failure.first_line}")
            for file in sorted(folder.glob("*.undefined")):
                self.undefined(*json.loads(file.read_text()))
            for file in folder.glob("*.words"):
                for line in file.read_text().splitlines(keepends=True):
                    if line.endswith("\n"):  # the last one may have been cut off
                        name_, started, passed, running = json.loads(line)
                        reached = Reached(file.stem, datetime.fromisoformat(started), passed, running)
                        known = self._reached.get(name_)
                        if known is None or known.started <= reached.started:
                            self._reached[name_] = reached
            if plan := next(folder.glob("*.plan"), None):
                features, left_out, self._ids, dealt = json.loads(plan.read_text())
                if self._shard:
                    self._shard.dealt = dealt
                self._features = [Feature.from_dict(feature) for feature in features]
                self._left_out = [Scenario.from_dict(scenario) for scenario in left_out]

    def _asked(self, what: str, ask: Callable[[], _Value], otherwise: _Value) -> _Value:
        # whatever went wrong with the run may go wrong here again: that must not cost us the report
        try:
            return ask()
        except Exception as error:
            self.problem(f"report: {what}", Failure(first_line=f"{type(error).__name__}: {error}"))
            return otherwise


def write(
    run: Run,
    folder: Path,
    *,
    writers: Sequence[Callable[[Run, Path], None]],
    beside: Sequence[str],
    mutants: Callable[[Path], Mutants | None],
) -> list[str]:
    """Write a redacted run in all its forms.

    Args:
        run: The run.
        folder: Where to; it is made if missing.
        writers: Called with both, to write the further forms.
        beside: The names of what they write.
        mutants: Called with the folder: the last round of mutants.

    Returns:
        What could not be written.

    Raises:
        OSError: The data or the living documentation cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    store(folder / DATA, json.dumps(run.to_dict(), indent=2) + "\n")
    complaints = []
    for write_form in writers:
        try:
            write_form(run, folder)
        except Exception as error:  # one form that fails must not cost the others
            complaints.append(f"A form of the report could not be written: {type(error).__name__}: {error}")
    # last, since it links to the others
    siblings = [name for name in beside if (folder / name).is_file()]
    store(folder / DOCUMENT, render(run, siblings, mutants(folder)))
    return complaints


def _is_same_attempt(one: Scenario, other: Scenario) -> bool:
    return (one.worker, one.started) == (other.worker, other.started)


def _as_sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


_BROKEN_OFF = Problem(where=_PYTEST, failure=Failure(first_line=_as_sentence(_INTERRUPTED)))
"""What a worker of pytest-xdist says that was ended while it began."""


def _flake(scenario: Scenario) -> str:
    failures = [each.failure.first_line if each.failure else each.reason for each in scenario.earlier]
    before = "; ".join(text for text in dict.fromkeys(failures) if text)
    said = f"FLAKY {scenario.id}: {scenario.reason}; before: {before}"
    return f"{said} ({scenario.quarantine})" if scenario.quarantine else said


def _failure(longrepr: str) -> Failure:
    """A failure of which only pytest's text is left; its error lines begin with E."""
    lines = [line.strip() for line in longrepr.splitlines() if line.strip()]
    first = next((line[1:].strip() for line in lines if line.startswith("E ")), lines[0] if lines else "failed")
    return Failure(first_line=first, text=longrepr)
