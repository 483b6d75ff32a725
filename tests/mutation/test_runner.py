"""Verdicts: red for the right reason, or not."""

from __future__ import annotations

from pathlib import Path

import pytest

from kube_acceptance.mutation.mutant import Mutant
from kube_acceptance.mutation.runner import Verdict, judge
from kube_acceptance.report.model import Failure, Scenario

MUTANT = Mutant.model_validate(
    {
        "file": Path("m.yaml"),
        "takes-away": "every policy",
        "requirement": "REQ-1",
        "scenario": "features/a.feature::A",
        "because": "is allowed, expected blocked",
    }
)


def record(status: str, said: str = "") -> Scenario:
    failure = Failure(first_line=said) if said else None
    return Scenario.model_validate(
        {
            "id": "features/a.feature::A",
            "uri": "features/a.feature",
            "line": 1,
            "name": "A",
            "status": status,
            "failure": failure,
        }
    )


@pytest.mark.parametrize(
    ("scenario", "verdict", "seen"),
    [
        (
            record("failed", "a -> b is allowed, expected blocked"),
            Verdict.KILLED,
            "a -> b is allowed, expected blocked",
        ),
        (record("failed", "it timed out"), Verdict.KILLED_ELSEWHERE, "it timed out"),
        (record("passed"), Verdict.SURVIVED, "nothing notices that every policy is gone"),
        (record("broken", "the release is not ready"), Verdict.INVALID, "the release is not ready"),
        (None, Verdict.INVALID, "its scenario did not run"),
    ],
)
def test_verdicts(scenario: Scenario | None, verdict: Verdict, seen: str) -> None:
    assert judge(MUTANT, scenario) == (verdict, seen)
