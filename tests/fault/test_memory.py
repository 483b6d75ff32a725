"""Containers out of memory: the proof that the kernel killed them for it, and what is none."""

from __future__ import annotations

from types import SimpleNamespace as Object
from typing import Any

import pytest
from fault_objects import failed, pod, status, unwatched

from kube_acceptance.errors import FaultError, WaitError
from kube_acceptance.fault import exhaust_memory, memory


class Node:
    """A node that takes a container's memory, after which the container is what it says."""

    def __init__(self, said: Any, *after: Any) -> None:
        self.said = said
        self.after = list(after)
        self.asked: list[tuple[str, ...]] = []

    def on_node(self, node: str, *command: str, input: bytes) -> str:
        assert node == "worker"
        self.asked.append(command)
        if isinstance(self.said, Exception):
            raise self.said
        return str(self.said)


def ended(reason: str, *, restarts: int = 1, exit_code: int = 137) -> Any:
    found = status(restarts=restarts, exit_code=exit_code)
    found.last_state.terminated.reason = reason
    return found


def exhaust(node: Node, *before: Any) -> list[str]:
    def serving(_: str = "") -> list[Any]:
        return [pod(*(node.after if node.asked else before))] if before else []

    cluster = Object(provider=node, new_client=None)
    release: Any = Object(name="shop", namespace="shop", cluster=cluster, serving_pods=serving)
    return exhaust_memory(release, "web", within=0)


@pytest.fixture(autouse=True)
def _unwatched(monkeypatch: pytest.MonkeyPatch) -> None:
    unwatched(monkeypatch, memory)


def test_no_container_is_no_fault() -> None:
    with pytest.raises(FaultError) as caught:
        exhaust(Node(""))
    assert str(caught.value) == "no web container of release shop runs, so none can run out of memory"


def test_the_proof_is_the_reason_of_its_end_and_one_restart_more() -> None:
    node = Node("TAKEN 335544320 268435456", ended("OOMKilled"))
    assert exhaust(node, status()) == [
        "container app of pod web was killed at its limit of 256 MiB (OOMKilled), and runs anew"
    ]
    assert node.asked == [("sh", "-s", "1", "2147483648", "67108864")]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("GONE", "it is gone"),
        ("UNLIMITED 9223372036854771712", "its limit is 9223372036854771712 bytes"),
        ("UNLIMITED max", "its limit is max bytes"),
        ("", "its node says nothing"),
    ],
)
def test_memory_that_cannot_be_used_up_is_no_fault(said: str, why: str) -> None:
    with pytest.raises(FaultError) as caught:
        exhaust(Node(said), status())
    assert str(caught.value) == f"the memory of container app of pod web cannot be used up: {why}"


def test_a_node_that_cannot_be_asked_is_told() -> None:
    with pytest.raises(FaultError) as caught:
        exhaust(Node(failed("no such node")), status())
    assert caught.value.summary == "the memory of container app of pod web cannot be used up"


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (ended("Error"), "Error, exit status 137, 1 restarts"),
        (ended("OOMKilled", exit_code=1), "OOMKilled, exit status 1, 1 restarts"),
        (ended("OOMKilled", restarts=2), "OOMKilled, exit status 137, 2 restarts"),
        (status(restarts=1), "nothing is told of its end, 1 restarts"),
    ],
)
def test_another_end_is_no_want_of_memory(after: Any, said: str) -> None:
    with pytest.raises(FaultError) as caught:
        exhaust(Node("TAKEN 3 2", after), status())
    assert str(caught.value) == f"container app of pod web was not just killed once for want of memory: {said}"


def test_a_container_that_was_not_killed_is_told() -> None:
    with pytest.raises(WaitError) as caught:
        exhaust(Node("TAKEN 3 2", status()), status())
    assert "1 of 1 containers have not ended and run anew" in caught.value.summary
