"""A draft of a project's first features and configuration, and how it comes to the disk: all of it, or nothing."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from kube_acceptance.config import FILE, Config
from kube_acceptance.errors import ConfigurationError
from kube_acceptance.release import Chart
from kube_acceptance.scaffold import chart, connections, faults, installation
from kube_acceptance.scaffold.holdings import Holdings
from kube_acceptance.scaffold.section import section
from kube_acceptance.scaffold.text import Feature

FEATURES = {
    "chart": chart.feature,
    "installation": installation.feature,
    "network_policy": connections.feature,
    "faults": faults.feature,
}


DRY = "With --dry-run it is only printed."


@dataclass(frozen=True)
class Draft:
    """What is to be written.

    Attributes:
        root: The project's folder.
        features: The feature files, by their paths below it.
        section: What pyproject.toml gets, at its end where it is there.
        remarks: What its people should know before the first run, a sentence each.
    """

    root: Path
    features: Mapping[Path, Feature]
    section: str
    remarks: tuple[str, ...]


def draft(root: Path, folder: Path, helm: Callable[[], Path], *, values: Path | None = None) -> Draft:
    """Read a chart, and say what of it can be said.

    Args:
        root: The project's folder.
        folder: The chart's folder.
        helm: Finds the program, or brings it.
        values: The values file that the project installs the chart with, if it needs one.

    Raises:
        ConfigurationError: There is no chart, or no such values file.
        ReleaseError: The chart does not render.
    """
    release = _name(folder)
    if values and not values.is_file():
        raise ConfigurationError(f"there is no values file {values}")
    files = [values.absolute()] if values else []
    holds = Holdings.of(Chart(helm(), folder.absolute(), values=files), release)
    made = {name: make(holds) for name, make in FEATURES.items()}
    features = {Config().features / f"{name}.feature": each for name, each in made.items() if not each.is_empty}
    return Draft(root, features, section(holds, root.absolute()), tuple(_remarks(holds)))


def write(draft: Draft) -> None:
    """Write a draft.

    Raises:
        ConfigurationError: It cannot be written; what was begun is taken back, and nothing is ever overwritten.
    """
    made: list[Path] = []
    try:
        for path, feature in draft.features.items():
            (draft.root / path).parent.mkdir(exist_ok=True)
            with (draft.root / path).open("x", encoding="utf-8") as file:
                made.append(draft.root / path)
                file.write(str(feature))
        configuration = draft.root / FILE
        before = configuration.read_text(encoding="utf-8") if configuration.is_file() else ""
        gap = "" if not before else "\n" if before.endswith("\n") else "\n\n"
        with configuration.open("a", encoding="utf-8") as file:
            file.write(gap + draft.section)
    except OSError as error:
        for path in made:
            path.unlink()
        raise ConfigurationError(f"{error.filename} cannot be written: {error.strerror}") from error


def _name(folder: Path) -> str:
    """A chart's name, by which its release is called."""
    if not folder.is_dir():
        raise ConfigurationError(f"there is no folder {folder}", hint="Name the folder that holds Chart.yaml.")
    file = folder / "Chart.yaml"
    if not file.is_file():
        raise ConfigurationError(f"{folder} is no chart: it has no Chart.yaml")
    try:
        named = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file} is not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(named, dict) or not isinstance(named.get("name"), str):
        raise ConfigurationError(f"{file} does not say what the chart is called")
    name: str = named["name"]
    return name


def must_be_new(root: Path) -> None:
    """Refuse a folder that has features or a configuration already.

    Raises:
        ConfigurationError: It has, or what it has cannot be read.
    """
    file = root / FILE
    try:
        there = tomllib.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{FILE} is not TOML: {error}") from error
    if "kube-acceptance" in there.get("tool", {}):
        raise ConfigurationError(
            f"{FILE} has a section [tool.kube-acceptance] already, so nothing was written",
            hint=DRY,
        )
    features = root / Config().features
    if found := next(iter(sorted(features.rglob("*.feature"))), None) if features.is_dir() else None:
        raise ConfigurationError(
            f"there are features already, such as {found.relative_to(root)}, so nothing was written"
        )
    if features.exists() and not features.is_dir():
        raise ConfigurationError(f"{features.relative_to(root)} is there and is no folder, so nothing was written")


def _remarks(holds: Holdings) -> list[str]:
    """What would surprise at the first run."""
    said = [f"{file} is left out: {why}" for file, why in holds.refused.items()]
    if holds.not_admitted:
        count = len(holds.not_admitted)
        said.append(
            f"the restricted Pod Security Standard would not admit its pods, so the namespaces of a run enforce the "
            f"standard {holds.standard}: {'why, stands' if count == 1 else f'the {count} reasons stand'} in "
            "features/chart.feature"
        )
    if not holds.labelled and holds.lasting:
        said.append(
            "not all pods have the label app.kubernetes.io/instance with the release's name, by which they are found: "
            "most that can be said of pods is left out"
        )
    elif not holds.tiers and holds.lasting:
        said.append(
            "no pod has the label app.kubernetes.io/component, by which tiers are told apart: what can be said of "
            "tiers is left out"
        )
    return said
