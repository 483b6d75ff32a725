"""Which nodes take pods: all of them for a while, or one no more."""

from __future__ import annotations

import contextlib
from typing import Any

from kube_acceptance.cluster import Cluster
from kube_acceptance.errors import FaultError

REFUSES = "NoSchedule"
BY_KUBERNETES = "node.kubernetes.io/"  # the taints by which Kubernetes itself keeps pods off a node that is not well


def let_every_node_take_pods(cluster: Cluster, *, afterwards: contextlib.ExitStack) -> str:
    """Take away the taints by which administrators keep pods off nodes, such as the control plane's.

    Args:
        cluster: The cluster.
        afterwards: Is given what puts the taints back, however the scenario ends.

    Returns:
        What was taken away.

    Raises:
        FaultError: A node takes no pods for another reason, or there is only one node.
    """
    nodes = cluster.core.list_node().items
    if len(nodes) < 2:
        raise FaultError("the cluster has one node, so pods have nowhere else to go")
    taken = []
    for node in nodes:
        for taint in [one for one in node.spec.taints or [] if one.effect == REFUSES]:
            if taint.key.startswith(BY_KUBERNETES):
                raise FaultError(f"node {node.metadata.name} takes no pods: {taint.key}")
            words = f"{taint.key}={taint.value}" if taint.value else taint.key
            afterwards.callback(
                cluster.kubectl, "taint", "nodes", node.metadata.name, f"{words}:{REFUSES}", "--overwrite"
            )
            cluster.kubectl("taint", "nodes", node.metadata.name, f"{taint.key}:{REFUSES}-")
            taken.append(f"{taint.key} of node {node.metadata.name}")
    return f"{len(nodes)} nodes take pods" + (f", without the taint {', '.join(taken)}" if taken else "")


def cordon(cluster: Cluster, node: str) -> None:
    """Let a node take no more pods.

    Raises:
        FaultError: It took none before, or takes them still.
    """
    if _unschedulable(cluster, node):
        raise FaultError(f"node {node} takes no pods already, so to cordon it would prove nothing")
    _set(cluster, node, unschedulable=True)
    if not _unschedulable(cluster, node):
        raise FaultError(f"node {node} was cordoned, but takes pods still")


def uncordon(cluster: Cluster, node: str) -> str:
    """Let a node take pods again.

    Raises:
        FaultError: It takes none still.
    """
    _set(cluster, node, unschedulable=False)
    if _unschedulable(cluster, node):
        raise FaultError(f"node {node} was uncordoned, but takes no pods still")
    return f"node {node} takes pods"


def _set(cluster: Cluster, node: str, *, unschedulable: bool) -> None:
    cluster.core.patch_node(node, {"spec": {"unschedulable": unschedulable or None}})


def _unschedulable(cluster: Cluster, node: str) -> bool:
    found: Any = cluster.core.read_node(node)
    return bool(found.spec.unschedulable)
