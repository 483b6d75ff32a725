"""Nodes drained of the pods of one release."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kube_acceptance.errors import FaultError
from kube_acceptance.fault.eviction import evict
from kube_acceptance.fault.scheduling import cordon
from kube_acceptance.release import Release
from kube_acceptance.wait import Seen, eventually
from kube_acceptance.wait.changes import changes

ENDED = ("Succeeded", "Failed")


@dataclass(frozen=True)
class Drained:
    """A node that was drained, and the names of the pods that were evicted from it by their UIDs."""

    node: str
    evicted: dict[str, str]

    def __str__(self) -> str:
        return f"node {self.node} takes no pods, and {len(self.evicted)} pods are gone from it: {self._names}"

    @property
    def _names(self) -> str:
        return ", ".join(sorted(self.evicted.values()))


def drain_node(
    release: Release, node: str, *, within: float, labels: Mapping[str, str], afterwards: contextlib.ExitStack
) -> Drained:
    """Cordon a node and evict a release's pods from it, as `kubectl drain` does it; others' pods are left alone.

    An eviction that a PodDisruptionBudget forbids is asked for again until the time is over. Pods of DaemonSets stay,
    and those that have ended.

    Args:
        release: The release.
        node: The node.
        within: Seconds until all evicted pods are gone.
        labels: Those of what this run makes; the node carries them until it is put back.
        afterwards: Is given what lets the node take pods again, however the scenario ends.

    Raises:
        FaultError: No pod of the release is there, or the node took no pods already.
        WaitError: A pod is not gone in time; the first line says which and why.
    """
    doomed = {str(pod.metadata.uid): pod.metadata.name for pod in release.pods() if _to_go(pod, node)}
    if not doomed:
        raise FaultError(f"no pod of release {release.name} runs on node {node}, so to drain it would prove nothing")
    cordon(release.cluster, node, labels=labels, afterwards=afterwards)
    kept: dict[str, str] = {}
    accepted: set[str] = set()
    with changes(release.cluster.new_client, release.namespace) as changed:
        eventually(
            f"{len(doomed)} pods of release {release.name} to leave node {node}",
            lambda: _leaving(release, doomed, accepted, kept),
            within=within,
            changed=changed,
        )
    return Drained(node, doomed)


def _to_go(pod: Any, node: str) -> bool:
    owners = {owner.kind for owner in pod.metadata.owner_references or []}
    return pod.spec.node_name == node and pod.status.phase not in ENDED and "DaemonSet" not in owners


def _leaving(release: Release, doomed: dict[str, str], accepted: set[str], kept: dict[str, str]) -> Seen[None]:
    there = {str(pod.metadata.uid) for pod in release.cluster.core.list_namespaced_pod(release.namespace).items}
    for uid in doomed.keys() & there - accepted:
        answer = evict(release, doomed[uid], uid)
        if not answer.granted:
            kept[doomed[uid]] = answer.why
        else:
            accepted.add(uid)
            kept.pop(doomed[uid], None)
    left = sorted(doomed[uid] for uid in doomed.keys() & there)
    said = f"{len(left)} of {len(doomed)} pods are there still: {', '.join(left)}"
    return Seen(not left, "; ".join([said, *(f"{name} is kept: {why}" for name, why in kept.items())]))
