"""Python's distributions, from the records that installers leave beside them."""

from __future__ import annotations

import base64
import csv
import posixpath
import re
from collections.abc import Iterator
from email.message import Message
from email.parser import HeaderParser

from packaging.utils import canonicalize_name

from kube_acceptance.errors import ImageError
from kube_acceptance.images import ImageContents
from kube_acceptance.sbom.package import Installed, Package, purl

_REQUIREMENT = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)")
_LICENCE = "License :: "
_SHORT = 64


def installed(contents: ImageContents) -> list[Installed]:
    """The distributions with a `*.dist-info` or `*.egg-info`, wherever these stand.

    Raises:
        ImageError: The metadata of one names no distribution or no version.
    """
    return [_installed(contents, path) for path in sorted(metadata_files(contents))]


def metadata_files(contents: ImageContents) -> Iterator[str]:
    """Where distributions are described: see https://packaging.python.org/en/latest/specifications/."""
    for entry in contents.files():
        folder, name = posixpath.split(entry.path)
        if (name == "METADATA" and folder.endswith(".dist-info")) or (
            name.endswith(".egg-info") or (name == "PKG-INFO" and folder.endswith((".egg-info", "EGG-INFO")))
        ):
            yield entry.path


def _installed(contents: ImageContents, path: str) -> Installed:
    about = HeaderParser().parsestr(contents.read(path).decode("utf-8", errors="replace"))
    if not about["Name"] or not about["Version"]:
        raise ImageError(f"{contents.reference} has a damaged /{path}: it has no name or no version")
    name = canonicalize_name(about["Name"])
    files = _files(contents, path)
    return Installed(
        Package("pypi", name, about["Version"], purl("pypi", name, about["Version"]), path),
        files,
        licence=_licence(about),
        needs=tuple(dict.fromkeys(_needs(about))),
        bills=tuple(each for each in sorted(files) if posixpath.dirname(each).endswith(".dist-info/sboms")),
    )


def _files(contents: ImageContents, path: str) -> dict[str, str]:
    folder = posixpath.dirname(path)
    if record := _text(contents, posixpath.join(folder, "RECORD")):
        return {
            _below(posixpath.dirname(folder), row[0]): _hexadecimal(row[1]) if len(row) > 1 else ""
            for row in csv.reader(record.splitlines())
            if row
        }
    if listed := _text(contents, posixpath.join(folder, "installed-files.txt")):
        return {_below(folder, line): "" for line in listed.splitlines() if line}
    return {path: ""}


def _text(contents: ImageContents, path: str) -> str:
    return contents.read(path).decode("utf-8", errors="replace") if contents.find(path) else ""


def _below(folder: str, name: str) -> str:
    return posixpath.normpath(posixpath.join("/" + folder, name)).lstrip("/")


def _hexadecimal(stated: str) -> str:
    """`sha256=` with URL-safe base64 that lacks its padding, as the record's specification has it."""
    algorithm, _, value = stated.partition("=")
    if not value:
        return ""
    return f"{algorithm}:{base64.urlsafe_b64decode(value + '=' * (-len(value) % 4)).hex()}"


def _licence(about: Message) -> str:
    short = str(about["License"] or "").strip()
    classified = [each.rpartition(" :: ")[2] for each in about.get_all("Classifier", []) if each.startswith(_LICENCE)]
    if about["License-Expression"]:
        return str(about["License-Expression"])
    if short and "\n" not in short and len(short) <= _SHORT:
        return short
    return " AND ".join(classified) if len(classified) == 1 else ", ".join(classified)


def _needs(about: Message) -> Iterator[str]:
    for requirement in about.get_all("Requires-Dist", []):
        matched = _REQUIREMENT.match(requirement)
        if matched and "extra ==" not in requirement:
            yield canonicalize_name(matched.group(1))
