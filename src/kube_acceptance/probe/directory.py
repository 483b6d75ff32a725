"""What the names in the rows stand for, at this moment."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from kube_acceptance.errors import ProbeError
from kube_acceptance.probe.endpoints import (
    DNS,
    FOREIGNER,
    GUEST,
    IMPOSTOR,
    INGRESS,
    KUBERNETES_API,
    OUTSIDE,
    SERVICE,
    STAND_IN,
    STRANGER,
)
from kube_acceptance.probe.inventory import Inventory, selects, without_controllers
from kube_acceptance.probe.outcome import Protocol
from kube_acceptance.probe.peers import Peers
from kube_acceptance.probe.place import (
    DNS_PORT,
    OUTSIDE_PORTS,
    SERVED_PORT,
    Answer,
    Certificate,
    Guest,
    Nonce,
    Place,
    Target,
)


class MissingError(Exception):
    """A name that stands for something that has no running pod at the moment."""


class Directory:
    """Finds places and targets by the names that rows use.

    - `TIER`: every running pod of the namespace whose tier label has that value
    - `TIER of RELEASE`: those of another release in the namespace
    - `stand-in for TIER`: a pod of the harness's own with the tier's labels, as for a Job that is over
    - `stranger`: a pod without labels in the namespace; `stranger in another namespace`
    - `ingress controller`: every running pod behind the IngressClass of the namespace's Ingresses
    - `impostor of TIER`, `impostor of ingress controller`: a pod with the same labels in another namespace
    - as targets also `service NAME` (by its address and, where it is allowed, by its DNS name as well), `dns`,
      `kubernetes api`, `outside` (a container on the cluster's Docker network) and `probe in TIER` (the harness's agent
      in the tier's pods, listening on any free port there, so that a policy is seen to tell ports apart); the harness's
      own places answer on any port

    Over UDP `dns`, `outside` and the harness's own answer; in a tier's pods the harness's agent listens.

    Args:
        inventory: What there is in the cluster.
        peers: Where places of the harness's own come from.
    """

    def __init__(self, inventory: Inventory, peers: Peers) -> None:
        self._inventory = inventory
        self._peers = peers
        self._started: dict[str, tuple[str, str, Nonce]] = {}
        self._places: dict[str, tuple[Place, Nonce]] = {}
        self._wanted: set[str] = set()
        self._found: dict[tuple[str, int, Protocol], list[Target]] = {}
        self._salt = secrets.token_hex(8)

    def refresh(self) -> None:
        """Take down which pods there are now, and forget what was found behind names."""
        self._inventory.refresh()
        self._found.clear()

    def start(self, names: set[str]) -> None:
        """Create the harness's own pods for all these names at once, so that they start side by side; see `wait`."""
        self._wanted = {name for name in names if name == OUTSIDE}
        for name in sorted(names):
            if spec := self._own_pod(name):
                self._wanted.add(name)
                if name not in self._started or not self._peers.lives(*self._started[name][:2]):
                    self._started[name] = (spec[0], *self._peers.start(_word(name), *spec))

    def wait(self) -> None:
        """Wait until all that was started runs; may go on in a thread while other methods are called."""
        if OUTSIDE in self._wanted:
            self._peers.outside()
        for name in self._wanted - {OUTSIDE}:
            where, pod, nonce = self._started[name]
            self._places[name] = (self._peers.running(name, where, pod), nonce)

    def lasting(self, names: set[str]) -> list[Place]:
        """The places among these names that are there already, and not the harness's own."""
        found = {name.removeprefix(GUEST) for name in names}
        return [
            place for name in found if name == INGRESS or self._inventory.running(name) for place in self.places(name)
        ]

    def neutral(self) -> Place:
        """A pod that no policy of the release speaks of."""
        self.start({FOREIGNER})
        self.wait()
        return self._places[FOREIGNER][0]

    def places(self, name: str) -> list[Place]:
        """The pods that a source stands for.

        Raises:
            MissingError: It has no running pod now.
            ProbeError: There is no such place.
        """
        if name in self._places:
            return [self._places[name][0]]
        if name == INGRESS:
            return [_place(name, pod) for pod in self._inventory.ingress_controllers()]
        if pods := self._inventory.running(name):
            return [_place(name, pod) for pod in pods]
        if name in (OUTSIDE, DNS, KUBERNETES_API) or name.startswith((SERVICE, GUEST)):
            raise ProbeError(f"{name} can be a target, but no connection can be made from there")
        self._inventory.labels_of(name)
        raise MissingError(f"no pod of {name} runs in namespace {self._inventory.namespace}")

    def targets(self, name: str, port: int, protocol: Protocol) -> list[Target]:
        """What a target stands for: one for each of a tier's pods, and for a Service its address and its name.

        Raises:
            MissingError: It has no running pod now.
            ProbeError: There is no such target, or it has no such port.
        """
        key = (name, port, protocol)
        if key not in self._found:
            self._found[key] = self._find(*key)
        return self._found[key]

    def _find(self, name: str, port: int, protocol: Protocol) -> list[Target]:
        if name in self._places:
            place, nonce = self._places[name]
            if (port, protocol) != (SERVED_PORT, Protocol.TCP):  # there the agent listens when it is probed
                return [self._guest(name, place, port)]
            return [Target(name, place.address, nonce, (place,), SERVED_PORT)]
        if name == OUTSIDE:
            _only(name, port, *OUTSIDE_PORTS)
            return [replace(self._peers.outside(), pod_port=port)]
        if name == DNS:
            _only(name, port, DNS_PORT)
            return [self._dns()]
        if name == KUBERNETES_API:
            return [self._kubernetes_api(port)]
        if name.startswith(SERVICE):
            return self._service(name, port, protocol)
        if name.startswith(GUEST) or protocol is Protocol.UDP:
            return [self._guest(name, place, port) for place in self.places(name.removeprefix(GUEST))]
        return [Target(name, place.address, None, (place,), port) for place in self.places(name)]

    def _guest(self, name: str, place: Place, port: int) -> Target:
        return Target(name, place.address, Guest(f"{self._salt}-{place.uid}"), (place,), port)

    def _own_pod(self, name: str) -> tuple[str, Mapping[str, str]] | None:
        """Where a pod of the harness's own belongs, and its labels; None for names of others."""
        if name == STRANGER:
            return self._inventory.namespace, {}
        if name == FOREIGNER:
            return self._peers.namespace, {}
        if name.startswith(IMPOSTOR):
            return self._peers.namespace, self._labels_of(name.removeprefix(IMPOSTOR))
        if name.startswith(STAND_IN):
            return self._inventory.namespace, self._labels_of(name.removeprefix(STAND_IN))
        return None

    def _labels_of(self, name: str) -> Mapping[str, str]:
        """The labels of a tier's pods or of the Ingress controller's."""
        if name == INGRESS:
            return without_controllers(self._inventory.ingress_controllers()[0].metadata.labels)
        return self._inventory.labels_of(name)

    def _service(self, name: str, port: int, protocol: Protocol) -> list[Target]:
        service = name.removeprefix(SERVICE)
        found = self._inventory.service(service)
        ports = [one for one in found.spec.ports or [] if (one.port, one.protocol) == (port, protocol)]
        if not ports:
            raise ProbeError(f"Service {service} has no port {port}/{protocol}")
        pods = [pod for pod in self._inventory.running() if selects(found.spec.selector, pod)]
        if not pods:
            raise MissingError(f"no pod of Service {service} runs in namespace {self._inventory.namespace}")
        witnesses = tuple(_place(name, pod) for pod in pods)
        hosts = [found.spec.cluster_ip] if found.spec.cluster_ip not in (None, "", "None") else []
        hosts.append(f"{service}.{self._inventory.namespace}.svc")
        return [Target(name, host, None, witnesses, _pod_port(ports[0], pods[0])) for host in hosts]

    def _dns(self) -> Target:
        """The cluster DNS; it must know a Service of the release, or the API server's where there is none."""
        behind, pod_port = self._inventory.behind("kube-system", "kube-dns", DNS_PORT)
        for service in self._inventory.services():
            if service.spec.cluster_ip not in (None, "", "None"):
                known = Answer(f"{service.metadata.name}.{self._inventory.namespace}", service.spec.cluster_ip)
                return Target(DNS, "", known, (), pod_port, behind)
        known = Answer("kubernetes.default", self._inventory.service("kubernetes", "default").spec.cluster_ip)
        return Target(DNS, "", known, (), pod_port, behind)

    def _kubernetes_api(self, port: int) -> Target:
        found = self._inventory.service("kubernetes", "default")
        _only(KUBERNETES_API, port, found.spec.ports[0].port)
        authority = self._inventory.authority()
        behind, pod_port = self._inventory.behind("default", "kubernetes", port)
        certificate = Certificate("kubernetes.default.svc", authority)
        return Target(KUBERNETES_API, found.spec.cluster_ip, certificate, (), pod_port, behind)


def _place(name: str, pod: Any) -> Place:
    return Place(name, pod.metadata.namespace, pod.metadata.name, pod.metadata.uid, pod.status.pod_ip)


def _pod_port(port: Any, pod: Any) -> int:
    """The pods' port behind a Service's port, which may be told by its name."""
    target = port.target_port
    target = getattr(target, "actual_instance", target)
    if isinstance(target, int):
        return target
    for container in pod.spec.containers:
        for one in container.ports or []:
            if one.name == target:
                return int(one.container_port)
    return int(port.port)


def _only(name: str, port: int, *served: int) -> None:
    if port not in served:
        raise ProbeError(f"{name} is reached on port {' or '.join(map(str, served))}, not {port}")


def _word(name: str) -> str:
    return name.replace(" ", "-").lower()[:30].strip("-")
