"""Bills of materials: which packages and programs an image holds, read from its layers."""

from __future__ import annotations

from kube_acceptance.images import ImageContents
from kube_acceptance.sbom.bill import document, kinds
from kube_acceptance.sbom.inventory import Inventory, inventory
from kube_acceptance.sbom.package import Installed, Package
from kube_acceptance.sbom.system import System, system

__all__ = ["Installed", "Inventory", "Package", "System", "bill", "inventory", "kinds", "packages", "system"]


def packages(contents: ImageContents) -> list[Package]:
    """The packages and known programs of an image.

    Raises:
        ImageError: A record in it is damaged, or there is nothing at all.
    """
    return [each.package for each in inventory(contents).installed]


def bill(contents: ImageContents, *, name: str, version: str = "") -> str:
    """The bill of materials of an image, in CycloneDX 1.6 as JSON; the same image has the same bill.

    Args:
        contents: The image.
        name: What the bill calls the image.
        version: Its version; by default what its label says.

    Raises:
        ImageError: A record in the image is damaged, or there is nothing at all.
    """
    return document(inventory(contents), contents, name=name, version=version)
