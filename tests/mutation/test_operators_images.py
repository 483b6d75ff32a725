"""What is derived from the images that run, and from what objects say of themselves."""

from __future__ import annotations

import pytest
from deployed import one
from stored import all_of, changed, ids

from kube_acceptance.mutation.operators import images, metadata

IMAGES = all_of(*images.OPERATORS)
METADATA = all_of(*metadata.OPERATORS)


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("hall", ("hall", "", "")),
        ("hall:1", ("hall", "1", "")),
        ("registry:5000/a/hall", ("registry:5000/a/hall", "", "")),
        ("registry:5000/a/hall:1@sha256:0", ("registry:5000/a/hall", "1", "sha256:0")),
    ],
)
def test_a_reference_has_parts(image: str, expected: tuple[str, str, str]) -> None:
    assert images.split(image) == expected


def test_an_image_floats() -> None:
    mutant = one(IMAGES, "image-latest.deployment-hall.container-door")
    assert mutant.unnoticed == (
        "container door of Deployment hall runs whatever is the latest registry.example:5000/hall"
    )
    container = changed(mutant)["spec"]["template"]["spec"]["containers"][0]
    assert container["image"] == "registry.example:5000/hall:latest"
    digest = one(IMAGES, "image-without-digest.deployment-hall.container-door")
    assert digest.unnoticed.endswith("runs whatever is called registry.example:5000/hall:1")


def test_what_is_asked_for_anyway_is_no_mutant() -> None:
    spec = {"containers": [{"name": "a", "image": "a:latest"}, {"name": "b", "image": "b:1"}]}
    found = images.pulls([{"kind": "Pod", "metadata": {"name": "p"}, "spec": spec}])
    assert [each.id for each in found] == ["image-always-pulled.pod-p.container-b"]


def test_labels_and_annotations_are_gone() -> None:
    assert ids(METADATA) == [
        "labels-removed.service-hall",
        "labels-removed.deployment-hall",
        "pod-label-removed.deployment-hall.pods-team",
        "pod-label-removed.job-stocktaking.pods-app",
        "pod-label-removed.cronjob-cleaning.pods-app",
        "annotation-removed.ingress-gate.controller-example-body-size",
        "checksum-removed.deployment-hall.pods-checksum-config",
        "pod-annotation-removed.deployment-hall.pods-owner",
    ]
    checksum = one(METADATA, "checksum-removed.deployment-hall.pods-checksum-config")
    assert checksum.concern == "configuration"
    assert checksum.unnoticed == "the pods of Deployment hall go on with what they have read when it changes"
    assert changed(checksum)["spec"]["template"]["metadata"]["annotations"] == {"owner": "blue"}
