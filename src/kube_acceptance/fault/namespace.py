"""A namespace destroyed, with all that it held."""

from __future__ import annotations

from typing import Any

from kubernetes.client.exceptions import ApiException

from kube_acceptance.errors import FaultError
from kube_acceptance.release import Release
from kube_acceptance.wait import Seen, eventually


def destroy_namespace(release: Release, *, within: float) -> str:
    """Delete the namespace of a release and wait until it and the volumes of its claims are gone.

    Args:
        release: The release.
        within: Seconds.

    Returns:
        What is gone.

    Raises:
        FaultError: No claim in it has a volume, so that no data would be lost.
        WaitError: Something of it was still there.
    """
    core, namespace = release.cluster.core, release.namespace
    claims = core.list_namespaced_persistent_volume_claim(namespace).items
    volumes = sorted(claim.spec.volume_name for claim in claims if claim.spec.volume_name)
    if not volumes:
        raise FaultError(f"no claim in namespace {namespace} has a volume, so no data would be lost with it")
    core.delete_namespace(namespace)

    def gone() -> Seen[None]:
        left = [f"namespace {namespace}"] if _is_there(core.read_namespace, namespace) else []
        left += [f"volume {name}" for name in volumes if _is_there(core.read_persistent_volume, name)]
        return Seen(not left, f"{', '.join(left)} are still there" if left else "they are gone")

    eventually(f"namespace {namespace} and its {len(volumes)} volumes to be gone", gone, within=within)
    return f"namespace {namespace} and the volumes {', '.join(volumes)} are gone"


def _is_there(read: Any, name: str) -> bool:
    try:
        read(name)
    except ApiException as error:
        if error.status == 404:
            return False
        raise
    return True
