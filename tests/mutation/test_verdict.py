"""A derived mutant is killed by an expectation that was not met, in words that name it, and by nothing else."""

from __future__ import annotations

import pytest
from making import derived, record

from kube_acceptance.mutation.score import Verdict
from kube_acceptance.mutation.verdict import judge, worst
from kube_acceptance.report.model import Scenario


@pytest.mark.parametrize(
    ("scenario", "verdict"),
    [
        (record(), Verdict.KILLED),
        (record(keyword="And"), Verdict.KILLED_ELSEWHERE),  # it goes on with Given
        (record(keyword="When"), Verdict.KILLED_ELSEWHERE),
        (record(said="1 finding", details="  networkpolicy WEB is missing"), Verdict.KILLED),
        (record(said="pod shop is open"), Verdict.KILLED_ELSEWHERE),
        (record(error="WaitError"), Verdict.KILLED),
        (record(error="ReachabilityError"), Verdict.KILLED),
        (record(error="ProbeError"), Verdict.KILLED_ELSEWHERE),
        (record(error="FaultError"), Verdict.KILLED_ELSEWHERE),
        (record(error="KeyError"), Verdict.KILLED_ELSEWHERE),
        (record("broken", error="WaitError"), Verdict.KILLED_ELSEWHERE),
        (record("broken", error="ReleaseError"), Verdict.INVALID),
        (record("passed"), Verdict.SURVIVED),
        (record("skipped"), Verdict.SURVIVED),
    ],
)
def test_the_right_reason(scenario: Scenario, verdict: Verdict) -> None:
    said = scenario.failure.first_line if scenario.failure else ""
    assert judge(derived(), scenario) == (verdict, said)


def test_and_goes_on_with_then() -> None:
    scenario = record(keyword="And")
    scenario.steps[0].keyword = "Then"
    assert judge(derived(), scenario)[0] is Verdict.KILLED


def test_one_right_kill_is_enough() -> None:
    said = [(Verdict.SURVIVED, "", "a"), (Verdict.KILLED, "red", "b"), (Verdict.KILLED_ELSEWHERE, "odd", "c")]
    assert worst(said) == (Verdict.KILLED, "red", "b")
    assert worst(said[::2]) == (Verdict.KILLED_ELSEWHERE, "odd", "c")
    assert worst([]) == (Verdict.SURVIVED, "", "")
