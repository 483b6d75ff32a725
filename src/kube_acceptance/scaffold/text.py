"""Features as they are written: scenarios of steps, with tables whose columns stand below each other."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Self

Table = Sequence[Sequence[str]]
WIDTH = 100


@dataclass
class Scenario:
    """A scenario, or with examples an outline; steps are added one after the other.

    Attributes:
        name: Its name.
        tags: Its tags, without `@`; the first is its tier.
        says: A comment above it, for whoever reads it first.
        examples: The table of an outline.
    """

    name: str
    tags: Sequence[str]
    says: str = ""
    examples: Table = ()
    steps: list[tuple[str, str, Table]] = field(default_factory=list)

    def given(self, text: str, table: Table = ()) -> Self:
        """Add a Given step."""
        return self._add("Given", text, table)

    def when(self, text: str, table: Table = ()) -> Self:
        """Add a When step."""
        return self._add("When", text, table)

    def then(self, text: str, table: Table = ()) -> Self:
        """Add a Then step."""
        return self._add("Then", text, table)

    def _add(self, keyword: str, text: str, table: Table) -> Self:
        self.steps.append((keyword, text, table))
        return self

    @property
    def proves(self) -> bool:
        """Whether it has a Then step, or a When step that is its own proof: otherwise nothing is said."""
        return any(keyword != "Given" for keyword, _, _ in self.steps)

    def lines(self) -> Iterator[str]:
        """Its lines, not indented."""
        yield from comment(self.says)
        yield " ".join(f"@{tag}" for tag in self.tags)
        yield f"Scenario{' Outline' if self.examples else ''}: {self.name}"
        before = ""
        for keyword, text, table in self.steps:
            yield f"  {'And' if keyword == before else keyword} {text}"
            yield from (f"    {row}" for row in aligned(table))
            before = keyword
        if self.examples:
            yield from ("", "  Examples:", *(f"    {row}" for row in aligned(self.examples)))


@dataclass
class Feature:
    """A feature file.

    Attributes:
        name: The feature's name.
        says: What it is about.
        scenarios: Its scenarios; those that say nothing are left out.
        remark: A comment above all of it.
    """

    name: str
    says: str
    scenarios: Sequence[Scenario]
    remark: str = ""

    def __str__(self) -> str:
        lines = [
            *comment(self.remark),
            f"Feature: {self.name}",
            *(f"  {line}" for line in textwrap.wrap(self.says, WIDTH)),
        ]
        for scenario in self.scenarios:
            if scenario.proves:
                lines += ["", *(f"  {line}" if line else "" for line in scenario.lines())]
        return "\n".join(lines) + "\n"

    @property
    def is_empty(self) -> bool:
        """Whether no scenario of it says anything."""
        return not any(scenario.proves for scenario in self.scenarios)


def comment(text: str) -> list[str]:
    """A text as comments, of Gherkin and TOML alike."""
    return [f"# {line}" for line in textwrap.wrap(text, WIDTH)]


def aligned(table: Table) -> list[str]:
    """The rows of a table, its columns of one width; what would end a cell is escaped."""
    cells = [[cell.replace("\\", "\\\\").replace("|", "\\|") for cell in row] for row in table]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in cells
    ]
