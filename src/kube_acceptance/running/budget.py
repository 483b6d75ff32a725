"""`--budget MINUTES`: a run that ends in time; what does not fit is skipped, and told.

Scenarios are begun in their order, which is random within each tier, so that what one run has no time for another has.
"""

from __future__ import annotations

import argparse
import math
import time
from typing import Any

import pytest

from kube_acceptance.plugin import session_key
from kube_acceptance.report.plan import is_scenario
from kube_acceptance.running.order import order_key
from kube_acceptance.running.unbegun import tell_unbegun

_INPUT = "kube_acceptance_budget"
"""The key by which a worker of pytest-xdist learns when the run is to end."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option."""
    parser.getgroup("kube-acceptance").addoption(
        "--budget",
        type=_minutes,
        metavar="MINUTES",
        help="begin no scenario that would end later than so many minutes after the run began, as far as earlier runs "
        "tell; those are skipped, and the run is incomplete",
    )


def _minutes(text: str) -> float:
    try:
        minutes = float(text)
    except ValueError:
        minutes = math.nan
    if not 0 < minutes < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of minutes; give one such as 45")
    return minutes


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Start the clock, in the process that stands for the run."""
    minutes = config.getoption("budget")
    if minutes is None or session_key not in config.stash:
        return
    end = getattr(config, "workerinput", {}).get(_INPUT) or time.time() + 60 * minutes
    config.pluginmanager.register(Budget(minutes, end), "kube-acceptance-budget")


class Budget:
    """The pytest plugin that looks at the clock.

    Args:
        minutes: What the run is given.
        end: When it is to end, in seconds since the epoch.
    """

    def __init__(self, minutes: float, end: float) -> None:
        self._minutes = minutes
        self._end = end
        self._reason = f"no time was left for it of the {minutes:g} min of --budget"

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """A worker of pytest-xdist goes by the same clock."""
        node.workerinput[_INPUT] = self._end

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Skip a scenario for which no time is left; one of which nothing is recorded is begun while some is."""
        expected = item.config.stash[order_key].expected.get(item.nodeid, 0.0)
        if is_scenario(item) and time.time() + expected >= self._end:
            pytest.skip(self._reason)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say for how many scenarios there was no time."""
        tell_unbegun(terminalreporter, self._reason, f"since {self._minutes:g} min of --budget do not suffice")
