"""Releases uninstalled, with the proof that nothing of them runs any more."""

from __future__ import annotations

from typing import Any

from kube_acceptance.errors import FaultError
from kube_acceptance.release import Release
from kube_acceptance.release.release import INSTANCE
from kube_acceptance.wait import Seen, eventually
from kube_acceptance.wait.changes import changes


def uninstall(release: Release, *, within: float) -> tuple[list[dict[str, Any]], str]:
    """Uninstall a release by Helm, and wait until none of its pods is left.

    Args:
        release: The release.
        within: Seconds until its pods are gone.

    Returns:
        The objects that it had, and the proof, with the claims that are left.

    Raises:
        FaultError: It had no pod, so nothing would be gone.
        WaitError: A pod is left after that time.
    """
    if not (before := _pods(release)):
        raise FaultError(f"release {release.name} has no pod, so to uninstall it would prove nothing")
    with changes(release.cluster.new_client, release.namespace) as changed:
        objects = release.uninstall()
        eventually(
            f"{len(before)} pods of release {release.name} to be gone",
            lambda: Seen(not (left := _pods(release)), f"{len(left)} pods are left: {', '.join(left)}"),
            within=within,
            changed=changed,
        )
    claims = release.cluster.core.list_namespaced_persistent_volume_claim(release.namespace).items
    kept = ", ".join(f"{claim.metadata.name} {claim.metadata.uid}" for claim in claims) or "none"
    return objects, f"{len(before)} pods are gone; claims that are left: {kept}"


def _pods(release: Release) -> list[str]:
    """All of its pods, those too that are being deleted."""
    selector = f"{INSTANCE}={release.name}"
    listed = release.cluster.core.list_namespaced_pod(release.namespace, label_selector=selector).items
    return sorted(pod.metadata.name for pod in listed)
