"""Packages, and what the image itself says of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from packageurl import PackageURL


@dataclass(frozen=True, order=True)
class Package:
    """A package that is in an image.

    Attributes:
        kind: The type of its package URL: `apk`, `pypi`, `npm`, `golang` or `generic`.
        name: Its name; of a Node package with its scope, as in `@scope/name`.
        version: Its version; empty where the file that shows the package tells none.
        purl: Its package URL. Those of Alpine packages tell distribution and origin, which scanners need.
        path: Where the evidence stands in the image, without a leading slash.
    """

    kind: str
    name: str
    version: str
    purl: str
    path: str

    def __str__(self) -> str:
        return f"{self.name} {self.version}".rstrip()


@dataclass(frozen=True)
class Installed:
    """A package with what its record in the image says.

    Attributes:
        package: The package.
        files: The files that are its own, with the checksums that its record states (`sha1:…`, `sha256:…` and so on,
            in hexadecimal; empty where it states none).
        licence: As the record has it; empty if it has none.
        needs: The names of packages of the same kind that it needs, whether they are there or not.
        bundled: What it carries along by its own word without telling a version.
        bills: Bills of materials that it brings along, by path.
        folder: A folder that is all its own, besides other packages in it; its programs and libraries are in `files`.
        hashes: Checksums of the package's main file, as in `sha256:…`.
        cpe: Its name in the national vulnerability database, for packages that no package database knows.
    """

    package: Package
    files: Mapping[str, str] = field(default_factory=dict)
    licence: str = ""
    needs: Sequence[str] = ()
    bundled: Sequence[str] = ()
    bills: Sequence[str] = ()
    folder: str = ""
    hashes: Sequence[str] = ()
    cpe: str = ""


def purl(kind: str, name: str, version: str, *, namespace: str = "", **qualifiers: str) -> str:
    """A package URL, see https://github.com/package-url/purl-spec."""
    given = {key: value for key, value in qualifiers.items() if value}
    return PackageURL(kind, namespace or None, name, version or None, given).to_string()
