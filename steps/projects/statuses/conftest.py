"""Phrases of the example project in which scenarios end in every way there is."""

import itertools
import os
import signal

import pytest
from pytest_bdd import given, then

from kube_acceptance import pending
from kube_acceptance.errors import AcceptanceError

looks = itertools.count()


@pytest.fixture(autouse=True, scope="session")
def made(settings):
    """Leaves a trace of the first thing that is made ready."""
    reports = settings.path(settings.reports)
    reports.mkdir(exist_ok=True)
    (reports / "made").touch()


@pytest.fixture
def oven():
    raise AcceptanceError("the oven has no power")


@given("a bakery")
def bakery():
    pass


@given("an oven")
def warm(oven):
    pass


@then("there is bread")
def bread():
    pass


@then("there is cake")
def cake():
    raise AcceptanceError("there is no cake", hint="Bake one.")


@then("there is pie")
def pie():
    pending("say what a pie is")


@then("there are biscuits on Sundays only")
def biscuits():
    pytest.skip("it is not Sunday")


@then("there are rolls at the second look")
def rolls():
    if not next(looks):
        raise AcceptanceError("the rolls are not out yet")


@then("the lights go out")
def lights():
    if "CANDLES" not in os.environ:
        os.kill(os.getpid(), signal.SIGKILL)
