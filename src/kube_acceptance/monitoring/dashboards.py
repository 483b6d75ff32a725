"""Dashboards: whether the Prometheus of a release has what they ask for.

The form is Grafana's: panels, which may hold further panels, with targets, each with an expression.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from kube_acceptance.errors import ConfigurationError
from kube_acceptance.monitoring.prometheus import Prometheus

INTERVAL = "1m"  # for what Grafana takes by itself where an expression says $__rate_interval


def expressions(dashboard: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The titles of panels and what they ask for."""
    for panel in dashboard.get("panels", []):
        for target in panel.get("targets", []):
            yield str(panel.get("title", "?")), str(target["expr"]).replace("$__rate_interval", INTERVAL)
        yield from expressions(panel)


def without_data(prometheus: Prometheus, text: str) -> tuple[list[str], int]:
    """The panels of a dashboard that would be empty, a sentence each, and how many expressions were asked for.

    Raises:
        ConfigurationError: The text is no dashboard, or asks for nothing.
        AcceptanceError: An expression is refused.
    """
    try:
        asked = list(expressions(json.loads(text)))
    except ValueError as error:
        raise ConfigurationError(f"the dashboard is not JSON: {error}") from error
    if not asked:
        raise ConfigurationError("the dashboard asks for nothing")
    empty = [f"the panel {title!r} is empty: {each}" for title, each in asked if not prometheus.query(each)]
    return empty, len(asked)
