"""Phrases on workloads with a planted fault: when a wait gives up on them, and what it says."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from pytest_bdd import parsers, then

from kube_acceptance.cluster import Cluster
from kube_acceptance.errors import AcceptanceError, WaitError
from kube_acceptance.manifests import read_manifests
from kube_acceptance.report import note
from kube_acceptance.session import Session
from kube_acceptance.vocabulary import assertion, given, some, when
from kube_acceptance.wait.workloads import Workloads

MANIFESTS = {file.stem: file for file in (Path(__file__).parent / "planted").glob("*.yaml")}
NAME = "planted"  # of every object in the manifests


class Planted:
    """A manifest, applied in a namespace of its own that enforces the restricted standard."""

    def __init__(self, session: Session, manifest: str) -> None:
        self.cluster: Cluster = session.cluster
        self.namespace = session.new_namespace(NAME)
        self.cluster.kubectl("apply", "--namespace", self.namespace, "--filename", str(MANIFESTS[manifest]))
        self.since = time.monotonic()
        objects = read_manifests(MANIFESTS[manifest].read_text())
        self.workloads = Workloads(self.cluster, self.namespace, objects)

    def bring_config_map(self) -> None:
        """Create the ConfigMap that `bad-configuration` lacks."""
        self.cluster.core.create_namespaced_config_map(
            self.namespace, {"metadata": {"name": NAME}, "data": {"word": "x"}}
        )

    def delete_pods(self) -> None:
        """Delete its pods."""
        self.cluster.core.delete_collection_namespaced_pod(self.namespace)


@dataclass(frozen=True)
class Waited:
    """How a wait ended: after how many seconds, and with what failure, if any."""

    seconds: float
    error: WaitError | None


@pytest.fixture(scope="session")
def all_planted(session: Session) -> Iterator[dict[str, Planted]]:
    """All manifests, planted at once: each scenario then waits only for what is left until its fault is certain."""
    planted: dict[str, Planted] = {}
    try:
        for name in MANIFESTS:
            planted[name] = Planted(session, name)
        yield planted
    finally:
        for one in planted.values():
            one.cluster.core.delete_namespace(one.namespace)


@given('a workload with the planted fault "{fault}"', target_fixture="workload")
def planted_fault(
    all_planted: dict[str, Planted], session: Session, fault: str, request: pytest.FixtureRequest
) -> Planted:
    """It goes with its scenario: what crashes again and again costs the others time. Who is repeated plants it anew."""
    planted = all_planted.pop(fault, None) or Planted(session, fault)
    request.addfinalizer(lambda: planted.cluster.core.delete_namespace(planted.namespace))
    return planted


@given("a healthy workload", target_fixture="workload")
def healthy(all_planted: dict[str, Planted]) -> Planted:
    return all_planted["healthy"]


@given("a workload whose ConfigMap comes {limit:duration} late", target_fixture="workload")
def late_config_map(session: Session, limit: float, request: pytest.FixtureRequest) -> Planted:
    planted = Planted(session, "bad-configuration")
    threading.Timer(limit, planted.bring_config_map).start()
    request.addfinalizer(lambda: planted.cluster.core.delete_namespace(planted.namespace))
    return planted


@when("the harness waits up to {limit:duration} for it to be ready", target_fixture="outcome")
def wait_for_it(workload: Planted, limit: float) -> Waited:
    return _timed(lambda: workload.workloads.wait_until_ready("the workload", within=limit))


@when(
    "its pods are deleted {after:d} seconds into a watch of {limit:duration} that it stays ready",
    target_fixture="outcome",
)
def watch_it(workload: Planted, after: int, limit: float) -> Waited:
    threading.Timer(after, workload.delete_pods).start()
    return _timed(lambda: workload.workloads.must_stay_ready("the workload", lasting=limit))


@assertion("it gives up within {limit:duration} of the fault being certain", timed=False)
def gave_up(workload: Planted, outcome: Waited, limit: float) -> None:
    error = _failure(outcome)
    if error.certain_for is None:
        raise AcceptanceError(f"the wait did not give up: {error.summary}", details=error.details)
    # a fault that was certain before the wait began counts from then
    late = min(error.certain_for, outcome.seconds)
    if late > limit:
        raise AcceptanceError(f"the wait gave up {late:.1f} s after the fault was certain: {error.summary}")
    after = time.monotonic() - workload.since
    note(f"given up {late:.1f} s after the fault was certain, {after:.0f} s after it was planted")


@assertion("the watch ends within {limit:duration} of the deletion, {after:d} seconds after its start", timed=False)
def watch_ended(outcome: Waited, limit: float, after: int) -> None:
    _failure(outcome)
    late = outcome.seconds - after
    if not 0 <= late <= limit:
        raise AcceptanceError(f"the watch ended {late:.1f} s after the deletion")
    note(f"ended {late:.2f} s after the deletion")


@then(parsers.parse('the first line of the failure says "{words}"'))  # the words may have quotes of their own
def first_line_says(outcome: Waited, words: str) -> None:
    first, *_ = str(_failure(outcome)).splitlines()
    if words not in first:
        raise AcceptanceError(f"the first line does not say {words!r}: {first}")
    note(first)


@assertion("it is ready", timed=False)
def is_ready(outcome: Waited) -> None:
    if outcome.error:
        raise outcome.error
    note(f"ready after {outcome.seconds:.1f} s")


@assertion('kubelet had told of "{words}"', timed=False)
def kubelet_told(workload: Planted, words: str) -> None:
    told = workload.cluster.core.list_namespaced_event(workload.namespace).items
    some((event for event in told if words in (event.message or "")), what=f"events about {words}")


def _timed(wait: Callable[[], None]) -> Waited:
    began = time.monotonic()
    try:
        wait()
    except WaitError as error:
        return Waited(time.monotonic() - began, error)
    return Waited(time.monotonic() - began, None)


def _failure(outcome: Waited) -> WaitError:
    if outcome.error is None:
        raise AcceptanceError(f"the wait ended well after {outcome.seconds:.1f} s, though it should have failed")
    return outcome.error
