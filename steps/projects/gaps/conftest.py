"""Wiring of the example project whose tables of connections are wrong."""

import pytest


@pytest.fixture(autouse=True, scope="session")
def made(pytestconfig):
    """Leaves a trace of the first thing that is made ready."""
    reports = pytestconfig.getoption("reports")
    reports.mkdir(exist_ok=True)
    (reports / "made").touch()
