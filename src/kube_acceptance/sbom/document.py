"""Bills of materials in CycloneDX's form."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from cyclonedx.contrib.hash.factories import HashTypeFactory
from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import ExternalReference, ExternalReferenceType, Property, XsUri
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.component_evidence import ComponentEvidence, Occurrence
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from kube_acceptance.images import ImageContents
from kube_acceptance.images.system import System
from kube_acceptance.sbom.inventory import Inventory
from kube_acceptance.sbom.package import Installed
from kube_acceptance.sbom.schema import keep_schema

_CREATED = "org.opencontainers.image.created"
_VERSION = "org.opencontainers.image.version"
_OWN = "kube-acceptance:"


def document(inventory: Inventory, contents: ImageContents, *, name: str = "", version: str = "") -> str:
    """The bill of materials of an image, in CycloneDX 1.6 as JSON.

    The same image has the same bill: its serial number follows from the digest of the image's configuration, and its
    time is that of the image's label, if it has one.

    Args:
        inventory: What is in the image.
        contents: The image.
        name: What the bill calls the image; by default its name in the reference.
        version: Its version; by default what its label says, or the tag.

    Raises:
        AcceptanceError: The document does not keep CycloneDX's schema.
    """
    labels = (contents.config.get("config") or {}).get("Labels") or {}
    image = Component(
        name=name or split(contents.reference)[0],
        type=ComponentType.CONTAINER,
        version=version or labels.get(_VERSION) or split(contents.reference)[1] or None,
        bom_ref=contents.config_digest,
        hashes=[HashTypeFactory().from_composite_str(contents.config_digest)],
        properties=[Property(name=_OWN + "reference", value=contents.reference)],
    )
    bom = Bom(
        serial_number=uuid.uuid5(uuid.NAMESPACE_OID, contents.config_digest),
        metadata=BomMetaData(component=image),
    )
    components = _components(inventory.installed)
    for component in components.values():
        bom.components.add(component)
    if inventory.system.name:
        bom.components.add(_system(inventory.system))
    for path, digest in inventory.unknown.items():
        bom.components.add(_file(path, digest))
    _depend(bom, image, inventory.installed, components)
    text = _same(JsonV1Dot6(bom).output_as_string(), _time(labels.get(_CREATED, "")))
    keep_schema(text, of=contents.reference)
    return text


def split(reference: str) -> tuple[str, str]:
    """The name and the tag in an image's reference; the tag is empty where it has none."""
    name, _, tag = reference.partition("@")[0].rpartition(":")
    return (name, tag) if name and "/" not in tag else (reference.partition("@")[0], "")


def _components(installed: Iterable[Installed]) -> dict[str, Component]:
    """One for each package URL: a package that stands in several places has several occurrences."""
    by_purl: dict[str, list[Installed]] = {}
    for each in installed:
        by_purl.setdefault(each.package.purl, []).append(each)
    return {purl: _component(each) for purl, each in by_purl.items()}


def _component(places: Sequence[Installed]) -> Component:
    package = places[0].package
    group, _, name = package.name.rpartition("/") if package.kind == "npm" else ("", "", package.name)
    program = package.kind == "generic"
    paths = sorted({path for each in places for path in (_machine_code(each) if program else [each.package.path])})
    return Component(
        name=name,
        group=group or None,
        version=package.version or None,
        type=ComponentType.APPLICATION if program else ComponentType.LIBRARY,
        bom_ref=package.purl,
        purl=PackageURL.from_string(package.purl),
        cpe=places[0].cpe or None,
        licenses=[LicenseFactory().make_from_string(places[0].licence)] if places[0].licence else None,
        hashes=[HashTypeFactory().from_composite_str(each) for each in places[0].hashes],
        external_references=_bills(places),
        evidence=ComponentEvidence(occurrences=[Occurrence(location="/" + path) for path in paths]),
        properties=[
            Property(name=_OWN + "bundles", value=bundled)
            for bundled in sorted({bundled for each in places for bundled in each.bundled})
        ]
        + [Property(name=_OWN + "folder", value="/" + each.folder) for each in places if each.folder],
    )


def _machine_code(each: Installed) -> list[str]:
    return [path for path, checksum in each.files.items() if checksum]


def _bills(places: Sequence[Installed]) -> Iterator[ExternalReference]:
    for path in sorted({path for each in places for path in each.bills}):
        yield ExternalReference(type=ExternalReferenceType.BOM, url=XsUri("file:///" + path))


def _system(system: System) -> Component:
    return Component(
        name=system.name,
        version=system.version or None,
        description=system.title or None,
        type=ComponentType.OPERATING_SYSTEM,
        bom_ref=f"os:{system.distro}",
        # Grype reads CycloneDX through Syft, which looks for these
        properties=[
            Property(name="syft:distro:id", value=system.name),
            Property(name="syft:distro:prettyName", value=system.title),
            Property(name="syft:distro:versionID", value=system.version),
        ],
    )


def _file(path: str, digest: str) -> Component:
    return Component(
        name="/" + path,
        type=ComponentType.FILE,
        bom_ref=f"file:/{path}",
        hashes=[HashTypeFactory().from_composite_str(digest)],
        evidence=ComponentEvidence(occurrences=[Occurrence(location="/" + path)]),
        properties=[Property(name=_OWN + "unidentified", value="no package and no known program has this file")],
    )


def _depend(bom: Bom, image: Component, installed: Iterable[Installed], components: dict[str, Component]) -> None:
    by_name = {(each.package.kind, each.package.name): components[each.package.purl] for each in installed}
    bom.register_dependency(image, bom.components)
    for each in installed:
        there = [by_name[each.package.kind, need] for need in each.needs if (each.package.kind, need) in by_name]
        own = components[each.package.purl]
        bom.register_dependency(own, [other for other in there if other is not own])


def _same(text: str, time: str) -> str:
    """The document without what differs from run to run: the time of writing, and the order of occurrences."""
    written = json.loads(text)
    del written["metadata"]["timestamp"]
    if time:
        written["metadata"]["timestamp"] = time
    for component in written["components"]:
        component.get("evidence", {}).get("occurrences", []).sort(key=lambda occurrence: occurrence["location"])
    return json.dumps(written, indent=2, sort_keys=True) + "\n"


def _time(label: str) -> str:
    """The moment that a label tells, in CycloneDX's form; empty if it tells none with a time zone."""
    try:
        moment = datetime.fromisoformat(label)
    except ValueError:
        return ""
    return moment.isoformat() if moment.tzinfo else ""
