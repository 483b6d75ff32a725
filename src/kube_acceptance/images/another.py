"""Another build of an image: it does the same and is not the same, as the next version is for who replaces it."""

from __future__ import annotations

from pathlib import Path

from kube_acceptance.images.build import BuiltImage
from kube_acceptance.images.source import ImageSource

LABEL = "kube-acceptance.another-build"


def another(image: BuiltImage, folder: Path) -> ImageSource:
    """What another build of an image is made from: the image, and a label that it has not.

    Args:
        image: The image.
        folder: An empty folder for the Dockerfile.
    """
    dockerfile = folder / "Dockerfile"
    dockerfile.write_text(f'FROM {image.reference}\nLABEL {LABEL}="yes"\n')
    return ImageSource(image.name, dockerfile, folder)
