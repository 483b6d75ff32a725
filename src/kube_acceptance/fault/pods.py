"""Pods deleted, and others in their place."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator

from kube_acceptance.errors import FaultError, ReleaseError
from kube_acceptance.release import Release
from kube_acceptance.wait import Seen, eventually
from kube_acceptance.wait.changes import changes


def delete_pods(release: Release, component: str = "", *, within: float) -> dict[str, str]:
    """Delete the running pods of a release and wait until others run in their place; ready they need not be.

    Args:
        release: The release.
        component: The tier whose pods are deleted; all when empty.
        within: Seconds for the pods to be replaced.

    Returns:
        The UIDs of the deleted pods, by name.

    Raises:
        FaultError: There was no pod to delete.
        WaitError: They were not replaced.
    """
    with replaced(release, component, "deleted", within=within) as doomed:
        for name in doomed:
            release.cluster.core.delete_namespaced_pod(name, release.namespace)
    return doomed


@contextlib.contextmanager
def replaced(release: Release, component: str, how: str, *, within: float) -> Iterator[dict[str, str]]:
    """What this block does must end with as many other pods running and none of those from before; their UIDs by name.

    Args:
        release: The release.
        component: The tier; all when empty.
        how: What happens to the pods, as in "deleted".
        within: Seconds for the pods to be replaced once the block is over.

    Raises:
        FaultError: No pod runs, so nothing would happen to any.
        WaitError: They were not replaced.
    """
    doomed = _uids(release, component)
    if not doomed:
        raise FaultError(f"no {component} pod of release {release.name} runs, so none can be {how}")
    with changes(release.cluster.new_client, release.namespace) as changed:
        yield doomed
        eventually(
            f"{len(doomed)} {how} pods to be replaced",
            lambda: _replaced(release, component, doomed.values(), len(doomed)),
            within=within,
            changed=changed,
        )


def _uids(release: Release, component: str) -> dict[str, str]:
    return {pod.metadata.name: str(pod.metadata.uid) for pod in release.serving_pods(component)}


def _replaced(release: Release, component: str, doomed: Collection[str], count: int) -> Seen[None]:
    try:
        now = set(_uids(release, component).values())
    except ReleaseError as error:
        return Seen(False, error.summary)
    old, new = now & set(doomed), now - set(doomed)
    return Seen(not old and len(new) >= count, f"{len(old)} old and {len(new)} new pods run")
