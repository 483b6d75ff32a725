"""Rendered objects, as rules look at them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from kube_acceptance.release.objects import Workload, workloads
from kube_acceptance.release.release import COMPONENT

PROBES = ("startupProbe", "readinessProbe", "livenessProbe")
ENDS = ("Job", "CronJob")  # the kinds of workloads whose pods do their work and go


@dataclass(frozen=True)
class Container:
    """A container of a workload; `starts` is whether it is one that only prepares the pod."""

    workload: Workload
    spec: Mapping[str, Any]
    starts: bool

    def __str__(self) -> str:
        return f"container {self.spec['name']} of {self.workload}"

    @property
    def serves(self) -> bool:
        """Whether it listens, in a pod that stays."""
        return bool(self.spec.get("ports")) and not self.starts and self.workload.kind not in ENDS

    @property
    def component(self) -> str:
        """The tier that it belongs to."""
        return self.workload.labels.get(COMPONENT, "")

    @property
    def context(self) -> Mapping[str, Any]:
        """Its own security context."""
        return self.spec.get("securityContext") or {}

    def effective(self, field: str) -> Any:
        """A field of its security context, or its pod's where it has none of its own."""
        return self.context.get(field, (self.workload.spec.get("securityContext") or {}).get(field))

    @property
    def probes(self) -> dict[str, Mapping[str, Any]]:
        """Its probes, by their names."""
        return {name: self.spec[name] for name in PROBES if self.spec.get(name)}

    @property
    def environment(self) -> Iterator[Mapping[str, Any]]:
        """Its variables."""
        yield from self.spec.get("env") or []


class Rendered:
    """What a chart becomes.

    Args:
        objects: The objects; lists of objects are taken apart.
    """

    def __init__(self, objects: Iterable[Mapping[str, Any]]) -> None:
        self.objects = list(_flat(objects))

    def of(self, *kinds: str) -> Iterator[Mapping[str, Any]]:
        """The objects of some kinds."""
        return (item for item in self.objects if item["kind"] in kinds)

    @cached_property
    def workloads(self) -> list[Workload]:
        """What runs pods."""
        return list(workloads(self.objects))

    @cached_property
    def containers(self) -> list[Container]:
        """All containers of all workloads, also those that only prepare a pod."""
        return [
            # one that is restarted is a sidecar, which stays
            Container(workload, each, starts=kind == "initContainers" and each.get("restartPolicy") != "Always")
            for workload in self.workloads
            for kind in ("initContainers", "containers")
            for each in workload.spec.get(kind) or []
        ]

    @cached_property
    def contexts(self) -> list[tuple[str, Mapping[str, Any]]]:
        """The security contexts of all pods and all containers, each with whose it is, in words."""
        return [
            *((f"the pods of {each}", each.spec.get("securityContext") or {}) for each in self.workloads),
            *((str(each), each.context) for each in self.containers),
        ]

    @cached_property
    def volumes(self) -> list[tuple[str, Mapping[str, Any]]]:
        """The volumes of all pods, each with where it is, in words."""
        return [
            (f"volume {volume['name']} of {workload}", volume)
            for workload in self.workloads
            for volume in workload.spec.get("volumes") or []
        ]


def inexact(
    item: Mapping[str, Any], chosen: Sequence[Workload], labels: Iterable[str], *, chooses: str
) -> Iterator[str]:
    """Why an object is not about the pods of one workload alone, by all labels by which that one knows them itself.

    Args:
        item: The object.
        chosen: The workloads whose pods its selector fits.
        labels: Those that the selector asks for.
        chooses: What it does with pods, as in `selects`.
    """
    if len(chosen) > 1:
        yield f"{called(item)} {chooses} the pods of {' and '.join(map(str, chosen))}; say in its selector which"
    for one in chosen[:1]:
        if missing := one.unasked(labels):
            yield f"{called(item)} selects by less than {one}, without {missing}; add that to its selector"


def called(item: Mapping[str, Any]) -> str:
    """An object's kind and name."""
    return f"{item['kind']} {item['metadata']['name']}"


def _flat(objects: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for item in objects:
        if item["kind"].endswith("List") and "items" in item:
            yield from _flat(item["items"])
        else:
            yield item
