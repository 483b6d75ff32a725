"""The run as Cucumber Messages, the exchange format of Cucumber's tools: one JSON object a line."""

from __future__ import annotations

import base64
import json
import mimetypes
import platform
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import quote

from cucumber_messages import (  # type: ignore[import-untyped]
    Attachment,
    AttachmentContentEncoding,
    Duration,
    Envelope,
    Hook,
    HookType,
    Location,
    Meta,
    Product,
    Snippet,
    SourceReference,
    StepDefinition,
    StepDefinitionPattern,
    StepDefinitionPatternType,
    StepMatchArgumentsList,
    Suggestion,
    TestCase,
    TestCaseFinished,
    TestCaseStarted,
    TestRunFinished,
    TestRunHookFinished,
    TestRunHookStarted,
    TestRunStarted,
    TestStep,
    TestStepFinished,
    TestStepResult,
    TestStepStarted,
    Timestamp,
    message_converter,
)
from cucumber_messages import TestStepResultStatus as Status

from kube_acceptance.report import model
from kube_acceptance.report.html import sentence
from kube_acceptance.report.pickles import Pickle, Pickles
from kube_acceptance.report.wording import cause, store, title, whole

MESSAGES = "cucumber-messages.ndjson"

_INLINE = 256_000
"""Bytes up to which a picture or text is put into the stream; what is larger is linked."""
_INLINE_IN_ALL = 8_000_000
"""Bytes that all of them together may take, so that a run with many failures can still be opened."""

_TEXTS = (".txt", ".log", ".yaml", ".yml", ".json", ".md")
"""Endings of files that are shown as plain text."""

_OF_STEP: dict[model.StepStatus, Status] = {
    "passed": Status.passed,
    "failed": Status.failed,
    "skipped": Status.skipped,
    "undefined": Status.undefined,
    "pending": Status.pending,
    "not run": Status.skipped,
}
_OF_SCENARIO: dict[model.ScenarioStatus, Status] = {
    "passed": Status.passed,
    "flaky": Status.passed,
    "failed": Status.failed,
    "broken": Status.failed,
    "skipped": Status.skipped,
    "undefined": Status.undefined,
    "pending": Status.pending,
    "not run": Status.unknown,
}
_BEFORE, _BEFORE_STEP, _AFTER = HookType.before_test_case, HookType.before_test_step, HookType.after_test_case
_FLAKY = "flakiness"


def write(run: model.Run, folder: Path, *, root: Path, redact: Callable[[str], str] = str) -> None:
    """Write `cucumber-messages.ndjson`.

    Cucumber knows hooks where pytest knows fixtures: a set-up or clean-up that failed is told as one. So is flakiness,
    because Cucumber's tools call a scenario by its last attempt alone, and a flake must not be green.

    Args:
        run: What is told; redact before.
        folder: The report's folder, which evidence is taken from.
        root: The folder that the features' paths are relative to.
        redact: Removes secrets from the feature files and from evidence.

    Raises:
        OSError: The file cannot be written.
    """
    stream = _Stream(run, folder, Pickles(root, redact), redact)
    lines = (json.dumps(message_converter.to_dict(each), ensure_ascii=False) for each in stream.messages())
    store(folder / MESSAGES, "".join(f"{line}\n" for line in lines))


@dataclass(frozen=True)
class _Aside:
    """What a scenario's status says beyond its steps: it becomes a hook, before or after the steps."""

    position: int
    type: HookType
    name: str

    @classmethod
    def beside(cls, attempt: model.Scenario, steps: int) -> _Aside | None:
        """The hook that tells what no step tells, if there is any such thing."""
        told = max((_severity(status) for status in _steps_statuses(attempt)[:steps]), default=0)
        reason_is_told = attempt.status != "skipped" or any(step.status != "not run" for step in _unpassed(attempt))
        if attempt.status == "flaky":
            return cls(steps, _AFTER, _FLAKY)
        if attempt.status == "passed":
            return None
        if told == _severity(_OF_SCENARIO[attempt.status]) and reason_is_told:
            return None
        position = len(attempt.steps) - len(_unpassed(attempt))
        type_ = _BEFORE if position == 0 else _BEFORE_STEP if position < steps else _AFTER
        return cls(position, type_, _hook_name(attempt))


@dataclass(frozen=True)
class _Case:
    """A scenario that ran, and the ids by which its parts are told of."""

    id: str
    scenario: model.Scenario
    pickle: Pickle
    parts: Sequence[tuple[str, int | _Aside]]  # the id of each test step, and which step of the scenario or hook it is

    @property
    def attempts(self) -> Sequence[model.Scenario]:
        return [*self.scenario.earlier, self.scenario]


