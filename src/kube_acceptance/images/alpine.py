"""Whether an image really is built from Alpine: by its layers, its packages and what its programs are linked to."""

from __future__ import annotations

import fnmatch
import posixpath
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from kube_acceptance.errors import ImageError
from kube_acceptance.images.bases import same_release
from kube_acceptance.images.contents import ImageContents
from kube_acceptance.images.finding import Finding, some
from kube_acceptance.images.system import system

APK_DATABASES = ("lib/apk/db/installed", "usr/lib/apk/db/installed")
_NEEDED = ("alpine-baselayout", "musl")
_MUSL = "ld-musl-*.so.1"
_GLIBC = ("ld-linux*.so.*", "ld64.so.*", "libc.so.6", "libc-2.*.so")
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_MAX_SCRIPTS = 4
_LINE = 256


def alpine_findings(
    contents: ImageContents, *, bases: Sequence[Sequence[str]], version: str = "", executables: Sequence[str] = ()
) -> list[Finding]:
    """The evidence that an image is built from Alpine, strongest first.

    Args:
        contents: The image.
        bases: The layer lists (diff IDs) of acceptable Alpine images; the image's layers must start with one of them.
        version: The release that its os-release must name, as in `3.23`; empty takes any.
        executables: More programs to look at, besides the one that the image starts.
    """
    return [
        _base_layers(contents, bases),
        _os_release(contents, version),
        _packages(contents),
        _musl(contents),
        _glibc(contents),
        *_programs(contents, executables),
    ]


def apk_packages(contents: ImageContents) -> dict[str, str]:
    """The versions of the installed Alpine packages, by name; empty if there is no package database."""
    packages: dict[str, str] = {}
    for path in APK_DATABASES:
        if contents.find(path) is None:
            continue
        name = ""
        for line in contents.read(path).decode("utf-8", errors="replace").splitlines():
            if line.startswith("P:"):
                name = line[2:]
            elif line.startswith("V:") and name:
                packages[name] = line[2:]
    return packages


def elf_interpreter(program: BinaryIO) -> str | None:
    """The loader that an ELF program asks for, as in `/lib/ld-musl-x86_64.so.1`; none if it is static.

    Raises:
        ValueError: It is not an ELF file.
    """
    from elftools.common.exceptions import ELFError  # most runs look into no image
    from elftools.elf.elffile import ELFFile

    try:
        for segment in ELFFile(program).iter_segments("PT_INTERP"):
            return str(segment.data().rstrip(b"\0"), "ascii", "replace")
    except ELFError as error:
        raise ValueError(f"not an ELF file: {error}") from error
    return None


def _base_layers(contents: ImageContents, bases: Sequence[Sequence[str]]) -> Finding:
    own = [layer.diff_id for layer in contents.layers]
    acceptable = [list(base) for base in bases if base]
    if not acceptable:
        return Finding("base-layers", False, "no Alpine image was given to compare the layers with")
    if not own:
        return Finding("base-layers", False, f"{contents.reference} has no layers")
    for base in acceptable:
        if own[: len(base)] == base:
            if [contents.layer_digest(number) for number in range(len(base))] != base:
                return Finding(
                    "base-layers", False, "its configuration names Alpine's layers, but their bytes are others"
                )
            return Finding("base-layers", True, f"the first of its {len(own)} layers are those of Alpine ({base[-1]})")
    return Finding(
        "base-layers", False, f"its first layer {own[0]} is none of the {len(acceptable)} accepted Alpine bases' layers"
    )


def _os_release(contents: ImageContents, wanted: str) -> Finding:
    if contents.find("etc/os-release") is None:
        return Finding("os-release", False, "it has no /etc/os-release")
    found = system(contents)
    said = f"/etc/os-release says {found.name or 'nothing'} {found.version}".rstrip()
    if found.name == "alpine" and wanted and not same_release(found.version, wanted):
        return Finding("os-release", False, f"{said}, which is no {wanted}")
    return Finding("os-release", found.name == "alpine", said)


