"""Scenarios that failed, run again to tell what is flaky from what is broken.

The attempts are kept apart and all are reported; passing in a later one is no success. Fixtures of function scope are
made anew for each attempt, those of wider scope only if they failed.
"""

from __future__ import annotations

import argparse
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import pytest
from _pytest.runner import call_and_report

from kube_acceptance.report.observer import RECORD
from kube_acceptance.report.plan import is_scenario

REPEATED = "rerun"
"""The outcome of an attempt that another one follows: pytest counts it apart, by the name that its users know."""

_WORTH_IT = ("failed", "broken")
"""What another attempt can change; what is not written yet stays so."""


def add_option(group: pytest.OptionGroup) -> None:
    """Add `--repeat-failed`."""
    group.addoption(
        "--repeat-failed",
        type=_count,
        default=0,
        metavar="N",
        help="run a failed scenario again, up to N times, to tell flaky from broken; "
        "one that passes only when repeated is flaky and fails the run",
    )


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no number of times; give 1 or 2")
    return int(text)


@dataclass(frozen=True)
class _Broken:
    """A fixture that could not be made ready: for whom, why, and how often by now."""

    request: Any
    error: BaseException
    times: int


class Repeater:
    """The pytest plugin that repeats.

    An attempt is repeated if its steps or what they needed failed. A clean-up that fails alone is not: it says nothing
    about the behaviour, and by then fixtures that others share may be gone.

    Args:
        times: How often a failed scenario is run again, at most.
    """

    def __init__(self, times: int) -> None:
        self._times = times
        self._left = 0
        self._again = False
        self._broken: dict[pytest.FixtureDef[Any], _Broken] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
        """Run a scenario until it does not fail, or for the last time."""
        option = item.config.option
        if not is_scenario(item) or option.setuponly or option.setupshow:
            return None
        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        self._left, self._again = self._times, True
        while self._again:
            self._attempt(item, nextitem)
            self._left -= 1
        item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        return True

    def _attempt(self, item: Any, nextitem: pytest.Item | None) -> None:
        if not item._request:
            item._initrequest()
        try:
            if call_and_report(item, "setup").passed:
                call_and_report(item, "call")
            if self._again:
                # to this scenario's own folder and file: what is wider than the scenario stays
                nextitem = item.parent
            elif item.session.shouldfail or item.session.shouldstop:
                nextitem = None  # as pytest does, so that the last clean-ups are reported
            call_and_report(item, "teardown", nextitem=nextitem)
        finally:
            item._request = False
            item.funcargs = None

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any], request: Any) -> Generator[None, object, object]:
        """Remember what could not be made ready."""
        try:
            value = yield
        except (Exception, pytest.fail.Exception) as error:
            before = self._broken.get(fixturedef)
            self._broken[fixturedef] = _Broken(request, error, before.times + 1 if before else 1)
            raise
        self._broken.pop(fixturedef, None)
        return value

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_teardown(self) -> Generator[None, object, object]:
        """Have the next attempt make anew what failed; pytest would hand it the same error."""
        try:
            return (yield)
        finally:
            if self._again:
                for fixturedef, broken in self._broken.items():
                    fixturedef.finish(broken.request)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Decide whether the attempt is repeated, and report it as such."""
        report = yield
        if report.when != "teardown":
            status = getattr(report, RECORD, {}).get("status")
            stopping = item.session.shouldfail or item.session.shouldstop
            hopeless = call.excinfo is not None and self._is_hopeless(call.excinfo.value)
            self._again = bool(self._left and report.failed and status in _WORTH_IT and not stopping and not hopeless)
        if self._again and report.failed:
            report.outcome = REPEATED  # type: ignore[assignment]
        return report

    def _is_hopeless(self, error: BaseException) -> bool:
        """Whether it comes from what scenarios share and what was made anew as often as a scenario is repeated."""
        return any(
            broken.error is error and broken.times > self._times and fixturedef.scope != "function"
            for fixturedef, broken in self._broken.items()
        )

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(
        self, report: pytest.TestReport
    ) -> tuple[str, str, tuple[str, dict[str, bool]]] | None:
        """Show what is repeated."""
        if report.outcome == REPEATED:
            return REPEATED, "R", ("RERUN", {"yellow": True})
        return None
