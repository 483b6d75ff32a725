"""Prometheus' own API, asked from inside of its pod: its network policies let nobody else in.

Source: https://prometheus.io/docs/prometheus/latest/querying/api/
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.state.inside import Inside


@dataclass(frozen=True)
class Sample:
    """One series and its value at a moment."""

    labels: dict[str, str]
    value: float


@dataclass(frozen=True)
class Prometheus:
    """The one Prometheus of a release.

    Args:
        inside: The view from the release's pods.
        component: The component whose pod it is.
        port: Where it listens in its pod.
    """

    inside: Inside
    component: str
    port: int

    def ask(self, path: str, **parameters: str) -> Any:
        """What the API answers.

        Args:
            path: Below /api/v1/.
            parameters: Those of the request.

        Raises:
            AcceptanceError: It does not answer, or several do, or it refuses; with its reason.
        """
        url = f"http://localhost:{self.port}/api/v1/{path}"
        answers = self.inside.get(self.component, f"{url}?{urlencode(parameters)}" if parameters else url)
        if len(answers) != 1:
            raise AcceptanceError(f"{len(answers)} {self.component} pods run, so it is not known which to believe")
        try:
            said = json.loads(answers[0].body)
        except ValueError:
            raise AcceptanceError(f"Prometheus answers {answers[0].status} without JSON for {path}") from None
        if said.get("status") != "success":
            raise AcceptanceError(f"Prometheus refuses {path}: {said.get('error', answers[0].status)}")
        return said["data"]

    def query(self, expression: str) -> list[Sample]:
        """What an expression in PromQL is now; a number counts as a series without labels."""
        data = self.ask("query", query=expression)
        if data["resultType"] == "scalar":
            return [Sample({}, float(data["result"][1]))]
        return [Sample(each["metric"], float(each["value"][1])) for each in data["result"]]

    def targets(self) -> list[dict[str, Any]]:
        """What it reads from now; those of which it knows and which it drops are not among them."""
        found: list[dict[str, Any]] = self.ask("targets", state="active")["activeTargets"]
        return found

    def alert_rules(self) -> list[dict[str, Any]]:
        """The rules of alerts that it has loaded, with what they found."""
        groups = self.ask("rules", type="alert")["groups"]
        return [rule for group in groups for rule in group["rules"]]

    def alerts(self) -> list[dict[str, Any]]:
        """The alerts that are pending or firing."""
        found: list[dict[str, Any]] = self.ask("alerts")["alerts"]
        return found

    def now(self) -> datetime:
        """The time by its own clock, which that of this machine need not agree with."""
        return datetime.fromtimestamp(self.query("time()")[0].value).astimezone()


def moment(text: str) -> datetime:
    """A time as the API tells it: with nanoseconds, of which Python reads microseconds."""
    head, dot, rest = text.partition(".")
    digits = len(rest) - len(rest.lstrip("0123456789"))
    zone = rest[digits:] if dot else ""
    return datetime.fromisoformat(f"{head}{dot}{rest[:digits][:6]}{zone}".replace("Z", "+00:00"))
