"""An image that leaks in each way in which images do: the control of a search that finds nothing elsewhere."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import docker

from kube_acceptance.command import run
from kube_acceptance.images import ImageContents, open_image
from kube_acceptance.scratch import scratch
from kube_acceptance.security import canary
from kube_acceptance.security.canary import Canary
from kube_acceptance.security.leaks import SHAPES

NAME = "planted"
BUILT_WITHIN = 120.0  # seconds
DELETED, REPLACED, ARGUMENT, VARIABLE, LABEL = WAYS = (
    "a file that a later layer deletes",
    "a file that a later layer replaces",
    "a build argument",
    "an environment variable",
    "a label",
)


@dataclass(frozen=True)
class Leaky:
    """The image, and the canaries in it: one for each way, called after it."""

    contents: ImageContents
    canaries: list[Canary]


@contextlib.contextmanager
def leaky(engine: docker.DockerClient, base: str, *, tag: str) -> Iterator[Leaky]:
    """Build it on a base, and remove it at the end.

    Args:
        engine: Docker's API.
        base: The image that it is built from; it must have a shell.
        tag: A tag that nobody else uses.

    Raises:
        CommandError: It cannot be built.
        ImageError: It cannot be read.
    """
    values = {way: canary.plain(way) for way in WAYS}
    reference = f"kube-acceptance-{NAME}:{tag}"
    with scratch(NAME) as folder:
        for file, text in (
            ("deleted", values[DELETED].value),
            ("replaced", values[REPLACED].value),
            ("shapes", "\n".join(shape.example() for shape in SHAPES)),
        ):
            (Path(folder) / file).write_text(text, encoding="utf-8")
        (Path(folder) / "Dockerfile").write_text(
            f"FROM {base}\n"
            "COPY deleted replaced shapes /srv/\n"
            "RUN rm /srv/deleted /srv/shapes && echo > /srv/replaced\n"
            "ARG GIVEN\n"
            "RUN true\n"
            f"ENV GIVEN_TO_ALL={values[VARIABLE].value}\n"
            f"LABEL given={values[LABEL].value}\n",
            encoding="utf-8",
        )
        words = ["docker", "build", "--quiet", "--tag", reference, "--build-arg", f"GIVEN={values[ARGUMENT].value}"]
        run([*words, folder], timeout=BUILT_WITHIN, env={"DOCKER_BUILDKIT": "1"})
    try:
        with open_image(engine, reference) as contents:
            yield Leaky(contents, list(values.values()))
    finally:
        engine.images.remove(reference)
