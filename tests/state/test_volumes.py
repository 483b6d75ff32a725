"""Pods that wait for the node where their volume is."""

from __future__ import annotations

from types import SimpleNamespace as Object
from typing import Any

import pytest

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.state import volumes

AFFINITY = "0/2 nodes are available: 1 node(s) didn't match PersistentVolume's node affinity"


def release(*, node: str = "worker", placed: Any = None, where: str | None = None) -> Any:
    """A release whose pod has a claim on a volume of a node, and this condition."""
    spec = Object(
        node_name=where,
        containers=[Object(volume_mounts=[Object(name="data")])],
        volumes=[Object(name="data", persistent_volume_claim=Object(claim_name="claim"))],
    )
    phase = "Running" if where else "Pending"
    pod = Object(
        metadata=Object(name="db"), spec=spec, status=Object(phase=phase, conditions=[placed] if placed else None)
    )
    term = Object(match_expressions=[Object(key="kubernetes.io/hostname", operator="In", values=[node])])
    affinity = Object(required=Object(node_selector_terms=[term]))
    claim = Object(metadata=Object(name="claim", uid="1"), spec=Object(volume_name="pv"))
    core = Object(
        read_namespaced_persistent_volume_claim=lambda name, namespace: claim,
        read_persistent_volume=lambda name: Object(spec=Object(node_affinity=affinity)),
    )
    return Object(namespace="shop", cluster=Object(core=core), pods=lambda component: [pod])


def unplaced(message: str) -> Any:
    return Object(type="PodScheduled", status="False", reason="Unschedulable", message=message)


def test_a_pod_waits_for_its_volumes_node_when_the_scheduler_says_so() -> None:
    said = volumes.must_wait_for_node(release(placed=unplaced(AFFINITY)), "database", "worker")
    assert said == f"pod db: {AFFINITY}"


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (release(node="other"), "volume pv of pod db is pinned to other, not to worker"),
        (
            release(placed=Object(type="PodScheduled", status="True", reason="", message=""), where="worker"),
            "pod db is Running on node worker, and waits for none",
        ),
        (release(), "pod db is Pending on no node, and nothing is said of why"),
        (
            release(placed=unplaced("0/2 nodes are available: 2 Insufficient memory")),
            "pod db waits for another reason than its volume: 0/2 nodes are available: 2 Insufficient memory",
        ),
    ],
)
def test_any_other_state_is_told(found: Any, said: str) -> None:
    with pytest.raises(AcceptanceError) as caught:
        volumes.must_wait_for_node(found, "database", "worker")
    assert str(caught.value) == said


def test_a_volume_without_affinity_is_pinned_to_no_node() -> None:
    assert volumes.nodes_of(Object(spec=Object(node_affinity=None))) == []
