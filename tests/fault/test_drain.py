"""Nodes drained: evictions, disruption budgets, and what is put back."""

from __future__ import annotations

import json
from contextlib import ExitStack
from types import SimpleNamespace as Object
from typing import Any

import pytest
from fault_objects import pod, unwatched
from kubernetes.client.exceptions import ApiException

from kube_acceptance.errors import FaultError, WaitError
from kube_acceptance.fault import drain, drain_node, uncordon

RUN = {"kube-acceptance/run": "1"}


class Core:
    """An API server with nodes and pods: an eviction takes the pod away, unless answers are given for it."""

    def __init__(self, *pods: Any, answers: tuple[int, ...] = (), cordoned: bool = False, deaf: bool = False) -> None:
        self.pods = list(pods)
        self.cordoned = cordoned
        self.annotations: dict[str, str] = {}
        self.evicted: list[tuple[str, str]] = []
        self._answers = list(answers)
        self._deaf = deaf

    def read_node(self, name: str) -> Any:
        return Object(
            metadata=Object(annotations=self.annotations), spec=Object(unschedulable=self.cordoned, taints=None)
        )

    def patch_node(self, name: str, body: Any) -> None:
        if "spec" in body and not self._deaf:
            self.cordoned = body["spec"]["unschedulable"]
        kept = body.get("metadata", {}).get("annotations", {})
        self.annotations = {key: value for key, value in {**self.annotations, **kept}.items() if value is not None}

    def list_namespaced_pod(self, namespace: str) -> Any:
        return Object(items=list(self.pods))

    def create_namespaced_pod_eviction(self, name: str, namespace: str, body: Any) -> None:
        uid = body.delete_options.preconditions.uid
        self.evicted.append((name, uid))
        if self._answers and (status := self._answers.pop(0)):
            error = ApiException(status=status, reason="x")
            error.body = json.dumps({"message": "the disruption budget web needs 1 healthy pods and has 1 currently"})
            raise error
        self.pods = [one for one in self.pods if one.metadata.uid != uid]


def release(core: Core) -> Any:
    provider = Object(must_be_own=lambda what: None)
    cluster = Object(core=core, new_client=None, provider=provider)
    return Object(name="shop", namespace="shop", cluster=cluster, pods=lambda: list(core.pods))


@pytest.fixture(autouse=True)
def _unwatched(monkeypatch: pytest.MonkeyPatch) -> None:
    unwatched(monkeypatch, drain)


def test_only_the_pods_that_would_go_are_evicted_by_uid_and_the_node_takes_pods_in_the_end() -> None:
    stay = [
        pod(name="elsewhere", uid="2", node="other"),
        pod(name="agent", uid="3", owners=["DaemonSet"]),
        pod(name="migration", uid="4", phase="Succeeded"),
    ]
    core = Core(pod(), *stay)
    with ExitStack() as afterwards:
        drained = drain_node(release(core), "worker", within=1, labels=RUN, afterwards=afterwards)
        assert core.cordoned
    assert core.evicted == [("web", "1")]
    assert str(drained) == "node worker takes no pods, and 1 pods are gone from it: web"
    assert not core.cordoned


def test_draining_a_node_without_pods_of_the_release_is_no_fault() -> None:
    core = Core(pod(node="other"))
    with pytest.raises(FaultError) as caught:
        drain_node(release(core), "worker", within=1, labels=RUN, afterwards=ExitStack())
    assert str(caught.value) == "no pod of release shop runs on node worker, so to drain it would prove nothing"
    assert not core.cordoned


def test_a_node_that_takes_no_pods_already_is_left_as_it_is() -> None:
    core = Core(pod(), cordoned=True)
    with pytest.raises(FaultError) as caught, ExitStack() as afterwards:
        drain_node(release(core), "worker", within=1, labels=RUN, afterwards=afterwards)
    assert str(caught.value) == "node worker takes no pods already, so to cordon it would prove nothing"
    assert core.cordoned
    assert not core.evicted


def test_a_cordon_must_take_effect() -> None:
    with pytest.raises(FaultError) as caught:
        drain_node(release(Core(pod(), deaf=True)), "worker", within=1, labels=RUN, afterwards=ExitStack())
    assert str(caught.value) == "node worker was cordoned, but takes pods still"
    with pytest.raises(FaultError) as caught:
        uncordon(release(Core(deaf=True, cordoned=True)).cluster, "worker")
    assert str(caught.value) == "node worker was uncordoned, but takes no pods still"


@pytest.mark.parametrize("answer", [404, 409])
def test_a_pod_that_is_gone_already_or_another_one_needs_no_eviction(answer: int) -> None:
    core = Core(pod(), answers=(answer,))
    looks = iter([[pod()], [pod(uid="2")]])
    core.list_namespaced_pod = lambda namespace: Object(items=next(looks))  # type: ignore[method-assign]
    drain_node(release(core), "worker", within=2, labels=RUN, afterwards=ExitStack())
    assert core.evicted == [("web", "1")]


def test_an_eviction_that_a_budget_forbids_is_asked_for_again() -> None:
    core = Core(pod(), answers=(429, 0))
    drain_node(release(core), "worker", within=3, labels=RUN, afterwards=ExitStack())
    assert len(core.evicted) == 2


def test_a_budget_that_forbids_it_for_ever_is_named() -> None:
    core = Core(pod(), answers=(429,) * 9)
    with pytest.raises(WaitError) as caught, ExitStack() as afterwards:
        drain_node(release(core), "worker", within=0.01, labels=RUN, afterwards=afterwards)
    assert caught.value.summary == (
        "1 of 1 pods are there still: web; web is kept: the disruption budget web needs 1 healthy pods and has 1 "
        "currently (waited for 1 pods of release shop to leave node worker; not within 0.01 s)"
    )
    assert not core.cordoned
