"""What the harness asks of whoever runs the cluster; Kind and Minikube are two answers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol


class Provider(Protocol):
    """Makes, finds and removes one cluster, and does what its API cannot do."""

    name: str
    lasts: bool
    """Whether it is there before the run and stays after it."""

    @property
    def kubeconfig(self) -> Path:
        """By which the cluster is asked."""

    @property
    def kind(self) -> str:
        """What a report calls it."""

    def must_serve(self) -> None:
        """Raise ClusterError, before anything is made, when a run cannot begin."""

    def must_be_own(self, what: str) -> None:
        """End the scenario when what it would change is not the run's; returns where the cluster is.

        Args:
            what: What it would change, to be told.
        """

    def lack(self, reason: str) -> None:
        """End a scenario that needs what the cluster has not; returns where the cluster is the run's: then it failed.

        Args:
            reason: What it has not.
        """

    def too_few_nodes(self, reason: str) -> None:
        """End a scenario that needs more nodes than there are; returns where their number is the run's: then it failed.

        Args:
            reason: What it needs them for.
        """

    def exists(self) -> bool:
        """Whether the cluster is there."""

    def create(self) -> None:
        """Make the cluster; raises ClusterError with the likely cause."""

    def delete(self) -> None:
        """Remove the cluster and everything that came with it."""

    def load(self, references: Sequence[str]) -> dict[str, str]:
        """Bring images of the local engine into every node; those that are there do not travel.

        Returns the names by which the cluster knows those that it does not know by their own.
        """

    def ingress(self, port: int = 80) -> tuple[str, int]:
        """The address and port of this machine where the Ingress controller answers on one of its own; 443 for TLS."""

    def network(self) -> str:
        """The Docker network of the nodes, on which a container of this machine is outside of the cluster."""

    def restart_node(self, node: str) -> str:
        """Restart a node and return the proof; raises FaultError when it did not restart."""

    def signal_container(self, node: str, container: str, signal: str) -> str:
        """Send a signal to a container's first process from the node, and return its state just after.

        Args:
            node: The node that it runs on.
            container: The container's ID, as the API gives it.
            signal: `KILL`, `STOP` or `CONT`.

        Raises:
            FaultError: There is no such node or process.
        """

    def on_node(self, node: str, *command: str, input: bytes = b"") -> str:
        """Run a program on a node as root, and return what it printed.

        Args:
            node: The node.
            command: The program and its arguments.
            input: Its standard input, which no list of processes shows.

        Raises:
            CommandError: It failed, or there is no such node.
        """
