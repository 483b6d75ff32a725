"""Phrases on volumes: which claim and volume a tier uses, and that it is still the same."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from pytest_bdd import given, parsers, then

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.release import Release
from kube_acceptance.report import note


@dataclass(frozen=True)
class Claim:
    """A claim and the volume behind it, by what does not change while they are the same."""

    name: str
    uid: str
    volume: str


@given(parsers.parse('the claim and volume of the "{component}"'), target_fixture="claim")
def remembered_claim(release: Release, component: str) -> Claim:
    claim = claim_of(release, component)
    note(f"claim {claim.name} {claim.uid}, volume {claim.volume}")
    return claim


@then(parsers.parse('the claim and volume of the "{component}" are the same'))
def same_claim(release: Release, component: str, claim: Claim) -> None:
    now = claim_of(release, component)
    if now != claim:
        raise AcceptanceError(f"the {component} now uses {now}, before {claim}")
    note(f"claim {now.name} {now.uid}, volume {now.volume}")


def claim_of(release: Release, component: str) -> Claim:
    """The claim that a tier's pod mounts.

    Raises:
        AcceptanceError: Its pod mounts no persistent volume claim, or several.
    """
    pod = release.serving_pods(component)[0]
    mounted = {mount.name for container in pod.spec.containers for mount in container.volume_mounts or []}
    claims = [
        volume.persistent_volume_claim.claim_name
        for volume in pod.spec.volumes
        if volume.persistent_volume_claim and volume.name in mounted
    ]
    if len(claims) != 1:
        raise AcceptanceError(
            f"the {component} pod {pod.metadata.name} mounts {len(claims)} persistent volume claims, not one"
        )
    found: Any = release.cluster.core.read_namespaced_persistent_volume_claim(claims[0], release.namespace)
    return Claim(found.metadata.name, found.metadata.uid, found.spec.volume_name)


def must_lie_on_claim(release: Release, component: str, path: str) -> None:
    """Check that a path inside a tier's pod lies on the mount of its claim, as the pod's own mount table says.

    Raises:
        AcceptanceError: It lies elsewhere; the first line says on what.
    """
    pod = release.serving_pods(component)[0]
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
        raise AcceptanceError(
            f"{path} in pod {pod.metadata.name} lies on {nearest}, not on the claim's mount {mounts[0]}"
        )
    note(f"{path} lies on {nearest}, the mount of claim {claim.name}")
