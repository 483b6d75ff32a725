"""Releases that no scenario will ask for any more make room: probes and idle pods cost a small machine its time."""

from __future__ import annotations

import pytest

from kube_acceptance.plugin import needs_cluster, session_key
from kube_acceptance.running.plan import asked
from kube_acceptance.session import Session

SHARED = frozenset({"shared_release", "values_release"})
"""The fixtures by which scenarios ask for a release that they share."""
SPREAD = ("numprocesses", "mutants")
"""The options by which other processes run a part of the scenarios."""


def pytest_collection_finish(session: pytest.Session) -> None:
    """Find who asks last; nobody knows that where other processes run a part of the scenarios."""
    config = session.config
    run = config.stash.get(session_key, None)
    if run is None or hasattr(config, "workerinput") or any(config.getoption(name, None) for name in SPREAD):
        return
    last = next((item for item in reversed(session.items) if needs_cluster(item) and SHARED & asked(item)[0]), None)
    if last and last is not session.items[-1]:
        config.pluginmanager.register(Leaving(run, last.nodeid))


class Leaving:
    """Leaves the shared releases when the last scenario that asks for one is over.

    Args:
        run: The run.
        last: That scenario's node id.
    """

    def __init__(self, run: Session, last: str) -> None:
        self._run = run
        self._last = last

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """Leave them; they are gone while others run."""
        if nodeid == self._last:
            self._run.leave_shared()
