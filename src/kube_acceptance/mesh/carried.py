"""What the proxies have carried: connections by the kernel's count, requests by the proxies' own logs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from kube_acceptance.cluster.runtime import PID, name_on_node
from kube_acceptance.errors import AcceptanceError
from kube_acceptance.mesh.injection import CONTAINER
from kube_acceptance.mesh.ports import Port
from kube_acceptance.release import Release

LINES = 10_000  # the last ones of each proxy
# the first packet of a connection alone meets the rules of address translation
_COUNTS = (
    f"{PID}\n"
    + r"""
nsenter --target "$pid" --net iptables -w -t nat -nvxL PREROUTING
"""
)


@dataclass(frozen=True)
class Carried:
    """What the proxy of a pod has carried to a port.

    Args:
        pod: The pod's name.
        port: The port.
        connections: How many connections, by the kernel.
        paths: The paths of the requests that it logged, in their order; empty where it does not read requests.
    """

    pod: str
    port: Port
    connections: int
    paths: tuple[str, ...]

    def __str__(self) -> str:
        requests = f", {len(self.paths)} requests" if self.port.is_http else ""
        return f"{self.pod}: {self.connections} connections to port {self.port.number}{requests}"


def carried(release: Release, component: str, ports: Sequence[Port]) -> Iterator[Carried]:
    """What the proxies of a tier's pods have carried to the ports that those listen on.

    Raises:
        AcceptanceError: A pod has no proxy that runs, or none of its own containers names one of the ports.
    """
    for pod in release.serving_pods(component):
        listening = {port.container_port for one in pod.spec.containers for port in one.ports or []}
        mine = [port for port in ports if port.number in listening]
        if not mine:
            raise AcceptanceError(f"no container of pod {pod.metadata.name} names a port that comes through a proxy")
        counts = _counts(release, pod)
        paths = tuple(_paths(release.logs(pod.metadata.name, CONTAINER, lines=LINES)))
        for port in mine:
            yield Carried(pod.metadata.name, port, counts.get(port.number, 0), paths if port.is_http else ())


def must_carry(found: Sequence[Carried], path: str) -> list[str]:
    """What was not carried, a sentence each: no connection at all, or no request for a path anywhere in a tier."""
    wrong = [
        f"nothing came to port {one.port.number} of pod {one.pod} through its proxy"
        for one in found
        if not one.connections
    ]
    http = [one for one in found if one.port.is_http]
    if http and not any(path in one.paths for one in http):
        wrong.append(f"no proxy of {', '.join(one.pod for one in http)} has carried a request for {path}")
    return wrong


def _counts(release: Release, pod: Any) -> dict[int, int]:
    status = next((one for one in pod.status.init_container_statuses or [] if one.name == CONTAINER), None)
    if status is None or not status.state.running:
        raise AcceptanceError(f"pod {pod.metadata.name} has no proxy that runs")
    name = name_on_node(status.container_id)
    said = release.cluster.provider.on_node(pod.spec.node_name, "sh", "-s", name, input=_COUNTS.encode())
    return counts_of(said)


def counts_of(said: str) -> dict[int, int]:
    """Connections by port, from what iptables lists: packets stand first, `dpt:PORT` somewhere behind."""
    found = {}
    for line in said.splitlines():
        words = line.split()
        port = next((word.removeprefix("dpt:") for word in words if word.startswith("dpt:")), "")
        if port and words[0].isdigit():
            found[int(port)] = int(words[0])
    return found


def _paths(said: str) -> Iterator[str]:
    for line in said.splitlines():
        try:
            fields = json.loads(line)
        except ValueError:
            continue
        if "RequestPath" in fields:
            yield str(fields["RequestPath"])
