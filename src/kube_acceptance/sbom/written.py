"""A bill of materials as it was written, read back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from packageurl import PackageURL

from kube_acceptance.errors import AcceptanceError

_FOLDER = "kube-acceptance:folder"
_ALGORITHMS = {"SHA-1": "sha1", "SHA-256": "sha256", "SHA-512": "sha512"}


@dataclass(frozen=True)
class Component:
    """A component of a bill.

    Attributes:
        kind: The type of its package URL; of one without, its own (`operating-system`, `file`).
        name: Its name, with its scope.
        version: Its version; empty where the bill tells none.
        purl: Its package URL.
        places: Where the bill says that it stands, without leading slashes.
        hashes: Its checksums, as in `sha256:…`.
        folder: The folder that is all its own, if the bill tells one.
    """

    kind: str
    name: str
    version: str
    purl: PackageURL | None
    places: tuple[str, ...]
    hashes: tuple[str, ...]
    folder: str

    def __str__(self) -> str:
        return f"{self.name} {self.version}".rstrip()


class Bill:
    """A bill of materials.

    Args:
        document: CycloneDX as JSON.

    Raises:
        AcceptanceError: It cannot be read, or has no components.
    """

    def __init__(self, document: str) -> None:
        try:
            self.components = tuple(_component(each) for each in json.loads(document)["components"])
        except (ValueError, KeyError, TypeError) as error:
            raise AcceptanceError(f"The bill of materials cannot be read: {error!r}") from error
        if not self.components:
            raise AcceptanceError("The bill of materials has no components, so there is nothing to compare")

    def of(self, kind: str) -> list[Component]:
        """The components of a kind."""
        return [each for each in self.components if each.kind == kind]

    def places(self, kind: str) -> frozenset[str]:
        """Where components of a kind stand."""
        if kind not in self._places:
            self._places[kind] = frozenset(place for each in self.of(kind) for place in each.places)
        return self._places[kind]

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """How many components of each kind there are."""
        return {kind: len(self.of(kind)) for kind in sorted({each.kind for each in self.components})}

    @cached_property
    def _places(self) -> dict[str, frozenset[str]]:
        return {}


def _component(each: Mapping[str, Any]) -> Component:
    purl = PackageURL.from_string(each["purl"]) if each.get("purl") else None
    folders = [property["value"] for property in each.get("properties", []) if property["name"] == _FOLDER]
    return Component(
        kind=purl.type if purl else each["type"],
        name=f"{each['group']}/{each['name']}" if each.get("group") else each["name"],
        version=each.get("version", ""),
        purl=purl,
        places=tuple(place["location"].lstrip("/") for place in each.get("evidence", {}).get("occurrences", [])),
        hashes=tuple(f"{_ALGORITHMS[digest['alg']]}:{digest['content']}" for digest in each.get("hashes", [])),
        folder=folders[0].strip("/") if folders else "",
    )
