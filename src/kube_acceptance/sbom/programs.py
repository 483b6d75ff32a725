"""Programs and libraries that no package database knows, told by what stands in their bytes."""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from kube_acceptance.images import Entry, ImageContents
from kube_acceptance.sbom.golang import GoProgram, build_information
from kube_acceptance.sbom.known import KNOWN, Known
from kube_acceptance.sbom.package import Installed, Package, purl

_ELF = b"\x7fELF"
_KNOWN = {known.name: known for known in KNOWN}


@dataclass(frozen=True)
class Programs:
    """What was found: known programs, and the files that nothing explains (path and checksum)."""

    known: list[Installed]
    unknown: Mapping[str, str]


def programs(contents: ImageContents, *, databases: Collection[str] = (), owned: Collection[str] = ()) -> Programs:
    """Look into every program and shared library.

    Args:
        contents: The image.
        databases: Files that need not be looked at: the distribution's own database tells all of them.
        owned: Files that are some other package's; they need no explanation, but may hold a known program.
    """
    seen: dict[tuple[str, str], dict[str, str]] = {}
    go: list[Installed] = []
    unexplained: dict[str, str] = {}
    for entry in sorted(elf_files(contents), key=lambda entry: entry.path):
        if entry.path in databases:
            continue
        body = contents.read(entry.path)
        digest = "sha256:" + hashlib.sha256(body).hexdigest()
        identified = list(_identified(entry.path, body))
        for each in identified:
            seen.setdefault(each, {})[entry.path] = digest
        if program := build_information(body):
            go += _go(program, entry.path, digest)
        elif not identified:
            unexplained[entry.path] = digest
    parts: dict[tuple[str, str], dict[str, str]] = {key: {} for key in seen}
    for path in tuple(unexplained):
        body = contents.read(path)
        for key in sorted(seen, key=lambda key: _distance(path, next(iter(seen[key])))):
            if _is_part(_KNOWN[key[0]], path, body):
                parts[key][path] = unexplained.pop(path)
                break
    return Programs(
        [_installed(contents, _KNOWN[key[0]], key[1], files, parts[key]) for key, files in sorted(seen.items())] + go,
        {path: digest for path, digest in unexplained.items() if path not in owned},
    )


def elf_files(contents: ImageContents) -> Iterator[Entry]:
    """The programs and shared libraries of an image that are machine code, wherever they stand."""
    for entry in contents.files():
        if entry.size >= len(_ELF) or entry.kind == "hardlink":
            with contents.open(entry.path) as file:
                if file.read(len(_ELF)) == _ELF:
                    yield entry


def _identified(path: str, body: bytes) -> Iterator[tuple[str, str]]:
    for known in KNOWN:
        if known.file.fullmatch(posixpath.basename(path)):
            versions = {found.group(1).decode() for found in known.version.finditer(body)}
            if len(versions) > 1:
                # as in libpython3.13.so.1.0
                versions = {each for each in versions if each.rpartition(".")[0] in posixpath.basename(path)}
            # several versions are no evidence for one
            if len(versions) == 1:
                yield known.name, versions.pop()
            elif not versions and known.named and known.named.search(body):
                yield known.name, ""


def _is_part(known: Known, path: str, body: bytes) -> bool:
    name = posixpath.basename(path)
    return any(part.name.fullmatch(name) and part.bytes.search(body) for part in known.parts)


def _distance(path: str, other: str) -> int:
    """Smaller for files that stand closer to each other."""
    return -len(posixpath.commonpath(["/" + path, "/" + other]))


def _installed(
    contents: ImageContents, known: Known, version: str, files: Mapping[str, str], parts: Mapping[str, str]
) -> Installed:
    first = min(files, key=lambda path: (posixpath.basename(path) != (known.main or known.name), path))
    prefix = posixpath.dirname(posixpath.dirname(first))
    folder = posixpath.join(prefix, known.folder.format(minor=".".join(version.split(".")[:2]))) if known.folder else ""
    return Installed(
        Package("generic", known.name, version, purl("generic", known.name, version), first),
        {**files, **parts},
        licence=known.licence,
        folder=folder if folder and any(path.startswith(folder + "/") for path in contents.merged) else "",
        hashes=(files[first],),
        cpe=f"cpe:2.3:a:{known.cpe}:{version}:*:*:*:*:*:*:*" if known.cpe and version else "",
    )


def _go(program: GoProgram, path: str, digest: str) -> Iterator[Installed]:
    for number, (module, version) in enumerate([*program.modules, ("stdlib", program.go)]):
        namespace, _, name = module.rpartition("/")
        yield Installed(
            Package("golang", module, version, purl("golang", name, version, namespace=namespace), path),
            {path: digest} if number == 0 else {},
            hashes=(digest,) if number == 0 else (),
        )
