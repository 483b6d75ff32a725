"""Volumes with a hard limit, filled to the last byte."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kube_acceptance.cluster import Cluster
from kube_acceptance.command import CommandError
from kube_acceptance.errors import FaultError
from kube_acceptance.release import Release
from kube_acceptance.release.quantities import quantity
from kube_acceptance.state import volumes

BELOW = "/var/kube-acceptance"  # where the harness's own volumes are mounted on a node
FILLER = ".kube-acceptance-filler"
FULL = "No space left on device"
# the file systems that a node lives on: to fill one of them would fill the machine
_OF_THE_NODE = ("/", "/var", "/var/lib/kubelet", "/var/lib/containerd")
TIMES = 3  # how often it is filled up: whoever uses the volume may have freed something meanwhile
# once by large pieces, and what is then left by pages, until not even one byte can be written
_FILL = """
dd if=/dev/zero of="$1" bs=1M oflag=append conv=notrunc 2>/dev/null
dd if=/dev/zero of="$1" bs=4096 oflag=append conv=notrunc 2>/dev/null
dd if=/dev/zero of="$1.more" bs=1 count=1
true
"""


@dataclass(frozen=True)
class Place:
    """Where a volume's files are: a folder on a node."""

    node: str
    path: str


def bounded_volume(
    cluster: Cluster,
    *,
    name: str,
    size: str,
    claim: str,
    namespace: str,
    storage_class: str,
    labels: Mapping[str, str],
    afterwards: contextlib.ExitStack,
) -> str:
    """Make a volume that holds a size and not a byte more, for one claim alone: a file system of its own in memory.

    What is written to it counts as memory of the container that writes.

    Args:
        cluster: The cluster.
        name: The volume's name.
        size: Its size, such as `128Mi`.
        claim: The name of the claim that it is for; it need not be there yet, and must ask for the storage class.
        namespace: The claim's namespace.
        storage_class: The name of a storage class; there need be none of that name.
        labels: Its labels.
        afterwards: Is given what removes it, however the scenario ends.

    Returns:
        Where it is.

    Raises:
        FaultError: No node takes pods, or the file system could not be made.
    """
    node = _node_that_takes_pods(cluster)
    path = f"{BELOW}/{name}"
    limit = int(quantity(size))
    afterwards.callback(remove_volume, cluster, name, Place(node, path))
    _on(cluster, node, 'mkdir -p "$1" && mount -t tmpfs -o "size=$2,mode=0777" kube-acceptance "$1"', path, str(limit))
    cluster.core.create_persistent_volume(
        {
            "metadata": {"name": name, "labels": dict(labels)},
            "spec": {
                "capacity": {"storage": size},
                "accessModes": ["ReadWriteOnce"],
                "persistentVolumeReclaimPolicy": "Retain",
                "storageClassName": storage_class,
                "claimRef": {"namespace": namespace, "name": claim},
                "local": {"path": path},
                "nodeAffinity": {"required": {"nodeSelectorTerms": [_only(node)]}},
            },
        }
    )
    return f"volume {name} of {size} on node {node}, for claim {claim}"


def remove_volume(cluster: Cluster, name: str, place: Place) -> None:
    """Remove a volume of the harness's own, which a pod may use still: its memory is freed when that has ended."""
    cluster.kubectl("delete", "persistentvolume", name, "--wait=false", "--ignore-not-found")
    _on(cluster, place.node, 'umount --lazy "$1" 2>/dev/null; rmdir "$1" 2>/dev/null; true', place.path)


def fill_volume(release: Release, component: str, *, afterwards: contextlib.ExitStack) -> str:
    """Fill the volume of a tier by a file of zeros, from its node, until it takes no more.

    Args:
        release: The release.
        component: The tier.
        afterwards: Is given what makes room again, however the scenario ends.

    Returns:
        The proof: what the file system says is left, and how it answers a write.

    Raises:
        FaultError: The volume is no folder of a node, shares its file system with the node, or takes writes still.
    """
    cluster, place = release.cluster, place_of(release, component)
    filler = f"{place.path}/{FILLER}"
    _must_be_apart(cluster, place)
    afterwards.callback(_on, cluster, place.node, 'rm -f "$1" "$1.more"', filler)
    for _ in range(TIMES):
        said = _on(cluster, place.node, _FILL, filler)
        left = _left(cluster, place)
        if not left and FULL in said:
            return f"{place.path} on node {place.node}: 0 bytes left, a write says {FULL!r}"
    raise FaultError(f"the volume of the {component} was not filled: {left} bytes are left, and a write says {said!r}")


def empty_volume(release: Release, component: str) -> str:
    """Make room again on the volume of a tier; the proof is what the file system says is left.

    Raises:
        FaultError: It was not filled, or no room was made.
    """
    place = place_of(release, component)
    before = _left(release.cluster, place)
    _on(release.cluster, place.node, 'rm -f "$1.more"; rm "$1"', f"{place.path}/{FILLER}")
    after = _left(release.cluster, place)
    if after <= before:
        raise FaultError(f"no room was made on the volume of the {component}: {before} bytes before, {after} now")
    return f"{place.path} on node {place.node}: {after} bytes left, {before} before"


def place_of(release: Release, component: str) -> Place:
    """Where the files of a tier's claimed volume are.

    Raises:
        FaultError: Not in a folder of a node.
    """
    volume: Any = release.cluster.core.read_persistent_volume(volumes.claim_of(release, component).volume)
    source = volume.spec.local or volume.spec.host_path
    nodes = volumes.nodes_of(volume)
    if source is None or len(nodes) != 1:
        raise FaultError(
            f"volume {volume.metadata.name} of the {component} is no folder of one node, so it cannot be filled"
        )
    return Place(nodes[0], source.path)


def _must_be_apart(cluster: Cluster, place: Place) -> None:
    mine, *others = _on(cluster, place.node, 'stat --format %d "$@"', place.path, *_OF_THE_NODE).split()
    if mine in others:
        raise FaultError(
            f"the volume at {place.path} shares its file system with node {place.node}: that would be filled too",
            hint="Give the claim a volume of its own first.",
        )


def _left(cluster: Cluster, place: Place) -> int:
    blocks, size = _on(cluster, place.node, "stat --file-system --format '%a %S' \"$1\"", place.path).split()
    return int(blocks) * int(size)


def _node_that_takes_pods(cluster: Cluster) -> str:
    for node in cluster.core.list_node().items:
        taints = {taint.effect for taint in node.spec.taints or []}
        if not node.spec.unschedulable and not taints & {"NoSchedule", "NoExecute"}:
            return str(node.metadata.name)
    raise FaultError("no node takes pods, so none can have a volume for them")


def _only(node: str) -> dict[str, Any]:
    return {"matchExpressions": [{"key": volumes.HOSTNAME, "operator": "In", "values": [node]}]}


def _on(cluster: Cluster, node: str, script: str, *arguments: str) -> str:
    """Run a script on a node; returns what it said, on either stream."""
    try:
        return cluster.provider.on_node(node, "sh", "-c", f"exec 2>&1\n{script}", "sh", *arguments)
    except CommandError as error:
        raise FaultError(f"a volume's script failed on node {node}", details=error.details) from error
