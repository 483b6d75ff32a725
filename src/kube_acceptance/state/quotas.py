"""What a namespace's pods may request together, as the API server enforces it, and what the cluster itself requests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from kubernetes.client.exceptions import ApiException

from kube_acceptance.api_errors import said_by_api
from kube_acceptance.cluster import Cluster
from kube_acceptance.cluster.owner import RUN_LABEL
from kube_acceptance.errors import AcceptanceError
from kube_acceptance.probe.containers import agent_container
from kube_acceptance.release import Release
from kube_acceptance.release.capacity import Demand, pod_requests
from kube_acceptance.release.quantities import cores, mebibytes, quantity
from kube_acceptance.state import objects

NAME = "kube-acceptance"
EXCEEDED = "exceeded quota"  # the API server's words
RESOURCES = {"cpu": cores, "memory": mebibytes}


def grant(release: Release, cpu: str, memory: str, *, labels: Mapping[str, str]) -> None:
    """Let the pods of a release's namespace request no more than this together."""
    hard = {"requests.cpu": cpu, "requests.memory": memory}
    body = {"metadata": {"name": NAME, "labels": dict(labels)}, "spec": {"hard": hard}}
    release.cluster.core.create_namespaced_resource_quota(release.namespace, body)


def must_hold(release: Release) -> str:
    """Fail unless the quota counts the release's pods, and refuses a pod that would go beyond it; returns the counts.

    Raises:
        AcceptanceError: It does not, or the pod is refused for another reason.
    """
    status = objects.read(release, "ResourceQuota", NAME)["status"]
    used = {name: quantity((status.get("used") or {}).get(f"requests.{name}", "0")) for name in RESOURCES}
    hard = {name: quantity(status["hard"][f"requests.{name}"]) for name in RESOURCES}
    serialise: Any = release.cluster.new_client().sanitize_for_serialization
    items = [serialise(pod) for pod in release.pods()]
    asked = {name: _sum(pod_requests(pod["spec"], name) for pod in items if _counts(pod)) for name in RESOURCES}
    for name, written in RESOURCES.items():
        if not used[name] or used[name] < asked[name]:
            counts, requested = written(used[name]), written(asked[name])
            raise AcceptanceError(f"the quota counts {counts} of {name}, the release's pods request {requested}")
    beyond = {name: str(hard[name] - used[name] + 1) for name in RESOURCES}
    try:
        release.cluster.core.create_namespaced_pod(release.namespace, _greedy(beyond), dry_run="All")
    except ApiException as error:
        if EXCEEDED not in (said := said_by_api(error)):
            raise AcceptanceError(f"a pod beyond the quota is refused for another reason: {said}") from error
        left = {name: hard[name] - used[name] for name in RESOURCES}
        return (
            f"{cores(used['cpu'])} CPU and {mebibytes(used['memory'])} of memory are requested, "
            f"{cores(left['cpu'])} and {mebibytes(left['memory'])} are left"
        )
    raise AcceptanceError("a pod beyond the quota is let in, so it says nothing of what fits")


def of_cluster(cluster: Cluster) -> list[Demand]:
    """What the pods request that no run has made, one of each DaemonSet."""
    runs = {each.metadata.name for each in cluster.core.list_namespace(label_selector=RUN_LABEL).items}
    serialise: Any = cluster.new_client().sanitize_for_serialization
    found: dict[str, Demand] = {}
    for pod in cluster.core.list_pod_for_all_namespaces().items:
        if pod.metadata.namespace in runs or pod.status.phase in ("Succeeded", "Failed"):
            continue
        owners = [owner.name for owner in pod.metadata.owner_references or [] if owner.kind == "DaemonSet"]
        name = f"{pod.metadata.namespace}/{owners[0] if owners else pod.metadata.name}"
        spec = serialise(pod)["spec"]
        cpu, memory = (pod_requests(spec, resource, strict=False) for resource in RESOURCES)
        found[name] = Demand(name, 1, cpu, memory)
    return list(found.values())


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal(0))


def _counts(pod: Mapping[str, Any]) -> bool:
    return pod["status"].get("phase") not in ("Succeeded", "Failed")


def _greedy(wanted: Mapping[str, str]) -> dict[str, Any]:
    """A pod that asks for this; it is asked about and never made."""
    container = agent_container("probe", "none", "serve")
    container["resources"] = {"requests": dict(wanted), "limits": dict(wanted)}
    return {"metadata": {"name": "greedy"}, "spec": {"containers": [container]}}
