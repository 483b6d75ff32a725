"""Addresses of a cluster: those of a release's pods, of pods at all, and of Services; and the domain of its names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.release import Release
from kube_acceptance.release.release import INSTANCE
from kube_acceptance.state import pods


def of_pods(release: Release) -> dict[str, str]:
    """The names of a release's pods by their addresses; those too that have ended, or stand in for such.

    Raises:
        AcceptanceError: None has an address.
    """
    selector = f"{INSTANCE}={release.name}"
    listed = release.cluster.core.list_namespaced_pod(release.namespace, label_selector=selector).items
    found = {str(pod.status.pod_ip): f"pod {pod.metadata.name}" for pod in listed if pod.status.pod_ip}
    if not found:
        raise AcceptanceError(f"no pod of release {release.name} has an address")
    return found


def pod_networks(release: Release) -> list[str]:
    """The networks that pods have their addresses from, node by node.

    Raises:
        AcceptanceError: The nodes do not tell them.
    """
    nodes = release.cluster.core.list_node().items
    found = [network for node in nodes for network in node.spec.pod_cidrs or []]
    if not found:
        raise AcceptanceError("no node tells its network of pods, so nobody knows what is inside of the cluster")
    return found


def of_services(release: Release) -> set[str]:
    """The addresses of all Services of the cluster."""
    return _addresses(_services(release))


def cluster_domain(release: Release) -> str:
    """The domain of the cluster's names, as a pod of the release is told.

    Raises:
        AcceptanceError: It is told none.
    """
    pod = pods.serving(release)[0].metadata.name
    for line in release.execute(pod, "cat", "/etc/resolv.conf").splitlines():
        for word in line.split()[1:] if line.startswith("search") else []:
            if word.startswith("svc."):
                return word.removeprefix("svc.")
    raise AcceptanceError(f"pod {pod} is told no domain of the cluster")


def inside(release: Release) -> set[str]:
    """Every name and address of the cluster's Services and of the release's pods, in each form in use."""
    domain, own, services = cluster_domain(release), of_pods(release), _services(release)
    found = {*own, *_addresses(services)}
    found |= {name.removeprefix("pod ") for name in own.values()}  # each knows its own
    for service in services:
        name, namespace = service.metadata.name, service.metadata.namespace
        if namespace == release.namespace:
            found.add(name)
        found |= {f"{name}.{namespace}", f"{name}.{namespace}.svc", f"{name}.{namespace}.svc.{domain}"}
    return found


def _services(release: Release) -> list[Any]:
    found: list[Any] = release.cluster.core.list_service_for_all_namespaces().items
    return found


def _addresses(services: Iterable[Any]) -> set[str]:
    return {address for service in services for address in service.spec.cluster_ips or [] if address != "None"}
