"""Alpine's packages, from its database of what is installed."""

from __future__ import annotations

import base64
import binascii
import posixpath
import re
from collections.abc import Iterator

from kube_acceptance.errors import ImageError
from kube_acceptance.images import ImageContents
from kube_acceptance.images.alpine import APK_DATABASES
from kube_acceptance.images.system import system
from kube_acceptance.sbom.package import Installed, Package, purl

_ALGORITHMS = {"Q1": "sha1", "Q2": "sha256"}
_NAME = re.compile(r"[^=<>~@]+")


def installed(contents: ImageContents) -> list[Installed]:
    """What the database says is installed, see https://wiki.alpinelinux.org/wiki/Apk_spec#Installed_Database.

    Raises:
        ImageError: The database is damaged.
    """
    distro = system(contents).distro
    found: dict[str, Installed] = {}
    for path in APK_DATABASES:
        if contents.find(path):
            text = contents.read(path).decode("utf-8", errors="replace")
            for record in text.split("\n\n"):
                if record.strip():
                    each = _installed(contents.reference, path, record.splitlines(), distro)
                    found.setdefault(each.package.name, each)
    return _linked(list(found.values()))


def _installed(reference: str, path: str, lines: list[str], distro: str) -> Installed:
    fields: dict[str, str] = {}
    files: dict[str, str] = {}
    folder = name = ""
    for line in lines:
        key, _, value = line.partition(":")
        if key == "F":
            folder = value
        elif key == "R":
            name = posixpath.join(folder, value)
            files[name] = ""
        elif key == "Z" and name in files:
            files[name] = _checksum(reference, path, value)
        else:
            fields.setdefault(key, value)
    if not fields.get("P") or not fields.get("V"):
        raise ImageError(f"{reference} has a damaged /{path}: a record has no name or no version")
    origin = fields.get("o", "")
    url = purl(
        "apk",
        fields["P"],
        fields["V"],
        namespace="alpine",
        arch=fields.get("A", ""),
        distro=distro,
        upstream=origin if origin != fields["P"] else "",
    )
    return Installed(
        Package("apk", fields["P"], fields["V"], url, path),
        files,
        licence=fields.get("L", ""),
        needs=tuple(fields.get("D", "").split()),
        bundled=tuple(fields.get("p", "").split()),
    )


def _linked(found: list[Installed]) -> list[Installed]:
    """With the names of packages in the place of what they provide (`so:libc.musl-x86_64.so.1`, `/bin/sh`)."""
    providers = {each.package.name: each.package.name for each in found}
    for each in found:
        for provided in each.bundled:
            providers.setdefault(_bare(provided), each.package.name)
        for file in each.files:
            providers.setdefault("/" + file, each.package.name)
    return [
        Installed(each.package, each.files, each.licence, tuple(dict.fromkeys(_needed(each, providers))))
        for each in found
    ]


def _needed(each: Installed, providers: dict[str, str]) -> Iterator[str]:
    for need in each.needs:
        if not need.startswith("!"):
            yield providers.get(_bare(need), _bare(need))


def _bare(dependency: str) -> str:
    matched = _NAME.match(dependency)
    return matched.group() if matched else dependency


def _checksum(reference: str, path: str, value: str) -> str:
    """`Q1` with base64 is a SHA-1, `Q2` a SHA-256."""
    try:
        algorithm = _ALGORITHMS[value[:2]]
        return f"{algorithm}:{base64.b64decode(value[2:], validate=True).hex()}"
    except (KeyError, binascii.Error):
        raise ImageError(f"{reference} has a damaged /{path}: {value} is not a checksum of Alpine's") from None