class _Stream:
    def __init__(self, run: model.Run, folder: Path, pickles: Pickles, redact: Callable[[str], str]) -> None:
        self._run = run
        self._folder = folder
        self._pickles = pickles
        self._redact = redact
        self._next_id = pickles.next_id
        self._inlined = 0

    def messages(self) -> Iterator[Envelope | dict[str, Any]]:
        """All messages, in the order in which Cucumber sends them."""
        yield Envelope(meta=_meta())
        for feature in self._run.features:
            yield from self._pickles.read(feature.uri)
        definitions = list(self._definitions())
        self._definition_ids = {_place(each.source_reference): each.id for each in definitions}
        yield from (Envelope(step_definition=each) for each in definitions)
        cases, missing = self._cases()
        self._hooks = {
            key: Hook(id=self._next_id(), source_reference=SourceReference(), name=key[1], type=key[0])
            for key in dict.fromkeys(_key(part) for case in cases for _, part in case.parts if isinstance(part, _Aside))
        }
        asides = [(self._run_hook(name), status, text) for name, status, text in self._of_the_run(missing)]
        yield from (Envelope(hook=hook) for hook in [*self._hooks.values(), *(hook for hook, _, _ in asides)])
        self._run_id = self._next_id()
        yield Envelope(test_run_started=TestRunStarted(id=self._run_id, timestamp=_timestamp(self._run.started)))
        for case in cases:
            yield from self._case(case)
        for case in cases:
            for number, attempt in enumerate(case.attempts):
                yield from self._attempt(case, number, attempt)
        for hook, status, text in asides:
            yield from self._aside_of_the_run(hook, status, text)
        problems = [f"{each.where}: {each.failure.first_line}" for each in self._run.problems]
        yield Envelope(
            test_run_finished=TestRunFinished(
                success=self._run.verdict in ("passed", "incomplete") and not missing,
                message="\n".join([sentence(self._run), *problems, *([missing] if missing else [])]),
                timestamp=_timestamp(self._run.finished),
                test_run_started_id=self._run_id,
            )
        )

    def _of_the_run(self, missing: str) -> Iterator[tuple[str, Status, str]]:
        """What is to be said of the run beside its scenarios: each becomes a hook of the run, since those are shown."""
        for problem in self._run.problems:
            failure = problem.failure
            text = "\n\n".join(part for part in (failure.first_line, failure.details, failure.text) if part)
            yield problem.where, Status.failed, text
        if missing:
            yield "report", Status.failed, missing
        if self._run.verdict != "passed":
            idle = [each for each in self._run.scenarios() if each.status == "not run"]
            text = "\n".join(f"did not run: {title(each)}: {cause(each)}" for each in idle)
            # the page shows no message of a hook that was skipped, so its name says it
            incomplete = self._run.verdict == "incomplete"
            yield f"{self._run.verdict}: {sentence(self._run)}", Status.skipped if incomplete else Status.failed, text

    def _run_hook(self, name: str) -> Hook:
        type_ = HookType.after_test_run
        return Hook(id=self._next_id(), source_reference=SourceReference(), name=name, type=type_)

    def _definitions(self) -> Iterator[StepDefinition]:
        """The step definitions that were used; the pattern matches what they were used for, for we know no more."""
        texts: dict[str, set[str]] = {}
        for scenario in self._run.scenarios():
            for attempt in (*scenario.earlier, scenario):
                for step in attempt.steps:
                    if step.where:
                        texts.setdefault(step.where, set()).add(step.text)
        for where, found in texts.items():
            path, _, line = where.rpartition(":")
            place = SourceReference(uri=path or where, location=Location(line=int(line)) if line.isdigit() else None)
            pattern = f"^(?:{'|'.join(map(re.escape, sorted(found)))})$"
            kind = StepDefinitionPatternType.regular_expression
            yield StepDefinition(self._next_id(), StepDefinitionPattern(source=pattern, type=kind), place)

    def _cases(self) -> tuple[list[_Case], str]:
        """The scenarios that ran, in order, and a sentence about those that cannot be told of here."""
        cases, missing = [], []
        ran = [scenario for scenario in self._run.scenarios() if scenario.status != "not run"]
        for scenario in sorted(ran, key=lambda each: (each.started or self._run.started).timestamp()):
            if pickle := self._pickles.take(scenario):
                parts = self._parts(scenario, len(pickle["steps"]))
                cases.append(_Case(self._next_id(), scenario, pickle, parts))
            else:
                missing.append(scenario.id)
        said = (
            "These scenarios ran, but their feature files are no longer what ran, so their results are missing here: "
        )
        return cases, f"{said}{', '.join(missing)}." if missing else ""

    def _parts(self, scenario: model.Scenario, steps: int) -> list[tuple[str, int | _Aside]]:
        found = (_Aside.beside(attempt, steps) for attempt in (*scenario.earlier, scenario))
        asides = sorted({aside for aside in found if aside}, key=lambda each: (each.position, each.name == _FLAKY))
        parts: list[int | _Aside] = []
        for position in range(steps + 1):
            parts += [aside for aside in asides if min(aside.position, steps) == position]
            parts += [position] if position < steps else []
        return [(self._next_id(), part) for part in parts]

    def _aside_of_the_run(self, hook: Hook, status: Status, text: str) -> Iterator[Envelope]:
        moment, started = _timestamp(self._run.finished), self._next_id()
        result = TestStepResult(duration=_duration(0), status=status, message=text or None)
        yield Envelope(test_run_hook_started=TestRunHookStarted(hook.id, started, self._run_id, moment))
        yield Envelope(test_run_hook_finished=TestRunHookFinished(result, started, moment))

    def _case(self, case: _Case) -> Iterator[Envelope]:
        steps = []
        for id_, part in case.parts:
            if isinstance(part, _Aside):
                steps.append(TestStep(id=id_, hook_id=self._hooks[_key(part)].id))
                continue
            places = {attempt.steps[part].where for attempt in case.attempts} - {""}
            steps.append(
                TestStep(
                    id=id_,
                    pickle_step_id=case.pickle["steps"][part]["id"],
                    step_definition_ids=[self._definition_ids[place] for place in sorted(places)],
                    step_match_arguments_lists=[StepMatchArgumentsList([]) for _ in places],
                )
            )
        yield Envelope(test_case=TestCase(case.id, case.pickle["id"], steps, self._run_id))
        for pickle_step, step in zip(case.pickle["steps"], case.scenario.steps, strict=False):
            if step.suggestion:
                snippets = [Snippet(code=step.suggestion, language="python")]
                yield Envelope(suggestion=Suggestion(self._next_id(), pickle_step["id"], snippets))

    def _attempt(self, case: _Case, number: int, attempt: model.Scenario) -> Iterator[Envelope]:
        id_ = self._next_id()
        started = now = attempt.started or self._run.started
        yield Envelope(
            test_case_started=TestCaseStarted(
                attempt=number,
                id=id_,
                test_case_id=case.id,
                timestamp=_timestamp(started),
                worker_id=attempt.worker or None,
            )
        )
        told_at = self._told_at(case, attempt)
        for step_id, part in case.parts:
            if isinstance(part, int):
                step = attempt.steps[part]
                now, seconds = max(now, step.started or now), step.duration
            else:
                seconds = max(0.0, attempt.duration - sum(step.duration for step in attempt.steps))
                seconds = seconds if step_id == told_at and part.name != _FLAKY else 0.0
            yield Envelope(test_step_started=TestStepStarted(id_, step_id, _timestamp(now)))
            now += timedelta(seconds=seconds)
            if isinstance(part, int):
                yield from self._seen(id_, step_id, [*step.facts, *map(_waited, step.waits)], now)
            if step_id == told_at:
                yield from self._seen(id_, step_id, attempt.facts, now)
                yield from self._evidence(id_, step_id, attempt, now)
            result = _result(attempt, part, seconds, told=step_id == told_at)
            yield Envelope(test_step_finished=TestStepFinished(id_, step_id, result, _timestamp(now)))
        now = max(now, started + timedelta(seconds=attempt.duration))
        again = attempt is not case.scenario
        yield Envelope(test_case_finished=TestCaseFinished(id_, _timestamp(now), will_be_retried=again))

    def _told_at(self, case: _Case, attempt: model.Scenario) -> str:
        """The id of the test step that tells why the attempt ended as it did."""
        steps = [id_ for id_, part in case.parts if isinstance(part, int)]
        aside = _Aside.beside(attempt, len(steps))
        if aside:
            return next(id_ for id_, part in case.parts if part == aside)
        unpassed = [place for place, step in enumerate(attempt.steps) if step.status not in ("passed", "not run")]
        return steps[min(unpassed[0] if unpassed else -1, len(steps) - 1)] if steps else ""

    def _seen(self, case_id: str, step_id: str, facts: Iterable[str], now: datetime) -> Iterator[Envelope]:
        # not Cucumber's own type for logs: its report would take markup in them for its own
        if text := "\n".join(facts):
            yield self._inline(case_id, step_id, "seen", "text/plain", text.encode(), now)

    def _evidence(self, case_id: str, step_id: str, attempt: model.Scenario, now: datetime) -> Iterator[Envelope]:
        for attachment in attempt.attachments:
            path = self._folder / attachment.path
            type_ = "text/plain" if path.suffix in _TEXTS else mimetypes.guess_type(path.name)[0] or ""
            if self._may_inline(path, type_):
                body = path.read_bytes()
                self._inlined += len(body)
                if type_.startswith("text/"):
                    body = self._redact(body.decode(errors="replace")).encode()
                yield self._inline(case_id, step_id, attachment.name, type_, body, now)
                continue
            # links, not Cucumber's ExternalAttachment: its report does not show those
            files = sorted(path.rglob("*")) if path.is_dir() else [path]
            links = [quote(each.relative_to(self._folder).as_posix()) for each in files if not each.is_dir()]
            yield self._inline(case_id, step_id, attachment.name, "text/uri-list", "\n".join(links).encode(), now)

    def _may_inline(self, path: Path, type_: str) -> bool:
        # no SVG: it may hold scripts
        if not type_.startswith(("text/", "image/")) or type_ == "image/svg+xml" or not path.is_file():
            return False
        size = path.stat().st_size
        return size <= _INLINE and self._inlined + size <= _INLINE_IN_ALL

    def _inline(self, case_id: str, step_id: str, name: str, type_: str, body: bytes, now: datetime) -> Envelope:
        text = type_.startswith("text/")
        return Envelope(
            attachment=Attachment(
                body=body.decode() if text else base64.b64encode(body).decode(),
                content_encoding=AttachmentContentEncoding.identity if text else AttachmentContentEncoding.base64,
                media_type=type_,
                file_name=name,
                test_case_started_id=case_id,
                test_step_id=step_id,
                timestamp=_timestamp(now),
            )
        )


