"""Alerts: which rules are loaded and judged, and which alerts fire."""

from __future__ import annotations

from collections.abc import Iterable

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.monitoring.prometheus import Prometheus, moment

FIRING = "firing"


def must_judge(prometheus: Prometheus, names: Iterable[str]) -> list[str]:
    """Fail unless just these alerts are loaded, and each has been judged without an error.

    Returns:
        The rules, a line each.

    Raises:
        AcceptanceError: One is missing, unknown, broken or has never been judged.
    """
    rules = {rule["name"]: rule for rule in prometheus.alert_rules()}
    expected = set(names)
    wrong = [f"no alert {name} is loaded" for name in sorted(expected - rules.keys())]
    wrong += [f"the alert {name} is loaded, which is not expected" for name in sorted(rules.keys() - expected)]
    for name in sorted(expected & rules.keys()):
        if rules[name]["health"] != "ok":
            wrong.append(f"the alert {name} is {rules[name]['health']}: {rules[name].get('lastError', '')}")
        elif moment(rules[name]["lastEvaluation"]).year <= 1:
            wrong.append(f"the alert {name} has never been judged")
    if wrong:
        raise AcceptanceError(wrong[0], details=wrong[1:])
    return [f"{name}: {rule['query']}" for name, rule in sorted(rules.items())]


def must_alert(prometheus: Prometheus, expected: Iterable[tuple[str, str]]) -> list[str]:
    """Fail unless just these alerts fire, each for some series of a job; those that are pending do not count.

    Args:
        prometheus: Prometheus.
        expected: Names of alerts and jobs.

    Returns:
        What fires, a line each.

    Raises:
        AcceptanceError: One does not fire, another one does, or no rules are loaded at all.
    """
    if not prometheus.alert_rules():
        raise AcceptanceError("Prometheus has loaded no alert, so none could fire")
    now = prometheus.alerts()
    firing = {(one["labels"]["alertname"], one["labels"].get("job", "")) for one in now if one["state"] == FIRING}
    wanted = set(expected)
    wrong = [
        f"the alert {name} of the job {job} does not fire{_state(now, name, job)}"
        for name, job in sorted(wanted - firing)
    ]
    wrong += [f"the alert {name} of the job {job} fires" for name, job in sorted(firing - wanted)]
    if wrong:
        raise AcceptanceError(wrong[0], details=wrong[1:])
    return [
        f"{one['labels']['alertname']} fires for {one['labels']} since {one['activeAt']}, at {one['value']}"
        for one in now
        if one["state"] == FIRING
    ]


def _state(alerts: list[dict[str, object]], name: str, job: str) -> str:
    pending = any(
        isinstance(labels := one["labels"], dict) and (labels["alertname"], labels.get("job", "")) == (name, job)
        for one in alerts
    )
    return ", it is pending" if pending else ""
