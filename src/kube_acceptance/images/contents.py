"""What is in an image, read from Docker's export: no container is started."""

from __future__ import annotations

import gzip
import hashlib
import json
import posixpath
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, Any, BinaryIO

from docker.client import DockerClient
from docker.errors import ImageNotFound

from kube_acceptance.errors import ImageError, MachineError
from kube_acceptance.images.engine import engine_errors
from kube_acceptance.images.export import Export, part_of
from kube_acceptance.images.layers import Entry, Layer, layer_entries, merge

_CHUNK = 1 << 20
_MAX_LINKS = 40


class ImageContents(AbstractContextManager["ImageContents"]):
    """An image's configuration and files.

    The export is kept in a temporary file without a name until `close` (or the end of a `with` block); file bodies are
    read from it on demand.

    Attributes:
        reference: What was opened.
        config: The image's configuration (`config`, `history`, `rootfs`, …).
        config_digest: Its SHA-256, as `sha256:…`: what containerd and a pod's status call the image's ID.
        manifest_digests: The digests by which registries and containerd know it, as far as the export tells them.
        layers: Its layers, the base's first.
    """

    def __init__(
        self, reference: str, export: BinaryIO, *, architecture: str = "", digests: Sequence[str] = ()
    ) -> None:
        """Read an export.

        Args:
            reference: What messages call the image.
            export: What `docker save` wrote (both its own layout and OCI's); seekable, closed by `close`.
            architecture: Which image to take where the export holds several platforms, as in `amd64`.
            digests: More digests that the engine knows for the image.

        Raises:
            ImageError: The export is not an image, or is damaged.
        """
        self.reference = reference
        self._files: list[IO[bytes]] = [export]
        try:
            archive = Export(reference, export)
            parts = archive.parts(architecture)
            self.config: Mapping[str, Any] = json.loads(parts.config)
            self.config_digest = "sha256:" + hashlib.sha256(parts.config).hexdigest()
            self.manifest_digests = frozenset([*parts.manifest_digests, *digests])
            diff_ids = self.config.get("rootfs", {}).get("diff_ids") or []
            if len(diff_ids) != len(parts.layers):
                raise ImageError(
                    f"The export of {reference} is damaged: its configuration names {len(diff_ids)} layers, "
                    f"the export has {len(parts.layers)}"
                )
            self._layer_files = [self._plain(archive.open(name)) for name in parts.layers]
            self.layers = tuple(
                Layer(diff_id, tuple(layer_entries(file, number)))
                for number, (diff_id, file) in enumerate(zip(diff_ids, self._layer_files, strict=True))
            )
        except (tarfile.TarError, zlib.error, EOFError, KeyError, ValueError, OSError) as error:
            self.close()
            raise ImageError(f"The export of {reference} cannot be read: {error}") from error
        except BaseException:
            self.close()
            raise

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the temporary files back."""
        for file in self._files:
            file.close()

    @cached_property
    def merged(self) -> Mapping[str, Entry]:
        """Every path that a container would see, with whiteouts and opaque folders applied."""
        return merge(self.layers)

    def files(self) -> Iterator[Entry]:
        """The regular files that a container would see, hard links included."""
        return (entry for entry in self.merged.values() if entry.kind in ("file", "hardlink"))

    def find(self, path: str) -> Entry | None:
        """What `path` leads to when symbolic links are followed, or nothing."""
        rest, done, links = [part for part in reversed(path.split("/")) if part not in ("", ".")], "", 0
        entry: Entry | None = None
        while rest:
            part = rest.pop()
            if part == "..":
                done = posixpath.dirname(done)
                continue
            step = posixpath.join(done, part)
            entry = self.merged.get(step)
            if entry and entry.kind == "symlink":
                links += 1
                if links > _MAX_LINKS:
                    return None
                done = "" if entry.target.startswith("/") else done
                rest += [piece for piece in reversed(entry.target.split("/")) if piece not in ("", ".")]
                continue
            done = step
        return self.merged.get(done)

    def open(self, path: str) -> BinaryIO:
        """The bytes of a file as a seekable stream; links are followed.

        Raises:
            ImageError: There is no such file.
        """
        entry = self.find(path)
        if entry and entry.kind == "hardlink":
            entry = self._linked(entry)
        if entry is None or entry.kind != "file":
            raise ImageError(f"{self.reference} has no file {path}")
        return self.body(entry)

    def read(self, path: str) -> bytes:
        """The bytes of a file; links are followed.

        Raises:
            ImageError: There is no such file.
        """
        with self.open(path) as file:
            return file.read()

    def body(self, entry: Entry) -> BinaryIO:
        """The bytes of a regular file as they stand in its layer, whatever later layers put in its place."""
        return part_of(self._layer_files[entry.layer], entry.offset, entry.size)

    def chunks(self, number: int, *, overlap: int) -> Iterator[bytes]:
        """A layer's own bytes, its archive uncompressed, part by part.

        Args:
            number: The layer's place in the image, from 0.
            overlap: How many bytes each part repeats of the one before, so that nothing of that length is torn.
        """
        return (part for _, part in self.parts(number, overlap=overlap))

    def parts(self, number: int, *, overlap: int) -> Iterator[tuple[int, bytes]]:
        """As `chunks`, each part with the place in the layer where it begins, in bytes."""
        file = self._layer_files[number]
        file.seek(0)
        part, end = b"", 0
        while chunk := file.read(_CHUNK):
            part = part[max(0, len(part) - overlap) :] + chunk
            end += len(chunk)
            yield end - len(part), part

    def layer_digest(self, number: int) -> str:
        """The SHA-256 of a layer's own bytes (`sha256:…`): what its diff ID must be if the configuration is true."""
        file = self._layer_files[number]
        file.seek(0)
        digest = hashlib.sha256()
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
        return "sha256:" + digest.hexdigest()

    def _linked(self, entry: Entry) -> Entry | None:
        # a hard link names a file of its own layer, whatever later layers put in that file's place
        same_layer = {each.path: each for each in self.layers[entry.layer].entries}
        found = same_layer.get(entry.target) or self.merged.get(entry.target)
        return found if found is None or found.kind == "file" else None

    def _plain(self, layer: BinaryIO) -> BinaryIO:
        """The layer, uncompressed into a temporary file where it is compressed: file bodies need seeking."""
        magic = layer.read(4)
        layer.seek(0)
        if magic == b"\x28\xb5\x2f\xfd":
            raise ImageError(
                f"{self.reference} has layers compressed with zstd, which cannot be read here",
                hint="Build it with gzip or uncompressed layers.",
            )
        if magic[:2] != b"\x1f\x8b":
            return layer
        plain = tempfile.TemporaryFile()  # noqa: SIM115 - closed by ImageContents
        self._files.append(plain)
        with gzip.open(layer) as compressed:
            shutil.copyfileobj(compressed, plain, _CHUNK)
        plain.seek(0)
        return plain


