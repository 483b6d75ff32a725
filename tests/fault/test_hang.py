"""Processes that hang, and such that start slowly: what proves it, and what is no fault."""

from __future__ import annotations

from contextlib import ExitStack
from types import SimpleNamespace as Object
from typing import Any

import pytest
from fault_objects import pod, status, unwatched

from kube_acceptance.errors import FaultError, WaitError
from kube_acceptance.fault import await_restart_by_liveness, hang, hang_containers, must_have_started_once
from kube_acceptance.fault.hang import Hung, go_on
from kube_acceptance.fault.slow_start import _must_show_something

KILLED_FOR_IT = Object(reason="Killing", message="Container app failed liveness probe, will be restarted")
HUNG = Hung("container app of pod web", "web", "app", "worker", "containerd://0", 0, "T (stopped)")


class Cluster:
    """One pod's node and events."""

    def __init__(self, *states: str, events: tuple[Any, ...] = (KILLED_FOR_IT,), now: Any = None) -> None:
        self.states = list(states)
        self.sent: list[str] = []
        self.events = events
        self.core = self.provider = self
        self.new_client = object
        self.now = now

    def signal_container(self, node: str, container: str, signal: str) -> str:
        self.sent.append(signal)
        return self.states.pop(0) if self.states else "R (running)"

    def list_namespaced_event(self, namespace: str, field_selector: str) -> Any:
        assert field_selector == "involvedObject.kind=Pod,involvedObject.name=web"
        return Object(items=list(self.events))

    def read_namespaced_pod(self, name: str, namespace: str) -> Any:
        return pod(self.now)


def release(cluster: Cluster, *statuses: Any) -> Any:
    pods = [pod(*statuses)] if statuses else []
    return Object(name="shop", namespace="shop", cluster=cluster, serving_pods=lambda _="": pods)


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kube_acceptance.wait.until._rest", lambda *_: None)
    unwatched(monkeypatch, hang)


def test_that_it_hangs_is_proved_by_the_kernel_and_it_goes_on_in_the_end() -> None:
    cluster = Cluster("R (running)", "T (stopped)")
    with ExitStack() as afterwards:
        [found] = hang_containers(release(cluster, status()), "web", afterwards=afterwards)
        assert str(found) == "container app of pod web: its first process is T (stopped)"
        assert cluster.sent == ["STOP", "STOP"]
    assert cluster.sent == ["STOP", "STOP", "CONT"]


def test_no_container_is_no_fault() -> None:
    with pytest.raises(FaultError) as caught, ExitStack() as afterwards:
        hang_containers(release(Cluster()), "web", afterwards=afterwards)
    assert str(caught.value) == "no web container of release shop runs, so none can be made to hang"


def test_a_restart_by_the_liveness_probe_is_proved() -> None:
    anew = release(Cluster(), status(restarts=1, exit_code=137))
    assert await_restart_by_liveness(anew, [HUNG], within=1) == [
        "container app of pod web: Container app failed liveness probe, will be restarted; exit status 137, "
        "restarts 0 before, 1 now"
    ]


@pytest.mark.parametrize(
    ("restarts", "code", "events", "said"),
    [
        (2, 137, (KILLED_FOR_IT,), "container app of pod web was not just restarted once: exit status 137, 2 restarts"),
        (1, 0, (KILLED_FOR_IT,), "container app of pod web was not just restarted once: exit status 0, 1 restarts"),
        (1, 137, (), "container app of pod web was restarted, but no event says that its liveness probe led to it"),
    ],
)
def test_another_restart_is_none(restarts: int, code: int, events: tuple[Any, ...], said: str) -> None:
    with pytest.raises(FaultError) as caught:
        await_restart_by_liveness(
            release(Cluster(events=events), status(restarts=restarts, exit_code=code)), [HUNG], within=1
        )
    assert caught.value.summary == said


def test_a_container_that_hangs_on_is_told() -> None:
    still = Hung("container app of pod web", "web", "app", "worker", "containerd://1", 0, "T (stopped)")
    with pytest.raises(WaitError) as caught:
        await_restart_by_liveness(release(Cluster(), status()), [still], within=0)
    assert caught.value.summary.startswith("0 of 1 containers that hung run anew (waited for 1 containers that hang")


def test_what_was_not_stopped_all_the_while_was_not_slow() -> None:
    go_on(release(Cluster("T (stopped)", "R (running)")), HUNG)
    with pytest.raises(FaultError) as caught:
        go_on(release(Cluster("S (sleeping)")), HUNG)
    assert str(caught.value) == "container app of pod web was not stopped all the while: it is S (sleeping)"
    with pytest.raises(FaultError) as caught:
        go_on(release(Cluster("T (stopped)", "gone")), HUNG)
    assert str(caught.value) == "container app of pod web does not go on: it is gone"


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (status(restarts=1), "container app of pod web has been restarted 1 times"),
        (status(), "container app of pod web is not ready yet"),
    ],
)
def test_what_did_not_start_once(now: Any, said: str) -> None:
    held = Hung("container app of pod web", "web", "app", "worker", "containerd://1", 0, "T (stopped)")
    with pytest.raises(FaultError) as caught:
        must_have_started_once(release(Cluster(now=now)), held)
    assert str(caught.value) == said
    ready = release(Cluster(now=status(ready=True)))
    assert must_have_started_once(ready, held) == "container app of pod web is ready, restarts 0"


@pytest.mark.parametrize(
    ("lasting", "said"),
    [
        (25, "a liveness probe waits for 25 s, so a start that takes 25 s shows nothing"),
        (60, "a startup probe waits for 60 s at least, so a start may not take 60 s"),
        (26, ""),
    ],
)
def test_a_start_must_be_slow_but_not_too_slow(lasting: float, said: str) -> None:
    liveness = Object(failure_threshold=5, period_seconds=2, timeout_seconds=5)
    startup = Object(failure_threshold=60, period_seconds=1)
    container = Object(liveness_probe=liveness, startup_probe=startup)
    if said:
        with pytest.raises(FaultError) as caught:
            _must_show_something(container, lasting)
        assert str(caught.value) == said
    else:
        _must_show_something(container, lasting)
