"""Places inside an object: `spec.template.spec.containers[0].image`, `metadata.labels[app.kubernetes.io/name]`.

In brackets stands a position, a key with dots in it, or `name=web` for the first element whose name is that.
"""

from __future__ import annotations

import json
import re
from typing import Any

from kube_acceptance.errors import AcceptanceError

_PART = re.compile(r"\.?([^.\[\]]+)|\[([^\]]+)\]")


def at(item: Any, path: str, *, what: str) -> Any:
    """What stands at a path.

    Args:
        item: The object.
        path: The path.
        what: What the object is called in messages.

    Raises:
        AcceptanceError: Nothing stands there; the hint says what does at the last place that exists.
    """
    place, so_far = item, ""
    for part in _PART.finditer(path):
        try:
            place = _step(place, part[1], part[2])
        except LookupError:
            hint = f"At {so_far or 'its top'} there is {_there(place)}."
            raise AcceptanceError(f"{what} has no {path}", hint=hint) from None
        so_far += part[0]
    return place


def must_equal(item: Any, path: str, value: Any, *, what: str) -> None:
    """Fail unless a value stands at a path."""
    found = at(item, path, what=what)
    if found != value:
        raise AcceptanceError(f"{path} of {what} is {json.dumps(found)}, not {json.dumps(value)}")


def must_lack(item: Any, path: str, *, what: str) -> None:
    """Fail when anything stands at a path."""
    try:
        found = at(item, path, what=what)
    except AcceptanceError:
        return
    raise AcceptanceError(f"{what} has {path}, which is {json.dumps(found)}")


def must_hold(item: Any, expected: Any, *, what: str, path: str = "") -> None:
    """Fail unless all that is expected is in an object, which may hold more; lists must agree element by element.

    Raises:
        AcceptanceError: The first difference, by its path.
    """
    if isinstance(expected, dict) and isinstance(item, dict):
        for key, value in expected.items():
            if key not in item:
                raise AcceptanceError(
                    f"{what} has no {path}{key}", hint=f"At {path.rstrip('.') or 'its top'} there is {_there(item)}."
                )
            must_hold(item[key], value, what=what, path=f"{path}{key}.")
    elif isinstance(expected, list) and isinstance(item, list) and len(expected) == len(item):
        for number, (one, other) in enumerate(zip(item, expected, strict=True)):
            must_hold(one, other, what=what, path=f"{path.rstrip('.')}[{number}].")
    elif item != expected:
        raise AcceptanceError(f"{path.rstrip('.')} of {what} is {json.dumps(item)}, not {json.dumps(expected)}")


def _step(place: Any, key: str | None, inside: str | None) -> Any:
    if isinstance(place, list) and inside:
        if inside.isdigit():
            return place[int(inside)]
        name, _, value = inside.partition("=")
        for item in place:
            if isinstance(item, dict) and str(item.get(name)) == value:
                return item
        raise LookupError(inside)
    if isinstance(place, dict):
        return place[key or inside]
    raise LookupError(key or inside)


def _there(place: Any) -> str:
    if isinstance(place, dict):
        return f"only {', '.join(sorted(map(str, place)))}" if place else "nothing"
    return f"a list of {len(place)}" if isinstance(place, list) else json.dumps(place)
