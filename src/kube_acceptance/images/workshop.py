"""Builds images from copies of their sources, changed or not, and takes all of it away again."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Protocol

from docker.client import DockerClient

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.images.build import BuiltImage
from kube_acceptance.images.build_log import build_steps
from kube_acceptance.images.contents import open_image
from kube_acceptance.images.copied import copied
from kube_acceptance.images.engine import engine_errors
from kube_acceptance.images.rebuilt import Build
from kube_acceptance.images.source import ImageSource
from kube_acceptance.scratch import scratch


class Builder(Protocol):
    """What builds an image as the run does, with its secrets and build arguments."""

    def __call__(self, source: ImageSource, *, cached: bool, heard: Callable[[str], object]) -> BuiltImage:
        """Build it; see `images.build`."""


class Change:
    """A copy of an image's sources, to be changed, beside the image as it was.

    Attributes:
        name: What the project calls the image.
        source: The copy.
        before: The image as it was.
    """

    def __init__(self, name: str, source: ImageSource, before: Build, rebuild: Callable[[ImageSource], Build]) -> None:
        self.name, self.source, self.before = name, source, before
        self._rebuild = rebuild
        self._after: Build | None = None

    def build(self) -> Build:
        """Build the image from the copy as it is now, with the build cache."""
        self._after = self._rebuild(self.source)
        return self._after

    @property
    def after(self) -> Build:
        """The image that was built from the copy.

        Raises:
            AcceptanceError: None was.
        """
        if self._after is None:
            raise AcceptanceError(f"the copy of the sources of {self.name} was not built, so nothing can be told of it")
        return self._after


class Workshop(AbstractContextManager["Workshop"]):
    """What is built beside the images of a run; it goes with the block.

    Args:
        builder: Builds an image.
        source: What an image is built from, by the project's name for it, inside of a block.
        engine: Docker's API.
    """

    def __init__(
        self, builder: Builder, source: Callable[[str], AbstractContextManager[ImageSource]], engine: DockerClient
    ) -> None:
        self._builder, self._source, self._engine = builder, source, engine
        self._held = ExitStack()
        self._anew: dict[str, Build] = {}

    def __exit__(self, *_: object) -> None:
        self._held.close()

    def anew(self, name: str) -> Build:
        """An image built without the build cache from a copy of its sources: once, for all who ask."""
        if name not in self._anew:
            copy = self._held.enter_context(self._copied(name, "anew"))
            self._anew[name] = self._built(copy, self._held, cached=False)
        return self._anew[name]

    @contextmanager
    def change(self, name: str, before: Build) -> Iterator[Change]:
        """A copy of an image's sources to be changed; with the block it goes, and what was built from it.

        Args:
            name: What the project calls the image.
            before: The image as it was.
        """
        with self._copied(name, "changed") as copy, ExitStack() as held:
            yield Change(name, copy, before, lambda source: self._built(source, held))

    @contextmanager
    def _copied(self, name: str, purpose: str) -> Iterator[ImageSource]:
        with self._source(name) as source, scratch("build") as folder:
            # a name by which `kube-acceptance clean` knows whose it is, as of scratch folders
            copy = copied(source, Path(folder), name=f"kube-acceptance-{os.getpid()}-{purpose}-{source.name}")
            try:
                yield copy
            finally:
                remove_all(self._engine, copy.name)

    def _built(self, source: ImageSource, held: ExitStack, *, cached: bool = True) -> Build:
        lines: list[str] = []
        image = self._builder(source, cached=cached, heard=lines.append)
        contents = held.enter_context(open_image(self._engine, image.reference))
        return Build(image, contents, build_steps(lines))


def remove_all(engine: DockerClient, name: str) -> None:
    """Remove all images of a name; what BuildKit keeps of their builds stays.

    Args:
        engine: Docker's API.
        name: The name without a tag.
    """
    with engine_errors(f"removing the images of {name}"):
        for image in engine.images.list(name=name):
            for reference in image.tags:
                if reference.startswith(f"{name}:"):
                    engine.images.remove(reference)
