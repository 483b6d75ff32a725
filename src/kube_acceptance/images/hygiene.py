"""Whether an image carries only what its program needs, and runs it without privileges."""

from __future__ import annotations

import fnmatch
import posixpath
import re
from collections.abc import Callable, Sequence

from kube_acceptance.images.contents import ImageContents
from kube_acceptance.images.finding import Finding, some
from kube_acceptance.images.layers import WHITEOUT, Entry, Layer

_PROGRAM_FOLDERS = frozenset({"bin", "sbin", "usr/bin", "usr/sbin", "usr/local/bin", "usr/local/sbin"})
_COMPILERS = (
    *("gcc", "g++", "cc", "c++", "cpp", "c89", "c99", "tcc", "clang", "clang++", "clang-[0-9]*", "*-gcc", "*-g++"),
    *(
        "gcc-[0-9]*",
        "g++-[0-9]*",
        "ld",
        "ld.bfd",
        "ld.gold",
        "ld.lld",
        "*-ld",
        "lld",
        "gold",
        "as",
        "make",
        "gmake",
        "cmake",
        "ninja",
        "meson",
    ),
    *("go", "rustc", "cargo"),
)
_MANAGERS = (
    *("pip", "pip[0-9]*", "pipx", "uv", "uvx", "poetry", "easy_install*", "conda", "npm", "npx", "yarn", "yarnpkg"),
    *("pnpm", "pnpx", "corepack", "gem", "bundle", "composer", "apt", "apt-get", "dpkg", "rpm", "yum", "dnf"),
)
# what the programs above only call: a package manager without its launcher still runs
_MANAGER_FILES = re.compile(
    r"/(?:site|dist)-packages/pip/__init__\.py$|/ensurepip/_bundled/pip-[^/]*\.whl$"
    r"|/node_modules/(?:npm|corepack|yarn|pnpm)/package\.json$|^opt/yarn-[^/]*/package\.json$"
)
_HEADERS = re.compile(r"^usr/(?:local/)?include/.*\.(?:h|hpp|hh)$")
_CACHES = re.compile(
    r"^(?:root|home/[^/]+)/(?:\.cache|\.npm)/.|^var/cache/apk/.|^etc/apk/cache/.|^var/lib/apt/lists/.|(?:^|/)_cacache/"
)
_REPOSITORY = re.compile(r"(?:^|/)\.git(?:/|$)")
_SET_ID = 0o6000


def hygiene_findings(contents: ImageContents, *, base: Sequence[str]) -> list[Finding]:
    """What an image should not carry, and who it runs as.

    Programs, headers and set-id files are looked for in what a container sees; caches and repositories in every layer
    above the base, because a layer keeps what a later one deletes. `apk` is Alpine's own package manager and part of
    its base: it is not counted, and a user other than root cannot install with it.

    Args:
        contents: The image.
        base: The diff IDs of the image it is built from; its layers are not this image's to answer for.
    """
    return [
        _user(contents),
        _absent(contents, "no-build-tools", "compiler, linker or make", _program(_COMPILERS)),
        _absent(contents, "no-headers", "C header", lambda entry: bool(_HEADERS.search(entry.path))),
        _absent(contents, "no-package-managers", "package manager (apk aside)", _is_manager),
        _absent(contents, "no-setuid", "setuid or setgid file", _is_set_id),
        _clean_layers(contents, base, "no-caches", "cached downloads", _CACHES),
        _clean_layers(contents, base, "no-repository", "a Git repository", _REPOSITORY),
    ]


def _user(contents: ImageContents) -> Finding:
    user = str((contents.config.get("config") or {}).get("User") or "")
    if not user:
        return Finding("non-root-user", False, "it names no user, so it runs as root")
    name = user.partition(":")[0]
    if not name.isdecimal():
        said = f"its user is the name {user}, which Kubernetes cannot tell from root; a number can be checked"
        return Finding("non-root-user", False, said)
    return Finding("non-root-user", int(name) != 0, f"its user is {user}")


def _absent(contents: ImageContents, rule: str, what: str, unwanted: Callable[[Entry], bool]) -> Finding:
    if not contents.merged:
        return Finding(rule, False, f"{contents.reference} has no files to look at")
    found = sorted("/" + path for path, entry in contents.merged.items() if entry.kind != "folder" and unwanted(entry))
    if found:
        return Finding(rule, False, f"{len(found)} of its files are unwanted ({what}): {some(found)}")
    return Finding(rule, True, f"none of its {len(contents.merged)} paths is a {what}")


def _clean_layers(
    contents: ImageContents, base: Sequence[str], rule: str, what: str, unwanted: re.Pattern[str]
) -> Finding:
    above = _above(contents.layers, base)
    if not above:
        return Finding(rule, False, f"{contents.reference} has no layer above its base to look at")
    found = [
        f"/{entry.path} (layer {entry.layer + 1})"
        for layer in above
        for entry in layer.entries
        if unwanted.search(entry.path) and not posixpath.basename(entry.path).startswith(WHITEOUT)
    ]
    if found:
        return Finding(rule, False, f"its layers hold {what}: {some(found)}")
    return Finding(rule, True, f"none of its {len(above)} layers above the base holds {what}")


def _above(layers: Sequence[Layer], base: Sequence[str]) -> Sequence[Layer]:
    """The layers after the base's; all of them if the image is not built on it."""
    starts_with = [layer.diff_id for layer in layers[: len(base)]] == list(base)
    return layers[len(base) :] if starts_with else layers


def _program(names: Sequence[str]) -> Callable[[Entry], bool]:
    pattern = re.compile("|".join(fnmatch.translate(name) for name in names))

    def matches(entry: Entry) -> bool:
        folder, name = posixpath.split(entry.path)
        return folder in _PROGRAM_FOLDERS and bool(pattern.match(name))

    return matches


_is_manager_program = _program(_MANAGERS)


def _is_manager(entry: Entry) -> bool:
    return _is_manager_program(entry) or bool(_MANAGER_FILES.search(entry.path))


def _is_set_id(entry: Entry) -> bool:
    return entry.kind in ("file", "hardlink") and bool(entry.mode & _SET_ID)
