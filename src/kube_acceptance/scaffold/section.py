"""`[tool.kube-acceptance]` for a chart: what is known, and as comments what only its people know."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

from kube_acceptance.release.objects import images
from kube_acceptance.scaffold.holdings import Holdings

BUILDS = """
# An image that this repository builds: a run builds it, and installs the chart with it.
# [tool.kube-acceptance.images.{name}]
# dockerfile = {dockerfile}
# context = {context}
# value = {value} # `repository` and `tag` stand below it
"""
CLUSTER = """
# What the cluster needs besides: manifests to apply, such as those of an Ingress controller, and images that its nodes
# take from this machine instead of pulling them.
# [tool.kube-acceptance.cluster]
# addons = []
# images = {images}
"""


def section(holds: Holdings, root: Path) -> str:
    """The section's text.

    Args:
        holds: What the chart renders.
        root: The project's folder, to which paths are relative.
    """
    lines = [
        "[tool.kube-acceptance]",
        f"title = {_quoted(f'{holds.release} on Kubernetes')}",
        f"chart = {_quoted(_relative(holds.chart.folder, root))}",
        f"release = {_quoted(holds.release)}",
    ]
    if holds.chart.values:
        files = ", ".join(_quoted(_relative(file, root)) for file in holds.chart.values)
        lines.append(f"values = [{files}]")
    if holds.not_admitted:
        lines.append(
            f'pod-security = "{holds.standard}" # until features/chart.feature has no row of what is to be mended'
        )
    if holds.ingress_value:
        lines.append(f"ingress-value = {_quoted(holds.ingress_value)}")
    known = sorted(images(holds.running.objects))
    examples = "".join(_builds(holds, root, path) for path in _image_values(holds, known))
    listed = ", ".join(map(_quoted, known))
    return "\n".join(lines) + "\n" + examples + CLUSTER.format(images=f"[{listed}]")


def _image_values(holds: Holdings, known: list[str]) -> Iterator[str]:
    """The values that name an image by `repository` and `tag`, and do so in what is rendered."""
    for path, value in holds.values.items():
        parent, _, key = path.rpartition(".")
        if key == "repository" and parent and any(str(value) in image for image in known):
            yield parent


def _builds(holds: Holdings, root: Path, path: str) -> str:
    name = str(holds.values[f"{path}.repository"]).rpartition("/")[2]
    found = next(
        (file for file in (root / name / "Dockerfile", root / "docker" / name / "Dockerfile") if file.is_file()), None
    )
    dockerfile = found or root / "Dockerfile"
    return BUILDS.format(
        name=name,
        dockerfile=_quoted(_relative(dockerfile, root)),
        context=_quoted(_relative(dockerfile.parent, root)),
        value=_quoted(path),
    )


def _relative(path: Path, root: Path) -> str:
    return Path(os.path.relpath(path, root)).as_posix()


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)  # TOML's basic strings are JSON's
