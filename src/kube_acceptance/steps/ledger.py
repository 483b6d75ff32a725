"""Writes that go on during faults, each on record, and what is stored of them afterwards.

Where they go and how they are read back only the project knows. It says so by two fixtures: `ways`, a list of
`kube_acceptance.ledger.Way`, and `stored`, a callable that returns all that is stored as a mapping from ids to
contents; a table that is not there holds nothing.
"""

from __future__ import annotations

from typing import Any

import pytest

from kube_acceptance.errors import ConfigurationError
from kube_acceptance.ledger import Load
from kube_acceptance.release import Release
from kube_acceptance.report import note
from kube_acceptance.session import PROBE, Session
from kube_acceptance.vocabulary import assertion, given, some


@given("writes go on all the while, {count:d} of them acknowledged each way", target_fixture="load")
def writes_go_on(release: Release, session: Session, count: int, request: pytest.FixtureRequest) -> Load:
    """A pod out of the reach of faults writes each of the project's ways, five times a second until it is ended.

    So many writes are acknowledged each way before the scenario goes on, and so many again after each interruption.
    """
    ways, stored = of_project(request, "ways", "where writes go"), of_project(request, "stored", "what is stored")
    image = session.images[PROBE].reference
    load = Load(release, some(ways, what="ways"), stored, image=image, labels=session.labels, count=count)
    request.addfinalizer(load.close)
    load.start()
    note(f"{count} writes acknowledged each way: {', '.join(way.name for way in ways)}")
    return load


@assertion(
    "the writes are interrupted, and go on within {within:duration}",
    example="the writes are interrupted, and go on within 1 minute",
    timed=False,
)
def interrupted(load: Load, within: float) -> None:
    """A write was not acknowledged, or none was for over a second; since then enough in a row are, each way.

    It waits for that, and the longest time without an acknowledgement must not exceed the given one. It ends as soon as
    an acknowledged write is seen to be lost.
    """
    for course in load.must_be_interrupted(within):
        note(str(course))


@assertion(
    "no write is acknowledged for {lasting:duration}, seen within {within:duration}",
    example="no write is acknowledged for 5 seconds, seen within 1 minute",
    timed=False,
)
def stand_still(load: Load, lasting: float, within: float) -> None:
    """The writer goes on trying, and for so long nothing that it writes is acknowledged, on any way."""
    for course in load.must_stand_still(lasting, within):
        note(str(course))


@assertion(
    "the writes go on, interrupted for {within:duration} at most",
    example="the writes go on, interrupted for 5 seconds at most",
    timed=False,
)
def going_on(load: Load, within: float) -> None:
    """Enough further writes in a row are acknowledged each way; no way was without an acknowledgement for longer.

    Writes may have failed, or none: how long it was without an acknowledgement is noted.
    """
    for course in load.must_go_on(interrupted=within):
        note(str(course))


@assertion("the writes go on without interruption", timed=False)
def uninterrupted(load: Load) -> None:
    """Enough further writes are acknowledged each way, and all were since they were last looked at.

    No way was there a time of over three seconds without an acknowledgement.
    """
    for course in load.must_not_be_interrupted():
        note(str(course))


@assertion("every acknowledged write is stored, and nothing else")
def stored_and_nothing_else(load: Load) -> None:
    """Ends the writes; what is stored is what was there before, all that was acknowledged, and nothing twice.

    Writes of which nobody knows whether they were made, such as those that timed out, may be stored or not; what was
    refused must not be.
    """
    load.check()


def of_project(request: pytest.FixtureRequest, name: str, what: str) -> Any:
    """What the project says by a fixture; raises ConfigurationError when it does not."""
    try:
        return request.getfixturevalue(name)
    except pytest.FixtureLookupError as error:
        if error.argname != name:
            raise
        raise ConfigurationError(
            f"the project does not say {what}",
            hint=f"Define the fixture `{name}` beside its phrases; kube_acceptance.steps.ledger says what it is.",
        ) from None
