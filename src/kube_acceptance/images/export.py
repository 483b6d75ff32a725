"""What `docker save` writes: an archive of a configuration and layers, in Docker's old layout or OCI's."""

from __future__ import annotations

import io
import json
import posixpath
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from kube_acceptance.errors import ImageError

_BUFFER = 1 << 16
_MAX_LINKS = 40


@dataclass(frozen=True)
class Parts:
    """One image of an export: its configuration's bytes, its layers' members, and the digests that lead to it."""

    config: bytes
    layers: Sequence[str]
    manifest_digests: Sequence[str]


class Export:
    """An export and its members.

    Args:
        reference: What messages call the image.
        file: The archive; seekable.
    """

    def __init__(self, reference: str, file: BinaryIO) -> None:
        self._reference = reference
        self._file = file
        with tarfile.open(fileobj=file, mode="r:") as archive:
            self._members = {posixpath.normpath(member.name): member for member in archive}

    def open(self, name: str) -> BinaryIO:
        """The bytes of a member.

        Raises:
            ImageError: It is not in the export.
        """
        member = self._members[self._target(name)]
        return part_of(self._file, member.offset_data, member.size)

    def parts(self, architecture: str) -> Parts:
        """The image for an architecture (as in `amd64`), or the first one where none is for it.

        Raises:
            ImageError: There is no image, or a part of it is missing.
        """
        if "index.json" in self._members:
            digests, manifest = self._manifest(self._json("index.json"), architecture)
            layers = [_blob(layer["digest"]) for layer in manifest["layers"]]
            return Parts(self._read(_blob(manifest["config"]["digest"])), layers, digests)
        if "manifest.json" in self._members:
            (image,) = self._json("manifest.json")
            return Parts(self._read(image["Config"]), image["Layers"], ())
        raise ImageError(
            f"The export of {self._reference} is not an image: it has neither index.json nor manifest.json"
        )

    def _manifest(self, index: Mapping[str, Any], architecture: str) -> tuple[list[str], Mapping[str, Any]]:
        """The manifest to use and the digests on the way to it; an index may name manifests that are not there."""
        there = [each for each in index["manifests"] if _blob(each["digest"]) in self._members and _is_image(each)]
        fitting = [each for each in there if each.get("platform", {}).get("architecture") == architecture] or there
        if not fitting:
            raise ImageError(f"The export of {self._reference} holds no image, only an index of images elsewhere")
        chosen = fitting[0]
        document = self._json(_blob(chosen["digest"]))
        if "manifests" in document:
            digests, manifest = self._manifest(document, architecture)
            return [chosen["digest"], *digests], manifest
        return [chosen["digest"]], document

    def _json(self, name: str) -> Any:
        return json.loads(self._read(name))

    def _read(self, name: str) -> bytes:
        with self.open(name) as file:
            return file.read()

    def _target(self, name: str) -> str:
        """Layers that images share are symbolic links in Docker's old layout."""
        for _ in range(_MAX_LINKS):
            member = self._members.get(posixpath.normpath(name))
            if member is None:
                raise ImageError(f"The export of {self._reference} is damaged: {name} is not in it")
            if not (member.issym() or member.islnk()):
                break
            folder = posixpath.dirname(name) if member.issym() else ""
            name = posixpath.join(folder, member.linkname)
        return posixpath.normpath(name)


def _blob(digest: str) -> str:
    return "blobs/" + digest.replace(":", "/", 1)


def _is_image(descriptor: Mapping[str, Any]) -> bool:
    # BuildKit puts attestations beside the image, as manifests of an unknown platform
    return bool(descriptor.get("platform", {}).get("os") != "unknown")


class _Part(io.RawIOBase):
    """A part of a file as a file of its own."""

    def __init__(self, file: BinaryIO, offset: int, size: int) -> None:
        self._file, self._offset, self._size, self._position = file, offset, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: Any) -> int:
        count = max(0, min(len(buffer), self._size - self._position))
        self._file.seek(self._offset + self._position)
        data = self._file.read(count)
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)


def part_of(file: BinaryIO, offset: int, size: int) -> BinaryIO:
    """So many bytes of a file from an offset on, as a seekable file that leaves the other open when it is closed."""
    return io.BufferedReader(_Part(file, offset, size), _BUFFER)
