"""Wiring of the example project whose tables of connections are wrong."""

import pytest


@pytest.fixture(autouse=True, scope="session")
def made(settings):
    """Leaves a trace of the first thing that is made ready."""
    reports = settings.path(settings.reports)
    reports.mkdir(exist_ok=True)
    (reports / "made").touch()
