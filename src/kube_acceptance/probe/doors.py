"""Where the Ingress controller answers inside of the cluster."""

from __future__ import annotations

from typing import Any

from kube_acceptance.errors import ProbeError
from kube_acceptance.probe.inventory import Inventory, selects
from kube_acceptance.release import Release
from kube_acceptance.release.release import COMPONENT

HTTP = 80


def ingress_inside(release: Release) -> str:
    """The URL, without a path, by which pods reach the controller of a release's Ingress: its Service, else its pod.

    Requests need the Host that the Ingress is for.

    Raises:
        ProbeError: There is no Ingress, its controller is not found, or nothing says on which port it serves HTTP.
    """
    inventory = Inventory(release.cluster.new_client, namespace=release.namespace, tier_label=COMPONENT, tier_labels={})
    controllers = inventory.ingress_controllers()
    if not controllers:
        raise ProbeError(f"there is no Ingress in namespace {release.namespace}, so no controller serves one")
    pod = controllers[0]
    namespace = pod.metadata.namespace
    for service in release.cluster.core.list_namespaced_service(namespace).items:
        if selects(service.spec.selector, pod) and any(port.port == HTTP for port in service.spec.ports):
            return f"http://{service.metadata.name}.{namespace}.svc"
    ports = [port for container in pod.spec.containers for port in container.ports or [] if _serves_http(port)]
    if not ports:
        raise ProbeError(
            f"nothing says on which port the Ingress controller {namespace}/{pod.metadata.name} serves HTTP",
            hint="It needs a Service with the port 80, or a container port with the host port 80.",
        )
    return f"http://{pod.status.pod_ip}:{ports[0].container_port}"


def _serves_http(port: Any) -> bool:
    return HTTP in (port.host_port, port.container_port)
