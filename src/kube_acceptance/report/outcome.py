"""What became of an attempt at a scenario, in Cucumber's words.

Cucumber knows hooks where pytest knows fixtures: what no step tells is told by a hook among the steps.
"""

from __future__ import annotations

from dataclasses import dataclass

from cucumber_messages import HookType  # type: ignore[import-untyped]
from cucumber_messages import TestStepResultStatus as Status

from kube_acceptance.report.model import Scenario, ScenarioStatus, StepStatus
from kube_acceptance.report.wording import cause, whole

FLAKINESS = "flakiness"
"""The name of the hook that fails because a scenario passed only when repeated."""

_OF_STEP: dict[StepStatus, Status] = {
    "passed": Status.passed,
    "failed": Status.failed,
    "skipped": Status.skipped,
    "undefined": Status.undefined,
    "pending": Status.pending,
    "not run": Status.skipped,
}
_OF_SCENARIO: dict[ScenarioStatus, Status] = {
    "passed": Status.passed,
    "flaky": Status.passed,
    "failed": Status.failed,
    "broken": Status.failed,
    "skipped": Status.skipped,
    "undefined": Status.undefined,
    "pending": Status.pending,
    "not run": Status.unknown,
}
_SEVERITY = {status: severity for severity, status in enumerate(Status)}
"""How bad Cucumber's tools take a status to be: the schema names the best first."""


@dataclass(frozen=True)
class Aside:
    """A hook that tells what no step tells, and before which step it stands."""

    position: int
    type: HookType
    name: str


def aside(attempt: Scenario, steps: int) -> Aside | None:
    """The hook that an attempt needs beside its `steps` steps, if any."""
    if attempt.status == "passed":
        return None
    if attempt.status == "flaky":
        return Aside(steps, HookType.after_test_case, FLAKINESS)
    told = max((_SEVERITY[of_step(attempt, position)] for position in range(steps)), default=-1)
    why_is_told = attempt.status != "skipped" or any(step.status not in ("passed", "not run") for step in attempt.steps)
    if told == _SEVERITY[_OF_SCENARIO[attempt.status]] and why_is_told:
        return None
    position = min(next((at for at, step in enumerate(attempt.steps) if step.status != "passed"), steps), steps)
    type_ = HookType.before_test_step if position < steps else HookType.after_test_case
    return Aside(position, HookType.before_test_case if position == 0 else type_, _name(attempt))


def told_by(attempt: Scenario, steps: int) -> int | Aside | None:
    """The step, or the hook, that tells why an attempt ended as it did; none if there is neither."""
    if beside := aside(attempt, steps):
        return beside
    ended = (at for at, step in enumerate(attempt.steps[:steps]) if step.status not in ("passed", "not run"))
    return next(ended, steps - 1) if steps else None


def of_step(attempt: Scenario, position: int) -> Status:
    """The status of a step."""
    status = _OF_STEP[attempt.steps[position].status]
    # a scenario that is expected to fail is called skipped, and so is the step that it failed in
    return Status.skipped if attempt.status == "skipped" and status != Status.passed else status


def of_aside(attempt: Scenario, hook: Aside, *, told: bool) -> Status:
    """The status of a hook: of this attempt if the attempt is `told` by it, else of another."""
    if not told:
        return Status.skipped if hook.name == FLAKINESS else Status.passed
    if hook.name == FLAKINESS:
        return Status.failed if attempt.red else Status.skipped
    return _OF_SCENARIO[attempt.status]


def message(attempt: Scenario) -> str:
    """Why an attempt ended as it did, with everything that is known of it."""
    if attempt.status == "flaky" and attempt.quarantine:
        return f"{cause(attempt)}\nIn quarantine: {attempt.quarantine}"
    return whole(attempt)


def _name(attempt: Scenario) -> str:
    """What its hook is called: by the part that failed, else by how the attempt ended."""
    for part in ("set-up", "clean-up"):
        if cause(attempt).startswith(f"{part.capitalize()} failed"):
            return part
    return attempt.status
