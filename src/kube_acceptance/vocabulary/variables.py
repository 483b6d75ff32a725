"""`${RELEASE}` and its like: names that differ from run to run and that features must be able to say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest

from kube_acceptance.errors import ConfigurationError

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
MOST = 40  # characters of a scenario's name that go into the names of objects, which may have 63


def known(request: pytest.FixtureRequest) -> dict[str, str]:
    """The variables of a scenario, by name; NAMESPACE only once it has a release. No other run has this RUN."""
    session: Any = request.getfixturevalue("session")
    scenario = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower())[:MOST].strip("-")
    names = {"RELEASE": session.config.release, "SCENARIO": scenario, "RUN": session.id}
    if session.focus is not None:
        names |= {"RELEASE": session.focus.name, "NAMESPACE": session.focus.namespace}
    return names


def fill(value: Any, names: Mapping[str, str]) -> Any:
    """Texts with their variables filled in; tables cell by cell, and what is no text as it is.

    Raises:
        ConfigurationError: A variable is not known; the hint lists those that are.
    """
    if isinstance(value, str):
        return _VARIABLE.sub(lambda match: _value(match[1], names), value)
    if isinstance(value, list):
        return [fill(item, names) for item in value]
    return value


def _value(name: str, names: Mapping[str, str]) -> str:
    if name not in names:
        raise ConfigurationError(
            f"nothing is known of the variable ${{{name}}}",
            hint=f"Known here: {', '.join(f'${{{each}}}' for each in sorted(names))}."
            + (" A scenario has a ${NAMESPACE} once it has a release." if name == "NAMESPACE" else ""),
        )
    return names[name]
