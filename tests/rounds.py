"""Rounds of mutants for tests."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from kube_acceptance.mutation.score import Result, Score

NOON = datetime(2026, 1, 24, 12, 0, tzinfo=UTC)
TODAY = NOON.date()
BEFORE = date(2026, 1, 23)


def result(name: str, verdict: str = "survived", **changes: Any) -> Result:
    """A mutant `policy-removed.NAME`, and what became of it."""
    given = {
        "id": f"policy-removed.{name}",
        "operator": "policy-removed",
        "concern": "network policy",
        "object": f"NetworkPolicy {name}",
        "takes_away": f"NetworkPolicy {name}",
        "unnoticed": f"anybody may connect to {name}",
        "verdict": verdict,
        "when": NOON,
        **changes,
    }
    return Result.model_validate(given)


def a_round(*results: Result, **changes: Any) -> Score:
    """A round over all mutants that there are, which came to its end."""
    count = len(results)
    return Score.model_validate({"began": NOON, "derived": count, "planned": count, "results": results, **changes})


def every_fate(**changes: Any) -> Score:
    """A round in which everything became of a mutant that can."""
    excused = {"equivalent": "nothing listens there", "until": TODAY}
    return a_round(
        result("a", "killed", seen="pod a is open", scenario="a.feature::A", requirements=["REQ-1"], seconds=2.4),
        result("b", "killed", seen="pod b is open", scenario="a.feature::A", requirements=["REQ-1", "REQ-2"]),
        result("c", requirements=["REQ-2"]),
        result("d", "killed elsewhere", seen="no route to host", scenario="a.feature::B", requirements=["REQ-2"]),
        result("e", "timed out", seen="pytest did not end within 900 s"),
        result("f", "invalid", seen="Helm refused: Invalid value"),
        result("g", **excused),
        result("h", **{**excused, "until": BEFORE}),
        **changes,
    )
