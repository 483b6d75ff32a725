"""Random sets of NetworkPolicies over a small world: the same seed and number make the same set, wherever it is."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any

from kube_acceptance.policy.opinion import NAME_LABEL, Opinion, Policies
from kube_acceptance.policy.places import Outsider, Pod
from kube_acceptance.policy.spec import API, KIND
from kube_acceptance.probe.outcome import PROBED, Outcome, Protocol

PORTS = (9090, 9091, 9092)
# the labels repeat from namespace to namespace, and one lacks what the others have
NAMESPACE_LABELS: Mapping[str, Mapping[str, str]] = {
    "x": {"team": "red", "stage": "test"},
    "y": {"team": "blue", "stage": "live"},
    "z": {"team": "red"},
}
POD_LABELS: Mapping[str, Mapping[str, str]] = {
    "a": {"app": "a", "tier": "front"},
    "b": {"app": "b", "tier": "back"},
    "c": {"app": "c"},
}
# one name means another port in another pod, another one over another protocol, and nothing in the third
NAMED_PORTS: Mapping[str, Mapping[tuple[str, Protocol], int]] = {
    "a": {("web", Protocol.TCP): 9090, ("api", Protocol.TCP): 9091, ("dns", Protocol.UDP): 9090},
    "b": {("web", Protocol.TCP): 9091, ("api", Protocol.TCP): 9090, ("dns", Protocol.UDP): 9092},
    "c": {("dns", Protocol.TCP): 9092, ("web", Protocol.UDP): 9091},
}


@dataclass(frozen=True, slots=True)
class Connection:
    """One of all that are compared."""

    source: Pod
    target: Pod | Outsider
    port: int
    protocol: Protocol


@dataclass(frozen=True, slots=True)
class Setting:
    """A world as policies see it: where the roles x, y and z are, the pods in them, and one host outside.

    `outside_port` is the port that the host serves.
    """

    namespaces: Mapping[str, str]
    pods: Sequence[Pod]
    outside: Outsider
    outside_port: int

    def labels(self) -> dict[str, dict[str, str]]:
        """The labels of each namespace by its name."""
        return {name: dict(NAMESPACE_LABELS[role]) for role, name in self.namespaces.items()}

    def connections(self) -> list[Connection]:
        """Every pair, port and protocol."""
        served: list[tuple[Pod | Outsider, int]] = [(pod, port) for pod in self.pods for port in PORTS]
        served.append((self.outside, self.outside_port))
        return [
            Connection(source, target, port, protocol)
            for source in self.pods
            for target, port in served
            for protocol in PROBED
        ]


@dataclass(frozen=True, slots=True)
class PolicySet:
    """A set and what it means."""

    seed: str
    number: int
    objects: Sequence[Mapping[str, Any]]
    opinions: Mapping[Connection, Opinion]

    @property
    def blocked(self) -> int:
        """How many connections must be blocked."""
        return sum(map(self.must_block, self.opinions))

    def must_block(self, connection: Connection) -> bool:
        """Whether a connection must be blocked."""
        return self.opinions[connection].outcome is Outcome.BLOCKED


def policy_set(seed: str, number: int, setting: Setting) -> PolicySet:
    """The set of a seed and number.

    Sets that block nothing, or everything that a pod does not say to itself, are passed over: a cluster that enforces
    nothing, or one that is broken, would agree with them.
    """
    dice = random.Random(f"{seed}/{number}")
    connections = setting.connections()
    to_itself = sum(connection.source == connection.target for connection in connections)
    while True:
        objects = list(_policies(dice, setting))
        policies = Policies.read(objects, setting.labels())
        opinions = {each: policies.opinion(each.source, each.target, each.port, each.protocol) for each in connections}
        found = PolicySet(seed, number, objects, opinions)
        if 0 < found.blocked < len(connections) - to_itself:
            return found


def _policies(dice: random.Random, setting: Setting) -> Iterator[dict[str, Any]]:
    for index in range(1, dice.choice((1, 1, 2, 2, 3, 3, 4, 6)) + 1):
        yield {
            "apiVersion": API,
            "kind": KIND,
            "metadata": {"name": f"p{index}", "namespace": dice.choice(list(setting.namespaces.values()))},
            "spec": _Author(dice, setting).spec(),
        }


class _Author:
    """Writes policies by throwing dice.

    Args:
        dice: The dice.
        setting: Whom to write about.
    """

    def __init__(self, dice: random.Random, setting: Setting) -> None:
        self._dice = dice
        self._setting = setting

    def spec(self) -> dict[str, Any]:
        """A policy's `spec`: rules of either direction also where its types do not ask for them."""
        spec: dict[str, Any] = {"podSelector": self._pod_selector()}
        types = self._dice.choice((None, ["Ingress"], ["Egress"], ["Ingress", "Egress"], ["Ingress", "Egress"]))
        if types is not None:
            spec["policyTypes"] = types
        for field, peers, likely in (("ingress", "from", "Ingress"), ("egress", "to", "Egress")):
            if self._chance(0.85 if likely in (types or ("Ingress", "Egress")) else 0.2):
                spec[field] = [self._rule(peers) for _ in range(self._dice.choice((0, 1, 1, 1, 2, 2, 3)))]
        return spec

    def _rule(self, peers: str) -> dict[str, Any]:
        rule: dict[str, Any] = {}
        if self._chance(0.8):
            rule[peers] = [self._peer() for _ in range(self._dice.choice((0, 1, 1, 1, 2, 3)))]
        if self._chance(0.65):
            rule["ports"] = [self._port() for _ in range(self._dice.choice((0, 1, 1, 1, 2, 3)))]
        return rule

    def _peer(self) -> dict[str, Any]:
        match self._dice.choice(("pods", "pods", "namespaces", "both", "both", "block")):
            case "pods":
                return {"podSelector": self._pod_selector()}
            case "namespaces":
                return {"namespaceSelector": self._namespace_selector()}
            case "both":
                return {"namespaceSelector": self._namespace_selector(), "podSelector": self._pod_selector()}
            case _:
                return {"ipBlock": self._block()}

    def _block(self) -> dict[str, Any]:
        addresses = [pod.addresses[0] for pod in self._setting.pods]
        outside = str(ip_network(self._setting.outside.address))
        several = [str(ip_network(address)) for address in self._dice.sample(addresses, self._dice.choice((1, 2, 3)))]
        everything, other_family = ("::/0", "0.0.0.0/0") if ":" in outside else ("0.0.0.0/0", "::/0")
        match self._dice.choice(
            ("everything", "all but", "one", "one", "pods but", "pods but", "outside", "other family")
        ):
            case "everything":
                return {"cidr": everything}
            case "all but":
                return {"cidr": everything, "except": [*several, outside]}
            case "one":
                return {"cidr": several[0]}
            case "pods but":
                return {"cidr": _around(addresses), "except": several}
            case "outside":
                return {"cidr": outside}
            case _:
                return {"cidr": other_family}

    def _port(self) -> dict[str, Any]:
        port: dict[str, Any] = {}
        if self._chance(0.75):
            port["protocol"] = self._dice.choice(("TCP", "TCP", "UDP", "UDP", "SCTP"))
        numbers = [*PORTS, self._setting.outside_port]
        match self._dice.choice(("number", "number", "name", "name", "range", "none")):
            case "number":
                port["port"] = self._dice.choice(numbers)
            case "name":
                port["port"] = self._dice.choice(("web", "api", "dns", "nobody"))
            case "range":
                port["port"] = self._dice.choice((1, *numbers, PORTS[0] - 10))
                port["endPort"] = self._dice.choice([end for end in (*numbers, 65535) if end >= port["port"]])
            case _:
                pass
        return port

    def _pod_selector(self) -> dict[str, Any]:
        return self._selector({"app": ("a", "b", "c", "d"), "tier": ("front", "back"), "none": ("x",)})

    def _namespace_selector(self) -> dict[str, Any]:
        names = (*self._setting.namespaces.values(), "elsewhere")
        return self._selector({"team": ("red", "blue"), "stage": ("test", "live"), NAME_LABEL: names})

    def _selector(self, vocabulary: Mapping[str, Sequence[str]]) -> dict[str, Any]:
        selector: dict[str, Any] = {}
        kind = self._dice.choice(("empty", "labels", "labels", "expressions", "expressions", "both"))
        if kind in ("labels", "both"):
            key = self._dice.choice(list(vocabulary))
            selector["matchLabels"] = {key: self._dice.choice(vocabulary[key])}
        if kind in ("expressions", "both"):
            selector["matchExpressions"] = [self._expression(vocabulary) for _ in range(self._dice.choice((1, 1, 2)))]
        return selector

    def _expression(self, vocabulary: Mapping[str, Sequence[str]]) -> dict[str, Any]:
        key = self._dice.choice(list(vocabulary))
        operator = self._dice.choice(("In", "In", "NotIn", "NotIn", "Exists", "DoesNotExist"))
        if operator in ("Exists", "DoesNotExist"):
            return {"key": key, "operator": operator}
        some = self._dice.randint(1, min(2, len(vocabulary[key])))
        return {"key": key, "operator": operator, "values": self._dice.sample(list(vocabulary[key]), some)}

    def _chance(self, likelihood: float) -> bool:
        return self._dice.random() < likelihood


def _around(addresses: Sequence[str]) -> str:
    """The smallest network that holds all of the addresses."""
    networks = sorted(ip_network(address) for address in addresses)
    around = networks[0]
    while not all(each.subnet_of(around) for each in networks):  # type: ignore[arg-type]
        around = around.supernet()
    return str(around)
