"""Claims on persistent volumes."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Any

from kubernetes.utils import quantity as quantities

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.release import Release
from kube_acceptance.state import objects, pods

CLAIM = "PersistentVolumeClaim"


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


def quantity(text: str) -> Decimal:
    """A quantity of Kubernetes, such as `256Mi` or `50m`, as a number."""
    number: Decimal = quantities.parse_quantity(text)  # type: ignore[no-untyped-call]
    return number


def claims_of(release: Release, component: str) -> list[Claim]:
    """The claims that a tier's pod mounts, none perhaps; raises AcceptanceError when it has no pod that runs."""
    pod = pods.serving(release, component)[0]
    mounted = {mount.name for container in pod.spec.containers for mount in container.volume_mounts or []}
    names = [
        volume.persistent_volume_claim.claim_name
        for volume in pod.spec.volumes
        if volume.persistent_volume_claim and volume.name in mounted
    ]
    read = release.cluster.core.read_namespaced_persistent_volume_claim
    found = [read(name, release.namespace) for name in names]
    return [Claim(one.metadata.name, one.metadata.uid, one.spec.volume_name) for one in found]


def claim_of(release: Release, component: str) -> Claim:
    """The claim that a tier's pod mounts.

    Raises:
        AcceptanceError: Its pod mounts no persistent volume claim, or several.
    """
    claims = claims_of(release, component)
    if len(claims) != 1:
        pod = pods.serving(release, component)[0].metadata.name
        raise AcceptanceError(f"the {component} pod {pod} mounts {len(claims)} persistent volume claims, not one")
    return claims[0]


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
