"""Phrases of the example project whose features are full of mistakes."""

import pytest
from pytest_bdd import given, parsers, then


@pytest.fixture(autouse=True, scope="session")
def made(settings):
    """Leaves a trace of the first thing that is made ready."""
    reports = settings.path(settings.reports)
    reports.mkdir(exist_ok=True)
    (reports / "made").touch()


@given("a shop")
def shop():
    pass


@then(parsers.parse('it sells "{what}"'))
def sells(what):
    pass


@then(parsers.parse('it sells "{what}" to "{whom}"'))
def sells_to(what, whom):
    pass


@then("it closes at night")
async def closes():
    pass


@then("nobody says this")
def unused():
    pass
