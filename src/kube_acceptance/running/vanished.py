"""A cluster that vanishes under a run: what still needs it is skipped, and told once."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

from kube_acceptance.cluster.silence import NO_MORE
from kube_acceptance.console import progress
from kube_acceptance.errors import ClusterError
from kube_acceptance.plugin import needs_cluster, session_key
from kube_acceptance.running.unbegun import tell_unbegun
from kube_acceptance.session import Session


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Be ready for it."""
    if run := config.stash.get(session_key, None):
        config.pluginmanager.register(Vanished(run), "kube-acceptance-vanished")


class Vanished:
    """The pytest plugin that looks for the cluster when a scenario has failed.

    Args:
        run: The run.
    """

    def __init__(self, run: Session) -> None:
        self._run = run
        self._why = ""
        self._noticed = ""

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Skip what needs a cluster that is no more: it would wait in vain for as long as it may.

        The scenario that noticed is red, and stays so when it is repeated.
        """
        if self._why and item.nodeid != self._noticed and needs_cluster(item):
            pytest.skip(self._why)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Look for it; what a scenario does to nodes may silence it for a while, which is no end.

        Where it is no more, that is why the scenario failed: what the scenario itself said becomes details.
        """
        raised = call.excinfo
        if raised and raised.errisinstance((Exception, pytest.fail.Exception)) and needs_cluster(item):
            if not self._why and (why := self._run.silence()):
                self._why, self._noticed = why, item.nodeid
                progress(why)
            if self._why:
                call.excinfo = _because(self._why, raised)
        return (yield)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say how many were skipped, by all workers."""
        tell_unbegun(terminalreporter, NO_MORE, f"since the cluster {NO_MORE}")


def _because(why: str, excinfo: pytest.ExceptionInfo[BaseException]) -> pytest.ExceptionInfo[BaseException]:
    error = ClusterError(why, details=excinfo.exconly().splitlines()[:1])
    error.__cause__ = excinfo.value
    return pytest.ExceptionInfo.from_exception(error.with_traceback(excinfo.tb))
