"""Reads constitution, specification and tasks."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TypeVar

from kube_acceptance.trace.constitution import CLAUSE, read_constitution
from kube_acceptance.trace.markdown import Entry, entries, read_lines
from kube_acceptance.trace.mistakes import Mistakes
from kube_acceptance.trace.model import Clause, Place, Requirement, Task, Trace

REQUIREMENT = re.compile(r"REQ-[A-Z0-9]+-\d+")
TASK = re.compile(r"T-\d+")

_Item = TypeVar("_Item", Clause, Requirement, Task)


def load(
    root: Path,
    *,
    constitution: str = "constitution.md",
    spec: str = "spec.md",
    tasks: str = "tasks.md",
    optional: Collection[str] = (),
) -> Trace:
    """Read the three documents.

    Without a constitution, requirements need not say what they are from.

    Args:
        root: The folder that the names and the tasks' file patterns are relative to.
        constitution: The document of the clauses.
        spec: The document of the requirements.
        tasks: The document of the tasks.
        optional: Those of the constitution and the tasks that may be absent; they count as empty then.

    Raises:
        ConfigurationError: A document cannot be read, holds nothing, or has mistakes of form; all of them are told,
            each with file and line.
    """
    mistakes = Mistakes()
    has_clauses, has_tasks = ((root / name).exists() or name not in optional for name in (constitution, tasks))
    clauses, edition = read_constitution(root, constitution, mistakes) if has_clauses else ([], None)
    requirements = _read_requirements(root, spec, mistakes, has_clauses=has_clauses)
    work = _read_tasks(root, tasks, mistakes) if has_tasks else []
    by_number = (
        _by_number(clauses, "clause", constitution, mistakes) if has_clauses else {},
        _by_number(requirements, "requirement", spec, mistakes),
        _by_number(work, "task", tasks, mistakes) if has_tasks else {},
    )
    mistakes.tell()
    return Trace(root, constitution, spec, tasks, edition, *by_number)


def _by_number(found: Sequence[_Item], kind: str, document: str, mistakes: Mistakes) -> dict[str, _Item]:
    known: dict[str, _Item] = {}
    for item in found:
        first = known.setdefault(item.id, item)
        if first is not item:
            before = f"first at line {first.place.line}"
            mistakes.add(item.place, f"{item.id} is defined twice ({before}); give each {kind} its own number")
    if not known:
        mistakes.add(Place(document, 1), f"the document holds no {kind}, so nothing can be checked")
    return known


def _read_requirements(root: Path, name: str, mistakes: Mistakes, *, has_clauses: bool) -> list[Requirement]:
    keys = ("From", "Status", "Behaviour")
    optional = () if has_clauses else ("From",)
    return [
        Requirement(
            entry.id,
            entry.title,
            entry.chapter,
            _numbers(entry, "From", CLAUSE, "C-01", mistakes) if has_clauses else (),
            _later(entry, "covered", "not yet covered", mistakes),
            entry.fields["Behaviour"][1],
            entry.place,
        )
        for entry in entries(read_lines(root, name), REQUIREMENT, "REQ-AREA-01", keys, mistakes, optional)
    ]


def _read_tasks(root: Path, name: str, mistakes: Mistakes) -> list[Task]:
    keys = ("Requirements", "Files", "Status")
    return [
        Task(
            entry.id,
            entry.title,
            _numbers(entry, "Requirements", REQUIREMENT, "REQ-AREA-01", mistakes),
            tuple(_split(entry.fields["Files"][1])),
            _later(entry, "done", "open", mistakes),
            entry.place,
        )
        for entry in entries(read_lines(root, name), TASK, "T-101", keys, mistakes)
    ]


def _later(entry: Entry, now: str, not_yet: str, mistakes: Mistakes) -> str:
    """The later issue that an entry's status names; nothing when its status is `now`."""
    place, status = entry.fields["Status"]
    if status == now:
        return ""
    if match := re.fullmatch(rf"{not_yet} \(issue (\S+)\)", status):
        return match[1]
    mistakes.add(place, f'the status of {entry.id} is "{status}"; write "{now}" or "{not_yet} (issue X)"')
    return ""


def _numbers(entry: Entry, key: str, number: re.Pattern[str], example: str, mistakes: Mistakes) -> tuple[str, ...]:
    place, value = entry.fields[key]
    numbers = _split(value)
    for text in dict.fromkeys(numbers):
        if not number.fullmatch(text):
            mistakes.add(place, f'"{text}" in "{key}" of {entry.id} is no number such as {example}')
        elif numbers.count(text) > 1:
            mistakes.add(place, f'"{key}" of {entry.id} names {text} twice; keep one of them')
    return tuple(numbers)


def _split(value: str) -> list[str]:
    return [part for text in value.split(",") if (part := text.strip())]
