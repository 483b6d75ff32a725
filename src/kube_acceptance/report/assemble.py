"""Puts the plan and what was heard of it together: every scenario planned is in the result, whatever became of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from kube_acceptance.report.model import RED, STATUSES, Failure, Feature, Outcome, Requirement, Scenario

_CUT_OFF = "The run ended while this scenario was running."


@dataclass(frozen=True)
class Reached:
    """How far a scenario had come in a process that may not live to say more.

    `passed` counts its steps that had passed; `running` is whether a further one had begun.
    """

    worker: str
    started: datetime
    passed: int
    running: bool


@dataclass(frozen=True)
class Heard:
    """What is known of scenarios, by id.

    Args:
        attempts: The records of each attempt at a scenario.
        begun: What began.
        unfinished: What began and did not come to its end.
        reached: How far the last attempt had come, where another process ran it.
        crashes: The worker that died with a scenario.
        undefined: Ready code for the steps that were found at collection to have no definition, by line.
        quarantine: Who answers for the flakiness of a scenario, or of all rows of an outline.
        end_reason: Why the run ended before everything ran, if it did.
    """

    attempts: Mapping[str, Sequence[Scenario]]
    begun: Collection[str] = ()
    unfinished: Collection[str] = ()
    reached: Mapping[str, Reached] = field(default_factory=dict)
    crashes: Mapping[str, str] = field(default_factory=dict)
    undefined: Mapping[str, Mapping[int, str]] = field(default_factory=dict)
    quarantine: Mapping[str, str] = field(default_factory=dict)
    end_reason: str = ""


def with_results(features: Sequence[Feature], heard: Heard) -> list[Feature]:
    """The features of the plan with what became of every scenario in place of its plan."""
    return [
        feature.model_copy(update={"scenarios": [_result(scenario, heard) for scenario in feature.scenarios]})
        for feature in features
    ]


def _result(scenario: Scenario, heard: Heard) -> Scenario:
    attempts = _attempts(scenario, heard)
    result = (
        _of_attempts(attempts)
        if attempts
        else scenario.model_copy(update={"reason": heard.end_reason or "the run ended before it"})
    )
    outline = scenario.id.rpartition("[")[0]
    quarantine = heard.quarantine.get(scenario.id) or heard.quarantine.get(outline, "")
    result = result.model_copy(update={"quarantine": quarantine})
    return _with_undefined(result, heard.undefined.get(scenario.id, {}))


def _attempts(scenario: Scenario, heard: Heard) -> list[Scenario]:
    """The attempts at a scenario, oldest first; the last one is told as broken if it was cut off."""
    attempts = sorted(heard.attempts.get(scenario.id, ()), key=_when)
    worker = heard.crashes.get(scenario.id)
    if worker is None and scenario.id not in heard.unfinished:
        return attempts
    if worker is None:
        why = _CUT_OFF
    else:
        when = f'while "{scenario.name}" ran' if scenario.id in heard.begun else f'before "{scenario.name}" began'
        why = f"The worker {worker} died {when}."
    reached = heard.reached.get(scenario.id)
    known = attempts[-1] if attempts else None
    if known and (reached is None or (known.worker, known.started) == (reached.worker, reached.started)):
        return [*attempts[:-1], _cut_off(known, why)]
    return [*attempts, _cut_off(_as_far(scenario, reached) if reached else scenario, why)]


def _when(scenario: Scenario) -> datetime:
    return scenario.started or datetime.max.replace(tzinfo=UTC)


def _as_far(scenario: Scenario, reached: Reached) -> Scenario:
    """A scenario of which only is known how far it had come."""
    steps = [
        step.model_copy(update={"status": "passed"})
        if position < reached.passed
        else step.model_copy(update={"facts": ["The run of this step was cut off."]})
        if reached.running and position == reached.passed
        else step
        for position, step in enumerate(scenario.steps)
    ]
    return scenario.model_copy(update={"steps": steps, "worker": reached.worker, "started": reached.started})


def _cut_off(scenario: Scenario, why: str) -> Scenario:
    """An attempt that did not come to its end: broken, unless it had a worse verdict already."""
    if scenario.failure is None:
        return scenario.model_copy(update={"status": "broken", "failure": Failure(first_line=why)})
    failure = scenario.failure.model_copy(update={"text": "\n\n".join([scenario.failure.text, why])})
    return scenario.model_copy(update={"failure": failure})


def _of_attempts(attempts: Sequence[Scenario]) -> Scenario:
    """The last attempt, with the earlier ones; what failed once is never green."""
    *earlier, last = attempts
    if not earlier:
        return last
    changes: dict[str, object] = {"earlier": earlier}
    red = next((each for each in reversed(earlier) if each.status in RED), None)
    if red and last.status == "passed":
        changes |= {"status": "flaky", "reason": "passed only when repeated"}
    elif red and last.status not in RED:
        changes |= {"status": red.status, "failure": red.failure, "reason": red.reason}
    return last.model_copy(update=changes)


def _with_undefined(scenario: Scenario, suggestions: Mapping[int, str]) -> Scenario:
    if not suggestions:
        return scenario
    steps = [
        step.model_copy(update={"status": "undefined", "suggestion": suggestions[step.line]})
        if step.line in suggestions
        else step
        for step in scenario.steps
    ]
    changes: dict[str, object] = {"steps": steps}
    first = next((step for step in steps if step.status == "undefined"), None)
    if scenario.status == "not run" and first:
        failure = Failure(first_line=f"No step definition matches: {first.keyword} {first.text}")
        changes |= {"status": "undefined", "failure": failure, "reason": ""}
    return scenario.model_copy(update=changes)


def with_outcomes(
    requirements: Sequence[Requirement], features: Sequence[Feature], left_out: Sequence[Scenario]
) -> list[Requirement]:
    """The requirements with the scenarios that name them; the outcome is that of the worst.

    Args:
        requirements: The requirements as the specification has them.
        features: What ran.
        left_out: The scenarios that were collected but not selected: with one of them, no requirement is wholly proved.
    """
    scenarios = [scenario for feature in features for scenario in feature.scenarios]

    def result(requirement: Requirement) -> Requirement:
        proofs = [scenario for scenario in scenarios if requirement.id in scenario.requirements]
        unselected = sum(requirement.id in scenario.requirements for scenario in left_out)
        return with_outcome(requirement, proofs, max(unselected, requirement.declared - len(proofs)))

    return [result(requirement) for requirement in requirements]


def with_outcome(requirement: Requirement, proofs: Sequence[Scenario], missing: int) -> Requirement:
    """A requirement with what came of the scenarios that name it.

    Args:
        requirement: The requirement as the specification has it.
        proofs: Those that ran.
        missing: How many more there are.
    """
    outcome: Outcome = "not in this run" if requirement.status == "covered" else "not yet covered"
    if proofs:
        outcome = min((scenario.status for scenario in proofs), key=STATUSES.index)
    if outcome == "passed" and missing:
        outcome = "passed in part"
    changes = {"scenarios": [scenario.id for scenario in proofs], "left_out": missing, "outcome": outcome}
    return requirement.model_copy(update=changes)
