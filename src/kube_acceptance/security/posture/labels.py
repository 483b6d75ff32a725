"""By what objects are found: the labels that Kubernetes recommends.

https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/
"""

from __future__ import annotations

from collections.abc import Iterator

from kube_acceptance.security.posture.rendered import Rendered, called
from kube_acceptance.security.posture.rule import rule

COMMON = ("app.kubernetes.io/name", "app.kubernetes.io/instance")


@rule("common-labels")
def common_labels(rendered: Rendered) -> Iterator[str]:
    """Every object says which application and which release of it it belongs to."""
    for item in rendered.objects:
        labels = item["metadata"].get("labels") or {}
        for label in COMMON:
            if not labels.get(label):
                yield f"{called(item)} has no label {label}; add it to its metadata"
