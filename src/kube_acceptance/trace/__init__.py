"""Traceability: constitution, specification, tasks, files, objects and scenarios agree in both directions.

    clause  ←  requirement  ←  task  ←  file, object
                    ↑
                scenario

`load` reads the documents, the `check_…` functions and `task_findings` return what does not agree as findings
(none means that all does). Nothing here needs a cluster.
"""

from __future__ import annotations

from kube_acceptance.trace.checks import (
    check_clauses,
    check_edition,
    check_files,
    check_ownership,
    check_protections,
    check_scenarios,
    check_tasks,
)
from kube_acceptance.trace.documents import load
from kube_acceptance.trace.files import project_files
from kube_acceptance.trace.headers import check_headers
from kube_acceptance.trace.model import (
    Amendment,
    Clause,
    Edition,
    Finding,
    Place,
    Protection,
    Requirement,
    Scenario,
    Task,
    Trace,
)
from kube_acceptance.trace.objects import TASK_ANNOTATION, task_findings
from kube_acceptance.trace.scenarios import read_scenarios

__all__ = [
    "TASK_ANNOTATION",
    "Amendment",
    "Clause",
    "Edition",
    "Finding",
    "Place",
    "Protection",
    "Requirement",
    "Scenario",
    "Task",
    "Trace",
    "check_clauses",
    "check_edition",
    "check_files",
    "check_headers",
    "check_ownership",
    "check_protections",
    "check_scenarios",
    "check_tasks",
    "load",
    "project_files",
    "read_scenarios",
    "task_findings",
]
