"""The run as Cucumber Messages, the exchange format of Cucumber's tools: one JSON object a line."""

from __future__ import annotations

import base64
import json
import platform
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

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

from kube_acceptance.report import model, outcome
from kube_acceptance.report.attachments import Attachments, Content
from kube_acceptance.report.html import sentence
from kube_acceptance.report.outcome import FLAKINESS, Aside
from kube_acceptance.report.pickles import Pickle, Pickles
from kube_acceptance.report.wording import cause, store, title

MESSAGES = "cucumber-messages.ndjson"


def write(run: model.Run, folder: Path, *, root: Path, redact: Callable[[str], str] = str) -> None:
    """Write `cucumber-messages.ndjson`.

    A set-up or clean-up that failed is told as a hook. So is flakiness, because Cucumber's tools call a scenario by its
    last attempt alone, and a flake must not be green. What is wrong with the run itself is told by hooks of the run.

    Args:
        run: What is told; redact before.
        folder: The report's folder, which evidence is taken from.
        root: The folder that the features' paths are relative to.
        redact: Removes secrets from the feature files and from evidence.

    Raises:
        OSError: The file cannot be written.
    """
    stream = _Stream(run, Pickles(root, redact), Attachments(folder, redact))
    lines = (json.dumps(message_converter.to_dict(each), ensure_ascii=False) for each in stream.messages())
    store(folder / MESSAGES, "".join(f"{line}\n" for line in lines))


@dataclass(frozen=True)
class _Case:
    """A scenario that ran, and the ids by which its parts are told of."""

    id: str
    scenario: model.Scenario
    pickle: Pickle
    parts: Sequence[tuple[str, int | Aside]]  # the id of each test step, and which step of the scenario or hook it is

    @property
    def attempts(self) -> Sequence[model.Scenario]:
        return [*self.scenario.earlier, self.scenario]


class _Stream:
    def __init__(self, run: model.Run, pickles: Pickles, attachments: Attachments) -> None:
        self._run = run
        self._pickles = pickles
        self._attachments = attachments
        self._next_id = pickles.next_id

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
            for key in dict.fromkeys(_key(part) for case in cases for _, part in case.parts if isinstance(part, Aside))
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

    def _parts(self, scenario: model.Scenario, steps: int) -> list[tuple[str, int | Aside]]:
        found = {outcome.aside(attempt, steps) for attempt in (*scenario.earlier, scenario)}
        asides = sorted(
            (each for each in found if each), key=lambda each: (each.position, each.name == FLAKINESS, each.name)
        )
        parts: list[int | Aside] = []
        for position in range(steps + 1):
            parts += [aside for aside in asides if aside.position == position]
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
            if isinstance(part, Aside):
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
        teller = outcome.told_by(attempt, len(case.pickle["steps"]))
        for step_id, part in case.parts:
            told = part == teller
            attached: list[Content] = []
            if isinstance(part, int):
                step, status = attempt.steps[part], outcome.of_step(attempt, part)
                now, seconds = max(now, step.started or now), step.duration
                attached += _seen([*step.facts, *map(_waited, step.waits)])
            else:
                status = outcome.of_aside(attempt, part, told=told)
                rest = attempt.duration - sum(step.duration for step in attempt.steps)
                seconds = max(0.0, rest) if told and part.name != FLAKINESS else 0.0
            yield Envelope(test_step_started=TestStepStarted(id_, step_id, _timestamp(now)))
            now += timedelta(seconds=seconds)
            if told:
                attached += [*_seen(attempt.facts), *self._attachments.of(attempt)]
            yield from (_attachment(id_, step_id, each, now) for each in attached)
            message = outcome.message(attempt) if told and status != Status.passed else None
            result = TestStepResult(duration=_duration(seconds), status=status, message=message)
            yield Envelope(test_step_finished=TestStepFinished(id_, step_id, result, _timestamp(now)))
        now = max(now, started + timedelta(seconds=attempt.duration))
        again = attempt is not case.scenario
        yield Envelope(test_case_finished=TestCaseFinished(id_, _timestamp(now), will_be_retried=again))


def _attachment(case_id: str, step_id: str, content: Content, now: datetime) -> Envelope:
    encoding = AttachmentContentEncoding
    text = content.type.startswith("text/")
    return Envelope(
        attachment=Attachment(
            body=content.body.decode() if text else base64.b64encode(content.body).decode(),
            content_encoding=encoding.identity if text else encoding.base64,
            media_type=content.type,
            file_name=content.name,
            test_case_started_id=case_id,
            test_step_id=step_id,
            timestamp=_timestamp(now),
        )
    )


def _seen(facts: Sequence[str]) -> list[Content]:
    # not Cucumber's own type for logs: its report would take markup in them for its own
    return [Content("seen", "text/plain", "\n".join(facts).encode())] if facts else []


def _waited(wait: model.Wait) -> str:
    return f"{wait.what} after {wait.seconds:.1f} s of {wait.budget:g} s"


def _key(aside: Aside) -> tuple[HookType, str]:
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
