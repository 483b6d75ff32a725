"""Removes what earlier runs left behind, one thing after the other, and tells of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import docker
from docker.errors import DockerException
from kubernetes.client.exceptions import ApiException
from kubernetes.config import ConfigException
from requests import RequestException
from urllib3.exceptions import HTTPError

from kube_acceptance.cluster import leftovers
from kube_acceptance.cluster.leftovers import Leftover
from kube_acceptance.cluster.shared import folders, users
from kube_acceptance.config import Config
from kube_acceptance.errors import AcceptanceError, MachineError
from kube_acceptance.session import connect, leftover, sources

Find = Callable[[], Iterable[Leftover]]

_REFUSALS = (AcceptanceError, DockerException, ApiException, ConfigException, RequestException, HTTPError, OSError)
"""What Docker, the API server and the file system say no with."""


@dataclass
class Outcome:
    """How many things were removed (or would be), and what could not be."""

    count: int = 0
    problems: list[str] = field(default_factory=list)


def finders(
    cache: Path, *, tool: Callable[[str], Path], everything: bool = False, project: Config | None = None
) -> Sequence[tuple[str, Find]]:
    """What to look for, by what it is called.

    Args:
        cache: The harness's cache folder.
        tool: Finds the programs kind and kubectl.
        everything: Whether clusters of ours count of which this cache knows nothing.
        project: The project whose outgrown images are to go; none leaves images alone.
    """
    lazy = _Engine()
    # the provider asks for Docker when a cluster is removed, so that without Docker the rest is cleaned all the same
    known = [
        ("clusters", lambda: leftovers.clusters(cache, lambda name, folder: leftover(lazy.engine, tool)(name, folder))),
        ("containers", lambda: leftovers.containers(lazy.engine)),
        ("networks", lambda: leftovers.networks(lazy.engine)),
        ("namespaces", lambda: leftovers.namespaces(cache)),
        ("folders of runs", lambda: leftovers.run_folders(cache)),
        ("temporary folders", leftovers.scratch_folders),
        ("temporary images", lambda: leftovers.scratch_images(lazy.engine)),
    ]
    unknown = [
        ("unknown clusters", lambda: leftovers.unknown_clusters(lazy.engine, cache, leftover(lazy.engine, tool))),
        ("networks of clusters", lambda: leftovers.unused_networks(lazy.engine, cache)),
    ]
    outgrown = [("images", lambda: _images(lazy.engine, cache, project))] if project else []
    return [*known, *(unknown if everything else []), *outgrown]


def sweep(finders: Sequence[tuple[str, Find]], *, dry_run: bool, say: Callable[[str], object]) -> Outcome:
    """Remove what is found, and go on when one thing cannot be removed.

    Args:
        finders: What to look for.
        dry_run: Whether only to tell.
        say: Is told of each thing.
    """
    outcome = Outcome()
    for what, find in finders:
        try:
            for each in find():
                _remove(each, outcome, dry_run=dry_run, say=say)
        except _REFUSALS as error:
            problem = f"{what} cannot be looked at: {_first_line(error)}"
            outcome.problems.append(problem)
    return outcome


def _remove(each: Leftover, outcome: Outcome, *, dry_run: bool, say: Callable[[str], object]) -> None:
    try:
        if dry_run:
            say(f"would remove {each.name} ({each.why})")
        elif each.remove():
            say(f"removed {each.name} ({each.why})")
        else:
            say(f"left {each.name}: a run has begun to use it")
            return
    except _REFUSALS as error:
        outcome.problems.append(f"{each.name} could not be removed: {_first_line(error)}")
        return
    outcome.count += 1


def _images(engine: docker.DockerClient, cache: Path, project: Config) -> Iterator[Leftover]:
    if any(users(folder) for folder in folders(cache).glob("*/")):
        raise MachineError("a run is under way that may need them; clean when it has ended")
    yield from leftovers.superseded_images(engine, sources(project))


class _Engine:
    """Docker's API, reached when it is first asked for."""

    @cached_property
    def engine(self) -> docker.DockerClient:
        return connect()


def _first_line(error: Exception) -> str:
    if isinstance(error, AcceptanceError):
        return ". ".join([error.summary, *([error.hint] if error.hint else [])])
    lines = str(error).splitlines()
    return lines[0] if lines else type(error).__name__
