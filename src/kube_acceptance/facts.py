"""What the living documentation says of a run besides its scenarios: what it ran on, and what was asked."""

from __future__ import annotations

import contextlib
import platform
from pathlib import Path

from kube_acceptance import trace
from kube_acceptance.command import run
from kube_acceptance.config import Config
from kube_acceptance.errors import AcceptanceError
from kube_acceptance.machines.orders import orders
from kube_acceptance.report import Requirement, Task
from kube_acceptance.session import Session


def environment(session: Session) -> dict[str, str]:
    """Versions, commit and images of a run, the most telling first; only what it used."""
    facts = {"Mutant": f"{session.mutant.name}: without {session.mutant.takes_away}"} if session.mutant else {}
    if known := commit(session.config.root):
        facts["Commit"] = known
    facts["Host"] = f"{platform.system()} {platform.release()}, Python {platform.python_version()}"
    facts |= session.facts()
    return {name: value.strip() for name, value in facts.items()}


def commit(root: Path) -> str:
    """What git calls the state of a project's folder, or what a pod is told; empty where nobody knows."""
    if told := orders():
        return told.commit
    with contextlib.suppress(AcceptanceError):
        return run(["git", "describe", "--always", "--dirty"], timeout=10, cwd=root).stdout.strip()
    return ""


def specification(config: Config) -> trace.Trace:
    """The specification documents of a project, read.

    Constitution and tasks may be absent, unless the configuration names them.

    Raises:
        ConfigurationError: They cannot be read.
    """
    names = config.documents
    constitution, spec, tasks = str(names.constitution), str(names.spec), str(names.tasks)
    usual = {"constitution": constitution, "tasks": tasks}
    optional = [name for key, name in usual.items() if key not in names.model_fields_set]
    return trace.load(config.root, constitution=constitution, spec=spec, tasks=tasks, optional=optional)


def requirements(config: Config) -> list[Requirement]:
    """The requirements as the specification has them, with their tasks; none where there is no specification."""
    names = config.documents
    if not config.path(names.spec).is_file():
        return []
    known = specification(config)
    scenarios = trace.read_scenarios(config.path(config.features))
    return [
        Requirement(
            declared=sum(f"@{requirement.id}" in scenario.tags for scenario in scenarios),
            id=requirement.id,
            title=requirement.title,
            chapter=requirement.chapter,
            behaviour=requirement.behaviour,
            status="covered" if requirement.covered else "not yet covered",
            due=f"issue {requirement.later}" if requirement.later else "",
            clauses=list(requirement.clauses),
            tasks=[
                Task(id=task.id, title=task.title, files=list(task.files))
                for task in known.tasks.values()
                if requirement.id in task.requirements
            ],
        )
        for requirement in known.requirements.values()
    ]
