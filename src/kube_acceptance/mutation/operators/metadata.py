"""What objects say of themselves, and what makes pods others when what they read is another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from kube_acceptance.mutation.derived import Concern, Derived
from kube_acceptance.mutation.operators import Object
from kube_acceptance.mutation.operators.jobs import HOOK
from kube_acceptance.mutation.operators.place import Place, of_kind, pods
from kube_acceptance.mutation.operators.storage import POLICY
from kube_acceptance.release.objects import match_labels, workloads

DIGESTS = ("checksum", "hash", "sha256", "digest")
"""Words in the names of annotations that are there to change with something else."""


def labels(objects: Sequence[Object]) -> Iterator[Derived]:
    """The labels of each object removed, and each label of pods by which nobody selects them."""
    for item in objects:
        place = next(of_kind([item], item["kind"]))
        found = item["metadata"].get("labels") or {}
        # a pod without labels is one that nobody selects, and other operators see to selectors
        if found and item["kind"] != "Pod":
            yield place.derive(
                "labels-removed",
                Concern.METADATA,
                takes_away=f"the labels of {place}",
                unnoticed=f"{place} does not say what it belongs to: it has no labels",
                patch=[place.remove("metadata", "labels")],
                signs=("label",),
            )
    for template, selected in _templates(objects):
        for label in template.value.get("labels") or {}:
            if label not in selected:
                yield template.derive(
                    "pod-label-removed",
                    Concern.METADATA,
                    part=label,
                    takes_away=f"the label {label} of {template}",
                    unnoticed=f"{template} have no label {label}",
                    patch=[template.remove("labels", label)],
                    signs=(label,),
                )


def notes(objects: Sequence[Object]) -> Iterator[Derived]:
    """Each annotation removed that is not for Helm; of pods also those that tell of another configuration."""
    for item in objects:
        place = next(of_kind([item], item["kind"]))
        for annotation in item["metadata"].get("annotations") or {}:
            if annotation != POLICY and not annotation.startswith(HOOK):
                yield place.derive(
                    "annotation-removed",
                    Concern.INGRESS if item["kind"] == "Ingress" else Concern.METADATA,
                    part=annotation,
                    takes_away=f"the annotation {annotation} of {place}",
                    unnoticed=f"{place} has no annotation {annotation}",
                    patch=[place.remove("metadata", "annotations", annotation)],
                    signs=(annotation,),
                )
    for template, _ in _templates(objects):
        for annotation in template.value.get("annotations") or {}:
            digest = any(word in annotation.lower() for word in DIGESTS)
            yield template.derive(
                "checksum-removed" if digest else "pod-annotation-removed",
                Concern.CONFIGURATION if digest else Concern.METADATA,
                part=annotation,
                takes_away=f"the annotation {annotation} of {template}",
                unnoticed=f"{template} go on with what they have read when it changes"
                if digest
                else f"{template} have no annotation {annotation}",
                patch=[template.remove("annotations", annotation)],
                signs=(annotation, "is the same as before"),
            )


def _templates(objects: Sequence[Object]) -> Iterator[tuple[Place, frozenset[str]]]:
    """The metadata of the pods of workloads, each with the labels by which the workload selects them."""
    metadata = {workload.name + workload.kind: workload.metadata for workload in workloads(objects)}
    for pod in pods(objects):
        if pod.item["kind"] == "Pod":
            continue
        value: Mapping[str, object] = metadata[pod.signs[0] + pod.item["kind"]]
        selector = match_labels(pod.item["spec"])
        path = pod.path.removesuffix("/spec") + "/metadata"
        yield Place(pod.item, path, value, pod.words, "pods", pod.signs), frozenset(selector)


OPERATORS = (labels, notes)
