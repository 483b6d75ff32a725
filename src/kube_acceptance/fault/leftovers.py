"""What faults of runs that were killed have left in a cluster that is used again."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from kube_acceptance.cluster import Cluster
from kube_acceptance.cluster.owner import RUN_LABEL
from kube_acceptance.fault import policy_engine
from kube_acceptance.fault.scheduling import put_back
from kube_acceptance.fault.volume import Place, remove_volume
from kube_acceptance.mesh import injection
from kube_acceptance.state.volumes import nodes_of


def mend(cluster: Cluster, of: Callable[[Mapping[str, str]], bool]) -> list[str]:
    """Put back what certain runs changed (nodes, policy engines), and remove their volumes and admission policies.

    Returns what was put back or removed.

    Args:
        cluster: The cluster.
        of: Whether labels are those of such a run.
    """
    mended = []
    for node in cluster.core.list_node(label_selector=RUN_LABEL).items:
        if of(node.metadata.labels):
            put_back(cluster, node.metadata.name)
            mended.append(f"node {node.metadata.name}")
    for volume in cluster.core.list_persistent_volume(label_selector=RUN_LABEL).items:
        if of(volume.metadata.labels):
            for node in nodes_of(volume):
                remove_volume(cluster, volume.metadata.name, Place(node, volume.spec.local.path))
            mended.append(f"volume {volume.metadata.name}")
    for name in policy_engine.left(cluster, of):
        policy_engine.start(cluster, name)
        mended.append(f"policy engine {name}")
    for name in injection.left(cluster, of):
        injection.remove(cluster, name)
        mended.append(f"admission policy {name}")
    return mended
