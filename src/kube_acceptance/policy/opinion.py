"""What a set of NetworkPolicies means for one connection, and why.

The rules are those of the Kubernetes documentation, "Network Policies", and of the API reference of NetworkPolicy v1:
a pod is isolated in a direction when a policy of that direction selects it; then only what some rule of some of these
policies lists may pass. A connection passes when both its ends agree.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from ipaddress import ip_address
from typing import Any

from kube_acceptance.policy.places import Outsider, Pod, plain
from kube_acceptance.policy.spec import Direction, NetworkPolicy, Peer, Rule, is_policy
from kube_acceptance.probe.outcome import Outcome, Protocol

__all__ = ["Direction", "Opinion", "Permission", "Policies", "Side"]

NAME_LABEL = "kubernetes.io/metadata.name"  # every namespace has it, whatever else is said of its labels


@dataclass(frozen=True, slots=True)
class Permission:
    """The rule that lets a connection pass at one end.

    `index` counts from 1. `named` is whether the rule says who: by pods, namespaces or addresses, and not everybody.
    `deliberate` is whether it was written for this connection: it says just this port, and who by pods or addresses.
    """

    policy: str
    direction: Direction
    index: int
    named: bool
    deliberate: bool = False

    def __str__(self) -> str:
        return f"{self.direction.lower()} rule {self.index}"


@dataclass(frozen=True, slots=True)
class Side:
    """One end: the policies that isolate it in this direction, and the rule by which it lets the connection pass."""

    isolated_by: tuple[str, ...] = ()
    allowed_by: Permission | None = None

    @property
    def open(self) -> bool:
        """Whether this end lets the connection pass."""
        return not self.isolated_by or self.allowed_by is not None


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the policies mean for one connection.

    `outcome` is allowed or blocked; None where the specification leaves it to the network plugin, which is so for
    pods on their node's network. `because` says in one sentence which policy and rule decide, `exempt` whether no
    policy could forbid it.
    """

    outcome: Outcome | None
    egress: Side
    ingress: Side
    because: str
    exempt: bool = False


@dataclass(frozen=True, slots=True)
class Policies:
    """NetworkPolicies, and the labels of the namespaces that their selectors look at.

    Make it by `read`.
    """

    policies: tuple[NetworkPolicy, ...]
    namespaces: Mapping[str, Mapping[str, str]]

    @classmethod
    def read(
        cls,
        objects: Iterable[Any],
        namespaces: Mapping[str, Mapping[str, str]],
        *,
        default_namespace: str = "default",
    ) -> Policies:
        """Take the NetworkPolicies out of objects.

        Args:
            objects: Rendered or live objects of any kind, plain data or the API client's.
            namespaces: The labels of each namespace; a namespace that is not there has only the label of its name.
            default_namespace: Where an object is that does not say so, as rendered ones may not.

        Raises:
            PolicyError: A NetworkPolicy is malformed.
        """
        found = [NetworkPolicy.read(plain(each), default_namespace) for each in objects if is_policy(each)]
        return cls(tuple(found), {name: dict(labels) for name, labels in namespaces.items()})

    def opinion(self, source: Pod | Outsider, target: Pod | Outsider, port: int, protocol: Protocol) -> Opinion:
        """Say whether a connection may be made.

        Args:
            source: Who connects.
            target: To whom; for a Service, a pod behind it.
            port: The target's own port; for a Service, the `targetPort` as a number.
            protocol: TCP, UDP or SCTP.
        """
        if isinstance(source, Pod) and isinstance(target, Pod) and _same(source, target):
            return Opinion(Outcome.ALLOWED, Side(), Side(), f"pod {source.name} always reaches itself")
        if sentence := _of_its_node(source, target):
            return Opinion(Outcome.ALLOWED, Side(), Side(), sentence, exempt=True)
        on_node = [end for end in (source, target) if isinstance(end, Pod) and end.host_network]
        if not on_node:
            return self._judge(source, target, port, protocol)
        # a plugin may see such a pod as a pod or as its node; only what is so in both views is said
        views = [
            self._judge(seen_source, seen_target, port, protocol)
            for seen_source in _views(source)
            for seen_target in _views(target)
        ]
        if len({view.outcome for view in views}) == 1:
            return views[0]
        who = " and ".join(pod.name for pod in on_node)
        return replace(
            views[0],
            outcome=None,
            because=f"what NetworkPolicies mean for {who} is left to the network plugin: it is on its node's network",
        )

    def _judge(self, source: Pod | Outsider, target: Pod | Outsider, port: int, protocol: Protocol) -> Opinion:
        egress = self._side(Direction.EGRESS, source, target, port, protocol)
        ingress = self._side(Direction.INGRESS, source, target, port, protocol)
        outcome = Outcome.ALLOWED if egress.open and ingress.open else Outcome.BLOCKED
        return Opinion(outcome, egress, ingress, _because(source, target, port, protocol, egress, ingress))

    def _side(
        self, direction: Direction, source: Pod | Outsider, target: Pod | Outsider, port: int, protocol: Protocol
    ) -> Side:
        subject, other = (target, source) if direction is Direction.INGRESS else (source, target)
        if not isinstance(subject, Pod):
            return Side()
        isolating = [
            policy
            for policy in self.policies
            if policy.namespace == subject.namespace
            and direction in policy.spec.directions
            and policy.spec.podSelector.matches(subject.labels)
        ]
        address = _address_of(other, subject)
        names = target.ports if isinstance(target, Pod) else {}
        for policy in isolating:
            for index, rule in enumerate(policy.spec.rules(direction), start=1):
                if rule.ports and not any(each.matches(port, protocol, names) for each in rule.ports):
                    continue
                peers = [peer for peer in rule.peers if self._is(peer, other, address, policy.namespace)]
                if peers or not rule.peers:
                    meant = _names_somebody(rule, peers) and _names_both(rule, peers)
                    permission = Permission(policy.name, direction, index, _names_somebody(rule, peers), meant)
                    return Side(tuple(each.name for each in isolating), permission)
        return Side(tuple(policy.name for policy in isolating))

    def _is(self, peer: Peer, other: Pod | Outsider, address: str, namespace: str) -> bool:
        if peer.ipBlock is not None:
            return bool(address) and peer.ipBlock.holds(address)
        if not isinstance(other, Pod):
            return False
        if peer.namespaceSelector is None:
            in_namespace = other.namespace == namespace
        else:
            in_namespace = peer.namespaceSelector.matches(self._labels(other.namespace))
        return in_namespace and (peer.podSelector is None or peer.podSelector.matches(other.labels))

    def _labels(self, namespace: str) -> Mapping[str, str]:
        return {**self.namespaces.get(namespace, {}), NAME_LABEL: namespace}


