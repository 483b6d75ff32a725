"""Rollouts restarted, all of a release at once."""

from __future__ import annotations

from typing import Any

from kube_acceptance.errors import FaultError
from kube_acceptance.release import Release
from kube_acceptance.state import objects
from kube_acceptance.wait import Seen, eventually
from kube_acceptance.wait.changes import changes

RESTARTED = ("Deployment", "StatefulSet", "DaemonSet")
REVISIONS = ("pod-template-hash", "controller-revision-hash")  # the labels that say of which revision a pod is

Pods = dict[str, str]  # revisions by UIDs


def restart_rollouts(release: Release, *, within: float) -> list[str]:
    """Restart the rollout of every workload at once, and wait until each has a pod of a new revision.

    How the rollout goes on from there is the controllers' matter: ready no pod need be, and old ones may still serve.

    Args:
        release: The release.
        within: Seconds.

    Returns:
        The proof, a line a workload.

    Raises:
        FaultError: The release has no workload, or one has no pod, so that its restart would prove nothing.
        WaitError: One has no new pod after that time.
    """
    named = [(item["kind"], item["metadata"]["name"]) for item in release.objects() if item["kind"] in RESTARTED]
    if not named:
        raise FaultError(f"release {release.name} has no {', '.join(RESTARTED)}, so none can be restarted")
    before = {each: _pods(release, *each) for each in named}
    if bare := [f"{kind} {name}" for (kind, name), pods in before.items() if not pods]:
        raise FaultError(f"{bare[0]} has no pod, so its restart would prove nothing")
    with changes(release.cluster.new_client, release.namespace) as changed:
        words = [f"{kind.lower()}/{name}" for kind, name in named]
        release.cluster.kubectl("rollout", "restart", *words, "--namespace", release.namespace)
        eventually(
            f"{len(named)} restarted workloads to have pods of a new revision",
            lambda: _restarted(release, before),
            within=within,
            changed=changed,
        )
    return [_proof(release, *each, before[each]) for each in named]


def _restarted(release: Release, before: dict[tuple[str, str], Pods]) -> Seen[None]:
    waiting = [f"{kind} {name}" for (kind, name), pods in before.items() if not _new(pods, _pods(release, kind, name))]
    return Seen(not waiting, f"{len(waiting)} of {len(before)} without a new pod: {', '.join(waiting)}")


def _new(before: Pods, now: Pods) -> Pods:
    known = set(before.values())
    return {uid: revision for uid, revision in now.items() if uid not in before and revision not in known}


def _proof(release: Release, kind: str, name: str, before: Pods) -> str:
    new = _new(before, _pods(release, kind, name))
    old = ", ".join(sorted(set(before.values())))
    return f"{kind} {name}: {len(new)} new pods of revision {', '.join(sorted(set(new.values())))}, before {old}"


def _pods(release: Release, kind: str, name: str) -> Pods:
    selector = objects.read(release, kind, name)["spec"]["selector"]["matchLabels"]
    listed: list[Any] = release.cluster.core.list_namespaced_pod(
        release.namespace, label_selector=",".join(f"{key}={value}" for key, value in selector.items())
    ).items
    return {
        str(pod.metadata.uid): next(labels[key] for key in REVISIONS if key in labels)
        for pod in listed
        if pod.metadata.deletion_timestamp is None and any(key in (labels := pod.metadata.labels) for key in REVISIONS)
    }
