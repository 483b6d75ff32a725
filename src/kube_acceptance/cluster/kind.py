"""A Kind cluster, on pytest-kind's cluster class."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import docker
import docker.errors
import yaml
from pytest_kind import KindCluster
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_fixed

from kube_acceptance.cluster import host
from kube_acceptance.cluster.nodes import ContainerNodes, cause
from kube_acceptance.command import CommandError, run
from kube_acceptance.console import progress
from kube_acceptance.errors import ClusterError

CLUSTER_LABEL = "io.x-k8s.kind.cluster"
NETWORK = "kind"
CAUSES = {
    "failed to pull image": (
        "the node image is neither here nor can it be pulled; run kube-acceptance's deploy/closed-network/auto"
    ),
}


class Kind(ContainerNodes, KindCluster):  # type: ignore[misc]  # pytest-kind is not typed
    """One Kind cluster.

    Args:
        name: Its name.
        folder: Where its kubeconfig and configuration are kept.
        tools: The programs `kind` and `kubectl`.
        engine: Docker's API.
        config: The project's Kind configuration; none means one node.
        image: The node image; empty means Kind's own choice.
    """

    kind = "Kind"
    label = CLUSTER_LABEL

    def __init__(
        self,
        name: str,
        *,
        folder: Path,
        tools: Mapping[str, Path],
        engine: docker.DockerClient,
        config: Path | None = None,
        image: str = "",
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        # pytest-kind makes a folder below the current one for its downloads, of which there are none here
        with contextlib.chdir(folder):
            super().__init__(
                name,
                folder / "kubeconfig",
                image=image or None,
                kind_path=tools["kind"],
                kubectl_path=tools["kubectl"],
            )
        self.kubeconfig: Path = self.kubeconfig_path
        self._folder = folder
        self._engine = engine
        self._config = config

    def create(self) -> None:
        """Make the cluster anew; what is left of an older one of its name is removed first.

        Raises:
            ClusterError: Kind could not; the first line names the likely cause.
        """
        if self._nodes():
            self.delete()
        self._folder.mkdir(parents=True, exist_ok=True)
        if not any(network.name == NETWORK for network in self._engine.networks.list(names=[NETWORK])):
            (self._folder / "network").touch()
        file = self._folder / "kind.yaml"
        file.write_text(yaml.safe_dump(self._adapted()))
        progress(f"creating the Kind cluster {self.name}")
        named = ["--name", self.name, "--kubeconfig", str(self.kubeconfig)]
        image = ["--image", self.image] if self.image else []
        try:
            done = run([self.kind_path, "create", "cluster", *named, "--config", file, *image], timeout=300)
        except CommandError as error:
            why = cause(error.completed.stderr, CAUSES, "ERROR: ")
            raise ClusterError(f"Kind could not create the cluster: {why}", details=error.details) from error
        self._stamp.write_text(self._fingerprint())
        progress(f"the Kind cluster {self.name} is up after {done.seconds:.0f} s")

    def delete(self) -> None:
        """Remove the cluster, and Kind's Docker network when this cluster brought it and nobody else uses it."""
        run([self.kind_path, "delete", "cluster", "--name", self.name, "--kubeconfig", self.kubeconfig], timeout=120)
        if (self._folder / "network").exists():
            self._remove_network()
        for file in ("network", "stamp", "kind.yaml", "kubeconfig"):
            (self._folder / file).unlink(missing_ok=True)

    def ingress(self, port: int = 80) -> tuple[str, int]:
        """The host port that Kind maps to a port of a node, on which the Ingress controller listens.

        Args:
            port: The port; 443 for TLS.

        Raises:
            ClusterError: The configuration maps none.
        """
        for node in self._nodes():
            for binding in (node.attrs["NetworkSettings"]["Ports"] or {}).get(f"{port}/tcp") or []:
                return binding["HostIp"], int(binding["HostPort"])
        raise ClusterError(
            f"the Kind cluster {self.name} maps no host port to port {port}",
            hint=f"Add extraPortMappings with containerPort {port} to the Kind configuration.",
        )

    @retry(
        retry=retry_if_exception_type(docker.errors.APIError),
        stop=stop_after_attempt(5),
        wait=wait_fixed(0.5),
        retry_error_callback=lambda state: None,
    )
    def _remove_network(self) -> None:
        # a container that has just gone may still count as an endpoint for a moment
        for network in self._engine.networks.list(names=[NETWORK], greedy=True):
            if network.name == NETWORK and not network.attrs["Containers"]:
                network.remove()

    def _adapted(self) -> dict[str, object]:
        text = self._config.read_text(encoding="utf-8") if self._config else ""
        config = yaml.safe_load(text) or {"kind": "Cluster", "apiVersion": "kind.x-k8s.io/v1alpha4"}
        version = str(self._engine.info().get("CgroupVersion", "2"))
        return host.adapt(config, cgroup_version=version, bounding_set=host.bounding_set())

    def _fingerprint(self) -> str:
        image = self._engine.images.get(self.image).id if self.image else ""
        return hashlib.sha256(json.dumps([self._adapted(), image], sort_keys=True).encode()).hexdigest()
