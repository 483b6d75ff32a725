"""Kubernetes objects as plain data: where their pods and containers are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

PodTemplate = tuple[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Workload:
    """An object that runs pods: its kind, name and namespace, and its pods' metadata and specification.

    The namespace is empty where the object does not name it. `selector` are the labels by which it knows its pods.
    """

    kind: str
    name: str
    namespace: str
    metadata: Mapping[str, Any]
    spec: Mapping[str, Any]
    selector: Mapping[str, str]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"

    @property
    def labels(self) -> Mapping[str, str]:
        """The labels of its pods."""
        return self.metadata.get("labels") or {}

    def unasked(self, labels: Iterable[str]) -> str:
        """The labels by which it knows its pods and a selector of others does not ask, in words.

        Args:
            labels: Those that the other selector asks for.
        """
        return ", ".join(sorted(self.selector.keys() - set(labels)))


def workloads(objects: Iterable[Mapping[str, Any]]) -> Iterator[Workload]:
    """What runs pods, among any objects."""
    for item in objects:
        spec = item.get("spec") or {}
        if item["kind"] == "CronJob":
            spec = spec["jobTemplate"]["spec"]
        template = item if item["kind"] == "Pod" else spec.get("template") or {}
        if "containers" in (template.get("spec") or {}):  # other kinds have templates of other things
            metadata = item["metadata"]
            yield Workload(
                item["kind"],
                metadata["name"],
                metadata.get("namespace") or "",
                template.get("metadata") or {},
                template["spec"],
                match_labels(spec),
            )


def match_labels(spec: Mapping[str, Any]) -> Mapping[str, str]:
    """The labels that the selector in a specification asks for."""
    return (spec.get("selector") or {}).get("matchLabels") or {}


def pod_templates(objects: Iterable[Mapping[str, Any]]) -> Iterator[PodTemplate]:
    """The pod specifications of workloads, each with the workload's kind and name."""
    return ((str(workload), workload.spec) for workload in workloads(objects))


def containers(objects: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """All containers of workloads, also those that only initialise, each with the workload's kind and name."""
    for where, spec in pod_templates(objects):
        for container in [*(spec.get("initContainers") or []), *(spec.get("containers") or [])]:
            yield where, container


def images(objects: Iterable[Mapping[str, Any]]) -> dict[str, set[str]]:
    """The images of all containers of workloads, by reference, each with the ports that those name, as in `80/tcp`."""
    found: dict[str, set[str]] = {}
    for _, container in containers(objects):
        ports = found.setdefault(container["image"], set())
        for port in container.get("ports") or []:
            ports.add(f"{port['containerPort']}/{port.get('protocol', 'TCP').lower()}")
    return found


def unbounded(where: str, container: Mapping[str, Any]) -> Iterator[str]:
    """What a container's resources lack, a sentence each."""
    resources = container.get("resources") or {}
    for kind in ("requests", "limits"):
        for resource in ("cpu", "memory"):
            if not (resources.get(kind) or {}).get(resource):
                yield f"container {container['name']} of {where} has no {resource} in its {kind}"
