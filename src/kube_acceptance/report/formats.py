"""The forms of the run beside the living documentation, for the programs and people that expect them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from kube_acceptance.report import cucumber, junit, messages, summary
from kube_acceptance.report.model import Run

NAMES = (cucumber.REPORT, messages.MESSAGES, junit.JUNIT, summary.SUMMARY)
"""The names of the files."""


def formats(root: Path, redact: Callable[[str], str]) -> Sequence[Callable[[Run, Path], None]]:
    """The writers of `junit.xml`, `cucumber-messages.ndjson`, `cucumber-report.html` and `summary.md`.

    Args:
        root: The folder that the features' paths are relative to.
        redact: Removes secrets from what is read in addition to the run: feature files and evidence.
    """
    # in this order: the page is made of the messages
    return [junit.write, partial(messages.write, root=root, redact=redact), cucumber.write, summary.write]
