"""What the NetworkPolicies of a cluster, or of a described one, mean for the connections of a table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from kubernetes import client

from kube_acceptance.policy.agreement import Agreement, Case
from kube_acceptance.policy.opinion import Opinion, Policies
from kube_acceptance.policy.places import Outsider, Pod
from kube_acceptance.probe import Expectation
from kube_acceptance.probe.inventory import ports
from kube_acceptance.probe.observe import Cell
from kube_acceptance.probe.outcome import Outcome, Protocol
from kube_acceptance.probe.verdict import Verdict

NOBODYS = 1
"""A port that no chart names: tcpmux, which nobody has used for decades (RFC 7805)."""


def agreement(
    new_client: Callable[[], client.ApiClient],
    connections: Mapping[Expectation, Sequence[Cell]],
    rows: Sequence[Expectation],
    verdicts: Sequence[Verdict] = (),
) -> Agreement:
    """Hold what a table expects against what the policies mean, and what was seen if a cluster was asked.

    Args:
        new_client: Makes an API client of the cluster.
        connections: What is connected for each row, as `Reachability.connections` tells.
        rows: What the table expects.
        verdicts: What was seen.
    """
    world = _World(new_client)
    seen = {verdict.row: verdict for verdict in verdicts}
    return Agreement([world.case(row, connections.get(row, ()), seen.get(row)) for row in rows])


def one_sided(
    new_client: Callable[[], client.ApiClient],
    connections: Mapping[Expectation, Sequence[Cell]],
    rows: Sequence[Expectation],
    own: Callable[[Pod], bool],
    strangers: Callable[[Pod], Iterable[Pod]],
) -> Iterator[str]:
    """What pods of one's own do not block by themselves, a sentence each, whatever the other end does.

    Where a policy is lost or written too widely, the one at the other end hides it. So each pair of a table is looked
    at on every port that the table knows and on one that nobody names, and once more with a stranger in the place of
    the other end; what the table allows may pass, and nothing else.

    Args:
        new_client: Makes an API client of the cluster.
        connections: What is connected for each row, as `Reachability.connections` tells.
        rows: What the table expects.
        own: Whether a pod is one whose policies are looked at.
        strangers: Pods that stand where another one does, or look like it, and are not meant.
    """
    world = _World(new_client)
    found = [
        (row, cell, address) for row in rows for cell in connections.get(row, ()) for address in cell.target.addresses
    ]
    ports = sorted({(cell.target.pod_port, cell.protocol) for _, cell, _ in found} | {(NOBODYS, Protocol.TCP)})
    allowed: set[tuple[Any, ...]] = set()
    pairs: dict[tuple[Any, ...], tuple[Pod, Pod | Outsider, Policies]] = {}
    for row, cell, address in found:
        source, target, policies = world.ends(cell, address)
        if source and (own(source) or (isinstance(target, Pod) and own(target))):
            pair = (_alike(source), _alike(target))  # pods of one workload are as good as one
            pairs.setdefault(pair, (source, target, policies))
            if row.expected is Outcome.ALLOWED:
                allowed.add((*pair, cell.target.pod_port, cell.protocol))
    for pair, (source, target, policies) in pairs.items():
        for port, protocol in ports:
            if (*pair, port, protocol) not in allowed:
                yield from _open_ends(policies, source, target, port, protocol, own)
            if isinstance(target, Pod) and own(source):
                for other in strangers(target):
                    yield from _open_ends(policies, source, other, port, protocol, own)
            if isinstance(target, Pod) and own(target):
                for other in strangers(source):
                    yield from _open_ends(policies, other, target, port, protocol, own)


def _alike(end: Pod | Outsider) -> tuple[str, ...]:
    """What policies know of an end."""
    if isinstance(end, Outsider):
        return (end.address,)
    return (end.namespace, *(f"{key}={value}" for key, value in sorted(end.labels.items())), *sorted(end.node))


def _open_ends(
    policies: Policies, source: Pod, target: Pod | Outsider, port: int, protocol: Protocol, own: Callable[[Pod], bool]
) -> Iterator[str]:
    opinion = policies.opinion(source, target, port, protocol)
    if not (opinion.egress.isolated_by or opinion.ingress.isolated_by):
        return  # a pod and itself or its node, or pods that no policy speaks of
    for end, side, way in ((source, opinion.egress, "out"), (target, opinion.ingress, "in")):
        if isinstance(end, Pod) and own(end) and side.open:
            by = side.allowed_by
            why = f"NetworkPolicy {by.policy} does ({by})" if by else "no NetworkPolicy isolates it"
            other = target.name if isinstance(target, Pod) else target.address
            yield f"{source.name} -> {other}:{protocol.port(port)}: pod {end.name} would let it {way}: {why}"


class _World:
    """The pods, namespaces and NetworkPolicies of a cluster at this moment."""

    def __init__(self, new_client: Callable[[], client.ApiClient]) -> None:
        core: Any = client.CoreV1Api(new_client())
        self._networking: Any = client.NetworkingV1Api(new_client())
        self._namespaces = {one.metadata.name: one.metadata.labels or {} for one in core.list_namespace().items}
        self._pods: dict[tuple[str, str], Pod] = {}
        self._at: dict[str, Pod] = {}
        self._declared: dict[str, set[tuple[int, str]]] = {}
        self._policies: dict[frozenset[str], Policies] = {}
        for found in core.list_pod_for_all_namespaces().items:
            pod = Pod.read(found)
            self._pods[pod.namespace, pod.name] = pod
            for address in () if pod.host_network else pod.addresses:  # a node's address is no pod's
                self._at[address] = pod
                self._declared[address] = {(port, str(protocol)) for port, protocol in ports(found.spec)}

    def case(self, row: Expectation, cells: Sequence[Cell], seen: Verdict | None) -> Case:
        """The opinions on a row; of several pods, those count that disagree with the table."""
        found = [
            (opinion, address, cell)
            for cell in cells
            for address in cell.target.addresses
            if (opinion := self._opinion(cell, address))
        ]
        if not found:
            return Case(row, None, seen=seen)
        meant, address, cell = min(found, key=lambda one: one[0].outcome is row.expected)
        guests = [place for place in cell.target.witnesses if place.container]
        declared = guests or address not in self._at or self._declares(address, cell)
        beyond = all(opinion.exempt for opinion, *_ in found)
        return Case(row, meant, address in self._at, bool(declared), seen, beyond)

    def _declares(self, address: str, cell: Cell) -> bool:
        return (cell.target.pod_port, str(cell.protocol)) in self._declared[address]

    def ends(self, cell: Cell, address: str) -> tuple[Pod | None, Pod | Outsider, Policies]:
        """Who connects, if it is still there, to whom, and the policies that speak of them."""
        source = self._pods.get((cell.source.namespace, cell.source.pod))
        target = self._at.get(address, Outsider(address))
        namespaces = {end.namespace for end in (source, target) if isinstance(end, Pod)}
        return source, target, self._speaking(namespaces)

    def _opinion(self, cell: Cell, address: str) -> Opinion | None:
        source, target, policies = self.ends(cell, address)
        return policies.opinion(source, target, cell.target.pod_port, cell.protocol) if source else None

    def _speaking(self, namespaces: set[str]) -> Policies:
        """The policies that speak of pods of these namespaces; what is malformed elsewhere is none of ours."""
        key = frozenset(namespaces)
        if key not in self._policies:
            found = [one for name in sorted(key) for one in self._networking.list_namespaced_network_policy(name).items]
            self._policies[key] = Policies.read(found, self._namespaces)
        return self._policies[key]
