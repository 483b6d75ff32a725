"""Container images: built when their content changed, loaded where they are missing, and looked into."""

from __future__ import annotations

from kube_acceptance.images.alpine import alpine_findings, apk_packages, elf_interpreter
from kube_acceptance.images.bases import accepted, pinned, supported, version_of
from kube_acceptance.images.budget import budget_findings, size_of
from kube_acceptance.images.build import CONTENT_LABEL, BuiltImage, base_images, build
from kube_acceptance.images.contents import ImageContents, Known, known, layer_ids, open_archive, open_image, same_image
from kube_acceptance.images.finding import Exemption, Finding, broken
from kube_acceptance.images.hygiene import hygiene_findings
from kube_acceptance.images.layers import Entry, Layer
from kube_acceptance.images.load import LoadReport, load
from kube_acceptance.images.provenance import revision_finding
from kube_acceptance.images.settings import exec_form_finding, label, label_findings, port_finding
from kube_acceptance.images.source import ImageSource, content_tag, short_name

__all__ = [
    "CONTENT_LABEL",
    "BuiltImage",
    "Entry",
    "Exemption",
    "Finding",
    "ImageContents",
    "ImageSource",
    "Known",
    "Layer",
    "LoadReport",
    "accepted",
    "alpine_findings",
    "apk_packages",
    "base_images",
    "broken",
    "budget_findings",
    "build",
    "content_tag",
    "elf_interpreter",
    "exec_form_finding",
    "hygiene_findings",
    "known",
    "label",
    "label_findings",
    "layer_ids",
    "load",
    "open_archive",
    "open_image",
    "pinned",
    "port_finding",
    "revision_finding",
    "same_image",
    "short_name",
    "size_of",
    "supported",
    "version_of",
]
