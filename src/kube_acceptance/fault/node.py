"""Nodes restarted."""

from __future__ import annotations

import contextlib
from collections.abc import Collection
from dataclasses import dataclass

from kube_acceptance.cluster import Cluster
from kube_acceptance.errors import FaultError
from kube_acceptance.release import Release
from kube_acceptance.wait import Seen, eventually


@dataclass(frozen=True)
class Running:
    """A container as its node tells of it: its ID, empty while it does not run, and whether it is ready."""

    identity: str
    ready: bool


def restart_node(
    release: Release, node: str, *, within: float, afterwards: contextlib.ExitStack, lost: Collection[str] = ()
) -> str:
    """Restart a node that runs pods of a release, and wait until their containers run anew; ready they need not be.

    What else runs there, such as another scenario's release or the network plugin, stops too: the scenario does not end
    before all that was ready is so again.

    Args:
        release: The release.
        node: The node.
        within: Seconds for the release's containers to be started anew, and again for the others to be ready.
        afterwards: Is given the wait for the others.
        lost: The namespaces that nobody waits for, because a scenario has failed there.

    Returns:
        The proof that the node restarted.

    Raises:
        FaultError: No pod of the release runs there, or the node did not restart.
        WaitError: The containers were not started anew.
    """
    cluster = release.cluster
    running = {name: one for name, one in _containers(cluster, node).items() if one.identity}
    mine = {name: one for name, one in running.items() if name.startswith(f"{release.namespace}/")}
    others = {
        name: one
        for name, one in running.items()
        if name not in mine and one.ready and name.partition("/")[0] not in lost
    }
    if not mine:
        raise FaultError(f"no pod of release {release.name} runs on node {node}, so its restart would prove nothing")
    if len(cluster.core.list_node().items) < 2:
        cluster.provider.too_few_nodes("the pods that watch the release would be restarted with it")
    proof = cluster.provider.restart_node(node)
    afterwards.callback(
        eventually,
        f"{len(others)} other containers on node {node} to be ready again",
        lambda: _ready(others, _containers(cluster, node)),
        within=within,
    )
    eventually(
        f"{len(mine)} containers on node {node} to be started anew",
        lambda: _anew(mine, _containers(cluster, node)),
        within=within,
    )
    return proof


def _containers(cluster: Cluster, node: str) -> dict[str, Running]:
    """The containers of a node's pods by `namespace/pod/container`."""
    return {
        f"{pod.metadata.namespace}/{pod.metadata.name}/{status.name}": Running(
            str(status.container_id) if status.state.running else "", bool(status.ready)
        )
        for pod in cluster.core.list_pod_for_all_namespaces(field_selector=f"spec.nodeName={node}").items
        for status in pod.status.container_statuses or []
    }


def _anew(before: dict[str, Running], now: dict[str, Running]) -> Seen[None]:
    waiting = sorted(name for name, known in before.items() if not _started(known, now.get(name)))
    return Seen(not waiting, f"{len(waiting)} of {len(before)} containers not started anew: {', '.join(waiting)}")


def _ready(before: dict[str, Running], now: dict[str, Running]) -> Seen[None]:
    """Whoever is not there any more was deleted by someone else meanwhile."""
    there = {name: now[name] for name in before if name in now}
    waiting = sorted(name for name, one in there.items() if not (one.ready and _started(before[name], one)))
    return Seen(not waiting, f"{len(waiting)} of {len(there)} containers not ready again: {', '.join(waiting)}")


def _started(before: Running, now: Running | None) -> bool:
    return now is not None and now.identity not in ("", before.identity)
