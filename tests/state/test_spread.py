"""Replicas spread over nodes: which nodes count, and what is not even."""

from __future__ import annotations

from types import SimpleNamespace as Object
from typing import Any

import pytest

from kube_acceptance.errors import AcceptanceError, FaultError
from kube_acceptance.fault import prefer_node
from kube_acceptance.state.spread import must_be_even


def node(name: str, *effects: str, ready: bool = True, cordoned: bool = False) -> Any:
    return Object(
        metadata=Object(name=name),
        spec=Object(unschedulable=cordoned, taints=[Object(effect=effect) for effect in effects]),
        status=Object(conditions=[Object(type="Ready", status=str(ready))]),
    )


def pod(name: str, where: str, *, ready: bool = True) -> Any:
    conditions = [Object(type="Ready", status=str(ready))]
    return Object(metadata=Object(name=name), spec=Object(node_name=where), status=Object(conditions=conditions))


def release(nodes: list[Any], *pods: Any) -> Any:
    core = Object(list_node=lambda: Object(items=nodes))
    return Object(name="shop", cluster=Object(core=core), serving_pods=lambda _="": list(pods))


TWO = [node("a", "PreferNoSchedule"), node("b")]


def test_no_node_has_over_one_pod_more_than_another() -> None:
    found = release(TWO, pod("1", "a"), pod("2", "b"), pod("3", "b"))
    assert must_be_even(found, "web") == "web pods: 1 on a, 2 on b"


def test_pods_on_one_of_two_nodes_are_told_with_their_numbers() -> None:
    with pytest.raises(AcceptanceError) as caught:
        must_be_even(release(TWO, pod("1", "b"), pod("2", "b")), "web")
    assert str(caught.value) == "the web pods are not spread over the nodes: 0 on a, 2 on b"


@pytest.mark.parametrize(
    "other", [node("a", "NoSchedule"), node("a", "NoExecute"), node("a", cordoned=True), node("a", ready=False)]
)
def test_nodes_that_take_no_pods_do_not_count(other: Any) -> None:
    one = release([other, node("b")], pod("1", "b"), pod("2", "b"))
    said: list[str] = []
    one.cluster.provider = Object(too_few_nodes=said.append)
    with pytest.raises(AcceptanceError) as caught:
        must_be_even(one, "web")
    assert str(caught.value) == "2 web pods on 1 nodes that take pods cannot be spread"
    assert said == ["web pods cannot be spread"]
    three = release([other, node("b"), node("c")], pod("1", "b"), pod("2", "c"))
    assert must_be_even(three, "web") == "web pods: 1 on b, 1 on c"


def test_one_pod_says_nothing_of_a_spread() -> None:
    with pytest.raises(AcceptanceError) as caught:
        must_be_even(release(TWO, pod("1", "b")), "web")
    assert str(caught.value) == "1 web pods on 2 nodes that take pods cannot be spread"


def test_a_pod_that_is_not_ready_is_told() -> None:
    with pytest.raises(AcceptanceError) as caught:
        must_be_even(release(TWO, pod("1", "a"), pod("2", "b", ready=False)), "web")
    assert str(caught.value) == "pod 2 is not ready"


def test_one_node_cannot_be_preferred() -> None:
    cluster: Any = release([node("a"), node("b", "NoSchedule")]).cluster
    said: list[str] = []
    cluster.provider = Object(must_be_own=lambda what: None, too_few_nodes=said.append)
    with pytest.raises(FaultError) as caught:
        prefer_node(cluster, labels={}, afterwards=Object())  # type: ignore[arg-type]
    assert str(caught.value) == "fewer than two nodes take pods, so none can be preferred"
    assert said == ["none can be preferred"]