def _packages(contents: ImageContents) -> Finding:
    packages = apk_packages(contents)
    if not packages:
        return Finding("apk-database", False, "it has no Alpine package database, or an empty one")
    missing = [name for name in _NEEDED if name not in packages]
    if missing:
        said = f"its package database names {len(packages)} packages, but not {' and '.join(missing)}"
        return Finding("apk-database", False, said)
    return Finding(
        "apk-database", True, f"its package database names {len(packages)} packages, musl {packages['musl']}"
    )


def _musl(contents: ImageContents) -> Finding:
    loaders = [each.path for each in contents.files() if _named(each.path, _MUSL) and _in_library(each.path)]
    if not loaders:
        return Finding("musl-loader", False, "it has no musl loader (/lib/ld-musl-*.so.1)")
    return Finding("musl-loader", True, f"its loader is /{loaders[0]}")


def _glibc(contents: ImageContents) -> Finding:
    if not contents.merged:
        return Finding("no-glibc", False, f"{contents.reference} has no files")
    found = sorted("/" + path for path in contents.merged if _named(path, *_GLIBC))
    if found:
        return Finding("no-glibc", False, f"it has parts of glibc: {some(found)}")
    return Finding("no-glibc", True, f"none of its {len(contents.merged)} paths is a part of glibc")


def _programs(contents: ImageContents, executables: Sequence[str]) -> Iterator[Finding]:
    settings = contents.config.get("config") or {}
    started = [*(settings.get("Entrypoint") or ()), *(settings.get("Cmd") or ())][:1]
    if not started:
        yield Finding("executable", False, "it names no program to start")
    for program in dict.fromkeys([*started, *executables]):
        yield _linked(contents, program)


def _linked(contents: ImageContents, program: str) -> Finding:
    rule, chain = f"executable {program}", program
    for _ in range(_MAX_SCRIPTS):
        path = _located(contents, program)
        if path is None:
            return Finding(rule, False, f"{chain}, which is not in it")
        with contents.open(path) as file:
            interpreter = _interpreter(file.readline(_LINE))
            if interpreter is None:
                return _loaded(rule, chain, file)
        program = interpreter
        chain += f" is run by {program}"
    return Finding(rule, False, f"{chain}, and so on: no program at the end")


def _interpreter(line: bytes) -> str | None:
    """The program that a script's first line names; none if it is not a script."""
    if not line.startswith(b"#!"):
        return None
    words = line[2:].decode("utf-8", errors="replace").split()
    through_env = len(words) > 1 and posixpath.basename(words[0]) == "env"
    return words[1] if through_env else words[0] if words else ""


def _loaded(rule: str, chain: str, file: BinaryIO) -> Finding:
    file.seek(0)
    try:
        loader = elf_interpreter(file)
    except ValueError:
        return Finding(rule, False, f"{chain}, which is neither an ELF file nor a script")
    if loader is None:
        return Finding(rule, True, f"{chain}, which is static")
    return Finding(rule, _named(loader, _MUSL), f"{chain}, which is loaded by {loader}")


def _located(contents: ImageContents, program: str) -> str | None:
    settings = contents.config.get("config") or {}
    if "/" in program:
        candidates = [posixpath.join(settings.get("WorkingDir") or "/", program)]
    else:
        environment = dict(each.split("=", 1) for each in settings.get("Env") or () if "=" in each)
        candidates = [posixpath.join(folder, program) for folder in environment.get("PATH", _PATH).split(":")]
    for candidate in candidates:
        try:
            contents.open(candidate).close()
        except ImageError:
            continue
        return candidate
    return None


def _named(path: str, *patterns: str) -> bool:
    name = posixpath.basename(path)
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def _in_library(path: str) -> bool:
    return posixpath.dirname(path) in ("lib", "usr/lib")
