"""The image that a pod of the suite runs: Python on Alpine with the harness, the project, kubectl and Helm."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from importlib.metadata import distributions
from pathlib import Path

from kube_acceptance.config import Config
from kube_acceptance.errors import ConfigurationError
from kube_acceptance.images.source import ImageSource
from kube_acceptance.running.history import FILE
from kube_acceptance.trace.files import project_files

# Playwright has no wheel for Alpine's C library; scenarios that need a browser do not run in a pod. What a build needs to reach its
# package index comes as secrets, of which nothing is left in the image.
DOCKERFILE = """\
ARG BASE
FROM ${BASE}
COPY *.whl constraints.txt /tmp/
RUN --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \\
    --mount=type=secret,id=pip,target=/etc/pip.conf \\
    export PIP_CERT=/etc/ssl/certs/ca-certificates.crt \\
 && pip install --no-cache-dir --no-deps /tmp/*.whl \\
 && python -c "from importlib.metadata import requires; \\
print('\\\\n'.join(each for each in requires('kube-acceptance') if not each.startswith('playwright')))" > /tmp/needed \\
 && pip install --no-cache-dir -c /tmp/constraints.txt -r /tmp/needed \\
 && rm /tmp/needed /tmp/constraints.txt /tmp/*.whl
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
    (folder / "constraints.txt").write_text("".join(f"{each}\n" for each in _versions()))
    dockerfile = folder / "Dockerfile"
    dockerfile.write_text(DOCKERFILE)
    return ImageSource(name, dockerfile, folder, {"BASE": config.cluster.runner})


def _versions() -> list[str]:
    found = {each.metadata["Name"]: each.version for each in distributions()}
    return sorted(f"{name}=={version}" for name, version in found.items() if name != "kube-acceptance")


def _copy(file: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(file, target, follow_symlinks=False)
