"""The pages of the last run written anew, because something is known since that is not part of it: the mutants."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from kube_acceptance.console import progress
from kube_acceptance.report import mutants, summary
from kube_acceptance.report.formats import NAMES
from kube_acceptance.report.html import render
from kube_acceptance.report.model import Run
from kube_acceptance.report.recorder import DATA, DOCUMENT
from kube_acceptance.report.wording import store


def write_anew(folder: Path) -> bool:
    """Write the living documentation and the summary of a folder of reports anew, from the data that is there.

    Args:
        folder: The folder of `run.json` and `mutation.json`.

    Returns:
        Whether there was a run that can be read; otherwise the next run's pages will show the mutants.

    Raises:
        OSError: A page cannot be written.
    """
    found = mutants.read(folder)
    run = recorded(folder, otherwise="its pages stay as they are")
    if run is None:
        if found:
            summary.tell_job_of(found)
        return False
    summary.write_anew(run, folder)
    siblings = [name for name in NAMES if (folder / name).is_file()]
    store(folder / DOCUMENT, render(run, siblings, found))
    return True


def recorded(folder: Path, *, otherwise: str) -> Run | None:
    """The run that a folder of reports holds; none when there is none, or when it cannot be read, which is told.

    Args:
        folder: The folder.
        otherwise: What follows from a run that cannot be read.
    """
    file = folder / DATA
    if not file.is_file():
        return None
    try:
        return Run.model_validate_json(file.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, ValidationError):
        progress(f"{file}: it is damaged or of another version, so {otherwise}")
        return None
