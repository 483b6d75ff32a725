"""What goes into an image, and the tag that says so."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from docker.utils.build import exclude_paths

from kube_acceptance.errors import ImageError
from kube_acceptance.images.dockerfile import Dockerfile

TAG_LENGTH = 12


@dataclass(frozen=True)
class ImageSource:
    """One image to build: its name without a tag, its Dockerfile, its build context and its build arguments."""

    name: str
    dockerfile: Path
    context: Path
    build_args: Mapping[str, str] = field(default_factory=dict)

    def read_dockerfile(self) -> Dockerfile:
        """The Dockerfile, read now.

        Raises:
            ImageError: It is missing or empty.
        """
        return Dockerfile.at(self.dockerfile, image=self.name)


def short_name(reference: str) -> str:
    """What people call an image, without its registry and tag: `postgres` of `docker.io/library/postgres:17-alpine`."""
    return reference.partition("@")[0].rpartition("/")[2].partition(":")[0]


def source_tag(source: ImageSource) -> str:
    """A tag of what is the image's own, as `content_tag` makes it, whatever the images that it starts from are now.

    Raises:
        ImageError: The Dockerfile or the context is missing or unreadable.
    """
    return content_tag(source, bases={base: base for base in source.read_dockerfile().bases(source.build_args)})


def content_tag(source: ImageSource, *, bases: Mapping[str, str], extra: Mapping[str, str] | None = None) -> str:
    """A tag of 12 hexadecimal digits over everything that goes into the image.

    That is the Dockerfile, the context's files that no ignore file excludes (names, bytes, executable bit, symbolic
    links, empty folders), the build arguments and the images it starts from. Modification times, owners, the place of
    the checkout and secrets do not count.

    Args:
        source: What is built.
        bases: The image ID that each of the Dockerfile's base references stands for now.
        extra: More that decides the content, for instance the platform.

    Raises:
        ImageError: The Dockerfile or the context is missing or unreadable, or a base has no ID.
    """
    dockerfile = source.read_dockerfile()
    missing = [each for each in dockerfile.bases(source.build_args) if not bases.get(each)]
    if missing:
        raise ImageError(f"{source.dockerfile} starts from {missing[0]}, whose image ID is not known")
    digest = hashlib.sha256()
    try:
        for record in _records(source, dockerfile, bases, extra or {}):
            for part in record:
                # lengths keep "ab","c" apart from "a","bc"
                digest.update(len(part).to_bytes(8, "big") + part)
    except OSError as error:
        raise ImageError(
            f"{error.filename} in the build context of {source.name} cannot be read: {error.strerror}"
        ) from error
    return digest.hexdigest()[:TAG_LENGTH]


def context_files(source: ImageSource) -> list[str]:
    """The paths in the context (relative, sorted, folders included) that the build can see.

    The ignore file is `<Dockerfile>.dockerignore`, else `.dockerignore` in the context, as BuildKit has it.

    Raises:
        ImageError: The context is not a folder.
    """
    if not source.context.is_dir():
        raise ImageError(
            f"The build context of {source.name} is not a folder: {source.context}",
            hint="Create it, or correct the path in the configuration.",
        )
    own = source.dockerfile.with_name(source.dockerfile.name + ".dockerignore")
    ignore = own if own.is_file() else source.context / ".dockerignore"
    lines = ignore.read_text(encoding="utf-8").splitlines() if ignore.is_file() else []
    patterns = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    # the name keeps the library from adding "Dockerfile" to the files, which BuildKit reads by itself
    return sorted(exclude_paths(str(source.context), patterns, dockerfile=".dockerignore"))


def _records(
    source: ImageSource, dockerfile: Dockerfile, bases: Mapping[str, str], extra: Mapping[str, str]
) -> Iterator[tuple[bytes, ...]]:
    yield b"dockerfile", dockerfile.text.encode()
    for kind, pairs in (("build-arg", source.build_args), ("base", bases), ("extra", extra)):
        for key in sorted(pairs):
            yield kind.encode(), key.encode(), pairs[key].encode()
    for name in context_files(source):
        path = source.context / name
        status = path.lstat()
        if stat.S_ISLNK(status.st_mode):
            yield b"link", name.encode(), os.fsencode(path.readlink())
        elif stat.S_ISDIR(status.st_mode):
            yield b"folder", name.encode()
        elif stat.S_ISREG(status.st_mode):
            executable = b"x" if status.st_mode & stat.S_IXUSR else b"-"
            with path.open("rb") as file:
                yield b"file", name.encode(), executable, hashlib.file_digest(file, "sha256").digest()
