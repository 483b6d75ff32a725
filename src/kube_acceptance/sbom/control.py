"""Bills of materials made wrong on purpose: a comparison that takes them for right compares nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from packageurl import PackageURL

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.sbom.compare import in_bill, on_disk
from kube_acceptance.sbom.disk import Disk
from kube_acceptance.sbom.written import Bill, Component

OTHER = "0.0.0-other"
MADE_UP = "made-up"


def overlooked(document: str, disk: Disk) -> Iterator[str]:
    """Changes of a bill that the comparison does not tell; a sentence each. Of each kind one component is changed.

    Args:
        document: A bill of the image, as it was written.
        disk: The image's disk.

    Raises:
        AcceptanceError: The bill has no package.
    """
    packages = [each for each in Bill(document).components if each.purl]
    if not packages:
        raise AcceptanceError("The bill of materials has no package, so nothing can be left out of it")
    for component in {each.kind: each for each in reversed(packages)}.values():
        told = _said(in_bill(Bill(without(document, component)), disk))
        if not _names(told, component, disk):
            yield f"nothing is said of a bill without the {component.kind} package {component}"
        told = _said(on_disk(Bill(_changed(document, component, version=OTHER)), disk))
        if not any(OTHER in said for said in told):
            yield f"nothing is said of a bill with {component} in another version"
        told = _said(on_disk(Bill(_changed(document, component, name=MADE_UP)), disk))
        if not any(MADE_UP in said for said in told):
            yield f"nothing is said of a bill with a made-up package of the kind {component.kind}"


def without(document: str, component: Component) -> str:
    """A bill without a component; of programs, without all that stand in the same file."""
    written = json.loads(document)
    written["components"] = [each for each in written["components"] if not _meant(each, component)]
    return json.dumps(written)


def _meant(each: dict[str, Any], component: Component) -> bool:
    if component.purl is None or not each.get("purl"):
        return False
    if each["purl"] == component.purl.to_string():
        return True
    places = {place["location"].lstrip("/") for place in each.get("evidence", {}).get("occurrences", [])}
    return component.kind in ("generic", "golang") and bool(places & set(component.places))


def _changed(document: str, component: Component, *, name: str = "", version: str = "") -> str:
    """A bill with a component whose name or version is another one."""
    written = json.loads(document)
    assert component.purl is not None
    for each in written["components"]:
        if each.get("purl") == component.purl.to_string():
            each["name"], each["version"] = name or each["name"], version or each.get("version", "")
            old = component.purl
            new = PackageURL(
                old.type, old.namespace, name or old.name, each["version"] or None, old.qualifiers, old.subpath
            )
            each["purl"] = new.to_string()
    return json.dumps(written)


def _said(findings: list[Any]) -> list[str]:
    return [finding.said for finding in findings if not finding.ok]


def _names(said: list[str], component: Component, disk: Disk) -> bool:
    own = [component.name, *(f"/{place}" for place in component.places)]
    if component.kind == "apk" and component.name in disk.alpine:
        own += [f"/{path}" for path in disk.alpine[component.name].files]
    return any(word in each for word in own for each in said)
