"""What takes a protection away, and how it is applied without touching the sources."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

import jsonpatch
import yaml
from jsonpointer import JsonPointerException
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from kube_acceptance.errors import ConfigurationError
from kube_acceptance.images.source import ImageSource
from kube_acceptance.scratch import scratch

PLUGIN = "kube-acceptance-mutant"
NAMESPACE = "KUBE_ACCEPTANCE_NAMESPACE"  # the environment variable by which the post-renderer knows the release's
_RUNNING = Path(__file__).parents[1]
_CRIPPLED = "harness"  # the folder of a copy of the harness without a protection


Several = Annotated[tuple[str, ...], BeforeValidator(lambda one: [one] if isinstance(one, str) else one)]
"""One text, or a list of them."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=lambda name: name.replace("_", "-"))


class Change(_Section):
    """A change of the rendered objects: those of a kind (and a name, if given) are removed, or patched (RFC 6902)."""

    kind: str
    name: str = ""
    remove: bool = False
    patch: list[dict[str, Any]] = Field(default_factory=list)

    def fits(self, item: Mapping[str, Any]) -> bool:
        """Whether it is meant for an object."""
        return item["kind"] == self.kind and (not self.name or item["metadata"]["name"] == self.name)


class Rewrite(_Section):
    """A change of a Dockerfile: what a regular expression matches is replaced, in a copy."""

    image: str
    find: str
    put: str


class Patch(_Section):
    """A change of a file, in a copy of its folder: what the regular expression `find` matches is replaced."""

    file: Path
    find: str
    put: str


class Alteration(_Section):
    """A change of a workload of the cluster itself (RFC 6902), which is undone when the run is over.

    Clusters differ in what a part of theirs is called: of several names, those that the cluster has are meant.
    """

    kind: Literal["DaemonSet", "Deployment", "StatefulSet"]
    namespace: str
    name: Several
    patch: list[dict[str, Any]] = Field(min_length=1)


