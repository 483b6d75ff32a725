"""Deployments, StatefulSets, DaemonSets and Jobs: their rollouts and their replicas."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kube_acceptance.errors import AcceptanceError, ConfigurationError, FaultError
from kube_acceptance.release import Release
from kube_acceptance.release.release import COMPONENT
from kube_acceptance.state import objects
from kube_acceptance.wait import Seen, eventually, rollout
from kube_acceptance.wait.changes import changes


def lacks(release: Release, kind: str, name: str) -> str:
    """What the rollout of a workload still lacks, in words; empty when it is complete.

    Raises:
        ConfigurationError: The kind has no rollout.
        AcceptanceError: There is no such workload.
    """
    if kind not in rollout.CHECKS:
        raise ConfigurationError(f"a {kind} is not rolled out; {', '.join(rollout.CHECKS)} are")
    return rollout.CHECKS[kind](_typed(release, kind, name))


def must_be_rolled_out(release: Release, kind: str, name: str) -> None:
    """Fail unless the newest revision of a workload is complete with no old pod left."""
    if lack := lacks(release, kind, name):
        raise AcceptanceError(f"{kind} {name} {lack}")


def must_all_be_rolled_out(release: Release) -> int:
    """Fail unless every workload of the release is rolled out; returns their number."""
    items = release.objects()
    workloads = [(item["kind"], item["metadata"]["name"]) for item in items if item["kind"] in rollout.CHECKS]
    if not workloads:
        raise AcceptanceError(f"release {release.name} has no workload")
    for kind, name in workloads:
        must_be_rolled_out(release, kind, name)
    return len(workloads)


def must_have(release: Release, kind: str, name: str, count: int, *, field: str) -> None:
    """Fail unless a workload has so many replicas of a field of its status, such as `readyReplicas`."""
    status = objects.read(release, kind, name).get("status") or {}
    if (found := status.get(field, 0)) != count:
        raise AcceptanceError(f"{kind} {name} has {found} {field}, not {count}")


def scale(release: Release, kind: str, name: str, count: int, *, within: float) -> str:
    """Scale a workload, and wait until it has just as many pods and all are ready.

    Returns:
        What was seen before and after.

    Raises:
        FaultError: It has as many already, so that nothing would happen.
        WaitError: It had not after `within` seconds.
    """
    before = objects.read(release, kind, name)["spec"].get("replicas", 1)
    if before == count:
        raise FaultError(f"{kind} {name} wants {count} replicas already, so nothing would happen")

    def scaled() -> Seen[None]:
        status = objects.read(release, kind, name).get("status") or {}
        pods, ready = status.get("replicas", 0), status.get("readyReplicas", 0)
        return Seen(pods == ready == count, f"{kind} {name} has {pods} pods, {ready} of them ready")

    with changes(release.cluster.new_client, release.namespace) as changed:
        release.cluster.kubectl("scale", f"{kind}/{name}", f"--replicas={count}", "--namespace", release.namespace)
        eventually(f"{kind} {name} to have {count} ready pods", scaled, within=within, changed=changed)
    return f"{kind} {name}: {before} replicas before, {count} now"


def restart(release: Release, kind: str, name: str, *, within: float) -> str:
    """Restart a rollout, and wait until it is complete; the proof is that none of the old pods is left.

    Raises:
        FaultError: It has no pod that could be replaced, or an old one is still there.
        WaitError: It was not complete after `within` seconds.
    """
    before = _pod_uids(release, kind, name)
    if not before:
        raise FaultError(f"{kind} {name} has no pod, so its restart would prove nothing")
    with changes(release.cluster.new_client, release.namespace) as changed:
        release.cluster.kubectl("rollout", "restart", f"{kind}/{name}", "--namespace", release.namespace)
        eventually(
            f"{kind} {name} to be rolled out anew",
            lambda: Seen(not (lack := lacks(release, kind, name)), f"{kind} {name} {lack or 'is rolled out'}"),
            within=within,
            changed=changed,
        )
    after = _pod_uids(release, kind, name)
    if kept := set(before) & set(after):
        raise FaultError(f"{kind} {name} was restarted, but pod {before[kept.pop()]} is still there")
    return f"{len(before)} pods replaced by {len(after)}"


def components(release: Release) -> set[str]:
    """The tiers that the namespace's workloads make pods for, running or not."""
    apps, batch = release.cluster.apps, release.cluster.batch
    specs = [
        item.spec.template
        for listed in (
            apps.list_namespaced_deployment,
            apps.list_namespaced_stateful_set,
            apps.list_namespaced_daemon_set,
            batch.list_namespaced_job,
        )
        for item in listed(release.namespace).items
    ]
    return {labels[COMPONENT] for one in specs if COMPONENT in (labels := one.metadata.labels or {})}


def _typed(release: Release, kind: str, name: str) -> Any:
    apps, batch = release.cluster.apps, release.cluster.batch
    readers = {
        "Deployment": apps.read_namespaced_deployment,
        "StatefulSet": apps.read_namespaced_stateful_set,
        "DaemonSet": apps.read_namespaced_daemon_set,
        "Job": batch.read_namespaced_job,
    }
    return readers[kind](name, release.namespace)


def _pod_uids(release: Release, kind: str, name: str) -> dict[str, str]:
    selector = objects.read(release, kind, name)["spec"]["selector"]["matchLabels"]
    pods = release.cluster.core.list_namespaced_pod(
        release.namespace, label_selector=",".join(f"{key}={value}" for key, value in selector.items())
    ).items
    return dict(_living(pods))


def _living(pods: list[Any]) -> Iterator[tuple[str, str]]:
    for pod in pods:
        if pod.metadata.deletion_timestamp is None:
            yield str(pod.metadata.uid), pod.metadata.name
