"""A cluster as the steps see it: its API, kubectl for what the API client cannot do, and its doors to this machine."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from kubernetes import client, config

from kube_acceptance.cluster.provider import Provider
from kube_acceptance.command import Completed, run
from kube_acceptance.report.observer import touched

ENFORCE = "pod-security.kubernetes.io/enforce"  # the label by which a namespace enforces a Pod Security Standard
PATIENCE = (10.0, 75.0)  # seconds to connect and to read; the API server itself gives up after 60
LASTING = ("watch=", "follow=", "/exec", "/attach")  # requests that may be silent for longer
RESTRICTED = {ENFORCE: "restricted"}


class Telling(client.ApiClient):
    """An API client that tells the report which kinds of objects a scenario asks for."""

    def call_api(self, method: str, url: str, *arguments: Any, **options: Any) -> Any:
        """Make the request; who never answers is not waited for."""
        if kind := resource(url):
            touched(kind)
        if not any(word in url for word in LASTING):
            options["_request_timeout"] = options.get("_request_timeout") or PATIENCE
        return super().call_api(method, url, *arguments, **options)


def resource(url: str) -> str:
    """The kind of object that a request is about, as the API calls it (`deployments`); empty when it is about none."""
    match [part for part in urlsplit(url).path.split("/") if part]:
        case ["api", _, "namespaces", _, kind, *_] | ["apis", _, _, "namespaces", _, kind, *_]:
            return kind
        case ["api", _, kind, *_] | ["apis", _, _, kind, *_]:
            return kind
    return ""


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
        configuration = client.Configuration()
        config.load_kube_config(str(self.kubeconfig), client_configuration=configuration)  # type: ignore[no-untyped-call]
        return Telling(configuration)

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
