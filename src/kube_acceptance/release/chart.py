"""A chart and the values it is given, before any cluster."""

from __future__ import annotations

import functools
import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from kube_acceptance.command import CommandError, Completed, run
from kube_acceptance.errors import ConfigurationError, ReleaseError
from kube_acceptance.manifests import read_manifests
from kube_acceptance.release.renderings import Renderings
from kube_acceptance.scratch import scratch


class Chart:
    """A chart on disk.

    Args:
        helm: The program; Helm 4, or 3.10 and newer.
        folder: The chart's folder.
        values: Values files, the later ones winning.
        overrides: Values that win over every file, by dotted path: `{"images.web.tag": "1"}`.
        change: Changes what `render` returns (mutants).
        renderings: Where what Helm renders is kept; None keeps nothing.
    """

    def __init__(
        self,
        helm: Path,
        folder: Path,
        *,
        values: Sequence[Path] = (),
        overrides: Mapping[str, Any] | None = None,
        change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]] = list,
        renderings: Renderings | None = None,
    ) -> None:
        self.helm_program = helm
        self.folder = folder
        self.values = tuple(values)
        self.overrides = dict(overrides or {})
        self._change = change
        self._renderings = renderings

    def using(self, *values: Path, **overrides: Any) -> Chart:
        """The same chart with other values files (none: the same ones) and further overrides."""
        merged = {**self.overrides, **overrides}
        return self._but(self.folder, values or self.values, merged)

    def by(self, helm: Path) -> Chart:
        """The same chart and values, installed by another Helm."""
        return self._but(self.folder, self.values, self.overrides, helm=helm)

    def edited(self, folder: Path, file: str, words: str, others: str) -> Chart:
        """The same chart and values with other words in one of its files, as another version of it would have them.

        Args:
            folder: Where the copy is made; the chart's folder must not be there yet.
            file: The file's path in the chart's folder.
            words: What stands there.
            others: What stands there instead.

        Raises:
            ConfigurationError: There is no such file, or the words do not stand in it.
        """
        copy = Path(shutil.copytree(self.folder, folder / self.folder.name))
        path = copy / file
        before = path.read_text(encoding="utf-8") if path.is_file() else ""
        if words not in before:
            raise ConfigurationError(f"no {words!r} stands in {file} of the chart {self.folder.name}")
        path.write_text(before.replace(words, others), encoding="utf-8")
        values = [
            copy / each.relative_to(self.folder) if each.is_relative_to(self.folder) else each for each in self.values
        ]
        return self._but(copy, values, self.overrides)

    def _but(
        self, folder: Path, values: Sequence[Path], overrides: Mapping[str, Any], *, helm: Path | None = None
    ) -> Chart:
        return Chart(
            helm or self.helm_program,
            folder,
            values=values,
            overrides=overrides,
            change=self._change,
            renderings=self._renderings,
        )

    @functools.cached_property
    def helm_version(self) -> str:
        """The version of Helm, such as `4.3.1`; raises ReleaseError when it does not say."""
        return self.helm("version", "--template", "{{.Version}}").stdout.strip().removeprefix("v")

    @property
    def app_version(self) -> str:
        """The version of the application that it says it installs; raises ReleaseError when it says none."""
        said = yaml.safe_load((self.folder / "Chart.yaml").read_text(encoding="utf-8")).get("appVersion")
        if not said:
            raise ReleaseError(f"the chart {self.folder.name} has no appVersion, so no image can be held against it")
        return str(said)

    @property
    def values_files(self) -> list[Path]:
        """Every values file in its folder, whichever of them it was given; raises ReleaseError when there is none."""
        files = sorted(self.folder.glob("values*.yaml"))
        if not files:
            raise ReleaseError(f"the chart {self.folder.name} has no values file, so nothing was checked")
        return files

    def render(self, *, name: str, namespace: str, kubernetes: str = "") -> list[dict[str, Any]]:
        """The objects that the chart becomes.

        Args:
            name: The release's name.
            namespace: Its namespace.
            kubernetes: The version that the chart is told of, such as `1.25`; Helm's own guess when empty.

        Raises:
            ReleaseError: It cannot be rendered; the first line is Helm's own reason.
        """
        objects = read_manifests(self._template(name, namespace, kubernetes))
        if not objects:
            raise ReleaseError(f"the chart {self.folder.name} renders no object at all")
        for number, item in enumerate(objects, start=1):
            if not (isinstance(item, dict) and item.get("kind") and isinstance(item.get("metadata"), dict)):
                raise ReleaseError(
                    f"object {number} that the chart {self.folder.name} renders has no kind or no metadata",
                    details=yaml.safe_dump(item).splitlines()[:10],
                    hint="Look for it in what `helm template` prints.",
                )
        return self._change(objects)

    def _template(self, name: str, namespace: str, kubernetes: str) -> str:
        told = ["--kube-version", kubernetes] if kubernetes else []

        def make() -> str:
            words = ("template", name, str(self.folder), "--namespace", namespace, *told)
            return self.helm(*words, with_values=True).stdout

        if self._renderings is None:
            return make()
        values = [file.read_text(encoding="utf-8") for file in self.values]
        words = [name, namespace, json.dumps(self.overrides), *told]
        return self._renderings.get(self.helm_program, self.folder, values, words, make)

    def helm(
        self,
        *arguments: str,
        with_values: bool = False,
        timeout: float = 60,
        env: Mapping[str, str] | None = None,
    ) -> Completed:
        """Run Helm.

        Args:
            arguments: Its arguments.
            with_values: Whether the chart's values are given to it.
            timeout: Seconds.
            env: Further environment variables.

        Raises:
            ReleaseError: Helm failed; the first line is its own reason.
        """
        with scratch("values") as folder:
            given: list[str] = []
            if with_values:
                overrides = Path(folder) / "overrides.yaml"
                # in JSON all texts are quoted: a tag such as 172472917e32 is a number to Helm, and none to PyYAML
                overrides.write_text(json.dumps(nested(self.overrides)) + "\n")
                given = [word for file in (*self.values, overrides) for word in ("--values", str(file))]
            try:
                return run([self.helm_program, *arguments, *given], timeout=timeout, env=env)
            except CommandError as error:
                said = error.completed.stderr or error.completed.stdout
                if error.completed.returncode < 0:
                    raise ReleaseError(error.summary, details=error.details) from error
                raise ReleaseError(
                    f"helm {arguments[0]} refused the chart {self.folder.name}: {reason(said)}", details=error.details
                ) from error


def nested(flat: Mapping[str, Any]) -> dict[str, Any]:
    """Values by dotted path, as the tree that Helm reads."""
    tree: dict[str, Any] = {}
    for path, value in flat.items():
        *parents, leaf = path.split(".")
        place = tree
        for parent in parents:
            place = place.setdefault(parent, {})
        place[leaf] = value
    return tree


def reason(said: str) -> str:
    """Helm's own reason, on one line, without its warnings, its advice and the word Error."""
    others = ("WARNING", "level=", "Use --debug flag")
    lines = [line.strip() for line in said.splitlines() if line.strip() and not line.startswith(others)]
    start = next((i for i, line in enumerate(lines) if line.startswith("Error:")), 0)
    return " ".join(lines[start:]).removeprefix("Error: ").strip()[:600]
