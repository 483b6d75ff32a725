"""The two forms in which the documents hold what has a number: list items, and headings with fields."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from kube_acceptance.errors import ConfigurationError
from kube_acceptance.trace.mistakes import Mistakes
from kube_acceptance.trace.model import Place

_FIELD = re.compile(r"- (?P<key>[A-Z][a-z]*): *(?P<value>.*)")


def read_lines(root: Path, name: str) -> list[tuple[Place, str]]:
    """The lines of a document, with their places.

    Raises:
        ConfigurationError: It cannot be read.
    """
    try:
        text = (root / name).read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(
            f"{name} cannot be read: {error.strerror}",
            hint=f"Write it in {root}, or name another in [tool.kube-acceptance.documents] of pyproject.toml.",
        ) from error
    return [(Place(name, number), line.rstrip()) for number, line in enumerate(text.splitlines(), start=1)]


def items(lines: Iterable[tuple[Place, str]]) -> Iterator[tuple[Place, str]]:
    """Headings and list items; indented lines below an item are joined to it, other text is left out."""
    current: tuple[Place, str] | None = None
    for place, line in lines:
        if current and line.startswith("  "):
            current = (current[0], f"{current[1]} {line.strip()}")
            continue
        if current:
            yield current
        current = (place, line) if line.startswith(("- ", "#")) else None
    if current:
        yield current


@dataclass
class Entry:
    """A heading `### NUMBER: Title` in a chapter `## Chapter`, with its fields `- Key: value`."""

    id: str
    title: str
    chapter: str
    place: Place
    fields: dict[str, tuple[Place, str]] = field(default_factory=dict)

    def add(self, place: Place, line: str, keys: tuple[str, ...], mistakes: Mistakes) -> None:
        """Take over a line below the heading: a field, or the continuation of the last one."""
        match = _FIELD.fullmatch(line)
        if match is None and line.startswith("  ") and self.fields:
            key, (start, value) = self.fields.popitem()
            self.fields[key] = (start, f"{value} {line.strip()}".strip())
        elif match is None:
            mistakes.add(place, f'this line belongs to no field of {self.id}; write "- Key: value", or indent it')
        elif match["key"] in self.fields:
            mistakes.add(place, f'{self.id} has "{match["key"]}" twice; keep one of them')
        elif match["key"] not in keys:
            nearest = difflib.get_close_matches(match["key"], keys, n=1)
            known = f'did you mean "{nearest[0]}"?' if nearest else f"known are {', '.join(keys)}"
            mistakes.add(place, f'{self.id} has an unknown field "{match["key"]}"; {known}')
        else:
            self.fields[match["key"]] = (place, match["value"])


def entries(
    lines: Iterable[tuple[Place, str]],
    number: re.Pattern[str],
    example: str,
    keys: tuple[str, ...],
    mistakes: Mistakes,
    optional: Collection[str] = (),
) -> list[Entry]:
    """All entries that have each of the fields; the others are mistakes.

    Args:
        lines: The document.
        number: What the number in a heading looks like.
        example: Such a number, for people.
        keys: The fields that an entry has.
        mistakes: Takes up what is wrong.
        optional: Those of them that it need not have.
    """
    found: list[Entry] = []
    chapter = ""
    entry: Entry | None = None
    for place, line in lines:
        if line.startswith("### "):
            match = re.fullmatch(rf"### ({number.pattern}): (\S.*)", line)
            entry = Entry(match[1], match[2], chapter, place) if match else None
            if entry is None:
                mistakes.add(place, f'this heading has no number; write "### {example}: Title"')
                continue
            found.append(entry)
            if not chapter:
                mistakes.add(place, f'{entry.id} is in no chapter; put a line "## Title" above it')
        elif line.startswith("## "):
            chapter, entry = line.removeprefix("## "), None
        elif entry and line:
            entry.add(place, line, keys, mistakes)
    complete: list[Entry] = []
    for entry in found:
        needed = [key for key in keys if key not in optional]
        missing = [key for key in needed if not entry.fields.get(key, (entry.place, ""))[1]]
        for key in missing:
            mistakes.add(entry.place, f'{entry.id} does not say its "{key}"; add a line "- {key}: …"')
        if not missing:
            complete.append(entry)
    return complete
