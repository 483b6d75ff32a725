"""Layers: what stands in each, and what a container sees of them together."""

from __future__ import annotations

import posixpath
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

WHITEOUT = ".wh."
OPAQUE = ".wh..wh..opq"
_KINDS = {
    tarfile.REGTYPE: "file",
    tarfile.AREGTYPE: "file",
    tarfile.DIRTYPE: "folder",
    tarfile.SYMTYPE: "symlink",
    tarfile.LNKTYPE: "hardlink",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One name in a layer.

    Attributes:
        path: From the root, without a leading slash.
        kind: `file`, `folder`, `symlink`, `hardlink` or `device`.
        mode: Permission bits with setuid, setgid and sticky.
        size: Bytes.
        target: Where a link points.
        layer: The layer's place in the image, from 0.
        offset: Where the bytes begin in the layer.
        owner: The numbers of its user and its group.
        time: When it was last modified, in seconds since 1970.
        extra: Its extended headers, such as capabilities.
    """

    path: str
    kind: str
    mode: int
    size: int
    target: str
    layer: int
    offset: int
    owner: tuple[int, int] = (0, 0)
    time: float = 0
    extra: tuple[tuple[str, str], ...] = ()

    @property
    def is_whiteout(self) -> bool:
        """Whether it is no path, but takes one of lower layers away."""
        return posixpath.basename(self.path).startswith(WHITEOUT)


@dataclass(frozen=True)
class Layer:
    """One layer: the digest of its uncompressed archive, and all its names (whiteouts too, as they are stored)."""

    diff_id: str
    entries: tuple[Entry, ...]


def layer_entries(layer: BinaryIO, number: int) -> Iterator[Entry]:
    """All names in a layer's archive (uncompressed); `number` is the layer's place in the image, from 0."""
    layer.seek(0)
    if not layer.read(1):
        return
    layer.seek(0)
    with tarfile.open(fileobj=layer, mode="r:") as archive:
        for member in archive:
            path = _path(member.name)
            if path:
                kind = _KINDS.get(member.type, "device")
                target = _path(member.linkname) if kind == "hardlink" else member.linkname
                yield Entry(
                    path,
                    kind,
                    member.mode & 0o7777,
                    member.size,
                    target,
                    number,
                    member.offset_data,
                    (member.uid, member.gid),
                    member.mtime,
                    tuple(sorted(member.pax_headers.items())),
                )


def _path(name: str) -> str:
    return posixpath.normpath("/" + name).lstrip("/")


def merge(layers: Sequence[Layer]) -> dict[str, Entry]:
    """What a container sees of layers, by path: later ones cover earlier ones and take away what they white out."""
    merged: dict[str, Entry] = {}
    children: dict[str, set[str]] = {}

    def remove(path: str) -> None:
        empty(path)
        merged.pop(path, None)
        children.get(posixpath.dirname(path), set()).discard(path)

    def empty(path: str) -> None:
        for child in tuple(children.pop(path, ())):
            remove(child)

    for layer in layers:
        # whiteouts are about lower layers only, wherever they stand in the archive
        for entry in layer.entries:
            folder, name = posixpath.split(entry.path)
            if name == OPAQUE:
                empty(folder)
            elif name.startswith(WHITEOUT):
                remove(posixpath.join(folder, name.removeprefix(WHITEOUT)))
        for entry in layer.entries:
            if entry.is_whiteout:
                continue
            if entry.kind != "folder":
                empty(entry.path)
            merged[entry.path] = entry
            child = entry.path
            # a folder need not be named for its files to be there
            while child and child not in children.setdefault(parent := posixpath.dirname(child), set()):
                children[parent].add(child)
                child = parent
    return merged
