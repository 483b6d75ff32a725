"""What the run says of several values files: behaviour by values file, with the outcome of each.

Whatever outline has an example column `values` is a behaviour, and each of its rows an outcome; nothing else is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kube_acceptance.report.model import STATUSES, Behaviour, Cell, Feature, Scenario

COLUMN = "values"


def compared(features: Iterable[Feature]) -> list[Behaviour]:
    """The behaviours of a run, in the order of its scenarios.

    Rows of one values file are told as the worst of them. An outline whose name has its own columns in it is a
    behaviour for each name.
    """
    found: dict[tuple[str, str, str], Behaviour] = {}
    lines: dict[tuple[str, str, str], tuple[int, int]] = {}
    for number, feature in enumerate(features):
        for scenario in feature.scenarios:
            if not (file := scenario.example.get(COLUMN)):
                continue
            name = scenario.name.replace(file, f"<{COLUMN}>")
            cell = _cell(scenario)
            key = (feature.uri, scenario.id.partition("[")[0], name)
            lines[key] = (number, scenario.line)
            behaviour = found.setdefault(
                key, Behaviour(feature=feature.name, name=name, rule=scenario.rule, cells={file: cell})
            )
            if file not in behaviour.cells or _worse(cell, behaviour.cells[file]):
                behaviour.cells[file] = cell
    # rows of an outline share its line, and come in the order in which they ran
    return [found[key] for key in sorted(found, key=lambda key: (lines[key], key[2]))]


def files(behaviours: Sequence[Behaviour]) -> list[str]:
    """The values files that anything is said of, by name."""
    return sorted({file for behaviour in behaviours for file in behaviour.cells})


def _cell(scenario: Scenario) -> Cell:
    words = scenario.name.split()  # what the name says already
    said = {name: value for name, value in scenario.example.items() if name != COLUMN and value not in words}
    return Cell(scenario=scenario.id, status=scenario.status, said=said)


def _worse(one: Cell, other: Cell) -> bool:
    return STATUSES.index(one.status) < STATUSES.index(other.status)
