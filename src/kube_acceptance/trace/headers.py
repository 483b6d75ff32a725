"""Whether deployment files name the tasks that list them, and the other way round."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from pathspec import GitIgnoreSpec

from kube_acceptance.trace.documents import TASK
from kube_acceptance.trace.files import below, matching
from kube_acceptance.trace.model import Finding, Trace
from kube_acceptance.trace.naming import suggestion

HEADER_LINES = 5
"""A file names its tasks within this many lines: below a shebang, above everything else."""

WITHOUT_HEADER = GitIgnoreSpec.from_lines(["*.lock", "*.tgz", "go.sum"])
"""Files that other programs write or pack; they belong to a task, but cannot name it."""

_HEADER = re.compile(r"\bTasks?: *(.*)")


def check_headers(trace: Trace, files: Sequence[str], folders: Sequence[str]) -> list[Finding]:
    """Every file below the folders names exactly the tasks that list it.

    A file names its tasks by `Task: T-101` (several: `Task: T-101 T-102`) in a comment of its first lines; JSON, which
    has no comments, by a text such as `"$comment": "Task: T-101"`.

    Args:
        trace: The documents.
        files: The project's files, from `project_files`.
        folders: The deployment folders, relative to the root.
    """
    listed = {task.id: matching(task.files, files) for task in trace.tasks.values()}
    findings: list[Finding] = []
    for file in below(folders, files):
        if WITHOUT_HEADER.match_file(file):
            continue
        named = named_tasks(trace.root / file)
        listing = [number for number, its_files in listed.items() if file in its_files]
        if not named:
            who = " ".join(listing) or "T-…"
            findings.append(
                Finding(f"{file}:1", f'the file names no task; write "Task: {who}" into its first {HEADER_LINES} lines')
            )
            continue
        findings += [_wrongly_named(trace, file, number) for number in named if number not in listing]
        findings += [
            Finding(
                str(trace.tasks[number].place),
                f"{number} lists {file}, which does not name {number} in its first lines",
            )
            for number in listing
            if number not in named
        ]
    return findings


def named_tasks(file: Path) -> list[str]:
    """The tasks that a file names in its first lines."""
    with file.open(encoding="utf-8", errors="replace") as lines:
        heads = [match[1] for line in islice(lines, HEADER_LINES) if (match := _HEADER.search(line))]
    return list(dict.fromkeys(TASK.findall(" ".join(heads))))


def _wrongly_named(trace: Trace, file: str, number: str) -> Finding:
    task = trace.tasks.get(number)
    if task is None:
        known = suggestion(number, trace.tasks)
        return Finding(f"{file}:1", f"the file names {number}, which {trace.tasks_document} does not have{known}")
    return Finding(f"{file}:1", f"the file names {number}, which does not list it ({task.place}); add it there")
