"""Requests that go on all the while, through the Ingress or straight to a tier, none of them sent again."""

from __future__ import annotations

import pytest

from kube_acceptance.release import Release
from kube_acceptance.report import note
from kube_acceptance.session import PROBE, Session
from kube_acceptance.traffic import Traffic, described, judgement
from kube_acceptance.vocabulary import assertion, given, rows


@given(
    "requests go on all the while, {rate:d} of each a second",
    target_fixture="traffic",
    example="requests go on all the while, 10 of each a second",
)
def requests_go_on(
    release: Release, session: Session, rate: int, datatable: list[list[str]], request: pytest.FixtureRequest
) -> Traffic:
    """A pod out of the reach of faults sends the requests of a table at that rate, whatever comes of them.

    The table is `| name | path |` and any of `method` (GET), `body` (JSON), `connections` (`new` or `kept` alive),
    `takes` (how long sending the body takes) and `tier` (straight to its Service, not through the Ingress). The
    scenario goes on when each was answered well once.
    """
    wanted = described.requests(release, list(rows(datatable)))
    traffic = Traffic(release, wanted, rate=rate, image=session.images[PROBE].reference, labels=session.labels)
    request.addfinalizer(traffic.close)
    traffic.start()
    return traffic


@assertion(
    "no request has failed, of {count:d} more of each too",
    timed=False,
    example="no request has failed, of 20 more of each too",
)
def none_failed(traffic: Traffic, count: int) -> None:
    """So many more of each are sent from now on; they and all before were answered with 2xx or 3xx, each at once."""
    for sentence in judgement.must_be_good(traffic.requests, traffic.go_on(count)):
        note(sentence)
