"""Bills of materials: which packages and programs an image holds, read from its layers."""

from __future__ import annotations

from kube_acceptance.images import ImageContents
from kube_acceptance.images.system import System, system
from kube_acceptance.sbom.compare import in_bill, kinds, on_disk, versions
from kube_acceptance.sbom.control import overlooked
from kube_acceptance.sbom.disk import Disk
from kube_acceptance.sbom.inventory import Inventory, inventory
from kube_acceptance.sbom.package import Installed, Package
from kube_acceptance.sbom.schema import keep_schema
from kube_acceptance.sbom.written import Bill, Component

__all__ = [
    "Bill",
    "Component",
    "Disk",
    "Installed",
    "Inventory",
    "Package",
    "System",
    "bill",
    "in_bill",
    "inventory",
    "keep_schema",
    "kinds",
    "on_disk",
    "overlooked",
    "packages",
    "system",
    "versions",
]


def packages(contents: ImageContents) -> list[Package]:
    """The packages and known programs of an image.

    Raises:
        ImageError: A record in it is damaged, or there is nothing at all.
    """
    return [each.package for each in inventory(contents).installed]


def bill(contents: ImageContents, *, name: str = "", version: str = "") -> str:
    """The bill of materials of an image, in CycloneDX 1.6 as JSON; the same image has the same bill.

    Args:
        contents: The image.
        name: What the bill calls the image; by default its name in the reference.
        version: Its version; by default what its label says, or the tag.

    Raises:
        ImageError: A record in the image is damaged, or there is nothing at all.
    """
    # most runs write no bill, and the library takes longer to load than all else of this package
    from kube_acceptance.sbom.document import document

    return document(inventory(contents), contents, name=name, version=version)
