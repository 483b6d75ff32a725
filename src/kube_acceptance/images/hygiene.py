"""Whether an image carries only what its program needs, and runs it without privileges."""

from __future__ import annotations

import fnmatch
import posixpath
import re
from collections.abc import Callable, Sequence

from kube_acceptance.images.contents import ImageContents
from kube_acceptance.images.finding import Finding, some
from kube_acceptance.images.layers import Entry, Layer

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
_HEADERS = re.compile(r"\.(?:h|hh|hpp|hxx|h\+\+)$")
_TESTS = re.compile(
    r"(?:^|/)(?:tests?|__tests__|__mocks__)/|(?:^|/)(?:test_[^/]+|[^/]+_test|conftest)(?:\.cpython-\d+)?\.py[co]?$"
    r"|\.(?:test|spec)\.[cm]?[jt]sx?$"
)
_SOURCE_MAPS = re.compile(r"\.(?:[cm]?js|css)\.map$")
_CACHES = re.compile(
    r"^(?:root|home/[^/]+)/(?:\.cache|\.npm|\.yarn)/.|^var/cache/apk/.|^etc/apk/cache/.|^var/lib/apt/lists/.|^usr/local/share/\.cache/."
    r"|(?:^|/)_cacache/|(?:^|/)\.next/cache/."
)
_REPOSITORY = re.compile(r"(?:^|/)\.git(?:/|$)")
_SET_ID = 0o6000
_STICKY = 0o1000
_WRITABLE_BY_ALL = 0o002

HYGIENE_RULES = (
    *("non-root-user", "no-setuid", "no-world-writable", "no-build-tools", "no-headers", "no-package-managers"),
    *("no-test-suites", "no-source-maps", "no-caches", "no-repository"),
)


def hygiene_findings(contents: ImageContents, *, base: Sequence[str]) -> list[Finding]:
    """What an image should not carry, and who it runs as.

    It is looked for in what a container sees and in every layer above the base, because a layer keeps what a later one
    deletes. `apk` is Alpine's own package manager and part of its base: it is not counted, and a user other than root
    cannot install with it. Folders that all may write to are for temporary files, and have the sticky bit, which keeps
    users from each other's files.

    Args:
        contents: The image.
        base: The diff IDs of the image it is built from; what its layers hide is not this image's to answer for.
    """
    look = _Look(contents, base)
    return [
        _user(contents),
        look.absent("no-setuid", "setuid or setgid file", _is_set_id),
        look.absent("no-world-writable", "path that everybody may write to", _is_writable_by_all),
        look.absent("no-build-tools", "compiler, linker or make", _program(_COMPILERS)),
        look.absent("no-headers", "C header", _path(_HEADERS)),
        look.absent("no-package-managers", "package manager (apk aside)", _is_manager),
        look.absent("no-test-suites", "part of a test suite", _path(_TESTS)),
        look.absent("no-source-maps", "source map", _path(_SOURCE_MAPS)),
        look.absent("no-caches", "cached download", _path(_CACHES)),
        look.absent("no-repository", "part of a Git repository", _path(_REPOSITORY)),
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


class _Look:
    """Looks for paths in what a container sees, and in what each layer above the base holds."""

    def __init__(self, contents: ImageContents, base: Sequence[str]) -> None:
        self._reference = contents.reference
        self._above = above(contents.layers, base)
        seen = contents.merged
        own = [entry for layer in self._above for entry in layer.entries]
        self._hidden = [each for each in own if seen.get(each.path) is not each and not each.is_whiteout]
        self._seen = seen.values()

    def absent(self, rule: str, what: str, unwanted: Callable[[Entry], bool]) -> Finding:
        if not self._seen:
            return Finding(rule, False, f"{self._reference} has no files to look at")
        if not self._above:
            return Finding(rule, False, f"{self._reference} has no layer above its base to look at")
        found = sorted(f"/{entry.path}" for entry in self._seen if unwanted(entry))
        found += [
            f"/{entry.path} (in layer {entry.layer + 1}, hidden by a later one)"
            for entry in self._hidden
            if unwanted(entry)
        ]
        if found:
            return Finding(rule, False, f"{len(found)} of its paths are unwanted ({what}): {some(found)}")
        said = f"none of its {len(self._seen)} paths and of {len(self._hidden)} hidden ones is a {what}"
        return Finding(rule, True, said)


def above(layers: Sequence[Layer], base: Sequence[str]) -> Sequence[Layer]:
    """The layers after the base's; all of them if the image is not built on it."""
    starts_with = [layer.diff_id for layer in layers[: len(base)]] == list(base)
    return layers[len(base) :] if starts_with else layers


def _path(pattern: re.Pattern[str]) -> Callable[[Entry], bool]:
    return lambda entry: entry.kind != "folder" and bool(pattern.search(entry.path))


def _program(names: Sequence[str]) -> Callable[[Entry], bool]:
    pattern = re.compile("|".join(fnmatch.translate(name) for name in names))

    def matches(entry: Entry) -> bool:
        folder, name = posixpath.split(entry.path)
        return entry.kind != "folder" and folder in _PROGRAM_FOLDERS and bool(pattern.match(name))

    return matches


_is_manager_program = _program(_MANAGERS)


def _is_manager(entry: Entry) -> bool:
    return _is_manager_program(entry) or (entry.kind != "folder" and bool(_MANAGER_FILES.search(entry.path)))


def _is_set_id(entry: Entry) -> bool:
    return entry.kind in ("file", "hardlink") and bool(entry.mode & _SET_ID)


def _is_writable_by_all(entry: Entry) -> bool:
    # a link's mode means nothing, and /dev/null is meant to be written to
    if entry.kind == "symlink" or (entry.kind == "device" and entry.path.startswith("dev/")):
        return False
    return bool(entry.mode & _WRITABLE_BY_ALL) and not (entry.kind == "folder" and entry.mode & _STICKY)
