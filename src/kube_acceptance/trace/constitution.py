"""Reads the constitution: its clauses, and which edition it is."""

from __future__ import annotations

import datetime
import re
from pathlib import Path

from kube_acceptance.trace.markdown import items, read_lines
from kube_acceptance.trace.mistakes import Mistakes
from kube_acceptance.trace.model import Amendment, Clause, Edition, Place

CLAUSE = re.compile(r"C-\d+")

_CLAUSE = re.compile(rf"- \*\*(?P<id>{CLAUSE.pattern})\*\* (?P<text>\S.*)")
_EDITION = re.compile(r"- (?P<key>Version|Ratified|Last amended): *(?P<value>.*)")
_AMENDMENT = re.compile(
    r"- (?P<version>\d+\.\d+\.\d+), (?P<date>\d{4}-\d\d-\d\d), approved by (?P<by>[^:]+): (?P<reason>.+)"
)


def read_constitution(root: Path, name: str, mistakes: Mistakes) -> tuple[list[Clause], Edition | None]:
    """The clauses in their order, and the edition when the document states one.

    Args:
        root: The folder of the documents.
        name: The constitution, relative to it.
        mistakes: Takes up what is wrong.

    Raises:
        ConfigurationError: The document cannot be read.
    """
    clauses: list[Clause] = []
    edition: dict[str, tuple[Place, str]] = {}
    amendments: list[Amendment] = []
    heading = ""
    for place, item in items(read_lines(root, name)):
        if item.startswith("#"):
            heading = item.lstrip("# ")
        elif heading == "Amendments":
            amendments += _amendment(place, item, mistakes)
        elif match := _EDITION.fullmatch(item):
            edition[match["key"]] = (place, match["value"])
        elif match := _CLAUSE.fullmatch(item):
            clauses.append(Clause(match["id"], match["text"], place))
        else:
            mistakes.add(place, 'this item is no clause; write "- **C-01** Text"')
    return clauses, _edition(edition, amendments, mistakes) if edition else None


def _edition(fields: dict[str, tuple[Place, str]], amendments: list[Amendment], mistakes: Mistakes) -> Edition | None:
    place = next(iter(fields.values()))[0]
    missing = [key for key in ("Version", "Ratified", "Last amended") if key not in fields]
    for key in missing:
        mistakes.add(place, f'the constitution states no "{key}"; add a line "- {key}: …" here')
    if missing:
        return None
    ratified = _date(*fields["Ratified"], mistakes)
    amended = _date(*fields["Last amended"], mistakes)
    if ratified is None or amended is None:
        return None
    place, version = fields["Version"]
    return Edition(version, ratified, amended, tuple(amendments), place)


def _amendment(place: Place, item: str, mistakes: Mistakes) -> list[Amendment]:
    match = _AMENDMENT.fullmatch(item)
    if match is None:
        wanted = "- 1.1.0, 2026-12-31, approved by NAME: reason"
        mistakes.add(place, f'this item is no amendment; write "{wanted}"')
        return []
    date = _date(place, match["date"], mistakes)
    return [Amendment(match["version"], date, match["by"].strip(), match["reason"], place)] if date else []


def _date(place: Place, text: str, mistakes: Mistakes) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        mistakes.add(place, f'"{text}" is no date; write year-month-day, such as 2026-12-31')
        return None
