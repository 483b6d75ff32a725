"""Derived mutants, scenarios and records for tests."""

from __future__ import annotations

from typing import Any

from kube_acceptance.mutation.derived import Derived
from kube_acceptance.report.model import Scenario
from kube_acceptance.running.prospect import Prospect


def derived(name: str = "web", **changes: Any) -> Derived:
    given = {
        "operator": "policy-removed",
        "concern": "network policy",
        "object": f"NetworkPolicy {name}",
        "takes_away": f"NetworkPolicy {name}",
        "unnoticed": f"anybody may connect to {name}",
        "signs": (f"NetworkPolicy {name}", f"pod {name}"),
        "manifests": [{"kind": "NetworkPolicy", "name": name, "remove": True}],
        **changes,
    }
    # fields of the files have dashes
    return Derived.model_validate({key.replace("_", "-"): value for key, value in given.items()})


def prospect(name: str, tier: str = "static", **changes: Any) -> Prospect:
    given = {"id": f"features/a.feature::{name}", "name": name, "tier": tier, "fixtures": ["chart"], "seconds": 1.0}
    return Prospect.model_validate({**given, **changes})


def record(
    status: str = "failed",
    said: str = "pod web is open",
    *,
    name: str = "A",
    keyword: str = "Then",
    error: str = "AcceptanceError",
    details: str = "",
) -> Scenario:
    failed = status == "failed"
    steps = [
        {"keyword": "Given", "text": "a", "line": 2, "status": "passed"},
        {"keyword": keyword, "text": "b", "line": 3, "status": "failed" if failed else status},
    ]
    failure = {"first_line": said, "details": details, "error": error} if status in ("failed", "broken") else None
    place = {"id": f"features/a.feature::{name}", "uri": "features/a.feature", "line": 1, "name": name}
    if status == "broken":
        steps = steps[:1]
    return Scenario.model_validate({**place, "status": status, "failure": failure, "steps": steps})
