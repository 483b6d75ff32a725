"""What stands on an image's disk, read without the code that writes bills: the other side of their comparison."""

from __future__ import annotations

import base64
import hashlib
import json
import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from kube_acceptance.images import Entry, ImageContents
from kube_acceptance.images.layers import WHITEOUT
from kube_acceptance.sbom.known import KNOWN

_RECORD = re.compile(r"^P:(?P<name>.+)$", re.MULTILINE)
_VERSION = re.compile(r"^V:(?P<version>.+)$", re.MULTILINE)
_HEADER = re.compile(rb"^(Name|Version): *(.+?)\r?$", re.MULTILINE)
_CHUNK = 1 << 20
_MACHINE_CODE = b"\x7fELF"
_GO = b"\xff Go buildinf:"
_SCRIPT = b"#!"
_EXECUTABLE = 0o111
_APK = re.compile(r"(usr/)?lib/apk/db/installed")


@dataclass(frozen=True)
class Record:
    """What a record on the disk says: a package's name and version, and checksums (`sha1:…`) of its files, by path."""

    name: str
    version: str
    files: Mapping[str, str]


class Disk:
    """An image's disk; what was looked at once is remembered.

    Args:
        contents: The image.
    """

    def __init__(self, contents: ImageContents) -> None:
        self.contents = contents
        self._digests: dict[tuple[str, str], str] = {}
        self._held: dict[tuple[str, str], bool] = {}
        self._evidence: dict[str, frozenset[tuple[str, str]]] = {}

    @cached_property
    def alpine(self) -> Mapping[str, Record]:
        """The records of Alpine's database, by name."""
        found: dict[str, Record] = {}
        for path in self.contents.merged:
            if _APK.fullmatch(path):
                for text in self.contents.read(path).decode("utf-8", errors="replace").split("\n\n"):
                    if (name := _RECORD.search(text)) and (version := _VERSION.search(text)):
                        found[name["name"]] = Record(name["name"], version["version"], _apk_files(text))
        return found

    @cached_property
    def python(self) -> Mapping[str, Record]:
        """The records of Python's distributions, by the path of their metadata."""
        found = {}
        for path in self.contents.merged:
            if re.search(r"(\.dist-info/METADATA|\.egg-info/PKG-INFO|EGG-INFO/PKG-INFO|\.egg-info)$", path):
                entry = self.contents.find(path)
                if entry and entry.kind in ("file", "hardlink"):
                    head = self.contents.read(path).split(b"\n\n")[0]
                    about = {key: value.decode("utf-8", errors="replace") for key, value in _HEADER.findall(head)}
                    record = Record(about.get(b"Name", ""), about.get(b"Version", ""), self._recorded(path))
                    found[path] = record
        return found

    @cached_property
    def node(self) -> Mapping[str, Record]:
        """What every `package.json` says, by path; name and version are empty where it tells none."""
        found = {}
        for entry in self.contents.files():
            if posixpath.basename(entry.path) == "package.json":
                try:
                    about = json.loads(self.contents.read(entry.path))
                except ValueError:
                    about = {}
                name, version = (str(about.get(key) or "") for key in ("name", "version"))
                found[entry.path] = Record(name, version, {})
        return found

    @cached_property
    def machine_code(self) -> frozenset[str]:
        """Programs and shared libraries, whatever their mode."""
        return frozenset(entry.path for entry in self.contents.files() if self._starts(entry, _MACHINE_CODE))

    @cached_property
    def scripts(self) -> frozenset[str]:
        """Scripts that may be executed."""
        return frozenset(
            entry.path for entry in self.contents.files() if entry.mode & _EXECUTABLE and self._starts(entry, _SCRIPT)
        )

    def entry(self, path: str) -> Entry | None:
        """What stands at a path; a link is not followed, but folders that are links are."""
        folder, name = posixpath.split(path)
        return self.contents.merged.get(path) or self.contents.merged.get(posixpath.join(self._real(folder), name))

    def digest(self, path: str, algorithm: str) -> str:
        """A file's checksum in hexadecimal, and of a link that of its target's name; empty if there is no such file."""
        if (path, algorithm) not in self._digests:
            entry = self.entry(path)
            if entry is None or entry.kind not in ("file", "hardlink", "symlink"):
                digest = ""
            elif entry.kind == "symlink":
                digest = hashlib.new(algorithm, entry.target.encode()).hexdigest()
            else:
                made = hashlib.new(algorithm)
                with self.contents.open(entry.path) as file:
                    while chunk := file.read(_CHUNK):
                        made.update(chunk)
                digest = made.hexdigest()
            self._digests[path, algorithm] = digest
        return self._digests[path, algorithm]

    def holds(self, path: str, text: str) -> bool:
        """Whether a file's bytes hold a text."""
        if (path, text) not in self._held:
            self._held[path, text] = text.encode() in self.contents.read(path)
        return self._held[path, text]

    def evidence(self, path: str) -> frozenset[tuple[str, str]]:
        """What a program or library shows of itself: names and versions of known programs, and `go` if Go made it.

        What counts as evidence is declared in `known`; where a file speaks of several versions, it shows none.
        """
        if path not in self._evidence:
            body, name = self.contents.read(path), posixpath.basename(path)
            found = {("go", "")} if _GO in body else set()
            for known in KNOWN:
                if known.file.fullmatch(name):
                    versions = {match.group(1).decode() for match in known.version.finditer(body)}
                    own = {version for version in versions if version.rpartition(".")[0] in name}
                    versions = versions if len(versions) == 1 else own
                    found |= {(known.name, version) for version in versions} if len(versions) == 1 else set()
            self._evidence[path] = frozenset(found)
        return self._evidence[path]

    def layer(self, path: str) -> str:
        """Which layer put a path there or took it away, as in `layer 3 of 5`; empty if none did."""
        entry = self.entry(path)
        if entry:
            return self._numbered(entry.layer)
        folders = path.split("/")
        away = {posixpath.join(*folders[:depth], WHITEOUT + folders[depth]) for depth in range(len(folders))}
        for number, layer in reversed(list(enumerate(self.contents.layers))):
            if any(entry.path in away for entry in layer.entries):
                return self._numbered(number)
        return ""

    def _numbered(self, number: int) -> str:
        return f"layer {number + 1} of {len(self.contents.layers)}"

    def _real(self, folder: str) -> str:
        entry = self.contents.find(folder)
        return entry.path if entry else folder

    def _starts(self, entry: Entry, magic: bytes) -> bool:
        if entry.kind == "file" and entry.size < len(magic):
            return False
        with self.contents.open(entry.path) as file:
            return file.read(len(magic)) == magic

    def _recorded(self, metadata: str) -> dict[str, str]:
        folder = posixpath.dirname(metadata)
        record = posixpath.join(folder, "RECORD")
        if self.contents.find(record) is None:
            return {}
        files = {}
        for line in self.contents.read(record).decode("utf-8", errors="replace").splitlines():
            # a path with a comma stands in quotes, and neither checksum nor size has one
            name, checksum, _ = line.rsplit(",", 2) if line.count(",") > 1 else (line, "", "")
            path = posixpath.normpath(posixpath.join("/", posixpath.dirname(folder), name.strip('"'))).lstrip("/")
            algorithm, _, value = checksum.partition("=")
            files[path] = f"{algorithm}:{base64.urlsafe_b64decode(value + '==').hex()}" if value else ""
        return files


def _apk_files(text: str) -> dict[str, str]:
    files: dict[str, str] = {}
    folder = path = ""
    for line in text.splitlines():
        if line.startswith("F:"):
            folder = line[2:]
        elif line.startswith("R:"):
            path = posixpath.join(folder, line[2:])
            files[path] = ""
        elif line.startswith("Z:Q1"):
            files[path] = "sha1:" + base64.b64decode(line[4:]).hex()
        elif line.startswith("Z:Q2"):
            files[path] = "sha256:" + base64.b64decode(line[4:]).hex()
    return files
