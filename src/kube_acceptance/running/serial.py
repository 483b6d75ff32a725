"""`@serial`: a scenario that runs while no other does, whichever workers there are."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from kube_acceptance.plugin import session_key
from kube_acceptance.running.shared import locked


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Wait for one's turn before the scenario's own clock starts; a process alone never has to."""
    run = item.config.stash.get(session_key, None)
    if run is None or not hasattr(item.config, "workerinput"):
        return (yield)
    with turn(run.shared.folder, alone=item.get_closest_marker("serial") is not None):
        return (yield)


@contextlib.contextmanager
def turn(folder: Path, *, alone: bool) -> Iterator[None]:
    """Be one of those who run, or the only one.

    Everybody passes the gate. Who must be alone stays in it until the others have gone, so that none can overtake.

    Args:
        folder: Where the locks are.
        alone: Whether nobody else may run.
    """
    with contextlib.ExitStack() as held:
        with locked(folder / "gate"):
            held.enter_context(locked(folder / "running", shared=not alone))
        yield
