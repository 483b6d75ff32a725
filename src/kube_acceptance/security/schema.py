"""Whether a chart's `values.schema.json` is strict: it takes the values that it describes, and nothing else.

A value that is misspelt is otherwise taken without a word, and the protection that it was to set is not there. Where
nothing is open, Helm itself refuses a default that is not described.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from kube_acceptance.errors import ReleaseError

NAME = "values.schema.json"
COMBINED = ("allOf", "anyOf", "oneOf")
SAYS = {"type", "enum", "const", "properties", "not", "pattern", *COMBINED}
GLOBAL = "global"  # what Helm itself gives to a chart that another depends on; the chart cannot know what is in it


class Schema:
    """The schema of a chart's values, and its defaults.

    Args:
        chart: The chart's folder.

    Raises:
        ReleaseError: The chart has no schema.
    """

    def __init__(self, chart: Path) -> None:
        file = chart / NAME
        if not file.is_file():
            raise ReleaseError(
                f"the chart {chart.name} has no {NAME}, so it takes every value",
                hint="Write one that describes every value and closes every object with additionalProperties: false.",
            )
        self._root: Mapping[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        self._values: Mapping[str, Any] = yaml.safe_load((chart / "values.yaml").read_text(encoding="utf-8")) or {}

    def openings(self) -> Iterator[str]:
        """The places (dotted paths; empty is the top) at which it takes what it does not describe."""
        return self._openings(self._root, "", ())

    def without_default(self) -> Iterator[str]:
        """The values (dotted paths) that it describes and that have no default, so that nobody can look them up."""
        return self._without_default(self._root, self._values, "")

    def levels(self) -> Iterator[str]:
        """Where values can be added: the dotted paths of all objects among the defaults; empty is the top."""
        return _levels(self._values, "")

    def _openings(self, node: Any, path: str, within: tuple[str, ...]) -> Iterator[str]:
        reference = node.get("$ref", "") if isinstance(node, dict) else ""
        if path == GLOBAL or (reference and reference in within):
            return
        parts = list(self._parts(node))
        if not any(SAYS & part.keys() for part in parts):
            yield path
        for part in parts:
            kinds = part.get("type", "object" if "properties" in part else "")
            if "object" in kinds:  # a word, or a list of them
                further = part.get("additionalProperties", True)
                if further is True:
                    yield path
                elif further is not False:
                    yield from self._openings(further, _at(path, "*"), (*within, reference))
            if "array" in kinds:
                yield from self._openings(part.get("items", {}), _at(path, "*"), (*within, reference))
            for name, each in part.get("properties", {}).items():
                yield from self._openings(each, _at(path, name), (*within, reference))

    def _without_default(self, node: Any, values: Any, path: str) -> Iterator[str]:
        for part in self._parts(node):
            for name, each in part.get("properties", {}).items():
                place = _at(path, name)
                if place != GLOBAL and not (isinstance(values, dict) and name in values):
                    yield place
                elif place != GLOBAL:
                    yield from self._without_default(each, values[name], place)

    def _parts(self, node: Any) -> Iterator[Mapping[str, Any]]:
        """A node and all that it is combined of, with references followed."""
        if not isinstance(node, dict):  # `true` takes anything, like the empty schema
            yield {}
            return
        while "$ref" in node:
            node = self._referred(node["$ref"])
        yield node
        for word in COMBINED:
            for each in node.get(word, []):
                yield from self._parts(each)

    def _referred(self, reference: str) -> dict[str, Any]:
        node: Any = self._root
        for name in reference.removeprefix("#/").split("/"):
            node = node[name]
        return dict(node)


def _levels(values: Mapping[str, Any], path: str) -> Iterator[str]:
    yield path
    for name, value in values.items():
        if isinstance(value, dict):
            yield from _levels(value, _at(path, name))


def _at(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
