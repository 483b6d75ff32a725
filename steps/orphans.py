"""Phrases on the command line of the harness, and on what a run leaves behind when it is killed."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from kube_acceptance import command
from kube_acceptance.cluster.kind import CLUSTER_LABEL
from kube_acceptance.cluster.nodes import labelled
from kube_acceptance.cluster.shared import folders
from kube_acceptance.command import Completed
from kube_acceptance.errors import AcceptanceError
from kube_acceptance.report import note
from kube_acceptance.session import Session
from kube_acceptance.suite import Suite
from kube_acceptance.vocabulary import assertion, given, when
from kube_acceptance.wait import Seen, eventually

NODE_WITHIN = 60.0  # seconds
NOWHERE = {"DOCKER_HOST": "unix:///nowhere/docker.sock"}


@dataclass(frozen=True)
class Orphan:
    """A cluster whose run is killed, in a cache of its own: others' clusters are none of its business."""

    suite: Suite
    name: str
    cache: Path


@pytest.fixture
def environment() -> dict[str, str]:
    """Variables for the command, which a scenario may add to."""
    return {}


@given('the example project "{name}" with a cluster of its own', target_fixture="orphan")
def example_project_apart(
    example: Callable[..., Suite], environment: dict[str, str], session: Session, tmp_path: Path, name: str
) -> Orphan:
    cluster, cache = f"kube-acceptance-killed-{session.id}", tmp_path / "cache"
    environment |= own_cache(cache, session)
    return Orphan(replace(example(name, "--cluster-name", cluster), env=environment), cluster, cache)


def own_cache(cache: Path, session: Session) -> dict[str, str]:
    """Variables by which a run and a `clean` know this cache alone, and find the programs all the same."""
    tools = os.pathsep.join(str(session.tool(tool).parent) for tool in ("kind", "kubectl", "helm"))
    return {"KUBE_ACCEPTANCE_CACHE": str(cache), "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"}


@when("its suite is killed as soon as the cluster's node is there")
def killed(orphan: Orphan, session: Session, tmp_path: Path) -> None:
    process = orphan.suite.start("-m", "slow", log=tmp_path / "log")
    with command.watched(process):
        eventually(
            "the cluster's node", lambda: Seen(bool(left := _left(orphan, session)), f"{left}"), within=NODE_WITHIN
        )
        process.kill()
        note(f"killed: exit status {process.wait(10)}")


@when('kube-acceptance runs with "{words}"', target_fixture="completed")
def command_runs(environment: dict[str, str], words: str) -> Completed:
    return _kube_acceptance(words, environment)


@when(
    'kube-acceptance runs with "{words}" where Docker cannot be reached',
    target_fixture="completed",
)
def command_runs_without_docker(words: str) -> Completed:
    return _kube_acceptance(words, NOWHERE)


@assertion('it ends with status {status:d} and says "{said}"', timed=False)
def ends_with(completed: Completed, status: int, said: str) -> None:
    if completed.returncode != status or said not in completed.stdout + completed.stderr:
        lines = (completed.stdout + completed.stderr).splitlines()
        raise AcceptanceError(f"it ended with status {completed.returncode}, see what it said", details=lines)
    note(next(line.strip() for line in (completed.stdout + completed.stderr).splitlines() if said in line))


@assertion("the killed run's cluster is there", timed=False)
def something_is_left(orphan: Orphan, session: Session) -> None:
    if not _left(orphan, session):
        raise AcceptanceError("the killed run left nothing behind, so removing it would prove nothing")


@assertion("nothing of the killed run is there", timed=False)
def nothing_is_left(orphan: Orphan, session: Session) -> None:
    def gone() -> Seen[None]:
        left = _left(orphan, session)
        return Seen(not left, f"left: {', '.join(left)}")

    # `kind create` may still be on its way when its cluster is removed, and then fails
    eventually("everything of the killed run to be gone", gone, within=NODE_WITHIN)


def _left(orphan: Orphan, session: Session) -> list[str]:
    return [
        *(f"container {each.name}" for each in labelled(session.engine, f"{CLUSTER_LABEL}={orphan.name}")),
        *(f"folder {each}" for each in folders(orphan.cache).glob("*")),
    ]


def _kube_acceptance(words: str, env: Mapping[str, str]) -> Completed:
    program = Path(sys.executable).with_name("kube-acceptance")
    return command.run([program, *shlex.split(words)], timeout=NODE_WITHIN, env=env, check=False)
