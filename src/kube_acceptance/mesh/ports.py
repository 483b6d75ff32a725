"""Where a chart's pods take connections, and by which protocol, as its Services say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kube_acceptance.errors import AcceptanceError

SHIFT = 20_000  # from a port to that of the proxy before it, which containers do not use
HTTP = ("http", "http2", "kubernetes.io/h2c", "kubernetes.io/ws", "grpc")


@dataclass(frozen=True, order=True)
class Port:
    """A port that pods listen on.

    Args:
        number: Its number.
        protocol: The Service's `appProtocol` for it; empty when it names none, which a mesh takes for plain TCP.
    """

    number: int
    protocol: str

    def __str__(self) -> str:
        return f"{self.number} ({self.protocol or 'TCP'})"

    @property
    def before(self) -> int:
        """The port on which the proxy takes what is meant for it."""
        return self.number + SHIFT

    @property
    def is_http(self) -> bool:
        """Whether a proxy may read what is said there as HTTP."""
        return self.protocol in HTTP


def service_ports(objects: Sequence[Mapping[str, Any]]) -> list[Port]:
    """The ports of pods to which the rendered Services lead.

    Args:
        objects: What a chart renders.

    Raises:
        AcceptanceError: There is none, or a name that no container gives to a port.
    """
    named = dict(_named(objects))
    found = set()
    for item in objects:
        if item["kind"] != "Service":
            continue
        for port in item["spec"].get("ports") or []:
            target = port.get("targetPort", port["port"])
            numbers = [target] if isinstance(target, int) else _numbers(named, item, target)
            found |= {Port(number, port.get("appProtocol", "")) for number in numbers}
    if not found:
        raise AcceptanceError("the chart renders no Service with a port, so no connection could come through a proxy")
    return sorted(found)


def _named(objects: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, dict[int, list[Mapping[str, str]]]]]:
    """The container ports by their names: numbers, each with the labels of its pods."""
    found: dict[str, dict[int, list[Mapping[str, str]]]] = {}
    for item in objects:
        template = item.get("spec", {}).get("template", {})
        labels = template.get("metadata", {}).get("labels") or {}
        for container in template.get("spec", {}).get("containers") or []:
            for port in container.get("ports") or []:
                numbers = found.setdefault(port.get("name", ""), {})
                numbers.setdefault(port["containerPort"], []).append(labels)
    yield from found.items()


def _numbers(
    named: Mapping[str, Mapping[int, Sequence[Mapping[str, str]]]], service: Mapping[str, Any], name: str
) -> list[int]:
    selector = (service["spec"].get("selector") or {}).items()
    numbers = [
        number for number, pods in named.get(name, {}).items() if any(selector <= labels.items() for labels in pods)
    ]
    if not numbers:
        raise AcceptanceError(
            f"Service {service['metadata']['name']} leads to the port {name}, which no container that it selects names"
        )
    return numbers
