"""Whether what is installed in an image is what a lock file says: no other version, nothing beside it, nothing less."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from kube_acceptance.errors import ConfigurationError
from kube_acceptance.images.contents import ImageContents
from kube_acceptance.images.finding import Finding, some
from kube_acceptance.sbom import node, python

_NPM_PACKAGE = re.compile(r"^(?:(?:^|/)node_modules/(?:@[^/]+/)?[^/@]+)+/package\.json$")
_MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}


def python_finding(contents: ImageContents, lock: Path) -> Finding:
    """Whether the Python packages of an image are those of a requirements file with hashes.

    Packages are known by their `*.dist-info` in a folder named `site-packages`. Requirements count whose marker fits
    the image: CPython on Linux.

    Raises:
        ConfigurationError: The lock file cannot be read.
    """
    installed = sorted(_python_packages(contents))
    if not installed:
        return Finding("locked", False, "no Python packages are installed in it")
    version = next((found[1] for path in contents.merged if (found := re.search(r"/python(3\.\d+)/", path))), "3")
    wanted, loose = _requirements(lock, _environment(contents, version))
    wrong = [f"{lock.name} does not say which bytes {name} is: it has no version or no hash" for name in loose]
    for name, there in installed:
        if name not in wanted:
            wrong.append(f"{name} {there} is installed, which {lock.name} does not name")
        elif there != wanted[name]:
            wrong.append(f"{name} {there} is installed, not {wanted[name]} as {lock.name} says")
    names = [name for name, _ in installed]
    wrong += [f"{name} is installed more than once" for name in sorted({one for one in names if names.count(one) > 1})]
    wrong += [f"{name} {wanted[name]} of {lock.name} is not installed" for name in sorted({*wanted} - {*names})]
    right = f"its {len(installed)} Python packages are those of {lock.name}"
    return Finding("locked", not wrong, some(wrong, shown=3) if wrong else right)


def npm_finding(contents: ImageContents, lock: Path, folder: str) -> Finding:
    """Whether the npm packages of an image are as a package-lock.json has them.

    A build may leave out what the program does not load, but not what package.json asks for in `dependencies`.

    Args:
        contents: The image.
        lock: The lock file (version 2 or 3).
        folder: The folder of the image that stands for the lock file's.

    Raises:
        ConfigurationError: The lock file cannot be read.
    """
    locked = _packages(lock)
    installed = dict(_npm_packages(contents, folder))
    if not installed:
        return Finding("locked", False, f"no npm packages are installed below /{folder}")
    wrong = []
    for place, (name, version) in sorted(installed.items()):
        entry = locked.get(place)
        if entry is None:
            wrong.append(f"{name} {version} is installed in {place}, which {lock.name} does not name")
        elif (locked_as := _locked_as(place, entry)) != f"{name} {version}":
            wrong.append(f"{name} {version} is installed in {place}, not {locked_as} as {lock.name} says")
        elif not entry.get("integrity"):
            wrong.append(f"{lock.name} does not say which bytes {name} is: it has no integrity")
    wrong += [
        f"{name} is asked for, but not installed"
        for name in locked.get("", {}).get("dependencies", {})
        if f"node_modules/{name}" not in installed
    ]
    right = f"its {len(installed)} npm packages are those of {lock.name}"
    return Finding("locked", not wrong, some(wrong, shown=3) if wrong else right)


def _python_packages(contents: ImageContents) -> Iterator[tuple[str, str]]:
    for each in python.installed(contents):
        # what another package carries along is part of that one
        if posixpath.basename(posixpath.dirname(posixpath.dirname(each.package.path))) == "site-packages":
            yield each.package.name, each.package.version


def _npm_packages(contents: ImageContents, folder: str) -> Iterator[tuple[str, tuple[str, str]]]:
    """Name and version of each package, by its place below the folder."""
    for each in node.installed(contents):
        place = each.package.path.removeprefix(f"{folder}/")
        if place != each.package.path and _NPM_PACKAGE.match(place):
            yield posixpath.dirname(place), (each.package.name, each.package.version)


def _locked_as(place: str, entry: Mapping[str, Any]) -> str:
    # an entry has a name of its own only where the folder is called otherwise
    return f"{entry.get('name') or place.rpartition('node_modules/')[2]} {entry.get('version')}"


def _requirements(lock: Path, environment: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """The versions that the image should have, by name, and what the lock file does not pin."""
    wanted: dict[str, str] = {}
    loose: list[str] = []
    text = re.sub(r"\\\r?\n", " ", _text(lock))
    for line in text.splitlines():
        words = re.split(r"\s#", line)[0].strip()
        if not words or words.startswith(("#", "-")):
            continue
        written, *hashes = re.split(r"\s+--hash=", words)
        try:
            requirement = Requirement(written)
        except InvalidRequirement as error:
            raise ConfigurationError(f"{lock.name} holds no requirement: {written}") from error
        if requirement.marker and not requirement.marker.evaluate(dict(environment)):
            continue
        name = canonicalize_name(requirement.name)
        [pinned] = [each.version for each in requirement.specifier if each.operator == "=="] or [""]
        wanted[name] = pinned
        if not pinned or not hashes:
            loose.append(name)
    if not wanted:
        raise ConfigurationError(f"{lock.name} names no package for this image, so nothing can be compared")
    return wanted, loose


def _environment(contents: ImageContents, version: str) -> dict[str, str]:
    """What markers ask for (PEP 508), as the image answers it, not this machine."""
    architecture = str(contents.config.get("architecture", ""))
    return {
        "implementation_name": "cpython",
        "os_name": "posix",
        "platform_machine": _MACHINES.get(architecture, architecture),
        "platform_python_implementation": "CPython",
        "platform_system": "Linux",
        "python_full_version": f"{version}.0",
        "python_version": version,
        "sys_platform": "linux",
    }


def _packages(lock: Path) -> dict[str, Any]:
    try:
        packages = json.loads(_text(lock))["packages"]
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(f"{lock.name} is no package-lock.json of version 2 or 3") from error
    return dict(packages)


def _text(lock: Path) -> str:
    try:
        return lock.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"{lock.name} cannot be read: {error.strerror}") from error
