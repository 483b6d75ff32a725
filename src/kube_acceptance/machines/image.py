"""The image that a pod of the suite runs: Python on Alpine with the harness, the project, kubectl and Helm."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from importlib.metadata import distributions, requires
from pathlib import Path

from kube_acceptance.config import Config
from kube_acceptance.errors import ConfigurationError
from kube_acceptance.images.source import ImageSource
from kube_acceptance.running.history import FILE
from kube_acceptance.trace.files import project_files

HARNESS = "kube-acceptance"
# Playwright has no wheel for Alpine's C library; scenarios that need a browser do not run in a pod. What a build needs
# to reach its package index comes as secrets, of which nothing is left in the image.
DOCKERFILE = """\
ARG BASE
FROM ${BASE}
COPY needed.txt constraints.txt /tmp/
RUN --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \\
    --mount=type=secret,id=pip,target=/etc/pip.conf \\
    PIP_CERT=/etc/ssl/certs/ca-certificates.crt pip install --no-cache-dir -c /tmp/constraints.txt -r /tmp/needed.txt
COPY *.whl /tmp/
RUN pip install --no-cache-dir --no-deps --no-index /tmp/*.whl
COPY tools/ /usr/local/bin/
COPY project/ /project/
WORKDIR /project
USER 10001
"""


def source(config: Config, folder: Path, *, wheel: Path, tools: Mapping[str, Path], name: str) -> ImageSource:
    """What the runner's image is built from, put together in a folder.

    Args:
        config: The project: its files, but those that its `.gitignore` files exclude, and the history of its runs.
        folder: An empty folder.
        wheel: The wheel of the harness.
        tools: The programs by name, which must be for Linux and need no library.
        name: The image's name without a tag.

    Raises:
        ConfigurationError: No base is named, or there is no such wheel.
    """
    if not config.cluster.runner:
        raise ConfigurationError(
            "no image is named that the suite's pods start from",
            hint="Say cluster.runner, an Alpine image with Python, such as python:3.13-alpine.",
        )
    if wheel.suffix != ".whl" or not wheel.is_file():
        raise ConfigurationError(f"{wheel} is no wheel of kube-acceptance", hint="Make one:  uv build --wheel")
    for file in project_files(config.root):
        _copy(config.root / file, folder / "project" / file)
    history = config.path(config.history or config.reports / FILE)
    if history.is_file():  # all shards deal by it
        _copy(history, folder / "project" / (config.history or config.reports / FILE))
    for tool, program in tools.items():
        _copy(program.resolve(), folder / "tools" / tool)
    _copy(wheel, folder / wheel.name)
    # pods run what this environment runs
    _write_lines(folder / "constraints.txt", _versions())
    _write_lines(folder / "needed.txt", _needed())
    dockerfile = folder / "Dockerfile"
    dockerfile.write_text(DOCKERFILE)
    return ImageSource(name, dockerfile, folder, {"BASE": config.cluster.runner})


def _needed() -> list[str]:
    return sorted(each for each in requires(HARNESS) or () if not each.startswith("playwright"))


def _versions() -> list[str]:
    found = {each.metadata["Name"]: each.version for each in distributions()}
    return sorted(f"{name}=={version}" for name, version in found.items() if name != HARNESS)


def _write_lines(file: Path, lines: Iterable[str]) -> None:
    file.write_text("".join(f"{each}\n" for each in lines))


def _copy(file: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(file, target, follow_symlinks=False)