def _hook_name(attempt: model.Scenario) -> str:
    """What the hook is called that tells of an attempt: by the part that failed, else by how the attempt ended."""
    for part in ("set-up", "clean-up"):
        if cause(attempt).startswith(f"{part.capitalize()} failed"):
            return part
    return attempt.status


def _result(attempt: model.Scenario, part: int | _Aside, seconds: float, *, told: bool) -> TestStepResult:
    if isinstance(part, int):
        status = _steps_statuses(attempt)[part]
    elif not told:
        # a hook of another attempt: there was nothing to tell this time
        status = Status.skipped if part.name == _FLAKY else Status.passed
    elif part.name == _FLAKY:
        status = Status.failed if attempt.red else Status.skipped
    else:
        status = _OF_SCENARIO[attempt.status]
    message = _message(attempt) if told and status != Status.passed else None
    return TestStepResult(duration=_duration(seconds), status=status, message=message)


def _message(attempt: model.Scenario) -> str:
    if attempt.status == "flaky" and attempt.quarantine:
        return f"{cause(attempt)}\nIn quarantine: {attempt.quarantine}"
    return whole(attempt)


def _steps_statuses(attempt: model.Scenario) -> list[Status]:
    statuses = [_OF_STEP[step.status] for step in attempt.steps]
    if attempt.status != "skipped":
        return statuses
    # a scenario that is expected to fail is called skipped, and so is the step that it failed in
    return [status if status == Status.passed else Status.skipped for status in statuses]


