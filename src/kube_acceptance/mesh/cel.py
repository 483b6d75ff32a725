"""Values written in CEL, the language of admission policies."""

from __future__ import annotations

import json
from typing import Any


def written(value: Any) -> str:
    """A JSON value as an expression.

    CEL wants all values of a map or list to be of one type, which those of `dyn` are.
    """
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)}: dyn({written(one)})" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(f"dyn({written(one)})" for one in value) + "]"
    return json.dumps(value)
