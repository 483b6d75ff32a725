"""Services before policies: a connection to a Service is judged as one to the pod and port that it is sent to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kube_acceptance.errors import PolicyError
from kube_acceptance.policy.places import Pod
from kube_acceptance.probe.outcome import Protocol


def behind(service: Mapping[str, Any], pods: Iterable[Pod], port: int, protocol: Protocol) -> list[tuple[Pod, int]]:
    """The pods that a Service may send a connection to, each with the port there.

    Args:
        service: The object, rendered or live.
        pods: All pods there are.
        port: The Service's port.
        protocol: Its protocol.

    Raises:
        PolicyError: The Service has no such port, or has no selector, so that its pods cannot be told.
    """
    name, namespace = service["metadata"]["name"], service["metadata"].get("namespace")
    spec = service.get("spec") or {}
    selector = spec.get("selector")
    if not selector:
        raise PolicyError(f"Service {name} has no selector, so which pods stand behind it cannot be computed")
    for each in spec.get("ports") or []:
        if each["port"] == port and (each.get("protocol") or Protocol.TCP) == protocol:
            wanted = each.get("targetPort") or port
            break
    else:
        raise PolicyError(f"Service {name} has no port {port}/{protocol}")
    selected = [
        pod for pod in pods if namespace in (None, pod.namespace) and selector.items() <= dict(pod.labels).items()
    ]
    numbers = [(pod, wanted if isinstance(wanted, int) else pod.ports.get((wanted, protocol))) for pod in selected]
    return [(pod, number) for pod, number in numbers if number is not None]
