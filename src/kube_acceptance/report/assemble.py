"""Puts the plan and what was heard of it together: every scenario planned is in the result, whatever became of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from kube_acceptance.report.model import STATUSES, Failure, Feature, Outcome, Requirement, Scenario

_CUT_OFF = "The run ended while this scenario was running."


def with_results(
    features: Sequence[Feature],
    records: Mapping[str, Scenario],
    *,
    crashes: Mapping[str, Failure],
    begun: Collection[str],
    end_reason: str,
) -> list[Feature]:
    """The features with every scenario's record in place of its plan.

    Args:
        features: The plan.
        records: What was heard of scenarios, by id.
        crashes: Failures that came without a record, by node id: the process that ran the scenario is gone.
        begun: Node ids of what began.
        end_reason: Why the run ended before everything ran, if it did.
    """

    def result(scenario: Scenario) -> Scenario:
        crash = next((failure for nodeid, failure in crashes.items() if is_of(nodeid, scenario)), None)
        if crash is None and scenario.id in records:
            return records[scenario.id]
        if crash is None and not any(is_of(nodeid, scenario) for nodeid in begun):
            return scenario.model_copy(update={"reason": end_reason or "the run ended before it"})
        failure = crash or Failure(first_line=_CUT_OFF)
        return scenario.model_copy(update={"status": "broken", "failure": failure})

    return [
        feature.model_copy(update={"scenarios": [result(scenario) for scenario in feature.scenarios]})
        for feature in features
    ]


def cut_off(scenario: Scenario) -> Scenario:
    """The record of a scenario that was running when the run was broken off: it has no verdict."""
    return scenario.model_copy(update={"status": "broken", "failure": Failure(first_line=_CUT_OFF)})


def is_of(nodeid: str, scenario: Scenario) -> bool:
    """Whether pytest's node id is this scenario's; xdist's loadgroup appends the group to it."""
    return nodeid == scenario.id or nodeid.startswith(f"{scenario.id}@")


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
        missing = max(unselected, requirement.declared - len(proofs))
        outcome: Outcome = "not in this run" if requirement.status == "covered" else "not yet covered"
        if proofs:
            outcome = min((scenario.status for scenario in proofs), key=STATUSES.index)
        if outcome == "passed" and missing:
            outcome = "passed in part"
        changes = {"scenarios": [scenario.id for scenario in proofs], "left_out": missing, "outcome": outcome}
        return requirement.model_copy(update=changes)

    return [result(requirement) for requirement in requirements]
