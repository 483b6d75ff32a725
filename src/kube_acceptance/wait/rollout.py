"""Ready means ready: the new revision observed, updated, available, with no old pod left and endpoints that serve.

Stricter than `helm --wait`, which subtracts `maxUnavailable` and takes a Service with an address for ready.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

NO_PODS = "wants no pods"


def deployment(item: Any) -> str:
    """What a Deployment still lacks, in words; empty when its rollout is complete.

    Pods that are being deleted are not counted in the other numbers, but serve until their grace ends on connections
    that are kept alive. Clusters before Kubernetes 1.35 do not tell their number (KEP-3973).
    """
    wanted, status = item.spec.replicas or 0, item.status
    lacking = _lacks(
        item,
        wanted,
        updated=status.updated_replicas,
        ready=status.ready_replicas,
        available=status.available_replicas,
        total=status.replicas,
    )
    leaving = status.terminating_replicas or 0
    return lacking or (
        f"has {leaving} {'pods that are' if leaving > 1 else 'pod that is'} being deleted" if leaving else ""
    )


def stateful_set(item: Any) -> str:
    """What a StatefulSet still lacks, in words; empty when its rollout is complete."""
    wanted, status = item.spec.replicas or 0, item.status
    same = status.update_revision == status.current_revision
    return _lacks(
        item,
        wanted,
        updated=wanted if same else status.updated_replicas,
        ready=status.ready_replicas,
        available=status.available_replicas,
        total=status.replicas,
    )


def daemon_set(item: Any) -> str:
    """What a DaemonSet still lacks, in words; empty when its rollout is complete."""
    status = item.status
    return _lacks(
        item,
        status.desired_number_scheduled or 0,
        updated=status.updated_number_scheduled,
        ready=status.number_ready,
        available=status.number_available,
        total=status.current_number_scheduled,
    )


def job(item: Any) -> str:
    """What a Job still lacks, in words; empty when it is complete."""
    done = {condition.type for condition in item.status.conditions or [] if condition.status == "True"}
    if "Complete" in done:
        return ""
    return "has failed" if "Failed" in done else "is not complete"


def is_ready(item: Any) -> bool:
    """Whether the condition Ready of a pod or a node is true."""
    return any(one.type == "Ready" and one.status == "True" for one in item.status.conditions or [])


def pod(item: Any) -> str:
    """What a pod still lacks, in words; empty when it is ready."""
    if item.metadata.deletion_timestamp:
        return "is being deleted"
    return "" if is_ready(item) else f"is {item.status.phase} and not ready"


def failed(item: Any) -> bool:
    """Whether a Job has failed for good."""
    return any(one.type == "Failed" and one.status == "True" for one in item.status.conditions or [])


CHECKS: dict[str, Callable[[Any], str]] = {
    "Deployment": deployment,
    "StatefulSet": stateful_set,
    "DaemonSet": daemon_set,
    "Job": job,
    "Pod": pod,
}


def _lacks(item: Any, wanted: int, **counts: int | None) -> str:
    if (item.status.observed_generation or 0) < item.metadata.generation:
        return "has a change that its controller has not seen yet"
    if wanted == 0 and not any(counts.values()):
        return NO_PODS
    for name, count in counts.items():
        if (count or 0) != wanted:
            return f"has {count or 0} of {wanted} {name}" if name != "total" else f"has {count} pods, not {wanted}"
    return ""
