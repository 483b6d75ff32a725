"""What a configuration or an object says, whatever its shape."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def strings(tree: Any) -> Iterator[str]:
    """All keys and values of a tree, as they are meant."""
    if isinstance(tree, Mapping):
        for key, item in tree.items():
            yield str(key)
            yield from strings(item)
    elif isinstance(tree, list | tuple):
        for item in tree:
            yield from strings(item)
    elif tree is not None:
        yield str(tree)
