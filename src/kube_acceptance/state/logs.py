"""Log lines of a tier's containers; where there are none, nothing was checked and that fails."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.probe.endpoints import INGRESS
from kube_acceptance.probe.inventory import Inventory
from kube_acceptance.release import Release
from kube_acceptance.release.release import COMPONENT

LEVELS = ("trace", "debug", "info", "notice", "warning", "error", "critical", "fatal", "panic")
LINES = 10_000  # the last ones of each container


@dataclass(frozen=True)
class Line:
    """A log line, and the pod and the container that wrote it."""

    pod: str
    text: str
    container: str = ""
    component: str = ""

    def __str__(self) -> str:
        return f"pod {self.pod}: {self.text[:300]}"

    @property
    def fields(self) -> dict[str, Any] | None:
        """The line as a JSON object; None when it is none."""
        try:
            found = json.loads(self.text)
        except ValueError:
            return None
        return found if isinstance(found, dict) else None


def lines(release: Release, component: str = "") -> list[Line]:
    """The log lines of a tier's pods, or of all; of a container that was started anew, what it wrote before as well.

    Raises:
        AcceptanceError: A pod has written none.
    """
    found: list[Line] = []
    for pod in release.pods(component):
        said = [
            Line(pod.metadata.name, text, container.name, (pod.metadata.labels or {}).get(COMPONENT, ""))
            for container in [*(pod.spec.init_containers or []), *pod.spec.containers]
            for previous in ((True, False) if _restarted(pod, container.name) else (False,))
            for text in _lines(release.logs(pod.metadata.name, container.name, lines=LINES, previous=previous))
        ]
        if not said:
            raise AcceptanceError(f"pod {pod.metadata.name} has written no log line, so nothing was checked")
        found += said
    return found


def _lines(logged: str) -> list[str]:
    # JSON may hold characters raw that splitlines() would end a line at
    return [text for text in logged.split("\n") if text.strip()]


def _restarted(pod: Any, container: str) -> bool:
    statuses = [*(pod.status.init_container_statuses or []), *(pod.status.container_statuses or [])]
    return any(status.name == container and status.restart_count for status in statuses)


def of(release: Release, log: str) -> list[Line]:
    """The log lines of a tier, or of the controller of the release's Ingress.

    Raises:
        AcceptanceError: A pod has written none, or nothing is known of the controller.
    """
    if log != INGRESS:
        return lines(release, log)
    inventory = Inventory(release.cluster.new_client, namespace=release.namespace, tier_label=COMPONENT, tier_labels={})
    found = []
    for pod in inventory.ingress_controllers():
        meta = pod.metadata
        logged: str = release.cluster.core.read_namespaced_pod_log(meta.name, meta.namespace, tail_lines=LINES)
        found += [Line(meta.name, text, pod.spec.containers[0].name) for text in _lines(logged)]
    if not found:
        raise AcceptanceError(f"the {INGRESS} has written no log line, so nothing was checked")
    return found


def silent(found: list[Line], words: str) -> list[str]:
    """The pods of which no line contains some words, a sentence each."""
    pods = {line.pod for line in found} - {line.pod for line in found if words in line.text}
    return [f"pod {pod} has not logged {words!r}" for pod in sorted(pods)]


def at_least(found: list[Line], level: str) -> Iterator[str]:
    """The JSON lines of a level or a worse one, a sentence each.

    Raises:
        AcceptanceError: The level is not known, or no line names its level, so nothing was checked.
    """
    if level not in LEVELS:
        raise AcceptanceError(f"{level!r} is no level of a log", hint=f"Levels: {', '.join(LEVELS)}.")
    levels = [(line, str((line.fields or {}).get("level", "")).lower()) for line in found]
    if not any(its in LEVELS for _, its in levels):
        raise AcceptanceError(f"none of {len(found)} log lines names its level, so nothing was checked")
    bad = LEVELS[LEVELS.index(level) :]
    return (f"a line of level {its} was logged by {line}" for line, its in levels if its in bad)


def not_least(found: list[Line], level: str) -> Iterator[str]:
    """The pods whose least serious JSON line is not of a level, a sentence each; raises as `at_least` does."""
    at_least(found, level)
    ranks: dict[str, list[int]] = {line.pod: [] for line in found}
    for line in found:
        if (its := str((line.fields or {}).get("level", "")).lower()) in LEVELS:
            ranks[line.pod].append(LEVELS.index(its))
    for pod, its_ranks in ranks.items():
        least = LEVELS[min(its_ranks)] if its_ranks else "none that is known"
        if least != level:
            yield f"the least serious line of pod {pod} has the level {least}, not {level}"
