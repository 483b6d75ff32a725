"""Where a schema of values is open, and which values nobody can look up."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from kube_acceptance.errors import ReleaseError
from kube_acceptance.security.schema import Schema

TEXT = {"type": "string"}


def schema(folder: Path, properties: Any, values: Any = None, **root: Any) -> Schema:
    table = {"type": "object", "additionalProperties": False, "properties": properties, **root}
    (folder / "values.schema.json").write_text(json.dumps(table))
    (folder / "values.yaml").write_text(yaml.safe_dump(values or {}))
    return Schema(folder)


@pytest.mark.parametrize(
    ("node", "openings"),
    [
        (TEXT, []),
        ({"enum": [1, 2]}, []),
        ({"type": "object", "additionalProperties": False}, []),
        ({"type": "object", "additionalProperties": TEXT}, []),
        ({"type": "array", "items": TEXT}, []),
        ({"$ref": "#/definitions/closed"}, []),
        ({"anyOf": [TEXT, {"$ref": "#/definitions/closed"}]}, []),
        ({}, ["web"]),
        (True, ["web"]),
        ({"description": "anything"}, ["web"]),
        ({"type": "object"}, ["web"]),
        ({"properties": {"a": TEXT}}, ["web"]),
        ({"type": ["object", "null"]}, ["web"]),
        ({"type": "object", "additionalProperties": {}}, ["web.*"]),
        ({"type": "array"}, ["web.*"]),
        ({"type": "array", "items": {"type": "object"}}, ["web.*"]),
        ({"$ref": "#/definitions/open"}, ["web.inner"]),
        ({"oneOf": [TEXT, {"$ref": "#/definitions/open"}]}, ["web.inner"]),
    ],
)
def test_openings(tmp_path: Path, node: Any, openings: list[str]) -> None:
    closed = {"type": "object", "additionalProperties": False}
    defined = {"closed": closed, "open": {**closed, "properties": {"inner": {"type": "object"}}}}
    assert list(schema(tmp_path, {"web": node}, definitions=defined).openings()) == openings


def test_the_top_is_a_place_too(tmp_path: Path) -> None:
    assert list(schema(tmp_path, {}, additionalProperties=True).openings()) == [""]


def test_what_helm_gives_to_dependencies_may_be_open_at_the_top_alone(tmp_path: Path) -> None:
    inner = {"type": "object", "additionalProperties": False, "properties": {"global": {"type": "object"}}}
    found = schema(tmp_path, {"global": {"type": "object"}, "web": inner}, {"web": {"global": {}}})
    assert list(found.openings()) == ["web.global"]
    assert list(found.without_default()) == []


def test_a_schema_that_refers_to_itself_ends(tmp_path: Path) -> None:
    tree = {"type": "object", "additionalProperties": {"$ref": "#/definitions/tree"}}
    assert list(schema(tmp_path, {"web": {"$ref": "#/definitions/tree"}}, definitions={"tree": tree}).openings()) == []


def test_values_without_default(tmp_path: Path) -> None:
    inner = {"type": "object", "additionalProperties": False, "properties": {"a": TEXT, "b": TEXT}}
    found = schema(tmp_path, {"web": inner, "db": inner}, {"web": {"a": "1"}})
    assert list(found.without_default()) == ["web.b", "db"]


def test_levels_are_all_objects_of_the_defaults(tmp_path: Path) -> None:
    assert list(schema(tmp_path, {}, {"web": {"probe": {"x": 1}, "port": 1}, "list": [{}]}).levels()) == [
        "",
        "web",
        "web.probe",
    ]


def test_a_chart_without_a_schema_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError) as caught:
        Schema(tmp_path)
    assert str(caught.value) == (
        f"the chart {tmp_path.name} has no values.schema.json, so it takes every value\n"
        "Write one that describes every value and closes every object with additionalProperties: false."
    )
