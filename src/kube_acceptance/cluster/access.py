"""A cluster as the steps see it: its API, kubectl for what the API client cannot do, and its doors to this machine."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from kubernetes import client, config

from kube_acceptance.cluster.provider import Provider
from kube_acceptance.command import Completed, run

ENFORCE = "pod-security.kubernetes.io/enforce"  # the label by which a namespace enforces a Pod Security Standard
RESTRICTED = {ENFORCE: "restricted"}


class Cluster:
    """A running cluster.

    The APIs are not typed: the generated client calls every field of every object optional.

    Args:
        provider: Who runs it.
        kubectl: The program.
    """

    def __init__(self, provider: Provider, kubectl: Path) -> None:
        self.provider = provider
        self.name = provider.name
        self.kubeconfig = provider.kubeconfig
        self.kubectl_program = kubectl

    def new_client(self) -> client.ApiClient:
        """An API client of one's own: exec streams change the client they run on, and threads must not share one."""
        made: client.ApiClient = config.new_client_from_config(  # type: ignore[no-untyped-call]
            config_file=str(self.kubeconfig)
        )
        return made

    @functools.cached_property
    def core(self) -> Any:
        """Pods, Services, namespaces, volumes, events."""
        return client.CoreV1Api(self.new_client())

    @functools.cached_property
    def apps(self) -> Any:
        """Deployments, StatefulSets, DaemonSets."""
        return client.AppsV1Api(self.new_client())

    @functools.cached_property
    def batch(self) -> Any:
        """Jobs and CronJobs."""
        return client.BatchV1Api(self.new_client())

    @functools.cached_property
    def networking(self) -> Any:
        """Ingresses, their classes, and network policies."""
        return client.NetworkingV1Api(self.new_client())

    @functools.cached_property
    def discovery(self) -> Any:
        """EndpointSlices."""
        return client.DiscoveryV1Api(self.new_client())

    @functools.cached_property
    def admission(self) -> Any:
        """Policies of admission."""
        return client.AdmissionregistrationV1Api(self.new_client())

    def kubectl(self, *arguments: str, timeout: float = 60, input: bytes | None = None) -> Completed:
        """Run kubectl against this cluster; raises CommandError when it fails or takes over `timeout` seconds."""
        return run([self.kubectl_program, "--kubeconfig", self.kubeconfig, *arguments], timeout=timeout, input=input)

    def apply(self, manifests: Path) -> None:
        """Apply a file of manifests on the server's side."""
        self.kubectl("apply", "--server-side", "--force-conflicts", "-f", str(manifests))

    def namespace(self, name: str, labels: dict[str, str]) -> str:
        """Create a namespace and return its name."""
        body: dict[str, Any] = {"metadata": {"name": name, "labels": labels}}
        self.core.create_namespace(body)
        return name