def _names_somebody(rule: Rule, peers: Sequence[Peer]) -> bool:
    return bool(rule.peers) and not any(peer.everybody for peer in peers)


def _names_both(rule: Rule, peers: Sequence[Peer]) -> bool:
    """Whether a rule says each of its ports, and some of the matching peers who: not all pods of some namespaces."""
    pods = [peer.podSelector is not None and not peer.podSelector.empty for peer in peers]
    ports = [each.port is not None and each.endPort in (None, each.port) for each in rule.ports]
    addresses = [peer.ipBlock is not None for peer in peers]
    return bool(ports) and all(ports) and any([*pods, *addresses])


def _same(one: Pod, other: Pod) -> bool:
    return (one.namespace, one.name) == (other.namespace, other.name)


def _address_of(other: Pod | Outsider, subject: Pod) -> str:
    """The address by which one end knows the other: the first of a family that both have; empty when there is none."""
    if isinstance(other, Outsider):
        return other.address
    families = {ip_address(address).version for address in subject.addresses}
    return next((each for each in other.addresses if not families or ip_address(each).version in families), "")


def _of_its_node(source: Pod | Outsider, target: Pod | Outsider) -> str:
    """Say that one end is the node that the other runs on: that traffic is always allowed."""
    for pod, other in ((target, source), (source, target)):
        if not isinstance(pod, Pod):
            continue
        addresses = (other.address,) if isinstance(other, Outsider) else other.addresses if other.host_network else ()
        if set(addresses) & set(pod.node):
            return f"traffic between pod {pod.name} and the node that it runs on is always allowed"
    return ""


def _views(end: Pod | Outsider) -> list[Pod | Outsider]:
    """What a network plugin may take an end for; a node whose address is not known is at none that rules name."""
    if isinstance(end, Pod) and end.host_network:
        return [end, *(Outsider(address) for address in end.addresses or ("",))]
    return [end]


def _because(
    source: Pod | Outsider, target: Pod | Outsider, port: int, protocol: Protocol, egress: Side, ingress: Side
) -> str:
    apart = isinstance(source, Pod) and isinstance(target, Pod) and source.namespace != target.namespace
    frm, to = _name(source, apart), _name(target, apart)
    on = f"port {protocol.port(port)}"
    if not egress.isolated_by and not ingress.isolated_by:
        return "no NetworkPolicy isolates either end"
    closed = []
    if not egress.open:
        closed.append(f"{_isolate(egress, frm)} lets it out to {to} on {on}")
    if not ingress.open:
        closed.append(f"{_isolate(ingress, to)} lets {frm} in on {on}")
    if closed:
        return ", and ".join(closed)
    opened = []
    if egress.allowed_by:
        opened.append(f"NetworkPolicy {egress.allowed_by.policy} lets {frm} out to {to} ({egress.allowed_by})")
    if ingress.allowed_by:
        opened.append(f"NetworkPolicy {ingress.allowed_by.policy} lets {frm} in to {to} ({ingress.allowed_by})")
    return ", and ".join(opened)


def _isolate(side: Side, who: str) -> str:
    names = side.isolated_by
    if len(names) == 1:
        return f"NetworkPolicy {names[0]} isolates {who}, and no rule of it"
    return f"NetworkPolicies {', '.join(names[:-1])} and {names[-1]} isolate {who}, and no rule of theirs"


def _name(end: Pod | Outsider, apart: bool) -> str:
    if isinstance(end, Outsider):
        return end.address
    return f"{end.namespace}/{end.name}" if apart else end.name
