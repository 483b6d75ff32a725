"""Node's packages, from the `package.json` of each."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterator, Mapping
from typing import Any

from kube_acceptance.errors import ImageError
from kube_acceptance.images import ImageContents
from kube_acceptance.sbom.package import Installed, Package, purl

_MODULES = "node_modules"


def installed(contents: ImageContents) -> list[Installed]:
    """The packages below any `node_modules`.

    A `package.json` with a name and a version is a package, wherever it stands below `node_modules`: also one that
    another package carries along, as Next.js does in `next/dist/compiled`. One with a name alone tells of code that
    is part of the package around it: it has no version to assess, and is named as bundled by that package.

    Raises:
        ImageError: A `package.json` cannot be read.
    """
    described = {path: _document(contents, path) for path in sorted(descriptions(contents))}
    packages = {posixpath.dirname(path): path for path, about in described.items() if _is_package(about)}
    bundled: dict[str, list[str]] = {path: [] for path in packages.values()}
    for path, about in described.items():
        around = owner(path, packages)
        if path not in bundled and around and isinstance(about.get("name"), str):
            bundled[around].append(about["name"])
    files: dict[str, dict[str, str]] = {path: {} for path in packages.values()}
    for entry in contents.merged.values():
        if entry.kind != "folder" and (around := owner(entry.path, packages)):
            files[around][entry.path] = ""
    return [_installed(path, described[path], files[path], bundled[path]) for path in packages.values()]


def descriptions(contents: ImageContents) -> Iterator[str]:
    """Every `package.json` below a `node_modules`."""
    for entry in contents.files():
        folder, name = posixpath.split(entry.path)
        if name == "package.json" and _MODULES in folder.split("/"):
            yield entry.path


def owner(path: str, packages: Mapping[str, str]) -> str | None:
    """The `package.json` of the package in whose folder a file stands.

    Args:
        path: The file.
        packages: The path of the `package.json` for each folder of a package.
    """
    folder = posixpath.dirname(path)
    while folder and posixpath.basename(folder) != _MODULES:
        if folder in packages:
            return packages[folder]
        folder = posixpath.dirname(folder)
    return None


def _document(contents: ImageContents, path: str) -> Mapping[str, Any]:
    try:
        document = json.loads(contents.read(path))
    except ValueError as error:
        raise ImageError(f"{contents.reference} has a damaged /{path}: {error}") from error
    return document if isinstance(document, dict) else {}


def _is_package(about: Mapping[str, Any]) -> bool:
    return all(isinstance(about.get(key), str) and about[key] for key in ("name", "version"))


def _installed(path: str, about: Mapping[str, Any], files: Mapping[str, str], bundled: list[str]) -> Installed:
    scope, _, name = str(about["name"]).rpartition("/")
    needs = about.get("dependencies")
    return Installed(
        Package("npm", about["name"], about["version"], purl("npm", name, about["version"], namespace=scope), path),
        files,
        licence=about["license"] if isinstance(about.get("license"), str) else "",
        needs=tuple(needs) if isinstance(needs, dict) else (),
        bundled=tuple(sorted(set(bundled))),
    )