def _unpassed(attempt: model.Scenario) -> list[model.Step]:
    """The steps from the first one on that did not pass."""
    first = next((place for place, step in enumerate(attempt.steps) if step.status != "passed"), len(attempt.steps))
    return attempt.steps[first:]


def _severity(status: Status) -> int:
    """How bad Cucumber's tools take a status to be."""
    return list(Status).index(status)


def _waited(wait: model.Wait) -> str:
    return f"{wait.what} after {wait.seconds:.1f} s of {wait.budget:g} s"


def _key(aside: _Aside) -> tuple[HookType, str]:
    return aside.type, aside.name


def _place(reference: SourceReference) -> str:
    return f"{reference.uri}:{reference.location.line}" if reference.location else str(reference.uri)


def _meta() -> Meta:
    return Meta(
        protocol_version=version("cucumber-messages"),
        implementation=Product(name="kube-acceptance", version=version("kube-acceptance")),
        runtime=Product(name=platform.python_implementation(), version=platform.python_version()),
        os=Product(name=platform.system(), version=platform.release()),
        cpu=Product(name=platform.machine()),
    )


def _timestamp(moment: datetime) -> Timestamp:
    return Timestamp(seconds=int(moment.timestamp()), nanos=moment.microsecond * 1000)


def _duration(seconds: float) -> Duration:
    whole_seconds = int(seconds)
    return Duration(seconds=whole_seconds, nanos=int((seconds - whole_seconds) * 1e9))
