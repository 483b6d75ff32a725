"""Claims on persistent volumes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.release import Release
from kube_acceptance.release.quantities import quantity
from kube_acceptance.state import objects, pods

CLAIM = "PersistentVolumeClaim"
HOSTNAME = "kubernetes.io/hostname"
AFFINITY = "PersistentVolume's node affinity"  # as the scheduler words it


class ElsewhereError(AcceptanceError):
    """A path lies on another mount than that of the claim."""


@dataclass(frozen=True)
class Claim:
    """A claim and the volume behind it, by what does not change while they are the same."""

    name: str
    uid: str
    volume: str


def must_be_bound(release: Release, name: str) -> str:
    """Fail unless a claim is bound; returns the name of its volume."""
    item = objects.read(release, CLAIM, name)
    if (phase := item["status"].get("phase")) != "Bound":
        raise AcceptanceError(f"the claim {name} is {phase}, not Bound")
    return str(item["spec"]["volumeName"])


def must_hold(release: Release, name: str, size: str) -> str:
    """Fail unless a claim was given at least a size, such as `256Mi`; returns what it was given."""
    item: Any = objects.read(release, CLAIM, name)
    given: str = (item["status"].get("capacity") or {}).get("storage", "0")
    if quantity(given) < quantity(size):
        raise AcceptanceError(f"the claim {name} was given {given}, less than {size}")
    return given


def claims_of(release: Release, component: str) -> list[Claim]:
    """The claims that a tier's pod mounts, none perhaps; raises AcceptanceError when it has no pod that runs."""
    return _mounted(release, pods.serving(release, component)[0])


def claim_of(release: Release, component: str) -> Claim:
    """The claim that a tier's pod mounts.

    Raises:
        AcceptanceError: Its pod mounts no persistent volume claim, or several.
    """
    return _only_claim(release, component, pods.serving(release, component)[0])


def _only_claim(release: Release, component: str, pod: Any) -> Claim:
    claims = _mounted(release, pod)
    if len(claims) != 1:
        raise AcceptanceError(
            f"the {component} pod {pod.metadata.name} mounts {len(claims)} persistent volume claims, not one"
        )
    return claims[0]


def _mounted(release: Release, pod: Any) -> list[Claim]:
    mounted = {mount.name for container in pod.spec.containers for mount in container.volume_mounts or []}
    names = [
        volume.persistent_volume_claim.claim_name
        for volume in pod.spec.volumes
        if volume.persistent_volume_claim and volume.name in mounted
    ]
    read = release.cluster.core.read_namespaced_persistent_volume_claim
    found = [read(name, release.namespace) for name in names]
    return [Claim(one.metadata.name, one.metadata.uid, one.spec.volume_name) for one in found]


def must_lie_on_claim(release: Release, component: str, path: str) -> str:
    """Fail unless a path inside a tier's pod lies on the mount of its claim, as the pod's own mount table says.

    Returns:
        Where it lies.

    Raises:
        ElsewhereError: It does not; the first line says where it lies.
    """
    pod = pods.serving(release, component)[0]
    claim = claim_of(release, component)
    volume = next(
        v.name
        for v in pod.spec.volumes
        if v.persistent_volume_claim and v.persistent_volume_claim.claim_name == claim.name
    )
    mounts = [m.mount_path for c in pod.spec.containers for m in c.volume_mounts or [] if m.name == volume]
    table = release.execute(pod.metadata.name, "cat", "/proc/mounts")
    points = [line.split()[1] for line in table.splitlines()]
    nearest = max((point for point in points if PurePosixPath(path).is_relative_to(point)), key=len)
    if nearest not in mounts:
        raise ElsewhereError(
            f"{path} in pod {pod.metadata.name} lies on {nearest}, not on the claim's mount {mounts[0]}"
        )
    return f"{path} lies on {nearest}, the mount of claim {claim.name}"


def nodes_of(volume: Any) -> list[str]:
    """The nodes that a persistent volume is pinned to, by the host names in its affinity; none when it is not."""
    required = volume.spec.node_affinity.required if volume.spec.node_affinity else None
    return [
        name
        for term in (required.node_selector_terms if required else ())
        for one in term.match_expressions or ()
        if one.key == HOSTNAME and one.operator == "In"
        for name in one.values
    ]


def must_wait_for_node(release: Release, component: str, node: str) -> str:
    """Fail unless a tier's pods cannot be placed, because the volume of their claim is on a node that takes none.

    Returns:
        What the scheduler says.
    """
    said = ""
    for pod in release.pods(component):
        name = pod.metadata.name
        claim = _only_claim(release, component, pod)
        volume: Any = release.cluster.core.read_persistent_volume(claim.volume)
        if nodes_of(volume) != [node]:
            pinned = ", ".join(nodes_of(volume)) or "no node"
            raise AcceptanceError(f"volume {claim.volume} of pod {name} is pinned to {pinned}, not to {node}")
        placed = next((one for one in pod.status.conditions or [] if one.type == "PodScheduled"), None)
        if pod.spec.node_name:
            where = pod.spec.node_name
            raise AcceptanceError(f"pod {name} is {pod.status.phase} on node {where}, and waits for none")
        if placed is None or placed.reason != "Unschedulable":
            raise AcceptanceError(f"pod {name} is {pod.status.phase} on no node, and nothing is said of why")
        if AFFINITY not in placed.message:
            raise AcceptanceError(f"pod {name} waits for another reason than its volume: {placed.message}")
        said = f"pod {name}: {placed.message}"
    return said
