"""Container images: built when their content changed, loaded where they are missing, and looked into."""

from __future__ import annotations

from kube_acceptance.images.alpine import alpine_findings, apk_packages, elf_interpreter
from kube_acceptance.images.build import CONTENT_LABEL, BuiltImage, base_images, build
from kube_acceptance.images.contents import ImageContents, layer_ids, open_image, same_image
from kube_acceptance.images.finding import Finding
from kube_acceptance.images.hygiene import hygiene_findings
from kube_acceptance.images.layers import Entry, Layer
from kube_acceptance.images.load import LoadReport, load
from kube_acceptance.images.source import ImageSource, content_tag

__all__ = [
    "CONTENT_LABEL",
    "BuiltImage",
    "Entry",
    "Finding",
    "ImageContents",
    "ImageSource",
    "Layer",
    "LoadReport",
    "alpine_findings",
    "apk_packages",
    "base_images",
    "build",
    "content_tag",
    "elf_interpreter",
    "hygiene_findings",
    "layer_ids",
    "load",
    "open_image",
    "same_image",
]
