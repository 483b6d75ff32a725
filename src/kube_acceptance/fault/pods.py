"""Pods deleted, and others in their place."""

from __future__ import annotations

from collections.abc import Collection

from kube_acceptance.errors import ReleaseError
from kube_acceptance.release import Release
from kube_acceptance.wait import Seen, eventually
from kube_acceptance.wait.changes import changes


def delete_pods(release: Release, component: str = "", *, within: float) -> dict[str, str]:
    """Delete the running pods of a release and wait until others have taken their place and the release is ready.

    Args:
        release: The release.
        component: The tier whose pods are deleted; all when empty.
        within: Seconds for the pods to be replaced, and again for the release to be ready.

    Returns:
        The UIDs of the deleted pods, by name.

    Raises:
        ReleaseError: There was no pod to delete.
        WaitError: They were not replaced, or the release did not become ready again.
    """
    doomed = {pod.metadata.name: str(pod.metadata.uid) for pod in release.serving_pods(component)}
    if not doomed:
        raise ReleaseError(f"no {component} pod of release {release.name} runs, so none can be deleted")
    with changes(release.cluster.new_client, release.namespace) as changed:
        for name in doomed:
            release.cluster.core.delete_namespaced_pod(name, release.namespace)
        eventually(
            f"{len(doomed)} deleted pods to be replaced",
            lambda: _replaced(release, component, doomed.values(), len(doomed)),
            within=within,
            changed=changed,
        )
    release.wait_until_ready(within)
    return doomed


def _replaced(release: Release, component: str, doomed: Collection[str], count: int) -> Seen[None]:
    try:
        now = {str(pod.metadata.uid) for pod in release.serving_pods(component)}
    except ReleaseError as error:
        return Seen(False, error.summary)
    old, new = now & set(doomed), now - set(doomed)
    return Seen(not old and len(new) >= count, f"{len(old)} old and {len(new)} new pods run")
