"""Whether Kubernetes objects name tasks that exist."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kube_acceptance.trace.model import Finding, Trace
from kube_acceptance.trace.naming import suggestion

TASK_ANNOTATION = "kube-acceptance/task"


def task_findings(objects: Sequence[Mapping[str, Any]], trace: Trace) -> list[Finding]:
    """Every object names known tasks in its annotation, several of them separated by spaces.

    Args:
        objects: Objects as the API server or a rendered chart gives them; none at all is a finding.
        trace: The documents.
    """
    if not objects:
        return [Finding("objects", "there are none, so nothing was checked")]
    findings: list[Finding] = []
    for item in objects:
        metadata = item.get("metadata") or {}
        place = "/".join(filter(None, (item.get("kind", "?"), metadata.get("namespace"), metadata.get("name", "?"))))
        numbers = str((metadata.get("annotations") or {}).get(TASK_ANNOTATION, "")).split()
        if not numbers:
            findings.append(Finding(place, f'the object has no annotation {TASK_ANNOTATION}; add it, such as "T-101"'))
        findings += [
            Finding(
                place,
                f"the object names task {number}, which {trace.tasks_document} does not have"
                f"{suggestion(number, trace.tasks)}",
            )
            for number in numbers
            if number not in trace.tasks
        ]
    return findings