class Removal(_Section):
    """What takes a protection away.

    `takes_away` says what is gone, after "without". `manifests` change what the chart renders, which is joined by the
    objects of `add`, in which `${NAMESPACE}` stands for the release's. `chart` changes the files of the chart.
    `namespace` are labels that the namespaces of the run have instead of, or beside, the harness's own. `cluster`
    changes the cluster itself, `dockerfiles` what images are built from, and `harness` the harness, in a copy that the
    run is made with.
    """

    file: Path
    takes_away: str
    manifests: list[Change] = Field(default_factory=list)
    add: list[dict[str, Any]] = Field(default_factory=list)
    chart: list[Patch] = Field(default_factory=list)
    namespace: dict[str, str] = Field(default_factory=dict)
    dockerfiles: list[Rewrite] = Field(default_factory=list)
    harness: list[Patch] = Field(default_factory=list)
    cluster: list[Alteration] = Field(default_factory=list)

    @property
    def name(self) -> str:
        """The name of its file."""
        return self.file.stem

    def change(self, objects: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """The objects without the protection.

        Raises:
            ConfigurationError: A change fits no object, so nothing would be taken away.
        """
        changed = list(objects)
        for change in self.manifests:
            fitting = [item for item in changed if change.fits(item)]
            if not fitting:
                raise ConfigurationError(
                    f"{self.file.name}: no {change.kind} {change.name} is rendered, so nothing changes"
                )
            if change.remove:
                changed = [item for item in changed if not change.fits(item)]
                continue
            try:
                patched = {id(item): jsonpatch.apply_patch(item, change.patch) for item in fitting}
            except (jsonpatch.JsonPatchException, JsonPointerException) as error:
                raise ConfigurationError(
                    f"{self.file.name}: the patch of {change.kind} does not fit: {error}"
                ) from error
            changed = [patched.get(id(item), item) for item in changed]
        return [*changed, *self.add]

    def post_renderer(self, folder: Path, namespace: str) -> tuple[Sequence[str], Mapping[str, str]]:
        """Helm arguments and environment that put `change` between rendering and installing in a namespace.

        Helm 4 takes a post-renderer as a plugin, Helm 3 as a program; what is written to `folder` is both.
        """
        if not (self.manifests or self.add):
            return (), {}
        plugin = folder / PLUGIN
        plugin.mkdir(parents=True, exist_ok=True)
        program = plugin / PLUGIN
        words = [sys.executable, "-m", "kube_acceptance.mutation.render", str(self.file)]
        program.write_text(f"#!/bin/sh\nexec {shlex.join(words)}\n")
        program.chmod(0o755)
        (plugin / "plugin.yaml").write_text(
            yaml.safe_dump(
                {
                    "apiVersion": "v1",
                    "type": "postrenderer/v1",
                    "name": PLUGIN,
                    "version": "1.0.0",
                    "runtime": "subprocess",
                    "runtimeConfig": {"platformCommand": [{"command": "${HELM_PLUGIN_DIR}/" + PLUGIN}]},
                }
            )
        )
        found = {"HELM_PLUGINS": str(folder), "PATH": f"{plugin}:{os.environ['PATH']}", NAMESPACE: namespace}
        return ("--post-renderer", PLUGIN), found

    def crippled(self, folder: Path) -> Mapping[str, str]:
        """The environment in which Python takes the harness from a copy without the protection, made in `folder`.

        Raises:
            ConfigurationError: An expression matches nothing, so nothing would be taken away.
        """
        if not self.harness:
            return {}
        copy = self._patched(_RUNNING, folder / _CRIPPLED, self.harness)
        return {"PYTHONPATH": str(copy.parent)}

    def must_be_crippled(self) -> None:
        """Raise ConfigurationError when the harness that runs is whole: a run would say nothing of the mutant."""
        if self.harness and _RUNNING.parent.name != _CRIPPLED:
            raise ConfigurationError(
                f"the mutant {self.name} changes the harness itself, and the one that runs is whole",
                hint=f"Run  kube-acceptance mutants {self.name}  which makes the run with a copy.",
            )

    def charted(self, chart: Path, folder: Path) -> Path:
        """The folder of the chart without the protection: the chart's own, or a copy made in `folder`.

        Raises:
            ConfigurationError: An expression matches nothing, so nothing would be taken away.
        """
        return self._patched(chart, folder / "chart", self.chart) if self.chart else chart

    def _patched(self, source: Path, folder: Path, patches: Sequence[Patch]) -> Path:
        copy = folder / source.name
        if not copy.is_dir():
            shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__"))
            for patch in patches:
                text = (copy / patch.file).read_text(encoding="utf-8")
                text, count = re.subn(patch.find, patch.put, text, flags=re.MULTILINE)
                if not count:
                    raise ConfigurationError(f"{self.file.name}: {patch.find!r} is not in {patch.file}")
                (copy / patch.file).write_text(text, encoding="utf-8")
        return copy

    @contextlib.contextmanager
    def patched(self, image: str, source: ImageSource) -> Iterator[ImageSource]:
        """The source of an image with the mutant's Dockerfile, in a folder of its own.

        Raises:
            ConfigurationError: The expression matches nothing, so nothing would be taken away.
        """
        text = source.dockerfile.read_text(encoding="utf-8")
        mutated = text
        for rewrite in self.dockerfiles:
            if rewrite.image == image:
                mutated, count = re.subn(rewrite.find, rewrite.put, mutated, flags=re.MULTILINE)
                if not count:
                    raise ConfigurationError(f"{self.file.name}: {rewrite.find!r} is not in the Dockerfile of {image}")
        if mutated == text:
            yield source
            return
        with scratch("mutant") as folder:
            dockerfile = Path(folder) / source.dockerfile.name
            dockerfile.write_text(mutated, encoding="utf-8")
            ignore = source.dockerfile.with_name(f"{source.dockerfile.name}.dockerignore")
            if ignore.is_file():
                shutil.copy(ignore, folder)
            yield replace(source, dockerfile=dockerfile)
