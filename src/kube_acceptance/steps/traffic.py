"""Requests that go on all the while, through the Ingress or straight to a tier, none of them sent again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kube_acceptance.release import Release
from kube_acceptance.report import note
from kube_acceptance.session import PROBE, Session
from kube_acceptance.state.lives import Lives
from kube_acceptance.traffic import Traffic, described, judgement, landing, replaced
from kube_acceptance.vocabulary import assertion, given, rows, when


@pytest.fixture
def lives(release: Release) -> Iterator[Lives]:
    """The lives of the release's pods, from the moment that requests go on."""
    with Lives(release) as watched:
        yield watched


@given("another build of each image that the project builds", target_fixture="other_builds")
def other_builds(session: Session) -> dict[str, str]:
    """Images that do the same and are others, by their digests, in the cluster: what the next version is to this."""
    for reference in session.other_builds.values():
        note(reference)
    return session.other_builds


@when(
    "the release is upgraded to those builds, and ready within {within:duration}",
    example="the release is upgraded to those builds, and ready within 2 minutes",
)
def upgraded_to_other_builds(release: Release, session: Session, other_builds: dict[str, str], within: float) -> None:
    """Upgrades the release to the other images; it has a new revision then, and every workload is rolled out."""
    note(f"revision {release.upgrade(session.config.image_values(other_builds))}")
    release.wait_until_ready(within)


@given(
    "requests go on all the while, {rate:d} of each a second",
    target_fixture="traffic",
    example="requests go on all the while, 10 of each a second",
)
def requests_go_on(
    release: Release,
    session: Session,
    lives: Lives,
    rate: int,
    datatable: list[list[str]],
    request: pytest.FixtureRequest,
) -> Traffic:
    """A pod out of the reach of faults sends the requests of a table at that rate, whatever comes of them.

    The table is `| name | path |` and any of `method` (GET), `body` (JSON, in which `$CONTENT` is another each time),
    `connections` (`new` or `kept` alive), `takes` (how long sending the body takes), `tier` (straight to its Service,
    not through the Ingress) and `says` (a header that names a further pod; X-Served-By names the one that answers). The
    scenario goes on when each was answered well once.
    """
    return sent(release, session, rate, datatable, request)


def sent(
    release: Release, session: Session, rate: int, datatable: list[list[str]], request: pytest.FixtureRequest
) -> Traffic:
    """Requests of a table, so many of each a second, from here on to the end of the scenario at most."""
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


@assertion('every "{component}" pod has answered, those of the image before and those of the image now', timed=False)
def all_have_answered(traffic: Traffic, lives: Lives, component: str) -> None:
    """Each pod of the tier that was there since requests go on named itself in an answer; the images are others now."""
    note(replaced.must_all_have_answered(lives, component, traffic.answers()))


@assertion(
    'requests "{name}" under way in each "{component}" pod that was told to end were answered by it',
    timed=False,
    example='requests "slow order" under way in each "backend" pod that was told to end were answered by it',
)
def under_way_were_answered(traffic: Traffic, lives: Lives, name: str, component: str) -> None:
    """Such a request had begun before kubelet stopped the pod, and that very pod answered it over a second later."""
    note(replaced.must_finish_what_is_under_way(lives, component, name, traffic.answers()))


@assertion(
    'every container of the replaced "{components}" pods ended by itself, with a quarter of its time to spare',
    timed=False,
    example='every container of the replaced "api, web" pods ended by itself, with a quarter of its time to spare',
)
def ended_by_themselves(lives: Lives, components: str) -> None:
    """None was killed because its time was over: each ended on the signal, well before that."""
    for sentence in replaced.must_end_by_themselves(lives, components.split(", ")):
        note(sentence)


@assertion(
    'for {budgets:d} liveness budgets every "{component}" pod is unready, gets no request and is not restarted',
    timed=False,
    example='for 3 liveness budgets every "backend" pod is unready, gets no request and is not restarted',
)
def left_alone(release: Release, traffic: Traffic, budgets: int, component: str) -> None:
    """Watched for so many times as long as the liveness probe takes to fail as often as it may.

    The control is that each of these pods had answered some of the requests before.
    """
    for sentence in landing.must_be_left_alone(release, component, traffic, budgets=budgets):
        note(sentence)


@assertion(
    '{count:d} more of each request are answered well, some by each "{component}" pod within {within:duration}',
    timed=False,
    example='20 more of each request are answered well, some by each "backend" pod within 1 minute',
)
def good_again(release: Release, traffic: Traffic, count: int, component: str, within: float) -> None:
    """What failed before does not count: of those that begin now none fails, and every pod of the tier takes part.

    Chance spreads them, so requests go on until each pod has answered some, for the duration at most.
    """
    for sentence in landing.must_all_be_good_again(release, component, traffic, count=count, within=within):
        note(sentence)
