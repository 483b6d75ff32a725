"""What a run is going to do: the scenarios that pytest collected, before any of them ran."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from pytest_bdd.scenario import scenario_wrapper_template_registry

from kube_acceptance.report.model import Feature, Rule, Scenario, Step

REQUIREMENT_TAG = "REQ-"
"""How a tag begins that names a requirement."""

_REPETITION = "__pytest_repeat_step_number"
"""The parameter by which pytest-repeat makes several tests of one; they are attempts at the same scenario."""


def planned(items: Iterable[pytest.Item], root: Path) -> dict[str, tuple[Feature, Scenario]]:
    """The scenarios among `items` by pytest's node id, each with its feature; no scenario has run.

    Several node ids name the same scenario where pytest-repeat multiplied it.

    Args:
        items: What pytest collected; items that are no scenarios are left out.
        root: The folder that paths are shown relative to.
    """
    features: dict[str, Feature] = {}
    scenarios: dict[str, Scenario] = {}
    plan: dict[str, tuple[Feature, Scenario]] = {}
    for item in items:
        template = _template(item)
        if template is None:
            continue
        uri = shown_path(Path(template.feature.filename), root)
        feature = features.setdefault(uri, _feature(template.feature, uri))
        scenario = _scenario(item, template, uri)
        plan[item.nodeid] = (feature, scenarios.setdefault(scenario.id, scenario))
        if scenarios[scenario.id] is not scenario:
            continue
        feature.scenarios.append(scenario)
        if template.rule is not None and scenario.rule not in (rule.name for rule in feature.rules):
            feature.rules.append(Rule(name=scenario.rule, description=template.rule.description))
    return plan


def in_order(features: Iterable[Feature]) -> list[Feature]:
    """The features by path and their scenarios as they are written, however the run was shuffled or spread."""
    return [
        feature.model_copy(update={"scenarios": sorted(feature.scenarios, key=lambda one: (one.line, one.row))})
        for feature in sorted(features, key=lambda feature: feature.uri)
    ]


def shown_path(path: Path, root: Path) -> str:
    """`path` relative to `root`, or from the import root of an installed package; never the path of this machine."""
    if path.is_relative_to(root):
        return path.relative_to(root).as_posix()
    parts = path.parts
    start = parts.index("site-packages") + 1 if "site-packages" in parts else -1
    return Path(*parts[start:]).as_posix()


def is_scenario(item: pytest.Item) -> bool:
    """Whether a test runs a scenario of a feature file."""
    return _template(item) is not None


def _row(item: pytest.Item) -> int:
    callspec = getattr(item, "callspec", None)
    return callspec.indices.get("_pytest_bdd_example", 0) if callspec else 0


def _template(item: pytest.Item) -> Any:
    function = getattr(item, "function", None)
    return None if function is None else scenario_wrapper_template_registry.get(function)


def _feature(feature: Any, uri: str) -> Feature:
    return Feature(
        uri=uri,
        name=feature.name,
        description=feature.description,
        tags=sorted(feature.tags),
        background=_steps(feature.background.steps) if feature.background else [],
    )


def _scenario(item: pytest.Item, template: Any, uri: str) -> Scenario:
    callspec = getattr(item, "callspec", None)
    example: Mapping[str, str] = callspec.params.get("_pytest_bdd_example", {}) if callspec else {}
    rendered = template.render(example)
    # pytest-bdd hands the tags of an examples table to pytest as marks of the parameter set only
    example_tags = {mark.name for mark in callspec.marks} if callspec else set()
    rule_tags = template.rule.tags if template.rule else set()
    tags = sorted({*template.feature.tags, *rule_tags, *template.tags, *example_tags})
    parent = item.parent.nodeid if item.parent else ""
    return Scenario(
        # not item.nodeid: under xdist's loadgroup that one carries the group
        id=f"{parent}::{_name(item, callspec)}",
        uri=uri,
        line=template.line_number,
        row=_row(item),
        name=rendered.name,
        description=rendered.description,
        rule=template.rule.name if template.rule else "",
        tags=[tag for tag in tags if not tag.startswith(REQUIREMENT_TAG)],
        requirements=[tag for tag in tags if tag.startswith(REQUIREMENT_TAG)],
        example=dict(example),
        steps=_steps(rendered.steps, background=len(template.all_background_steps)),
    )


def _name(item: pytest.Item, callspec: Any) -> str:
    if callspec is None or _REPETITION not in callspec.params:
        return item.name
    number = callspec.params[_REPETITION] + 1
    here = rf"^{number}-\d+(-|$)" if next(iter(callspec.params)) == _REPETITION else rf"(^|-){number}-\d+$"
    row = re.sub(here, "", callspec.id)
    name: str = getattr(item, "originalname", item.name)
    return f"{name}[{row}]" if row else name


def _steps(steps: Sequence[Any], background: int = 0) -> list[Step]:
    return [
        Step(
            keyword=step.keyword.strip(),
            text=step.name,
            line=step.line_number,
            background=position < background,
            datatable=[[str(cell) for cell in row] for row in step.datatable.raw()] if step.datatable else [],
            docstring=step.docstring,
        )
        for position, step in enumerate(steps)
    ]
