"""Containers frozen whole: what proves it, what thaws them whatever happens, and what is no fault."""

from __future__ import annotations

from contextlib import ExitStack
from types import SimpleNamespace as Object
from typing import Any

import pytest
from fault_objects import failed, pod, status

from kube_acceptance.errors import FaultError
from kube_acceptance.fault import Frozen, freeze_containers, thaw_containers


class Node:
    """A node that answers for its containers' states, and remembers what it was asked to do."""

    def __init__(self, **states: str) -> None:
        self.states = {"pause": "FROZEN 8 said", "resume": "THAWED 9", **states}
        self.asked: list[str] = []

    def on_node(self, node: str, *command: str, input: bytes) -> str:
        assert node == "worker"
        assert command[:3] == ("sh", "-s", "1")
        self.asked.append(command[3])
        return f"{self.states[command[3]]}\n"


def release(node: Node, *statuses: Any) -> Any:
    cluster = Object(provider=node)
    return Object(name="shop", cluster=cluster, serving_pods=lambda _="": [pod(*statuses)] if statuses else [])


def freeze(node: Node, *statuses: Any, name: str = "") -> tuple[list[Frozen], list[str]]:
    with ExitStack() as afterwards:
        return freeze_containers(release(node, *statuses), "web", name, afterwards=afterwards)


def test_freezing_no_container_is_no_fault() -> None:
    with pytest.raises(FaultError) as caught:
        freeze(Node())
    assert str(caught.value) == "no web container of release shop runs, so none can be frozen"
    with pytest.raises(FaultError) as caught:
        freeze(Node(), status("app"), name="sidecar")
    assert str(caught.value) == "no container sidecar of a web pod of release shop runs, so none can be frozen"


def test_frozen_is_proved_by_the_kernel_and_thawed_in_the_end() -> None:
    node = Node()
    frozen, proof = freeze(node, status())
    assert frozen == [Frozen("container app of pod web", "worker", "containerd://1", 0)]
    assert proof == ["container app of pod web: 8 processes FROZEN"]
    assert node.asked == ["pause", "resume"]


def test_one_pod_of_a_tier_alone() -> None:
    node = Node()
    both = Object(name="shop", cluster=Object(provider=node), serving_pods=lambda _="": [pod(status()), other])
    other = pod(status(), name="web-2")
    with ExitStack() as afterwards:
        frozen, _ = freeze_containers(both, "web", pod="web-2", afterwards=afterwards)
    assert [each.where for each in frozen] == ["container app of pod web-2"]


@pytest.mark.parametrize(
    ("answer", "said"), [("THAWED 8 cannot pause", "it is THAWED: cannot pause"), ("GONE", "it is GONE: ")]
)
def test_what_is_not_frozen_is_no_fault_and_thawed_all_the_same(answer: str, said: str) -> None:
    node = Node(pause=answer)
    with pytest.raises(FaultError) as caught:
        freeze(node, status())
    assert str(caught.value) == f"container app of pod web was not frozen, {said}"
    assert node.asked == ["pause", "resume"]


def test_a_frozen_container_without_processes_is_no_fault() -> None:
    with pytest.raises(FaultError) as caught:
        freeze(Node(pause="FROZEN 0"), status())
    assert str(caught.value) == "container app of pod web was frozen, but has no process"


def test_a_node_that_does_not_answer() -> None:
    node: Any = Node()

    def broken(*_: Any, **__: Any) -> str:
        raise failed("no such container")

    node.on_node = broken
    stack = ExitStack()
    with pytest.raises(FaultError) as caught:
        freeze_containers(release(node, status()), "web", afterwards=stack)
    assert str(caught.value) == ("container app of pod web cannot be looked at on node worker\n  no such container")


FROZEN = [Frozen("container app of pod web", "worker", "containerd://1", 0)]


def test_thawed_is_proved_by_the_kernel() -> None:
    assert thaw_containers(release(Node(), status()), FROZEN) == ["container app of pod web: 9 processes THAWED"]
    with pytest.raises(FaultError) as caught:
        thaw_containers(release(Node(resume="FROZEN 8 cannot resume"), status()), FROZEN)
    assert str(caught.value) == "container app of pod web was not thawed, it is FROZEN: cannot resume"


@pytest.mark.parametrize(("answer", "restarts"), [("GONE", 0), ("THAWED 9", 1)])
def test_who_was_killed_in_its_sleep_did_not_go_on(answer: str, restarts: int) -> None:
    with pytest.raises(FaultError) as caught:
        thaw_containers(release(Node(resume=answer), status(restarts=restarts)), FROZEN)
    assert str(caught.value) == (
        "container app of pod web was killed while it was frozen, so it did not go on but was started anew"
    )
