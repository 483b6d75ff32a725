"""The verdict on a derived mutant by what a scenario said with it.

Red is not enough. What counts is an expectation that was not met (a Then step), told by an error that says something
of the deployment, in words that name what was changed. A release that cannot be installed, a probe that cannot tell, a
fault that was not injected are red as well, and say nothing of the protection.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kube_acceptance.mutation.derived import Derived
from kube_acceptance.mutation.score import Verdict
from kube_acceptance.report.model import Failure, Scenario, Step, word

SAYS_SOMETHING = frozenset(
    {"AcceptanceError", "AssertionError", "Failed", "PolicyError", "ReachabilityError", "WaitError"}
)
"""The classes of errors that tell of the deployment; all others tell of what kept a scenario from looking at it."""

REFUSED = "ReleaseError"
"""What Helm's refusal is: nothing was deployed that could have been noticed."""

ORDER = (Verdict.KILLED, Verdict.INVALID, Verdict.TIMED_OUT, Verdict.KILLED_ELSEWHERE, Verdict.SURVIVED)
"""Which verdict stands when scenarios give several: one right kill is enough."""


def judge(mutant: Derived, scenario: Scenario) -> tuple[Verdict, str]:
    """What one scenario says of a mutant, and the line that tells it.

    Args:
        mutant: The mutant.
        scenario: The scenario's record from a run with it.
    """
    failure = scenario.failure
    if scenario.status not in ("failed", "broken") or failure is None:
        return Verdict.SURVIVED, ""
    if scenario.status == "broken":
        refused = failure.error == REFUSED
        return (Verdict.INVALID if refused else Verdict.KILLED_ELSEWHERE), failure.first_line
    if failure.error not in SAYS_SOMETHING or _failed_at(scenario.steps) != "then":
        return Verdict.KILLED_ELSEWHERE, failure.first_line
    return (Verdict.KILLED if _names(failure, mutant) else Verdict.KILLED_ELSEWHERE), failure.first_line


def worst(said: Iterable[tuple[Verdict, str, str]]) -> tuple[Verdict, str, str]:
    """Of verdicts with their lines and scenarios, the one that stands; surviving, when there is none."""
    return min(said, key=lambda one: ORDER.index(one[0]), default=(Verdict.SURVIVED, "", ""))


def is_stuck(scenario: Scenario) -> bool:
    """Whether a scenario failed before it did or expected anything: what it needs is not there."""
    return scenario.status == "broken" or (scenario.status == "failed" and _failed_at(scenario.steps) == "given")


def _failed_at(steps: Sequence[Step]) -> str:
    """Given, when or then: what the step that failed is one of; empty when none did."""
    return next((word(steps[: place + 1]) for place, step in enumerate(steps) if step.status == "failed"), "")


def _names(failure: Failure, mutant: Derived) -> bool:
    said = f"{failure.first_line}\n{failure.details}".lower()
    return any(sign.lower() in said for sign in mutant.signs)
