"""`.feature` files collected by pytest itself, so that no test module has to name them.

Node ids read `features/images.feature::Images are built from Alpine`; `-k`, `-m` and `::` work on them.
"""

from __future__ import annotations

import difflib
import types
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from pytest_bdd import scenario as bdd_scenario
from pytest_bdd.feature import get_feature

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.trace import Scenario, read_scenarios

tags_key = pytest.StashKey[Sequence[str]]()
"""The tags that features may use."""


class FeatureFile(pytest.Module):
    """A feature file as a module with one test a scenario."""

    def _getobj(self) -> types.ModuleType:
        # pytest.Module asks this for what it would import otherwise
        module = types.ModuleType(self.path.stem)
        module.__file__ = str(self.path)
        for name in _scenario_names(self.path, self.config.stash[tags_key]):
            setattr(module, name, _test(self.path, name))
        return module

    def istestfunction(self, obj: object, name: str) -> bool:
        """Every function of the module is a scenario, whatever its name."""
        return callable(obj)

    def classnamefilter(self, name: str) -> bool:
        """There are no classes."""
        return False


def _scenario_names(path: Path, known: Sequence[str]) -> list[str]:
    try:
        written = read_scenarios(path)
        feature = get_feature(str(path.parent), path.name)
    except AcceptanceError as error:
        raise pytest.Collector.CollectError(str(error)) from None
    # pytest-bdd keeps one of two scenarios with the same name and says nothing; Gherkin's own compiler keeps both
    names = [scenario.name for scenario in written]
    if twice := sorted({name for name in names if names.count(name) > 1} - _outlines(feature)):
        raise pytest.Collector.CollectError(
            f"{path.name}: two scenarios are named {twice[0]!r}, and only one would run; give each its own name"
        )
    _refuse_unknown_tags(path, written, known)
    return list(feature.scenarios)


def _refuse_unknown_tags(path: Path, scenarios: Sequence[Scenario], known: Sequence[str]) -> None:
    for tag in sorted({tag.removeprefix("@") for scenario in scenarios for tag in scenario.tags} - set(known)):
        nearest = difflib.get_close_matches(tag, known, n=1)
        advice = f"; did you mean @{nearest[0]}?" if nearest else ""
        raise pytest.Collector.CollectError(f"{path.name}: the tag @{tag} is not known{advice}")


def _outlines(feature: Any) -> set[str]:
    return {name for name, scenario in feature.scenarios.items() if scenario.examples}


def _test(path: Path, name: str) -> Any:
    @bdd_scenario(path.name, name, features_base_dir=str(path.parent))
    def test() -> None:
        """The steps are the test."""

    return test
