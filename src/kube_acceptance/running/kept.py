"""Where scenarios failed: the namespaces that `--keep` leaves, known to the process that stands for the run."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from kube_acceptance.plugin import session_key

NAMESPACE = "kube_acceptance_namespace"
"""The attribute of a test report that carries it; pytest-xdist sends it along."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Know it at once, before the scenario's release is taken down."""
    report = yield
    run = item.config.stash.get(session_key, None)
    if report.failed and run is not None and run.focus is not None:
        run.failed_in[report.nodeid] = run.focus.namespace
        run.spoiled |= {release.namespace for release in run.in_play}
        setattr(report, NAMESPACE, run.focus.namespace)
    return report


class Hearing:
    """Hears of it from the workers.

    Args:
        failed_in: The namespaces by scenario.
    """

    def __init__(self, failed_in: dict[str, str]) -> None:
        self._failed_in = failed_in

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep it in mind until the end of the run."""
        if namespace := getattr(report, NAMESPACE, ""):
            self._failed_in[report.nodeid] = namespace


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Listen."""
    if run := config.stash.get(session_key, None):
        config.pluginmanager.register(Hearing(run.failed_in))
