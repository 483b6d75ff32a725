"""Calls from tier to tier under fault: they end in time, are repeated within a budget, and shed where that is better.

The tier that calls says in a header of its answer how often it sent the request on, and in the body of an error why.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack

import pytest

from kube_acceptance import fault
from kube_acceptance.errors import FaultError
from kube_acceptance.release import Release
from kube_acceptance.report import note
from kube_acceptance.steps.ledger import of_project
from kube_acceptance.traffic import Traffic, passed_on
from kube_acceptance.vocabulary import assertion, rows, when
from kube_acceptance.vocabulary.durations import seconds


@when(
    'the container "{name}" is frozen in the "{component}" pod that "{header}" named last for "{asked}"',
    target_fixture="frozen",
    example='the container "api" is frozen in the "api" pod that "X-Api-Pod" named last for "read"',
)
def last_named_frozen(
    release: Release, traffic: Traffic, name: str, component: str, header: str, asked: str, afterwards: ExitStack
) -> list[fault.Frozen]:
    """Freezes one of a tier's pods: the one to which connections lead, because it has just answered a request."""
    named = [one.said.get(header, "") for one in traffic.answers() if one.request == asked]
    if not (pod := next((each for each in reversed(named) if each), "")):
        raise FaultError(f"no answer to {asked} named a pod in {header}, so none can be frozen")
    frozen, proof = fault.freeze_containers(release, component, name, pod=pod, afterwards=afterwards)
    for line in proof:
        note(line)
    return frozen


@assertion(
    'a "{name}" was answered well at its second attempt, by "{header}", and not by the frozen pod',
    trouble=True,
    example='a "read" was answered well at its second attempt, by "X-Attempts", and not by the frozen pod',
)
def saved(traffic: Traffic, frozen: list[fault.Frozen], name: str, header: str) -> None:
    """The first attempt ended by its time-out, because the pod is frozen; another pod answered the second."""
    note(passed_on.must_be_saved(traffic, name, header, without=frozen[0].where.rpartition(" ")[2]))


@assertion(
    '{count:d} more of each of "{names}" are answered in these ways, each of them seen',
    timed=False,
    example='40 more of each of "read, write" are answered in these ways, each of them seen',
)
def answered_so(traffic: Traffic, count: int, names: str, datatable: list[list[str]]) -> None:
    """Each is answered in a way of the table `| answer | half within | within |`, in its time, and each way occurs.

    One half of those answered in a way must be so in the first time, and all in the second. A way is the error's code,
    where it was noted (`json:PATH` in the column `says`), else the status.
    """
    ways = [
        passed_on.Way(row["answer"], within=seconds(row["within"]), half=seconds(row["half within"]))
        for row in rows(datatable)
    ]
    for sentence in passed_on.must_be_answered_so(traffic, names.split(", "), ways, count=count):
        note(sentence)


@assertion(
    'by "{header}" some "{name}" were sent on again, within {reserve:d} and {percent:d} % of each "{component}" pod',
    timed=False,
    example='by "X-Attempts" some "read" were sent on again, within 5 and 20 % of each "web" pod',
)
def within_budget(
    release: Release, traffic: Traffic, name: str, header: str, reserve: int, percent: int, component: str
) -> None:
    """Counted from the first request that failed: so many whatever is asked, and so many of 100 that were sent on."""
    pods = len(release.serving_pods(component))
    said = passed_on.must_be_sent_on_within_budget(traffic, name, header, reserve=reserve, percent=percent, pods=pods)
    note(said)


@assertion(
    'no "{name}" was sent on again, by "{header}", though some had failed',
    timed=False,
    example='no "write" was sent on again, by "X-Attempts", though some had failed',
)
def never_again(traffic: Traffic, name: str, header: str) -> None:
    """What is not the same when it comes twice is sent on once, whatever comes of it; some that were sent on failed."""
    note(passed_on.must_never_be_sent_on_again(traffic, name, header))


@assertion('no "{name}" has failed', timed=False, example='no "page" has failed')
def none_of_these_failed(traffic: Traffic, name: str) -> None:
    """Of one of the requests that go on, every one so far was answered with 2xx or 3xx."""
    note(passed_on.must_not_have_failed(traffic, name))


@assertion(
    "the last {count:d} of each request were answered well", example="the last 10 of each request were answered well"
)
def well_again(traffic: Traffic, count: int) -> None:
    """Of each request that goes on, so many in a row up to now."""
    note(passed_on.must_be_well_again(traffic, count=count))


@assertion('every "{name}" that was answered well is stored, and none of them twice', timed=False)
def stored_once(traffic: Traffic, name: str, request: pytest.FixtureRequest) -> None:
    """Ends the requests; what the project says is stored (its fixture `stored`) has each content once at most."""
    stored: Callable[[], Mapping[str, str]] = of_project(request, "stored", "what is stored")
    note(passed_on.must_be_stored_once(traffic.end(), name, stored()))
