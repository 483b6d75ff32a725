"""Fixtures that are made anew when what they were made of has changed."""

from __future__ import annotations

import pytest
from pytest_bdd.compat import inject_fixture

from kube_acceptance.vocabulary.anew import forget_made_of

ended: list[str] = []


@pytest.fixture
def shop() -> str:
    return "old"


@pytest.fixture
def door(shop: str) -> str:
    return f"door of {shop}"


@pytest.fixture
def key(door: str) -> object:
    yield f"key to {door}"
    ended.append(door)


@pytest.fixture
def weather() -> object:
    return object()


def test_what_was_made_of_it_is_made_anew_and_nothing_else(request: pytest.FixtureRequest) -> None:
    sky = request.getfixturevalue("weather")
    assert request.getfixturevalue("key") == "key to door of old"
    forget_made_of("shop", request)
    assert ended == ["door of old"]
    inject_fixture(request, "shop", "new")
    assert request.getfixturevalue("key") == "key to door of new"
    assert request.getfixturevalue("weather") is sky


def test_what_was_never_made_needs_no_end(request: pytest.FixtureRequest) -> None:
    forget_made_of("shop", request)
    assert request.getfixturevalue("door") == "door of old"
