"""What a chart's notes tell people to do, done: the commands are run as they stand there."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from kube_acceptance.command import Completed, run
from kube_acceptance.errors import AcceptanceError
from kube_acceptance.release import Release


def commands(notes: str, heading: str) -> str:
    """The lines of notes below the one that begins with some words, up to an empty line.

    Raises:
        AcceptanceError: There is no such line, or nothing below it.
    """
    lines = notes.splitlines()
    start = next((number for number, line in enumerate(lines) if line.startswith(heading)), len(lines))
    found = lines[start + 1 :]
    end = next((number for number, line in enumerate(found) if not line.strip()), len(found))
    if not found[:end]:
        raise AcceptanceError(f"the notes tell no command below {heading!r}", details=lines)
    return "\n".join(found[:end]) + "\n"


def perform(release: Release, heading: str, folder: Path, *, within: float) -> Completed:
    """Run the commands of a release's notes below some words in a shell, which ends at the first that fails.

    Args:
        release: The release.
        heading: The first words of the line above them.
        folder: The folder in which they run.
        within: Seconds.

    Raises:
        AcceptanceError: The notes tell none.
        CommandError: One failed, or they took too long.
    """
    script = commands(release.notes(), heading)
    with tempfile.TemporaryDirectory() as programs:
        Path(programs, "kubectl").symlink_to(release.cluster.kubectl_program)
        env = {"KUBECONFIG": str(release.cluster.kubeconfig), "PATH": f"{programs}:/usr/local/bin:/usr/bin:/bin"}
        return run(["sh", "-eu", "-c", script], timeout=within, env=env, cwd=folder)


def contents(folder: Path) -> Iterator[tuple[str, bytes]]:
    """The files of a folder by their paths in it."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield str(path.relative_to(folder)), path.read_bytes()
