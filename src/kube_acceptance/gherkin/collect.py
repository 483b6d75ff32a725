"""`.feature` files collected by pytest itself, so that no test module has to name them.

Node ids read `features/images.feature::Images are built from Alpine`; `-k`, `-m` and `::` work on them.
"""

from __future__ import annotations

import types
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

import pytest
from pytest_bdd import scenario as bdd_scenario
from pytest_bdd.feature import get_feature

from kube_acceptance.gherkin.source import Source


class FeatureFile(pytest.Module):
    """A feature file as a module with one test a scenario.

    Attributes:
        source: What is written in it.
        collected: Its tests; None while nobody asked for them, as for the neighbours of a file that is named.

    Args:
        source: What is written in it; where that is no Gherkin, there are no tests.
        tags: The tags that become marks; others are told as mistakes.
        node: What pytest makes a node from.
    """

    def __init__(self, *, source: Source, tags: Collection[str], **node: Any) -> None:
        super().__init__(**node)
        self.source = source
        self.collected: list[pytest.Item] | None = None
        self._tags = tags

    def collect(self) -> Iterable[pytest.Item | pytest.Collector]:
        """One test a scenario, remembered to be counted."""
        collected = list(super().collect())
        self.collected = [each for each in collected if isinstance(each, pytest.Item)]
        return collected

    def _getobj(self) -> types.ModuleType:
        # pytest.Module asks this for what it would import otherwise
        module = types.ModuleType(self.path.stem)
        module.__file__ = str(self.path)
        for name in self._scenario_names():
            setattr(module, name, _test(self.path, name))
        return module

    def _scenario_names(self) -> list[str]:
        if not self.source.readable:
            return []
        feature = get_feature(str(self.path.parent), self.path.name)
        for scenario in feature.scenarios.values():
            # pytest refuses unknown marks one by one, before all that is wrong can be told
            for tags in (feature.tags, scenario.tags, *(examples.tags for examples in scenario.examples)):
                tags.intersection_update(self._tags)
            if scenario.rule:
                scenario.rule.tags.intersection_update(self._tags)
        return list(feature.scenarios)

    def istestfunction(self, obj: object, name: str) -> bool:
        """Every function of the module is a scenario, whatever its name."""
        return callable(obj)

    def classnamefilter(self, name: str) -> bool:
        """There are no classes."""
        return False


def _test(path: Path, name: str) -> Any:
    @bdd_scenario(path.name, name, features_base_dir=str(path.parent))
    def test() -> None:
        """The steps are the test."""

    return test
