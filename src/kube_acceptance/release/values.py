"""Values compared: in which of them several releases of one chart differ, and in nothing else."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

ABSENT = object()


def leaves(tree: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    """The values of a tree by dotted path; a list, and an empty map, is a value."""
    for key, value in tree.items():
        if isinstance(value, Mapping) and value:
            yield from leaves(value, f"{path}{key}.")
        else:
            yield f"{path}{key}", value


def differing(trees: Mapping[str, Mapping[str, Any]], *, without: Collection[str]) -> dict[str, dict[str, Any]]:
    """The values that are not the same in all trees, by path; a value that a tree has not is missing there.

    Args:
        trees: Values by what they are of.
        without: Paths that are left out, such as what the harness itself sets.
    """
    flat = {name: dict(leaves(tree)) for name, tree in trees.items()}
    found: dict[str, dict[str, Any]] = {}
    for path in dict.fromkeys(path for values in flat.values() for path in values):
        if path in without:
            continue
        values = {name: of[path] for name, of in flat.items() if path in of}
        first = next(iter(values.values()))
        if len(values) < len(flat) or any(value != first for value in values.values()):
            found[path] = values
    return found


def disagreements(found: Mapping[str, Mapping[str, Any]], told: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Where a table of differences and the differences that there are do not agree, a sentence each.

    Args:
        found: The values by path, and by what they are of.
        told: What the table says of them, likewise.
    """
    for path, values in found.items():
        if path not in told:
            seen = ", ".join(f"{value!r} with {name}" for name, value in values.items())
            yield f"the table does not say that {path} differs: {seen}"
    for path, values in told.items():
        if path not in found:
            yield f"{path} is the same everywhere, though the table says that it differs"
            continue
        for name, value in values.items():
            there = found[path].get(name, ABSENT)
            if there is ABSENT:
                yield f"{path} is no value with {name}, not {value!r}"
            elif there != value:
                yield f"{path} is {there!r} with {name}, not {value!r}"
