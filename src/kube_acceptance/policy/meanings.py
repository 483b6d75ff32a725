"""What the NetworkPolicies of a cluster, or of a described one, mean for the connections of a table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from kubernetes import client

from kube_acceptance.policy.agreement import Agreement, Case
from kube_acceptance.policy.opinion import Opinion, Policies
from kube_acceptance.policy.places import Outsider, Pod
from kube_acceptance.probe import Expectation
from kube_acceptance.probe.inventory import ports
from kube_acceptance.probe.observe import Cell
from kube_acceptance.probe.outcome import Outcome
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
) -> Iterator[str]:
    """What only one end blocks, a sentence each: where a policy is lost, or written too widely, nobody would notice.

    An end of one's own must block by itself what the table blocks, and what would go to a port that nobody names where
    the table allows another. That an end is not as the table says is told by `agreement`, and not here.

    Args:
        new_client: Makes an API client of the cluster.
        connections: What is connected for each row, as `Reachability.connections` tells.
        rows: What the table expects.
        own: Whether a pod is one whose policies are looked at.
    """
    world = _World(new_client)
    for row in rows:
        cells = [(cell, address) for cell in connections.get(row, ()) for address in cell.target.addresses]
        yield from dict.fromkeys(said for cell, address in cells for said in world.open_ends(row, cell, address, own))


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
        return Case(row, meant, into_pod=address in self._at, declared=bool(declared), seen=seen)

    def _declares(self, address: str, cell: Cell) -> bool:
        return (cell.target.pod_port, str(cell.protocol)) in self._declared[address]

    def open_ends(self, row: Expectation, cell: Cell, address: str, own: Callable[[Pod], bool]) -> Iterator[str]:
        """The ends of a row that do not block by themselves, as `one_sided` says."""
        opinion, what = self._opinion(cell, address), str(row)
        if opinion is None or opinion.outcome is not row.expected:
            return
        if row.expected is Outcome.ALLOWED:
            opinion, what = self._opinion(cell, address, NOBODYS), f"{row}, on another port"
        if opinion is None or not (opinion.egress.isolated_by or opinion.ingress.isolated_by):
            return  # a pod and itself, or nobody that policies speak of
        source, target = self._pods.get((cell.source.namespace, cell.source.pod)), self._at.get(address)
        for end, side, way in ((source, opinion.egress, "out"), (target, opinion.ingress, "in")):
            if end and own(end) and side.open:
                by = side.allowed_by
                why = f"NetworkPolicy {by.policy} does ({by})" if by else "no NetworkPolicy isolates it"
                yield f"{what}: pod {end.name} would let it {way}: {why}"

    def _opinion(self, cell: Cell, address: str, port: int = 0) -> Opinion | None:
        """What the policies mean for a connection to the target's own port, or to another one."""
        source = self._pods.get((cell.source.namespace, cell.source.pod))
        if source is None:  # it went since the connection was made
            return None
        target = self._at.get(address, Outsider(address))
        policies = self._speaking({source.namespace, *([target.namespace] if isinstance(target, Pod) else [])})
        return policies.opinion(source, target, port or cell.target.pod_port, cell.protocol)

    def _speaking(self, namespaces: set[str]) -> Policies:
        """The policies that speak of pods of these namespaces; what is malformed elsewhere is none of ours."""
        key = frozenset(namespaces)
        if key not in self._policies:
            found = [one for name in sorted(key) for one in self._networking.list_namespaced_network_policy(name).items]
            self._policies[key] = Policies.read(found, self._namespaces)
        return self._policies[key]
