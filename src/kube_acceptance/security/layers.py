"""Whether each layer of a project keeps to itself: which words its files say, and where manifests stand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

import yaml

from kube_acceptance.release.objects import workloads
from kube_acceptance.trace.files import below, matching

NAME_LABEL = "app.kubernetes.io/name"
MANIFESTS = (".yaml", ".yml", ".json", ".tpl", ".tmpl", ".j2")
_KEYS = [re.compile(rf"""(?:^|[\s{{,"'])["']?{key}["']?\s*:""") for key in ("apiVersion", "kind")]


@dataclass(frozen=True)
class Mention:
    """A line of a file that says a word."""

    file: str
    line: int
    word: str
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line} says {self.word!r}: {self.text}"


def mentions(root: Path, files: Iterable[str], word: str) -> Iterator[Mention]:
    """Where files say a word: whatever its case and number, alone or as a part of a name (`POD_NAME`, `podName`).

    Args:
        root: The project's folder.
        files: Files relative to it; those that are no text are passed over.
        word: A word in small letters.
    """
    start = rf"(?<![A-Za-z])(?i:{re.escape(word)}s?)|(?<=[a-z]){re.escape(word.capitalize())}s?"
    pattern = re.compile(rf"(?:{start})(?![a-z])")
    for file in files:
        for number, line in enumerate(_text(root / file).splitlines(), start=1):
            if pattern.search(line):
                yield Mention(file, number, word, line.strip()[:100])


def trespasses(
    root: Path, files: Sequence[str], *, folder: str, word: str, place: str, excepted: Sequence[str] = ()
) -> list[str]:
    """Why a folder does not keep a word out, a sentence each.

    Args:
        root: The project's folder.
        files: All its files, relative to it.
        folder: The folder whose files must not say the word.
        word: The word.
        place: The folder whose files do say it: where nobody does, the search proves nothing.
        excepted: Patterns of files that may say it all the same; one that no such file needs is wrong too.
    """
    if not any(mentions(root, below([place], files), word)):
        return [f"no file below {place} says {word!r} either, so the search shows nothing; name where it is said"]
    said = list(mentions(root, below([folder], files), word))
    excused = {pattern: matching([pattern], [each.file for each in said]) for pattern in excepted}
    return [
        *(str(each) for each in said if not any(each.file in found for found in excused.values())),
        *(f"no file {pattern} says {word!r}; remove the exception" for pattern, found in excused.items() if not found),
    ]


class Application:
    """By what manifests of an application are known: the name that its objects are labelled with, and its own images.

    Args:
        objects: What its chart becomes.
        repositories: The repositories of the images that its project builds.
    """

    def __init__(self, objects: Sequence[dict[str, Any]], repositories: Iterable[str]) -> None:
        found = ((item["metadata"].get("labels") or {}).get(NAME_LABEL) for item in objects)
        names = {name for name in found if name}
        marks = [rf"{re.escape(NAME_LABEL)}[\"']?\s*:\s*[\"']?{re.escape(name)}\b" for name in sorted(names)]
        marks += [rf"(?<![\w-]){re.escape(each)}(?![\w-])" for each in repositories]
        self._marks = [re.compile(mark) for mark in marks]
        self.objects = objects

    def unknown(self) -> list[str]:
        """Its own workloads that would not be known for its; the control of `strays`."""
        return [
            f"the manifest of {workload} would not be known for the application's; give it the label {NAME_LABEL}"
            for item in self.objects
            for workload in workloads([item])
            if not self._knows(yaml.safe_dump(item))
        ]

    def strays(self, root: Path, files: Iterable[str], *, homes: Sequence[str]) -> list[str]:
        """The manifests of the application that stand outside the folders where they may, a sentence each."""
        return [
            f"{file} is a manifest of the application; move it into {homes[0]}"
            for file in files
            if PurePath(file).suffix in MANIFESTS and not below(homes, [file]) and self._knows(_text(root / file))
        ]

    def _knows(self, text: str) -> bool:
        return all(key.search(text) for key in _KEYS) and any(mark.search(text) for mark in self._marks)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""
