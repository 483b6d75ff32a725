"""The project in the current folder: its configuration, chart, features and what its images start from."""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from kube_acceptance.config import Config
from kube_acceptance.doctor.finding import Finding, missing, ok, warning
from kube_acceptance.images.source import ImageSource
from kube_acceptance.vulnerability.scanners import grype_of

ADVICE = "grype db update, or a copy as docs/vulnerabilities.md says"


def is_project(root: Path) -> bool:
    """Whether a folder has a configuration of ours; a file that cannot be read is for the loader to tell."""
    file = root / "pyproject.toml"
    if not file.is_file():
        return False
    try:
        return "kube-acceptance" in tomllib.loads(file.read_text(encoding="utf-8")).get("tool", {})
    except tomllib.TOMLDecodeError:
        return True


def chart(config: Config) -> Finding:
    """The chart's folder."""
    if (config.path(config.chart) / "Chart.yaml").is_file():
        return ok(str(config.chart))
    return missing(f"{config.chart} has no Chart.yaml", "Correct chart in [tool.kube-acceptance] of pyproject.toml.")


def features(config: Config) -> Finding:
    """The features."""
    count = len(list(config.path(config.features).rglob("*.feature")))
    if count:
        return ok(f"{count} in {config.features}")
    return missing(f"{config.features} has no .feature file", "Write one, or correct features in pyproject.toml.")


def bases(config: Config) -> list[str]:
    """The images that the project's images start from; raises ImageError when a Dockerfile cannot be read."""
    sources = [
        ImageSource(name, config.path(image.dockerfile), config.path(image.context), image.build_args)
        for name, image in config.images.items()
    ]
    return sorted({base for source in sources for base in source.read_dockerfile().bases(source.build_args)})


def kubernetes_version(config: Config) -> tuple[int, int] | None:
    """The minor version of the node image, by its tag; None when it does not tell."""
    found = re.search(r":v?(\d+)\.(\d+)", config.cluster.image)
    return (int(found[1]), int(found[2])) if found else None


def port_mappings(config: Config) -> list[dict[str, Any]]:
    """Kind's extraPortMappings of all nodes; none where the project has no Kind configuration."""
    if not config.cluster.config or not config.path(config.cluster.config).is_file():
        return []
    read = yaml.safe_load(config.path(config.cluster.config).read_text(encoding="utf-8")) or {}
    return [each for node in read.get("nodes") or [] for each in node.get("extraPortMappings") or []]


def scanner(config: Config) -> Finding:
    """Grype, and how old its database is."""
    grype, now = grype_of(config), datetime.now(UTC)
    if grype.program is None:
        return warning(
            "there is no Grype: packages are not assessed", "Build it: kube-acceptance's deploy/closed-network/scanner"
        )
    database = grype.database()
    if database.built is None:
        return warning(database.problem, f"Get one: {ADVICE}")
    if database.days(now) > grype.days:
        return warning(f"{database.said(now)}, and {grype.days} days are allowed", f"Get a newer one: {ADVICE}")
    return ok(f"Grype ({grype.program}), {database.said(now)}")
