"""The endpoints that are known, and the pairs of them that a complete table speaks of."""

from __future__ import annotations

from dataclasses import dataclass

from kube_acceptance.errors import ProbeError
from kube_acceptance.probe.inventory import Inventory, ports, selects
from kube_acceptance.probe.outcome import PROBED, Protocol
from kube_acceptance.probe.place import DNS_PORT, OUTSIDE_PORTS, SERVED_PORT

STRANGER = "stranger"
FOREIGNER = "stranger in another namespace"
IMPOSTOR = "impostor of "
STAND_IN = "stand-in for "
GUEST = "probe in "
SERVICE = "service "
OUTSIDE = "outside"
DNS = "dns"
KUBERNETES_API = "kubernetes api"
INGRESS = "ingress controller"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A target by its name, with a port and a protocol."""

    name: str
    port: int
    protocol: Protocol = Protocol.TCP

    def __str__(self) -> str:
        return f"{self.name}:{self.protocol.port(self.port)}"


Pair = tuple[str, Endpoint]


@dataclass(frozen=True, slots=True)
class Endpoints:
    """What can connect, what can be connected to, and which names are of the release itself.

    `themselves` are pairs of a source's and a target's name that may be one and the same pod.
    """

    sources: tuple[str, ...]
    targets: tuple[Endpoint, ...]
    release: frozenset[str]
    themselves: frozenset[tuple[str, str]] = frozenset()

    @property
    def pairs(self) -> list[Pair]:
        """Every source with every target but itself, in order."""
        return [
            (source, target)
            for source in self.sources
            for target in self.targets
            if (source, target.name) not in self.themselves
        ]


def known_endpoints(inventory: Inventory) -> Endpoints:
    """Every endpoint that there is: what a complete table of connections must speak of.

    The tiers are those of the namespace's workloads and pods, with the ports that their containers declare; Jobs
    and CronJobs, whose pods come and go, have stand-ins. Where a tier serves TCP the same port over UDP is an
    endpoint as well, and so is one port more, which it does not declare. A port that a tier itself serves over UDP
    is none: its program could not prove what it received.

    Raises:
        ProbeError: There is no tier, or the Ingress controller is not found.
    """
    declared, jobs = inventory.declared()
    if not declared:
        raise ProbeError(
            f"nothing in namespace {inventory.namespace} has the label {inventory.tier_label}: no tier is known"
        )
    tiers = sorted(set(declared) - jobs)
    found: list[Endpoint] = []
    for tier in tiers:
        taken = {port for port, _ in declared[tier]}
        found += [one for one in _both(tier, declared[tier]) if _probed(one, declared[tier])]
        found.append(Endpoint(f"{GUEST}{tier}", next(n for n in range(SERVED_PORT, 65536) if n not in taken)))
    for service in inventory.services():
        if service.spec.cluster_ip not in (None, "", "None") and service.spec.selector:
            name = f"{SERVICE}{service.metadata.name}"
            found += [Endpoint(name, port.port) for port in service.spec.ports if port.protocol == Protocol.TCP]
    for job in sorted(jobs):
        found += _both(f"{STAND_IN}{job}", declared[job])
    release = {*tiers, *(endpoint.name for endpoint in found)}
    for stranger in (STRANGER, FOREIGNER):
        found += _both(stranger, set())
    for tier in sorted(declared):
        found += _both(f"{IMPOSTOR}{tier}", declared[tier])
    controllers = inventory.ingress_controllers()
    served = {port for pod in controllers for port in ports(pod.spec)}
    if controllers:
        found += [Endpoint(INGRESS, port, protocol) for port, protocol in sorted(served)]
        found += _both(f"{IMPOSTOR}{INGRESS}", served)
    found += _both(DNS, {(DNS_PORT, Protocol.UDP)})
    found += [Endpoint(KUBERNETES_API, inventory.service("kubernetes", "default").spec.ports[0].port)]
    found += _both(OUTSIDE, {(port, Protocol.TCP) for port in OUTSIDE_PORTS})
    targets_only = (DNS, KUBERNETES_API, OUTSIDE)
    names = dict.fromkeys([*tiers, *(endpoint.name for endpoint in found)])
    return Endpoints(
        sources=tuple(name for name in names if name not in targets_only and not name.startswith((GUEST, SERVICE))),
        targets=tuple(found),
        release=frozenset(release),
        themselves=_themselves(inventory, tiers) | {(name, name) for name in names if name not in tiers},
    )


def _themselves(inventory: Inventory, tiers: list[str]) -> frozenset[tuple[str, str]]:
    """Which tiers are one pod: what it says to itself passes no policy. Through a Service each may reach itself."""
    services = inventory.services()
    pods = {tier: inventory.running(tier) for tier in tiers}
    through = {
        (tier, f"{SERVICE}{service.metadata.name}")
        for tier, its_pods in pods.items()
        for service in services
        if any(selects(service.spec.selector, pod) for pod in its_pods)
    }
    single = {(tier, name) for tier in tiers if len(pods[tier]) < 2 for name in (tier, f"{GUEST}{tier}")}
    return frozenset(through | single)


def _probed(endpoint: Endpoint, declared: set[tuple[int, Protocol]]) -> bool:
    """Whether a tier's endpoint can prove itself: over TCP where it serves, over UDP where only TCP is served."""
    return (endpoint.port, Protocol.TCP) in declared and (
        endpoint.protocol is Protocol.TCP or (endpoint.port, Protocol.UDP) not in declared
    )


def _both(name: str, declared: set[tuple[int, Protocol]]) -> list[Endpoint]:
    """Endpoints on each declared port, or where the harness's own listen, over both protocols."""
    ports = sorted({port for port, _ in declared}) or [SERVED_PORT]
    return [Endpoint(name, port, protocol) for port in ports for protocol in PROBED]
