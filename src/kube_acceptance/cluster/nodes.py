"""Nodes that are containers of this machine, as Kind's and Minikube's are: what Docker does to them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import docker
from docker.models.containers import Container

from kube_acceptance.cluster.runtime import PID, name_on_node
from kube_acceptance.command import run
from kube_acceptance.console import progress
from kube_acceptance.errors import ClusterError, FaultError
from kube_acceptance.images.load import load

CAUSES: Mapping[str, str] = {
    "no space left on device": "the disk is full",
    "port is already allocated": "another program uses the Ingress port",
    "too many open files": "the host's inotify limits are too low (fs.inotify.max_user_instances)",
    "Cannot connect to the Docker daemon": "Docker is not running",
}
"""What this machine lacks, by what programs that make clusters print then."""


class ContainerNodes(ABC):
    """The part of a provider that makes clusters of containers which does not depend on the program that makes them."""

    kind: ClassVar[str]
    """What the program is called."""
    label: ClassVar[str]
    """The label of its nodes' containers, whose value is the cluster's name."""
    lasts: bool = False
    name: str
    kubeconfig: Path
    _folder: Path
    _engine: docker.DockerClient

    def must_serve(self) -> None:  # noqa: B027 - there is nothing to do
        """It can: what is not there will be made."""

    def must_be_own(self, what: str) -> None:  # noqa: B027 - there is nothing to do
        """It is."""

    def lack(self, reason: str) -> None:  # noqa: B027 - there is nothing to do
        """What is not there was this run's to bring, and fails."""

    def too_few_nodes(self, reason: str) -> None:  # noqa: B027 - there is nothing to do
        """The project says how many there are, and too few fail."""

    def exists(self) -> bool:
        """Whether the cluster is there, made from the same configuration, with every node running."""
        nodes = self._nodes()
        if not nodes or not self.kubeconfig.is_file() or not self._stamp.is_file():
            return False
        same = self._stamp.read_text() == self._fingerprint()
        return same and all(node.status == "running" for node in nodes)

    def load(self, references: Sequence[str]) -> dict[str, str]:
        """Bring images of the local engine into every node, in one archive; they keep their names."""
        report = load(references, nodes=[str(node.name) for node in self._nodes()], client=self._engine)
        progress(f"images in the cluster: {len(report.loaded)} loaded, {len(report.skipped)} were there already")
        return {}

    def network(self) -> str:
        """The Docker network of the nodes.

        Raises:
            ClusterError: There is no node, or it is on none.
        """
        for node in self._nodes():
            for network in node.attrs["NetworkSettings"]["Networks"] or {}:
                return str(network)
        raise ClusterError(f"no node of the {self.kind} cluster {self.name} is on a Docker network")

    def restart_node(self, node: str) -> str:
        """Restart a node's container; the proof is that its start time moved.

        Raises:
            FaultError: There is no such node, or its start time did not move.
        """
        found = self._node(node)
        before = found.attrs["State"]["StartedAt"]
        found.restart(timeout=10)
        found.reload()
        after = found.attrs["State"]["StartedAt"]
        if after == before:
            raise FaultError(f"node {node} was not restarted: it still runs since {before}")
        return f"node {node} restarted: it runs since {after}, before since {before}"

    def signal_container(self, node: str, container: str, signal: str) -> str:
        """Send a signal to a container's first process, which no process inside of the container could kill.

        Raises:
            FaultError: There is no such node or process.
        """
        script = (
            f'{PID} && kill -s "$2" "$pid"'
            ' && { sed -n "s/^State:[[:space:]]*//p" "/proc/$pid/status" 2>/dev/null || echo gone; }'
        )
        status, said = self._node(node).exec_run(["sh", "-c", script, "sh", name_on_node(container), signal])
        text = str(said, "utf-8", "replace").strip()  # type: ignore[arg-type]  # not streamed
        if status:
            raise FaultError(f"the first process of container {container} got no signal {signal}: {text}")
        return text or "gone"

    def on_node(self, node: str, *command: str, input: bytes = b"") -> str:
        """Run a program in a node's container; Docker's API would need a socket of its own for the input."""
        return run(["docker", "exec", "--interactive", node, *command], timeout=120, input=input).stdout

    @abstractmethod
    def _fingerprint(self) -> str:
        """What the cluster is made from, to know one that is made from something else."""

    @property
    def _stamp(self) -> Path:
        return self._folder / "stamp"

    def _nodes(self) -> list[Container]:
        return sorted(labelled(self._engine, f"{self.label}={self.name}"), key=lambda node: str(node.name))

    def _node(self, name: str) -> Container:
        for node in self._nodes():
            if node.name == name:
                return node
        raise FaultError(f"the {self.kind} cluster {self.name} has no node {name}")


def labelled(engine: docker.DockerClient, label: str) -> list[Container]:
    """The containers with a label, whether they run or not.

    Args:
        engine: Docker's API.
        label: `KEY`, or `KEY=VALUE`.
    """
    return list(engine.containers.list(all=True, ignore_removed=True, filters={"label": label}))


def cause(said: str, known: Mapping[str, str], mark: str) -> str:
    """Why a program could not make a cluster, in words.

    Args:
        said: What it printed.
        known: Causes by what is printed then, beside `CAUSES`.
        mark: What stands before the reason in its own words.
    """
    for sign, meaning in {**CAUSES, **known}.items():
        if sign in said:
            return meaning
    errors = [line.partition(mark)[2] for line in said.splitlines() if mark in line]
    return errors[0].strip() if errors else "see below what it said"
