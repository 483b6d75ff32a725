"""Which nodes take pods: all of them for a while, or one no more; and how they are put back."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from typing import Any

from kube_acceptance.cluster import Cluster
from kube_acceptance.errors import FaultError
from kube_acceptance.wait.rollout import is_ready

REFUSES = "NoSchedule"
BARS = (REFUSES, "NoExecute")
BY_KUBERNETES = "node.kubernetes.io/"  # the taints by which Kubernetes itself keeps pods off a node that is not well
DISLIKED = "kube-acceptance/disliked"  # the taint for which the scheduler likes other nodes better
BEFORE = "kube-acceptance/before"  # the annotation that keeps what a node was like, in case that a run is killed


def let_every_node_take_pods(cluster: Cluster, *, labels: Mapping[str, str], afterwards: contextlib.ExitStack) -> str:
    """Take away the taints by which administrators keep pods off nodes, such as the control plane's.

    Args:
        cluster: The cluster.
        labels: Those of what this run makes; a changed node carries them until it is put back.
        afterwards: Is given what puts the taints back, however the scenario ends.

    Returns:
        What was taken away.

    Raises:
        FaultError: A node takes no pods for another reason, or there is only one node.
    """
    cluster.provider.must_be_own("taints of its nodes")
    nodes = cluster.core.list_node().items
    if len(nodes) < 2:
        cluster.provider.too_few_nodes("pods have nowhere else to go")
        raise FaultError("the cluster has one node, so pods have nowhere else to go")
    refusing = {node.metadata.name: _refusing(node) for node in nodes}
    for name, taints in refusing.items():
        if ill := [taint.key for taint in taints if taint.key.startswith(BY_KUBERNETES)]:
            raise FaultError(f"node {name} takes no pods: {', '.join(ill)}")
    taken = []
    for name, taints in refusing.items():
        for taint in taints:
            _remember(cluster, name, labels, afterwards)
            cluster.kubectl("taint", "nodes", name, f"{taint.key}:{REFUSES}-")
            taken.append(f"{taint.key} of node {name}")
    return f"{len(nodes)} nodes take pods" + (f", without the taint {', '.join(taken)}" if taken else "")


def prefer_node(cluster: Cluster, *, labels: Mapping[str, str], afterwards: contextlib.ExitStack) -> str:
    """Let the scheduler like one node better than all others, which still take every pod.

    The taint weighs more than what it prefers by itself, such as an even spread (the default weights of
    kube-scheduler's plugins: TaintToleration 3, PodTopologySpread 2): unless a rule forbids it, pods gather there.

    Args:
        cluster: The cluster.
        labels: Those of what this run makes; a changed node carries them until it is put back.
        afterwards: Is given what puts the nodes back, however the scenario ends.

    Returns:
        Which node that is.

    Raises:
        FaultError: Fewer than two nodes take pods, so that there is none to prefer to another.
    """
    cluster.provider.must_be_own("taints of its nodes")
    liked, *others = takers(cluster) or [""]
    if not others:
        cluster.provider.too_few_nodes("none can be preferred")
        raise FaultError("fewer than two nodes take pods, so none can be preferred")
    for node in others:
        _remember(cluster, node, labels, afterwards)
        cluster.kubectl("taint", "nodes", node, f"{DISLIKED}:PreferNoSchedule", "--overwrite")
    return f"the scheduler likes node {liked} better than {', '.join(others)}"


def takers(cluster: Cluster) -> list[str]:
    """The names of the nodes that are ready and take any pod, in their order."""
    nodes = cluster.core.list_node().items
    return sorted(
        node.metadata.name
        for node in nodes
        if is_ready(node)
        and not node.spec.unschedulable
        and not any(taint.effect in BARS for taint in node.spec.taints or [])
    )


def cordon(cluster: Cluster, node: str, *, labels: Mapping[str, str], afterwards: contextlib.ExitStack) -> None:
    """Let a node take no more pods.

    Args:
        cluster: The cluster.
        node: The node.
        labels: Those of what this run makes; the node carries them until it is put back.
        afterwards: Is given what puts the node back, however the scenario ends.

    Raises:
        FaultError: It took none before, or takes them still.
    """
    cluster.provider.must_be_own(f"whether node {node} takes pods")
    if cluster.core.read_node(node).spec.unschedulable:
        raise FaultError(f"node {node} takes no pods already, so to cordon it would prove nothing")
    _remember(cluster, node, labels, afterwards)
    _set(cluster, node, unschedulable=True)
    if not cluster.core.read_node(node).spec.unschedulable:
        raise FaultError(f"node {node} was cordoned, but takes pods still")


def uncordon(cluster: Cluster, node: str) -> str:
    """Let a node take pods again.

    Raises:
        FaultError: It takes none still.
    """
    _set(cluster, node, unschedulable=False)
    if cluster.core.read_node(node).spec.unschedulable:
        raise FaultError(f"node {node} was uncordoned, but takes no pods still")
    return f"node {node} takes pods"


def put_back(cluster: Cluster, node: str) -> None:
    """Let a node take pods as it did before a fault changed that; does nothing to a node that none has changed."""
    found: Any = cluster.core.read_node(node)
    kept = (found.metadata.annotations or {}).get(BEFORE)
    if kept is None:
        return
    before = json.loads(kept)
    if any(taint.key == DISLIKED for taint in found.spec.taints or []):
        cluster.kubectl("taint", "nodes", node, f"{DISLIKED}-")
    for key, value in before["taints"]:
        words = f"{key}={value}" if value else key
        cluster.kubectl("taint", "nodes", node, f"{words}:{REFUSES}", "--overwrite")
    uncordon(cluster, node)
    gone = {"labels": dict.fromkeys(before["labels"]), "annotations": {BEFORE: None}}
    cluster.core.patch_node(node, {"metadata": gone})


def _remember(cluster: Cluster, node: str, labels: Mapping[str, str], afterwards: contextlib.ExitStack) -> None:
    """Write down at the node itself what it is like, unless that is done, and have it put back in the end."""
    found: Any = cluster.core.read_node(node)
    if BEFORE in (found.metadata.annotations or {}):
        return
    before = {"taints": [(taint.key, taint.value or "") for taint in _refusing(found)], "labels": sorted(labels)}
    afterwards.callback(put_back, cluster, node)
    kept = {"labels": dict(labels), "annotations": {BEFORE: json.dumps(before)}}
    cluster.core.patch_node(node, {"metadata": kept})


def _refusing(node: Any) -> list[Any]:
    return [taint for taint in node.spec.taints or [] if taint.effect == REFUSES]


def _set(cluster: Cluster, node: str, *, unschedulable: bool) -> None:
    cluster.core.patch_node(node, {"spec": {"unschedulable": unschedulable}})
