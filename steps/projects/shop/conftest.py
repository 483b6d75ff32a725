"""Phrases of the example project that installs a chart of its own."""

import pytest
from pytest_bdd import then, when

from kube_acceptance.errors import AcceptanceError


@pytest.fixture(scope="session")
def diary(settings):
    """Where scenarios write down when they began and ended, whichever worker runs them."""
    reports = settings.path(settings.reports)
    reports.mkdir(exist_ok=True)
    (reports / "made").touch()
    return reports / "diary.txt"


@when("business is done")
def business(diary, request, release):
    name, till = request.node.name, release.serving_pods("till")[0].metadata.name
    with diary.open("a") as file:
        print("begin", release.namespace, name, file=file, flush=True)
        release.execute(till, "sleep", "1")  # work that takes its time, so that scenarios could overlap
        print("end", release.namespace, name, file=file, flush=True)


@then("the customer is king")
def king(diary):
    raise AcceptanceError("the customer is no king")
