"""What a release's pods request of nodes when all run at once that ever may."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.release.objects import workloads
from kube_acceptance.release.quantities import cores, mebibytes, quantity

RESOURCES = ("cpu", "memory")
SURGE = "25%"  # of Deployments that do not say how many pods more an upgrade may make


@dataclass(frozen=True)
class Demand:
    """How many pods of a workload may be there at once, and what each requests, CPUs and bytes."""

    what: str
    pods: int
    cpu: Decimal
    memory: Decimal

    def __str__(self) -> str:
        each = f"{self.what}: {self.pods} × {cores(self.cpu)} CPU and {mebibytes(self.memory)}"
        return f"{each}, {cores(self.pods * self.cpu)} and {mebibytes(self.pods * self.memory)} together"


def demands(objects: Iterable[Mapping[str, Any]]) -> list[Demand]:
    """What each workload may request at most: grown as far as its autoscaler lets it, in the middle of an upgrade.

    Jobs and one run of each CronJob are counted as if they ran all the time.

    Args:
        objects: What a chart renders.

    Raises:
        AcceptanceError: A workload's pods depend on the cluster's nodes (DaemonSet), which nobody knows here.
    """
    items = list(objects)
    return [
        Demand(str(each), _pods(item, items), *(pod_requests(each.spec, resource) for resource in RESOURCES))
        for item in items
        for each in workloads([item])
    ]


def totals(found: Iterable[Demand]) -> tuple[Decimal, Decimal]:
    """CPUs and bytes of all together."""
    listed = list(found)
    return Decimal(sum(one.pods * one.cpu for one in listed)), Decimal(sum(one.pods * one.memory for one in listed))


def beyond(found: Iterable[Demand], cpu: str, memory: str) -> Iterator[str]:
    """What is requested beyond so many CPUs and so much memory, a sentence each; as Kubernetes writes quantities."""
    cpus, size = totals(found)
    if cpus > quantity(cpu):
        yield f"all pods together request {cores(cpus)} CPU, more than {cpu}"
    if size > quantity(memory):
        yield f"all pods together request {mebibytes(size)} of memory, more than {memory}"


def pod_requests(spec: Mapping[str, Any], resource: str, *, strict: bool = True) -> Decimal:
    """What a pod requests: its containers together, or more while one initialises (Kubernetes, "Sidecar Containers").

    Sidecars, which are started among the initial containers and stay, count with both.

    Args:
        spec: The pod's specification.
        resource: `cpu` or `memory`.
        strict: Whether a container that requests nothing is refused, because then nobody knows what it takes.

    Raises:
        AcceptanceError: A container requests nothing.
    """
    stay = highest = Decimal(0)
    for container in spec.get("initContainers") or []:
        wanted = _request(container, resource, strict)
        if container.get("restartPolicy") == "Always":
            stay += wanted
            highest = max(highest, stay)
        else:
            highest = max(highest, stay + wanted)
    running = stay + sum((_request(one, resource, strict) for one in spec.get("containers") or []), Decimal(0))
    return max(highest, running) + quantity((spec.get("overhead") or {}).get(resource, "0"))


def _pods(item: Mapping[str, Any], items: list[Mapping[str, Any]]) -> int:
    spec = item.get("spec") or {}
    kind, name = item["kind"], item["metadata"]["name"]
    if kind == "DaemonSet":
        raise AcceptanceError(f"how many pods DaemonSet {name} has depends on the cluster's nodes")
    if kind in ("Job", "CronJob"):
        return int((spec["jobTemplate"]["spec"] if kind == "CronJob" else spec).get("parallelism", 1))
    if kind == "Pod":
        return 1
    wanted = max([int(spec.get("replicas", 1)), *_autoscaled(kind, name, items)])
    return wanted + (_surge(spec, wanted) if kind == "Deployment" else 0)


def _autoscaled(kind: str, name: str, items: list[Mapping[str, Any]]) -> Iterator[int]:
    for item in items:
        if item["kind"] == "HorizontalPodAutoscaler":
            target = item["spec"]["scaleTargetRef"]
            if (target["kind"], target["name"]) == (kind, name):
                yield int(item["spec"]["maxReplicas"])


def _surge(spec: Mapping[str, Any], wanted: int) -> int:
    strategy = spec.get("strategy") or {}
    if strategy.get("type") == "Recreate":
        return 0
    surge = (strategy.get("rollingUpdate") or {}).get("maxSurge", SURGE)
    return math.ceil(wanted * int(surge.rstrip("%")) / 100) if isinstance(surge, str) else int(surge)


def _request(container: Mapping[str, Any], resource: str, strict: bool) -> Decimal:
    resources = container.get("resources") or {}
    # without a request the limit is one (Kubernetes, "Resource Management for Pods and Containers")
    given = (resources.get("requests") or {}).get(resource) or (resources.get("limits") or {}).get(resource)
    if not given and strict:
        raise AcceptanceError(f"container {container['name']} requests no {resource}, so nobody knows what fits")
    return quantity(given or "0")
