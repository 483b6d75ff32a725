"""Kubernetes objects as plain data: where their containers are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

PodTemplate = tuple[str, Mapping[str, Any]]


def pod_templates(objects: Iterable[Mapping[str, Any]]) -> Iterator[PodTemplate]:
    """The pod specifications of workloads, each with the workload's kind and name."""
    for item in objects:
        spec = item.get("spec") or {}
        if item["kind"] == "CronJob":
            spec = spec["jobTemplate"]["spec"]
        if item["kind"] == "Pod":
            yield f"Pod {item['metadata']['name']}", spec
        elif "template" in spec:
            yield f"{item['kind']} {item['metadata']['name']}", spec["template"]["spec"]


def containers(objects: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """All containers of workloads, also those that only initialise, each with the workload's kind and name."""
    for where, spec in pod_templates(objects):
        for container in [*(spec.get("initContainers") or []), *(spec.get("containers") or [])]:
            yield where, container


def unbounded(where: str, container: Mapping[str, Any]) -> Iterator[str]:
    """What a container's resources lack, a sentence each."""
    resources = container.get("resources") or {}
    for kind in ("requests", "limits"):
        for resource in ("cpu", "memory"):
            if not (resources.get(kind) or {}).get(resource):
                yield f"container {container['name']} of {where} has no {resource} in its {kind}"
