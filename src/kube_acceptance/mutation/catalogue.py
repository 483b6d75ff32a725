"""All mutants of a project: what every operator finds in what the chart renders and in the Dockerfiles."""

from __future__ import annotations

import fnmatch
import hashlib
import json
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from kube_acceptance.config import Config, PreviousConfig
from kube_acceptance.errors import ConfigurationError
from kube_acceptance.images.source import source_tag
from kube_acceptance.mutation.derived import Derived
from kube_acceptance.mutation.operators import (
    Object,
    Operator,
    access,
    availability,
    durability,
    images,
    ingress,
    jobs,
    metadata,
    policies,
    probes,
    resources,
    scripts,
    secrets,
    security,
    services,
    settings,
    storage,
    workloads,
)
from kube_acceptance.mutation.operators.dockerfiles import from_dockerfile
from kube_acceptance.previous import unpack
from kube_acceptance.release import Chart
from kube_acceptance.security.posture.rendered import called
from kube_acceptance.session import project_sources

OPERATORS: tuple[Operator, ...] = tuple(
    operator
    for module in (
        *(policies, access, security, secrets, probes, resources, services, ingress, storage, workloads),
        *(availability, jobs, images, settings, scripts, durability, metadata),
    )
    for operator in module.OPERATORS
)
"""All that look at rendered objects."""


class Deployment:
    """What a project deploys: the objects that its chart becomes with any of its values files, and its images.

    Args:
        config: The project's configuration.
        chart: The chart with the values that runs install.
    """

    def __init__(self, config: Config, chart: Chart) -> None:
        self.objects = _objects(chart, config.release)
        self.images = project_sources(config)

    def mutants(self) -> list[Derived]:
        """Every mutant, in the order of the objects."""
        found = [mutant for operator in OPERATORS for mutant in operator(self.objects)]
        for name, source in self.images.items():
            found += from_dockerfile(name, source.dockerfile.read_text(encoding="utf-8"))
        return found

    def digests(self) -> dict[str, str]:
        """What each object and image is, as a digest, by how mutants call it."""
        found = {called(item): _digest(item) for item in self.objects}
        return found | {f"image {name}": source_tag(source) for name, source in self.images.items()}


def changed(mutants: Iterable[Derived], now: Mapping[str, str], before: Mapping[str, str]) -> list[Derived]:
    """The mutants of objects and images that are not as they were.

    Args:
        mutants: All.
        now: The digests of what is deployed now; see `Deployment.digests`.
        before: Those of what was.
    """
    return [mutant for mutant in mutants if now.get(mutant.object) != before.get(mutant.object)]


def before(config: Config, revision: str, folder: Path, chart: Callable[[Config], Chart]) -> Deployment:
    """What the project deployed at a revision.

    Args:
        config: The configuration of today.
        revision: The commit, or what git knows it by.
        folder: Where it is unpacked.
        chart: Makes the chart of a configuration.

    Raises:
        ConfigurationError: There is no such revision, or no such project in it.
    """
    at = config.model_copy(update={"previous": PreviousConfig(revision=revision)})
    earlier, _ = unpack(at, folder)
    return Deployment(earlier, chart(earlier))


def named(mutants: Sequence[Derived], patterns: Sequence[str]) -> list[Derived]:
    """The mutants whose id a pattern fits (`policy-*`, `*.deployment-shop-*`); all when there is no pattern.

    Raises:
        ConfigurationError: A pattern fits none.
    """
    if not patterns:
        return list(mutants)
    for pattern in patterns:
        if not any(fnmatch.fnmatchcase(each.id, pattern) for each in mutants):
            raise ConfigurationError(
                f"no mutant is called {pattern}", hint="See what there is:  kube-acceptance mutate --list"
            )
    return [each for each in mutants if any(fnmatch.fnmatchcase(each.id, pattern) for pattern in patterns)]


def sample(mutants: Sequence[Derived], count: int, seed: int) -> list[Derived]:
    """So many mutants by chance, in their order; the same seed takes the same of the same."""
    taken = random.Random(seed).sample(range(len(mutants)), min(count, len(mutants)))
    return [mutants[index] for index in sorted(taken)]


def _objects(chart: Chart, release: str) -> list[Object]:
    """What the chart renders with the values that runs install, and what more with each values file."""
    found: dict[str, Object] = {}
    for each in [chart, *(chart.using(file) for file in sorted(chart.folder.glob("values*.yaml")))]:
        for item in each.render(name=release, namespace="default"):
            found.setdefault(called(item), item)
    return list(found.values())


def _digest(item: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(item, sort_keys=True).encode()).hexdigest()
