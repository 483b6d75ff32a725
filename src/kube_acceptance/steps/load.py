"""Load for a while, beside requests that may go on all the while, and how pods share it."""

from __future__ import annotations

import pytest

from kube_acceptance.release import Release
from kube_acceptance.report import note
from kube_acceptance.session import Session
from kube_acceptance.state import pods
from kube_acceptance.steps.traffic import sent
from kube_acceptance.traffic import Traffic, judgement, shared
from kube_acceptance.vocabulary import assertion, when

SHARED_SECONDS = 10.0  # of answers that show how pods share them


@when(
    "more requests are sent, {rate:d} of each a second",
    target_fixture="load_of_requests",
    example="more requests are sent, 50 of each a second",
)
def more_requests_sent(
    release: Release, session: Session, rate: int, datatable: list[list[str]], request: pytest.FixtureRequest
) -> Traffic:
    """Load by a pod like that of the requests that go on all the while, from a table like theirs, until it is ended."""
    return sent(release, session, rate, datatable, request)


@when("no more requests are sent than before")
def more_requests_ended(load_of_requests: Traffic) -> None:
    """Ends the load. What of it was answered is told: it may have been more than there were pods for."""
    for sentence in judgement.told(load_of_requests.requests, load_of_requests.end()):
        note(sentence)


@assertion(
    'every "{component}" pod has a part of at least {percent:d} % in the answers to them',
    example='every "backend" pod has a part of at least 20 % in the answers to them',
)
def answers_shared(release: Release, load_of_requests: Traffic, component: str, percent: int) -> None:
    """The pod is named in so many of the last seconds' answers to the load, by one of the headers that are noted."""
    since, names = load_of_requests.now() - SHARED_SECONDS, pods.uids(release, component).values()
    for line in shared.must_be_shared(load_of_requests.answers(), since, list(names), percent):
        note(line)
