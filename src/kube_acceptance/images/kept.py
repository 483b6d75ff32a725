"""Images kept in a folder, for a next run whose machine is another one and whose Docker knows nothing of this one's.

What is kept needs no key: an image is found by the tag of its content, so one that is out of date is simply not found.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from docker.client import DockerClient

from kube_acceptance.command import CommandError, run
from kube_acceptance.errors import ImageError
from kube_acceptance.images.build import content_reference, present
from kube_acceptance.images.source import ImageSource

WITHIN = 600.0  # seconds
_DIGITS = 16


@dataclass(frozen=True)
class Kept:
    """An archive of images.

    Attributes:
        file: Its path; the name says what is in it.
        references: The images, by name and content tag.
        new: Whether it was written now; otherwise it was there.
    """

    file: Path
    references: tuple[str, ...]
    new: bool


def built(sources: Iterable[ImageSource], *, client: DockerClient) -> dict[str, str]:
    """The IDs of images that are built as they would be today, by name and tag; nothing is built or pulled.

    Args:
        sources: What the images are built from.
        client: The Docker engine.

    Raises:
        ImageError: A Dockerfile or a context cannot be read.
        MachineError: Docker does not answer.
    """
    references = (content_reference(source, client=client) for source in sources)
    found = {each: present(each, client=client) for each in references if each}
    return {reference: str(image.id) for reference, image in found.items() if image}


def save(images: Mapping[str, str], folder: Path) -> Kept:
    """Keep images as one archive; it takes the place of others that are there, and is not written twice.

    Args:
        images: Their IDs by name and tag, from `built`.
        folder: Where to; made where it is missing.

    Raises:
        ImageError: There is no image to keep, or Docker cannot write them there.
    """
    if not images:
        raise ImageError("none of the project's images is built", hint="A run builds them: pytest features/")
    references = tuple(sorted(images))
    # an image of the same content may be built again, with another commit in its labels
    said = "\n".join(f"{each} {images[each]}" for each in references)
    file = folder / f"{hashlib.sha256(said.encode()).hexdigest()[:_DIGITS]}.tar"
    if new := not file.is_file():
        _write(file, references)
    for other in folder.glob("*.tar"):
        if other != file:
            other.unlink()
    return Kept(file, references, new)


def load(folder: Path) -> tuple[Path, ...]:
    """Give Docker the images that a folder keeps.

    Args:
        folder: The folder; it may be missing or hold nothing, as before the first run.

    Returns:
        The archives.

    Raises:
        ImageError: One of them cannot be loaded.
    """
    archives = tuple(sorted(folder.glob("*.tar")))
    for each in archives:
        try:
            run(["docker", "load", "--quiet", "--input", each], timeout=WITHIN)
        except CommandError as error:
            raise ImageError(
                f"{each} cannot be loaded into Docker",
                hint="Remove it: what is missing is built.",
                details=[error.summary, *error.details],
            ) from error
    return archives


def _write(file: Path, references: Iterable[str]) -> None:
    part = file.with_suffix(".part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        run(["docker", "save", "--output", part, *references], timeout=WITHIN)
        part.replace(file)  # an archive is there as a whole or not at all
    except (CommandError, OSError) as error:
        with contextlib.suppress(OSError):
            part.unlink()
        details = [error.summary, *error.details] if isinstance(error, CommandError) else [str(error)]
        raise ImageError(
            f"the images cannot be kept in {file.parent}",
            hint="It must be a folder that can be written to, on a disk with room for them.",
            details=details,
        ) from error
