"""The feature files of a run as Cucumber's own parser and compiler see them, and the pickle that each scenario is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from gherkin.stream.gherkin_events import GherkinEvents
from gherkin.stream.source_events import source_event

from kube_acceptance.evidence.redact import REDACTED
from kube_acceptance.report.model import Scenario, printable

Pickle = Mapping[str, Any]
"""A scenario, or one row of a scenario outline, as the compiler puts it: plain data in the form of the schema."""


class Pickles:
    """Reads feature files, and finds scenarios in them.

    Args:
        root: The folder that the scenarios' `uri` is relative to.
        redact: Removes secrets from what is read: the run's texts went through it, too.
    """

    def __init__(self, root: Path, redact: Callable[[str], str]) -> None:
        self._root = root
        self._redact = redact
        self._events = GherkinEvents(GherkinEvents.Options(print_source=True, print_ast=True, print_pickles=True))
        self._found: dict[tuple[str, int], list[tuple[Pickle, dict[str, str]]]] = {}
        self._taken: set[str] = set()

    @property
    def next_id(self) -> Callable[[], str]:
        """Makes further ids: one generator for all, so that none is given twice."""
        return self._events.id_generator.get_next_id

    def read(self, uri: str) -> Iterator[dict[str, Any]]:
        """The messages for a feature file: source, document and pickles; or why it cannot be read."""
        try:
            event: Any = source_event(self._root / uri)
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            yield {"parseError": {"source": {"uri": uri}, "message": f"{uri} cannot be read: {reason}"}}
            return
        event["source"].update(uri=uri, data=self._redact(event["source"]["data"]))
        templates: dict[str, Any] = {}
        message: Any
        for message in self._events.enum(event):
            match message:
                case {"gherkinDocument": document}:
                    templates = {template["id"]: template for template in _templates(document.get("feature"))}
                case {"pickle": pickle}:
                    self._keep(pickle, templates[pickle["astNodeIds"][0]])
            yield message

    def take(self, scenario: Scenario) -> Pickle | None:
        """The pickle that a scenario is; none if its file is no longer what ran.

        A row of an outline is found by the outline's line or its own, and its values; rows that are the same are given
        one after the other.
        """
        for pickle, example in self._found.get((scenario.uri, scenario.line), []):
            if pickle["id"] not in self._taken and _is(scenario, pickle, example):
                self._taken.add(pickle["id"])
                return pickle
        return None

    def _keep(self, pickle: Pickle, template: Mapping[str, Any]) -> None:
        example = dict(_example(template, pickle["astNodeIds"][1:]))
        for line in {template["location"]["line"], pickle["location"]["line"]}:
            self._found.setdefault((pickle["uri"], line), []).append((pickle, example))


def _templates(parent: Mapping[str, Any] | None) -> Iterator[Mapping[str, Any]]:
    """The scenarios and outlines below a feature or rule."""
    for child in (parent or {}).get("children", []):
        if "scenario" in child:
            yield child["scenario"]
        else:
            yield from _templates(child.get("rule"))


def _example(template: Mapping[str, Any], row_ids: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The names and values of a row of an outline."""
    for examples in template["examples"]:
        for row in examples["tableBody"]:
            if row["id"] in row_ids:
                for name, value in zip(examples["tableHeader"]["cells"], row["cells"], strict=True):
                    yield name["value"], value["value"]


def _is(scenario: Scenario, pickle: Pickle, example: Mapping[str, str]) -> bool:
    # the compiler gives a scenario without steps no background either
    steps = [(step.text, known["text"]) for step, known in zip(scenario.steps, pickle["steps"], strict=False)]
    values = [(value, example.get(name, "")) for name, value in scenario.example.items()]
    as_long = len(pickle["steps"]) in (0, len(scenario.steps)) and len(example) == len(scenario.example)
    return as_long and all(_same(said, known) for said, known in [*steps, *values])


def _same(said: str, known: str) -> bool:
    # the process that ran the scenario may have known secrets which the one that reads the file never learned
    pattern = ".*".join(re.escape(part) for part in " ".join(said.split()).split(REDACTED))
    return re.fullmatch(pattern, " ".join(str(printable(known)).split())) is not None
