"""A feature file as Gherkin's own parser and compiler see it, and its mistakes of form."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from gherkin.dialect import DIALECTS
from gherkin.errors import CompositeParserException
from gherkin.parser import Parser
from gherkin.pickles.compiler import Compiler

from kube_acceptance.gherkin.mistakes import Kind, Mistake
from kube_acceptance.trace import Place

_STEP_TYPES = {"Context": "given", "Action": "when", "Outcome": "then"}

_TOKENS = {
    "#EOF": "the end of the file",
    "#FeatureLine": '"Feature:"',
    "#RuleLine": '"Rule:"',
    "#BackgroundLine": '"Background:"',
    "#ScenarioLine": '"Scenario:"',
    "#ExamplesLine": '"Examples:"',
    "#StepLine": "a step",
    "#TableRow": "a row of a table",
    "#DocStringSeparator": '"""',
    "#TagLine": "a tag",
    "#Comment": "a comment",
    "#Language": '"# language:"',
    "#Other": "text",
}
"""How the parser's names of what it expects read."""


class Written(NamedTuple):
    """A scenario as the compiler sees it: one for each row of an outline.

    Attributes:
        name: Its name; the values of a row are filled in.
        line: Where the scenario or outline begins.
        tags: All tags that apply, with the leading `@`.
        steps: Type (`given`, `when`, `then`; empty when the keyword says none) and text of each step.
    """

    name: str
    line: int
    tags: tuple[str, ...]
    steps: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Source:
    """A feature file.

    Attributes:
        path: The file.
        uri: Its path relative to the root, for people.
        scenarios: What the compiler makes of it.
        tags: Every tag that stands in it, without `@`, with its line.
        mistakes: What is wrong with its form.
    """

    path: Path
    uri: str
    scenarios: tuple[Written, ...]
    tags: tuple[tuple[str, int], ...]
    mistakes: tuple[Mistake, ...]

    @property
    def readable(self) -> bool:
        """Whether it is Gherkin that pytest-bdd can run."""
        return not any(mistake.kind in (Kind.SYNTAX, Kind.EMPTY_FEATURE) for mistake in self.mistakes)


def read(path: Path, uri: str) -> Source:
    """Read a feature file; what is wrong with it is in the result."""
    try:
        document = Parser().parse(path.read_text(encoding="utf-8"))
    except CompositeParserException as error:
        syntax = [Mistake(Kind.SYNTAX, Place(uri, each.location["line"]), _sentence(each)) for each in error.errors]
        return Source(path, uri, (), (), tuple(syntax))
    except (OSError, UnicodeDecodeError) as error:
        unread = Mistake(Kind.SYNTAX, Place(uri, 1), f"the file cannot be read as UTF-8: {error}")
        return Source(path, uri, (), (), (unread,))
    feature = document.get("feature") or {"children": [], "tags": [], "language": "en", "location": {"line": 1}}
    pickles = Compiler().compile({**document, "uri": uri})
    return Source(path, uri, _scenarios(feature, pickles), _tags(feature), tuple(_form(feature, uri)))


def _sentence(error: Any) -> str:
    text = str(error).partition("): ")[2]  # before it stands "(line:column"
    if match := re.fullmatch(r"(?:unexpected end of file, )?expected: (?P<tokens>.*?)(?:, got '(?P<got>.*)')?", text):
        words = [_TOKENS[token] for token in match["tokens"].split(", ") if token in _TOKENS]
        expected = " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))
        what = "the file ends too early" if match["got"] is None else f'"{match["got"]}" cannot stand here'
        return f"{what}; expected {expected}"
    if match := re.fullmatch(r"Language not supported: (.*)", text):
        return f'Gherkin does not know the language "{match[1]}"; correct the line, or remove it for English'
    if text == "inconsistent cell count within the table":
        return "this row has not as many cells as the first of its table; give it as many"
    return f"{text[:1].lower()}{text[1:]}; correct the line"


def _scenarios(feature: Any, pickles: Sequence[Any]) -> tuple[Written, ...]:
    lines = {scenario["id"]: scenario["location"]["line"] for scenario in _nodes(feature, "scenario")}
    return tuple(
        Written(
            pickle["name"],
            lines[pickle["astNodeIds"][0]],
            tuple(tag["name"] for tag in pickle["tags"]),
            tuple((_STEP_TYPES.get(step["type"], ""), step["text"]) for step in pickle["steps"]),
        )
        for pickle in pickles
    )


def _nodes(feature: Any, kind: str) -> Iterator[Any]:
    """The scenarios, backgrounds or rules, also those inside rules."""
    for child in feature["children"]:
        if kind in child:
            yield child[kind]
        if "rule" in child:
            yield from _nodes(child["rule"], kind)


def _tags(feature: Any) -> tuple[tuple[str, int], ...]:
    holders = [feature, *_nodes(feature, "rule")]
    for scenario in _nodes(feature, "scenario"):
        holders += [scenario, *scenario["examples"]]
    return tuple((tag["name"].removeprefix("@"), tag["location"]["line"]) for each in holders for tag in each["tags"])


def _form(feature: Any, uri: str) -> Iterator[Mistake]:
    scenarios = list(_nodes(feature, "scenario"))
    if not scenarios:
        place = Place(uri, feature["location"]["line"])
        yield Mistake(Kind.EMPTY_FEATURE, place, "the file holds no scenario; write one, or remove the file")
    for block in (*_nodes(feature, "background"), *scenarios):
        if block["steps"] and block["steps"][0]["keywordType"] not in _STEP_TYPES:
            step = block["steps"][0]
            message = f'the first step begins with "{step["keyword"].strip()}"; begin with Given, When or Then'
            yield Mistake(Kind.SYNTAX, Place(uri, step["location"]["line"]), message)
    outline = DIALECTS[feature["language"]]["scenarioOutline"]
    for scenario in scenarios:
        yield from _form_of(scenario, uri, outline)
    yield from _same_names(scenarios, uri)


def _form_of(scenario: Any, uri: str, outline: Sequence[str]) -> Iterator[Mistake]:
    place = Place(uri, scenario["location"]["line"])
    if not scenario["steps"]:
        message = f'the scenario "{scenario["name"]}" has no steps and would prove nothing; write them, or remove it'
        yield Mistake(Kind.NO_STEPS, place, message)
    if scenario["keyword"] in outline and not scenario["examples"]:
        message = f'the outline "{scenario["name"]}" has no examples and would never run; add "Examples:" with rows'
        yield Mistake(Kind.NO_ROWS, place, message)
    for examples in scenario["examples"]:
        if not examples.get("tableBody"):
            message = f'these examples of "{scenario["name"]}" have no row, so nothing would run; add one'
            yield Mistake(Kind.NO_ROWS, Place(uri, examples["location"]["line"]), message)


def _same_names(scenarios: Sequence[Any], uri: str) -> Iterator[Mistake]:
    # pytest-bdd keeps scenarios by name, over all rules of a feature; Gherkin's own compiler keeps every one
    first: dict[str, int] = {}
    for scenario in scenarios:
        line = scenario["location"]["line"]
        before = first.setdefault(scenario["name"], line)
        if before != line:
            message = (
                f'the scenario of line {before} is named "{scenario["name"]}" too, and only one of them would run; '
                "give each its own name"
            )
            yield Mistake(Kind.DUPLICATE_SCENARIO, Place(uri, line), message)
