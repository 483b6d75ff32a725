"""Nodes restarted."""

from __future__ import annotations

from kube_acceptance.errors import FaultError
from kube_acceptance.release import Release
from kube_acceptance.wait import Seen, eventually


def restart_node(release: Release, node: str, *, within: float) -> str:
    """Restart a node that runs pods of a release, and wait until their containers run anew and the release is ready.

    Args:
        release: The release.
        node: The node.
        within: Seconds for the containers to be started anew, and again for the release to be ready.

    Returns:
        The proof that the node restarted.

    Raises:
        FaultError: No pod of the release runs there, or the node did not restart.
        WaitError: The containers were not started anew, or the release did not become ready again.
    """
    before = _containers(release, node)
    if not before:
        raise FaultError(f"no pod of release {release.name} runs on node {node}, so its restart would prove nothing")
    proof = release.cluster.provider.restart_node(node)
    eventually(
        f"the containers on node {node} to be started anew",
        lambda: _anew(before, _containers(release, node)),
        within=within,
    )
    release.wait_until_ready(within)
    return proof


def _containers(release: Release, node: str) -> dict[str, str]:
    """The IDs of the running containers of a release's pods on a node, by pod and container."""
    return {
        f"{pod.metadata.name}/{status.name}": str(status.container_id)
        for pod in release.serving_pods()
        if pod.spec.node_name == node
        for status in pod.status.container_statuses or []
        if status.state.running
    }


def _anew(before: dict[str, str], now: dict[str, str]) -> Seen[None]:
    waiting = sorted(name for name, known in before.items() if now.get(name, known) == known)
    return Seen(not waiting, f"{len(waiting)} of {len(before)} containers not started anew: {', '.join(waiting)}")
