"""Ends a run with a derived mutant once a scenario has noticed it for the right reason, or nobody asks any more."""

from __future__ import annotations

import ctypes
import signal
import sys

import pytest

from kube_acceptance.mutation.derived import Derived
from kube_acceptance.mutation.score import Verdict
from kube_acceptance.mutation.verdict import judge
from kube_acceptance.report.model import Scenario
from kube_acceptance.report.observer import RECORD

PR_SET_PDEATHSIG = 1  # prctl(2)


def end_with_parent() -> None:
    """Have Linux tell this process to end when the one that started it is gone, also by kill -9.

    Elsewhere the run goes on to its end, and tidies up then.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Stop:
    """The pytest plugin.

    Args:
        mutant: The mutant of this run.
    """

    def __init__(self, mutant: Derived) -> None:
        self._mutant = mutant
        self._session: pytest.Session | None = None

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Know whom to stop."""
        self._session = session

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Stop after the scenario that noticed; what comes after it would say nothing new."""
        record = getattr(report, RECORD, None)
        if record and self._session and judge(self._mutant, Scenario.from_dict(record))[0] is Verdict.KILLED:
            self._session.shouldstop = f"{report.nodeid} noticed"
