"""Requests that go on all the while, through the Ingress or straight to a tier, none of them sent again."""

from __future__ import annotations

import pytest

from kube_acceptance.release import Release
from kube_acceptance.report import note
from kube_acceptance.session import PROBE, Session
from kube_acceptance.state import pods
from kube_acceptance.traffic import Traffic, described, judgement
from kube_acceptance.vocabulary import assertion, given, rows, when

SHARED_SECONDS = 10.0  # of answers that show how pods share them


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
    `takes` (how long sending the body takes), `tier` (straight to its Service, not through the Ingress) and `answered
    by` (the header that says which pod answered). The scenario goes on when each was answered well once.
    """
    return _started(release, session, rate, datatable, request)


@when(
    "more requests are sent, {rate:d} of each a second",
    target_fixture="more_traffic",
    example="more requests are sent, 50 of each a second",
)
def more_requests_sent(
    release: Release, session: Session, rate: int, datatable: list[list[str]], request: pytest.FixtureRequest
) -> Traffic:
    """Load for a while, by a pod like that of the requests that go on all the while, and with such a table."""
    return _started(release, session, rate, datatable, request)


@when("no more requests are sent than before")
def more_requests_ended(more_traffic: Traffic) -> None:
    """Ends the load. What of it was answered is told: it may have been more than there were pods for."""
    for sentence in judgement.told(more_traffic.requests, more_traffic.end()):
        note(sentence)


@assertion(
    'every "{component}" pod gives at least {percent:d} % of the answers to them',
    example='every "backend" pod gives at least 20 % of the answers to them',
)
def answers_shared(release: Release, more_traffic: Traffic, component: str, percent: int) -> None:
    """Of the last seconds' answers to the load each pod of the tier has its part, by the name that it answers with."""
    since = more_traffic.now() - SHARED_SECONDS
    for line in judgement.must_be_shared(more_traffic.answers(), since, pods.uids(release, component), percent):
        note(line)


@assertion(
    "no request has failed, of {count:d} more of each too",
    timed=False,
    example="no request has failed, of 20 more of each too",
)
def none_failed(traffic: Traffic, count: int) -> None:
    """So many more of each are sent from now on; they and all before were answered with 2xx or 3xx, each at once."""
    for sentence in judgement.must_be_good(traffic.requests, traffic.go_on(count)):
        note(sentence)


def _started(
    release: Release, session: Session, rate: int, datatable: list[list[str]], request: pytest.FixtureRequest
) -> Traffic:
    wanted = described.requests(release, list(rows(datatable)))
    traffic = Traffic(release, wanted, rate=rate, image=session.images[PROBE].reference, labels=session.labels)
    request.addfinalizer(traffic.close)
    traffic.start()
    return traffic