def open_image(client: DockerClient, reference: str) -> ImageContents:
    """Export an image from Docker and open it.

    Raises:
        ImageError: Docker has no such image, or its export cannot be read.
        MachineError: Docker does not answer, or the disk is full.
    """
    with engine_errors(f"exporting {reference}"):
        try:
            attributes = client.images.get(reference).attrs
        except ImageNotFound:
            raise ImageError(
                f"Docker has no image {reference}", hint="Build it first, or load it with `docker load`."
            ) from None
        export = tempfile.TemporaryFile()  # noqa: SIM115 - closed by ImageContents
        try:
            for chunk in client.api.get_image(reference, chunk_size=_CHUNK):
                _keep(chunk, export, reference)
        except BaseException:
            export.close()
            raise
    export.seek(0)
    digests = [each.partition("@")[2] for each in attributes.get("RepoDigests") or []]
    if target := (attributes.get("Descriptor") or {}).get("digest"):
        digests.append(target)
    return ImageContents(reference, export, architecture=attributes.get("Architecture", ""), digests=digests)


@dataclass(frozen=True)
class Known:
    """What the engine tells of an image without exporting it: its layers' diff IDs and its digests in registries."""

    layers: tuple[str, ...]
    digests: tuple[str, ...]


def known(client: DockerClient, reference: str) -> Known:
    """What the engine knows of an image; there are digests only where it was pulled from a registry.

    Raises:
        ImageError: Docker has no such image, or it has no layers.
        MachineError: Docker does not answer.
    """
    with engine_errors(f"looking for {reference}"):
        try:
            attributes = client.images.get(reference).attrs
        except ImageNotFound:
            raise ImageError(f"Docker has no image {reference}") from None
    layers = attributes["RootFS"].get("Layers") or ()
    if not layers:
        raise ImageError(f"{reference} has no layers")
    digests = sorted({each.partition("@")[2] for each in attributes.get("RepoDigests") or ()})
    return Known(tuple(layers), tuple(digests))


def open_archive(file: Path) -> ImageContents:
    """Open an image in an archive that `docker save` or a tool for OCI images wrote; needs no Docker.

    Raises:
        ImageError: There is no such file, or it is no image.
    """
    try:
        return ImageContents(file.name, file.open("rb"))
    except OSError as error:
        raise ImageError(f"{file} cannot be read: {error.strerror}") from error


def layer_ids(client: DockerClient, reference: str) -> tuple[str, ...]:
    """The diff IDs of an image's layers, the base's first, without exporting it; raises as `known`."""
    return known(client, reference).layers


def same_image(status_image_id: str, contents: ImageContents) -> bool:
    """Whether a pod's `status.containerStatuses[].imageID` names this very image.

    Of an image that was imported into a node, the status holds the digest of its configuration (`sha256:…`); of one
    that was pulled, its repository and the digest of its manifest or index (`…@sha256:…`). An image imported by
    `ctr images import --digests` (so does `kind load`) may bear the digest of the whole archive instead, which names
    no image: that is not the same image, and `load` does not import that way.
    """
    digest = status_image_id.rpartition("://")[2].rpartition("@")[2]
    return digest == contents.config_digest or digest in contents.manifest_digests


def _keep(chunk: bytes, file: IO[bytes], reference: str) -> None:
    try:
        file.write(chunk)
    except OSError as error:
        raise MachineError(
            f"The export of {reference} cannot be kept in {tempfile.gettempdir()}: {error.strerror}",
            hint="Free some space there, or set TMPDIR to another folder.",
        ) from error
