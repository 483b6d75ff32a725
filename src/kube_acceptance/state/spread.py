"""Replicas spread over nodes."""

from __future__ import annotations

from collections import Counter

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.fault.scheduling import takers
from kube_acceptance.release import Release
from kube_acceptance.state import pods
from kube_acceptance.wait.rollout import is_ready

SKEW = 1  # pods that a node may run more than another


def must_be_even(release: Release, component: str) -> str:
    """Fail unless no node that takes pods runs over one pod of a tier more than another; returns how many each runs.

    Raises:
        AcceptanceError: One does, or a pod is not ready, or there are not two nodes and two pods to compare.
    """
    nodes, found = takers(release.cluster), pods.serving(release, component)
    if len(nodes) < 2:
        release.cluster.provider.too_few_nodes(f"{component} pods cannot be spread")
    if len(nodes) < 2 or len(found) < 2:
        raise AcceptanceError(f"{len(found)} {component} pods on {len(nodes)} nodes that take pods cannot be spread")
    if late := next((pod.metadata.name for pod in found if not is_ready(pod)), ""):
        raise AcceptanceError(f"pod {late} is not ready")
    counts = Counter(dict.fromkeys(nodes, 0))
    counts.update(pod.spec.node_name for pod in found)
    told = ", ".join(f"{count} on {node}" for node, count in sorted(counts.items()))
    if max(counts.values()) - min(counts[node] for node in nodes) > SKEW:
        raise AcceptanceError(f"the {component} pods are not spread over the nodes: {told}")
    return f"{component} pods: {told}"
