"""A place in a rendered object at which an operator takes something away, and how it is spoken of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kube_acceptance.mutation.derived import Concern, Derived
from kube_acceptance.mutation.operators import Object
from kube_acceptance.release.objects import workloads
from kube_acceptance.security.posture.rendered import called

__all__ = ["Deriver", "Patch", "Place", "called", "containers", "containers_of", "of_kind", "pods", "pointer"]

Patch = list[dict[str, Any]]
"""Operations of RFC 6902."""

PODS = {"CronJob": "/spec/jobTemplate/spec/template/spec", "Pod": "/spec"}
"""Where kinds have the specification of their pods, if not in their template."""
TEMPLATE = "/spec/template/spec"


@dataclass(frozen=True)
class Place:
    """A rendered object, or a part of it.

    Attributes:
        item: The object.
        path: The JSON pointer (RFC 6901) to the part; empty for the object itself.
        value: What is there.
        words: What it is called: "container web of Deployment shop".
        part: What the part is called within the object: "container web"; empty for the object itself.
        signs: Words by which a failure shows that it is about this.
    """

    item: Object
    path: str
    value: Mapping[str, Any]
    words: str
    part: str
    signs: tuple[str, ...]

    def __str__(self) -> str:
        return self.words

    def within(
        self, part: str, *keys: str | int, value: Mapping[str, Any], signs: Iterable[str] | None = None
    ) -> Place:
        """A part of this place.

        Args:
            part: What it is called.
            keys: Where it is, from here.
            value: What is there.
            signs: Its own signs; those of this place if it has none.
        """
        names = ", ".join(filter(None, (self.part, part)))
        return replace(
            self,
            path=self.path + pointer(*keys),
            value=value,
            words=f"{part} of {self}",
            part=names,
            signs=self.signs if signs is None else tuple(signs),
        )

    def at(self, *keys: str | int) -> str:
        """The JSON pointer to what is at some keys, from here."""
        return self.path + pointer(*keys)

    def remove(self, *keys: str | int) -> dict[str, Any]:
        """The operation that removes what is there."""
        return {"op": "remove", "path": self.at(*keys)}

    def put(self, *keys: str, value: Any) -> dict[str, Any]:
        """The operation that sets a field, whether it, and what it stands in, was there or not."""
        inner = self.value
        for depth, key in enumerate(keys[:-1], start=1):
            if inner.get(key) is None:
                for further in reversed(keys[depth:]):
                    value = {further: value}
                return {"op": "add", "path": self.at(*keys[:depth]), "value": value}
            inner = inner[key]
        return {"op": "add", "path": self.at(*keys), "value": value}

    def append(self, key: str, value: Any) -> dict[str, Any]:
        """The operation that puts an item first in a list, which need not be there."""
        if self.value.get(key):
            return {"op": "add", "path": self.at(key, 0), "value": value}
        return {"op": "add", "path": self.at(key), "value": [value]}

    def derive(
        self,
        operator: str,
        concern: Concern,
        *,
        takes_away: str,
        unnoticed: str,
        patch: Patch | None = None,
        part: str = "",
        signs: Sequence[str] = (),
        namespace: Mapping[str, str] | None = None,
        add: Sequence[Object] = (),
    ) -> Derived:
        """The mutant that changes this place.

        Args:
            operator: The operator's name.
            concern: What the protection is there for.
            takes_away: What is gone, after "without".
            unnoticed: What nobody notices if it survives, after "nothing notices that".
            patch: What changes; without one, and with nothing to add, the object is removed.
            part: A further word that tells it from others of this operator at this place.
            signs: Further words by which a failure shows that it is about this.
            namespace: Labels that the namespace needs, or it would refuse the changed object.
            add: Objects that there are besides.
        """
        what = {"kind": self.item["kind"], "name": self.item["metadata"]["name"]}
        change = {**what, "patch": patch} if patch else {**what, "remove": True}
        return Derived.model_validate(
            {
                "operator": operator,
                "concern": concern,
                "object": called(self.item),
                "part": ", ".join(filter(None, (self.part, part))),
                "takes-away": takes_away,
                "unnoticed": unnoticed,
                "signs": tuple(dict.fromkeys((*self.signs, *signs))),
                "namespace": dict(namespace or {}),
                "manifests": [] if add and not patch else [change],
                "add": list(add),
            }
        )


@dataclass(frozen=True)
class Deriver:
    """Derives mutants of one concern from places, by words in their order.

    Attributes:
        concern: What the protections are there for.
        prefix: How the names of the operators begin.
        signs: Words by which a failure shows that it is about any of them.
    """

    concern: Concern
    prefix: str = ""
    signs: tuple[str, ...] = ()

    def __call__(
        self,
        place: Place,
        operator: str,
        takes_away: str,
        unnoticed: str,
        *patch: dict[str, Any],
        part: str = "",
        signs: Sequence[str] = (),
    ) -> Derived:
        """The mutant that changes a place; see `Place.derive`. Without a patch the object is removed."""
        return place.derive(
            f"{self.prefix}{operator}",
            self.concern,
            takes_away=takes_away,
            unnoticed=unnoticed,
            patch=list(patch),
            part=part,
            signs=(*self.signs, *signs),
        )


def pointer(*keys: str | int) -> str:
    """A JSON pointer (RFC 6901)."""
    return "".join("/" + str(key).replace("~", "~0").replace("/", "~1") for key in keys)


def of_kind(objects: Iterable[Object], *kinds: str) -> Iterator[Place]:
    """The objects of some kinds."""
    for item in objects:
        if item["kind"] in kinds:
            yield Place(item, "", item, called(item), "", (item["metadata"]["name"],))


def pods(objects: Iterable[Object]) -> Iterator[Place]:
    """The specifications of the pods of all workloads."""
    for item in objects:
        for workload in workloads([item]):
            path = PODS.get(workload.kind, TEMPLATE)
            yield Place(item, path, workload.spec, f"the pods of {workload}", "", (workload.name,))


def containers(objects: Iterable[Object]) -> Iterator[Place]:
    """All containers of all workloads, also those that only initialise."""
    for pod in pods(objects):
        yield from containers_of(pod)


def containers_of(pod: Place) -> Iterator[Place]:
    """All containers of pods, also those that only initialise."""
    for field in ("initContainers", "containers"):
        for index, spec in enumerate(pod.value.get(field) or []):
            part = f"container {spec['name']}"
            found = pod.within(part, field, index, value=spec, signs=(*pod.signs, part))
            yield replace(found, words=f"{part} of {called(pod.item)}")
