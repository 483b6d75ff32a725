"""`--mutants-file`: one pytest that has collected the scenarios, and a fork of it for each mutant.

To start and to collect takes longer than most static scenarios. Each fork runs its own choice of the scenarios, in its
own order, and ends when one has noticed the mutant for the right reason. It leaves what the scenarios said, and no
report for people.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from kube_acceptance.mutation.derived import Derived
from kube_acceptance.mutation.mutant import load_derived
from kube_acceptance.mutation.score import Verdict
from kube_acceptance.mutation.verdict import is_stuck, judge
from kube_acceptance.plugin import session_key
from kube_acceptance.release.renderings import Renderings
from kube_acceptance.report.model import Record, Scenario
from kube_acceptance.report.observer import RECORD

PR_SET_PDEATHSIG = 1  # prctl(2)
STUCK_ENOUGH = 2
"""How many scenarios in turn must lack what they need for a fork to give up: on a cluster each waits for minutes."""

FOR_PEOPLE = ("kube-acceptance-report", "kube-acceptance-evidence")
"""The plugins that a fork does without."""


class Wanted(Record):
    """A mutant's file, the scenarios that shall meet it in their order, and the file for what they said.

    What Helm renders without the mutant is kept in the folder `renderings`, for all forks of the round.
    """

    mutant: Path
    scenarios: list[str]
    said: Path
    renderings: Path


WANTED = TypeAdapter(list[Wanted])
SAID = TypeAdapter(list[Scenario])


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option."""
    parser.getgroup("kube-acceptance").addoption(
        "--mutants-file",
        type=Path,
        metavar="FILE",
        help="run scenarios with each of the mutants that this JSON file names",
    )


def pytest_configure(config: pytest.Config) -> None:
    """End with whoever asked for this."""
    if config.getoption("mutants_file"):
        end_with_parent()


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """Fork for each mutant; the fork goes on to run its scenarios, and the parent runs none."""
    file = session.config.getoption("mutants_file")
    if not file or session.testsfailed:
        return None
    for one in WANTED.validate_json(file.read_bytes()):
        child = os.fork()
        if not child:
            end_with_parent()
            become(session, one)
            return None
        os.waitpid(child, 0)
    session.items = []
    return True


def become(session: pytest.Session, one: Wanted) -> None:
    """Make this process, a fork, the run with one mutant."""
    config, found = session.config, {item.nodeid: item for item in session.items}
    session.items = [found[id] for id in one.scenarios if id in found]
    run = config.stash[session_key]
    mutant = run.mutant = load_derived(one.mutant)
    run.renderings = Renderings(one.renderings)
    for name in FOR_PEOPLE:
        config.pluginmanager.unregister(name=name)
    config.pluginmanager.register(Fork(mutant, session, one.said))


class Fork:
    """The pytest plugin of a fork.

    Args:
        mutant: Its mutant.
        session: Its session.
        said: The file for what the scenarios said.
    """

    def __init__(self, mutant: Derived, session: pytest.Session, said: Path) -> None:
        self._mutant = mutant
        self._session = session
        self._said = said
        self._records: dict[str, Scenario] = {}

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep what a scenario said, and stop where the others would say nothing new."""
        if told := getattr(report, RECORD, None):
            record = Scenario.from_dict(told)
            self._records[record.id] = record
            if judge(self._mutant, record)[0] is Verdict.KILLED:
                self._session.shouldstop = f"{record.id} noticed"
            last = list(self._records.values())[-STUCK_ENOUGH:]
            if len(last) == STUCK_ENOUGH and all(map(is_stuck, last)):
                self._session.shouldstop = "what the scenarios need cannot be made"

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        """Leave what was said; the file appears whole or not at all."""
        part = self._said.with_suffix(".part")
        part.write_bytes(SAID.dump_json(list(self._records.values())))
        part.rename(self._said)

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self) -> None:
        """End here: what the parent has to tidy up is not this process's."""
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


def end_with_parent() -> None:
    """Have Linux tell this process to end when the one that started it is gone, also by kill -9.

    Elsewhere the run goes on to its end, and tidies up then.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
