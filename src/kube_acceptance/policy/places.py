"""The two ends of a connection as NetworkPolicies see them: pods by their labels, and whatever is no pod by address."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from kubernetes import client

from kube_acceptance.probe.outcome import Protocol


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod, running or only described.

    `addresses` are its own, the first being the one that others use; none when it is only described, and then it is in
    no ipBlock. `ports` are the named ports of its containers. `node` are the addresses of the node that it runs on.
    """

    namespace: str
    name: str
    labels: Mapping[str, str] = field(default_factory=dict, compare=False)
    addresses: tuple[str, ...] = ()
    ports: Mapping[tuple[str, Protocol], int] = field(default_factory=dict, compare=False)
    host_network: bool = False
    node: tuple[str, ...] = ()

    @classmethod
    def read(cls, found: Any) -> Pod:
        """Read a live pod, as plain data or as the API client's object."""
        item = plain(found)
        status = item.get("status") or {}
        pod = cls.of_template(item["metadata"]["namespace"], item["metadata"]["name"], item)
        return cls(
            pod.namespace,
            pod.name,
            pod.labels,
            _addresses(status, "podIP"),
            pod.ports,
            pod.host_network,
            _addresses(status, "hostIP"),
        )

    @classmethod
    def of_template(cls, namespace: str, name: str, template: Mapping[str, Any]) -> Pod:
        """The pod that a workload would make.

        Args:
            namespace: Where.
            name: What to call it; the workload's name.
            template: The workload's pod template: `metadata` with labels, and `spec`.
        """
        spec = template.get("spec") or {}
        labels = (template.get("metadata") or {}).get("labels") or {}
        return cls(
            namespace,
            name,
            dict(labels),
            ports=_named_ports(spec),
            host_network=bool(spec.get("hostNetwork")),
        )


@dataclass(frozen=True, slots=True)
class Outsider:
    """Anything that is no pod: a host outside the cluster, a node, the API server."""

    address: str


def plain(found: Any) -> Mapping[str, Any]:
    """An object of the API client as plain data; plain data as it is."""
    if isinstance(found, Mapping):
        return found
    serialise: Any = client.ApiClient().sanitize_for_serialization
    item: Mapping[str, Any] = serialise(found)
    return item


def _addresses(status: Mapping[str, Any], kind: str) -> tuple[str, ...]:
    several = [each["ip"] for each in status.get(f"{kind}s") or []]
    return tuple(several or ([status[kind]] if status.get(kind) else []))


def _named_ports(spec: Mapping[str, Any]) -> dict[tuple[str, Protocol], int]:
    """The named ports of what runs as long as the pod: containers, and sidecars among those that initialise."""
    ports: dict[tuple[str, Protocol], int] = {}
    for container in _lasting(spec):
        for port in container.get("ports") or []:
            if port.get("name"):
                key = (port["name"], Protocol(port.get("protocol") or Protocol.TCP))
                ports.setdefault(key, port["containerPort"])
    return ports


def _lasting(spec: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    yield from spec.get("containers") or []
    for container in spec.get("initContainers") or []:
        if container.get("restartPolicy") == "Always":
            yield container
