"""What the documents say, as data."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple


class Place(NamedTuple):
    """A line of a file; its text is what editors and terminals turn into a link."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True)
class Finding:
    """Something that does not agree.

    Attributes:
        place: Where: `file:line`, or an object of the cluster.
        message: What is wrong there and what to do, in one sentence.
    """

    place: str
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


@dataclass(frozen=True)
class Clause:
    """One numbered sentence of the constitution."""

    id: str
    text: str
    place: Place


@dataclass(frozen=True)
class Amendment:
    """A recorded change of the constitution, or a deviation from it."""

    version: str
    date: datetime.date
    approved_by: str
    reason: str
    place: Place


@dataclass(frozen=True)
class Edition:
    """Which constitution this is.

    Attributes:
        version: Its version, such as 1.0.0.
        ratified: The day it came into force.
        amended: The day of its last amendment; the day of ratification when there was none.
        amendments: What was amended, oldest first.
        place: Where the version is stated.
    """

    version: str
    ratified: datetime.date
    amended: datetime.date
    amendments: tuple[Amendment, ...]
    place: Place


@dataclass(frozen=True)
class Requirement:
    """One numbered requirement.

    Attributes:
        id: Its number, such as REQ-IMG-01.
        title: Its heading.
        chapter: The chapter, and feature, it stands in.
        clauses: Numbers of the clauses it fulfils.
        later: The later issue that will cover it; empty when it is covered.
        behaviour: What can be observed where it is fulfilled.
        place: Where its heading is.
    """

    id: str
    title: str
    chapter: str
    clauses: tuple[str, ...]
    later: str
    behaviour: str
    place: Place

    @property
    def covered(self) -> bool:
        """Whether scenarios must prove it now."""
        return not self.later

    @property
    def status(self) -> str:
        """Its status as the specification writes it."""
        return f"not yet covered (issue {self.later})" if self.later else "covered"


@dataclass(frozen=True)
class Task:
    """One numbered task.

    Attributes:
        id: Its number, such as T-201.
        title: Its heading.
        requirements: Numbers of the requirements it belongs to.
        files: Patterns of its files, relative to the root, in the syntax of `.gitignore`.
        later: The later issue that will do it; empty when it is done.
        place: Where its heading is.
    """

    id: str
    title: str
    requirements: tuple[str, ...]
    files: tuple[str, ...]
    later: str
    place: Place

    @property
    def done(self) -> bool:
        """Whether its files must be there now."""
        return not self.later


@dataclass(frozen=True)
class Trace:
    """The three documents, read; every mapping is by number, in the order of the document.

    Attributes:
        root: The folder that file patterns are relative to.
        constitution: Name of the document of the clauses, relative to the root.
        spec: Name of the document of the requirements.
        tasks_document: Name of the document of the tasks.
        edition: Which constitution it is; None when it does not say.
        clauses: The constitution.
        requirements: The specification.
        tasks: The tasks.
    """

    root: Path
    constitution: str
    spec: str
    tasks_document: str
    edition: Edition | None
    clauses: dict[str, Clause]
    requirements: dict[str, Requirement]
    tasks: dict[str, Task]


class Scenario(NamedTuple):
    """A scenario as the Gherkin compiler sees it.

    Attributes:
        name: Its name; rows of an outline have their values filled in.
        uri: The feature file.
        line: Where it stands; a row of an outline has the row's line.
        tags: All tags that apply, with or without the leading `@`.
    """

    name: str
    uri: str
    line: int
    tags: tuple[str, ...]


class Protection(NamedTuple):
    """A protection that a mutant takes away, and what must notice.

    Attributes:
        file: The mutant's file.
        requirement: Number of the requirement that is no longer fulfilled without it.
        scenarios: The scenarios that must go red, as `feature file::name`, or as a feature file for all of its own.
    """

    file: str
    requirement: str
    scenarios: tuple[str, ...]
