"""Fixtures made anew in the middle of a scenario, because what they were made of has changed."""

from __future__ import annotations

from typing import Any

import pytest


def forget_made_of(name: str, request: pytest.FixtureRequest) -> None:
    """End all fixtures that were made of another one, so that they are made anew when they are next asked for.

    A step that puts another value in the place of a fixture leaves those as they are that were made of the old value.

    Args:
        name: The fixture in whose place another value comes.
        request: The scenario's request.
    """
    made: dict[str, Any] = request._fixture_defs  # pytest has no public way to it
    stale = {name}
    while found := {each for each, fixture in made.items() if each not in stale and stale & set(fixture.argnames)}:
        stale |= found
    for each in stale - {name}:
        if each in made:
            made.pop(each).finish(request)
