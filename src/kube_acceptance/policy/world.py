"""A small world of pods on a cluster, in which one set of policies after another is enforced and looked at."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any

from kubernetes import client
from kubernetes.client.exceptions import ApiException

from kube_acceptance.api_errors import said_by_api
from kube_acceptance.cluster import RESTRICTED
from kube_acceptance.errors import PolicyError
from kube_acceptance.policy.opinion import Opinion
from kube_acceptance.policy.places import Outsider, Pod
from kube_acceptance.policy.random_sets import (
    NAMED_PORTS,
    NAMESPACE_LABELS,
    POD_LABELS,
    PORTS,
    Connection,
    PolicySet,
    Setting,
)
from kube_acceptance.probe.matrix import Expectation
from kube_acceptance.probe.observe import Cell, Observer, Sighting
from kube_acceptance.probe.outcome import Outcome
from kube_acceptance.probe.pace import Pace
from kube_acceptance.probe.peers import Peers
from kube_acceptance.probe.place import SERVED_PORT, Guest, Place, Target
from kube_acceptance.probe.report import Report, settle
from kube_acceptance.probe.verdict import State, Verdict

BUDGET = 90.0  # seconds until a disagreement is one; a machine out of breath takes many for a single look
LOOKS_AGAIN = 3  # times that connections are seen again within one look


@dataclass(frozen=True, slots=True)
class Compared:
    """A set beside what the cluster did with it."""

    policies: PolicySet
    report: Report

    @property
    def disagreements(self) -> list[Verdict]:
        """The connections that never became what the set means, though both ends are sound."""
        return [verdict for verdict in self.report.failures if verdict.state is State.WRONG]

    @property
    def unclear(self) -> list[Verdict]:
        """The connections of which nothing can be told."""
        return [verdict for verdict in self.report.failures if verdict.state is State.INCONCLUSIVE]


class World(AbstractContextManager["World"]):
    """Three namespaces of three pods, and a pod that no policy selects; all of it is removed at the end.

    Args:
        new_client: Makes an API client.
        image: The probe image's reference, loaded into the cluster.
        labels: Labels of what is made, by which orphans are found.
        outside: A host outside the cluster that answers with a nonce.
        pace: What keeps the looks of several worlds from beginning together.
    """

    def __init__(
        self,
        new_client: Callable[[], client.ApiClient],
        image: str,
        *,
        labels: Mapping[str, str],
        outside: Target,
        pace: Pace,
    ) -> None:
        self._core: Any = client.CoreV1Api(new_client())
        self._policies: Any = client.NetworkingV1Api(new_client())
        self._labels = dict(labels)
        self._outside = outside
        self._peers = Peers(new_client, image, labels=labels)
        self._observer = Observer(new_client, image, pace=pace)
        self._namespaces: dict[str, str] = {}
        self._cells: dict[Connection, Cell] = {}
        self._controls: list[Cell] = []
        self.setting = Setting({}, (), Outsider(outside.host), SERVED_PORT)

    def __exit__(self, *_: object) -> None:
        self._observer.close()
        self._peers.close()
        for namespace in self._namespaces.values():
            with contextlib.suppress(ApiException):
                self._core.delete_namespace(namespace)

    def start(self) -> None:
        """Make the namespaces and pods, and wait until every pod runs.

        Raises:
            ProbeError: A pod cannot start, with the reason.
        """
        suffix = secrets.token_hex(3)
        for role, labels in NAMESPACE_LABELS.items():
            name = f"kube-acceptance-policy-{suffix}-{role}"
            self._core.create_namespace(
                {"metadata": {"name": name, "labels": {**labels, **RESTRICTED, **self._labels}}}
            )
            self._namespaces[role] = name
        started = {
            (namespace, role): self._peers.start(role, namespace, labels, ports=_container_ports(role))
            for namespace in self._namespaces.values()
            for role, labels in POD_LABELS.items()
        }
        free, _ = self._peers.start("free", self._peers.namespace, {})
        pods: list[Pod] = []
        places: dict[Pod, Place] = {}
        targets: dict[tuple[Pod | Outsider, int], Target] = {(self.setting.outside, SERVED_PORT): self._outside}
        for (namespace, role), (name, nonce) in started.items():
            place = self._peers.running(role, namespace, name)
            pod = Pod(namespace, role, POD_LABELS[role], (place.address,), NAMED_PORTS[role])
            pods.append(pod)
            places[pod] = place
            for port in PORTS:
                targets[pod, port] = Target(f"{namespace}/{role}", place.address, Guest(nonce.text), (place,), port)
        self.setting = replace(self.setting, namespaces=self._namespaces, pods=pods)
        self._cells = {
            each: Cell(places[each.source], targets[each.target, each.port], each.port, each.protocol)
            for each in self.setting.connections()
        }
        neutral: Place = self._peers.running("free", self._peers.namespace, free)
        to_outside = {(each.port, each.protocol) for each in self._cells if each.target == self.setting.outside}
        self._controls = [Cell(neutral, self._outside, port, protocol) for port, protocol in sorted(to_outside)]

    def compare(self, policies: PolicySet) -> Compared:
        """Let the cluster enforce a set in place of the one before, and look until it does what the set means.

        Raises:
            PolicyError: The API server refuses a policy of the set.
        """
        self._enforce(policies.objects)
        rows = {each: self._row(each, opinion) for each, opinion in policies.opinions.items()}

        def look() -> list[Verdict]:
            seen, control = self._look(policies)
            return [
                verdict(
                    rows[each], sighting, unheard=_unheard(sighting, control), because=policies.opinions[each].because
                )
                for each, sighting in seen.items()
            ]

        return Compared(policies, settle(look, budget=BUDGET))

    def _look(self, policies: PolicySet) -> tuple[dict[Connection, Sighting], Sequence[Sighting]]:
        """See every connection, and those again at once that a machine out of breath may have slowed down.

        Nothing is seen again while something passes that must not: then the set is not in force yet.
        """
        seen: dict[Connection, Sighting] = {}
        wanted = list(self._cells)
        for _ in range(LOOKS_AGAIN + 1):
            found = self._observer.look([*(self._cells[each] for each in wanted), *self._controls])
            seen.update(zip(wanted, found, strict=False))
            control = found[len(wanted) :]
            if any(policies.must_block(each) and seen[each].outcome is Outcome.ALLOWED for each in wanted):
                break
            wanted = [
                each
                for each in wanted
                if seen[each].outcome is not policies.opinions[each].outcome or _unheard(seen[each], control)
            ]
            if not wanted:
                break
        return {each: seen[each] for each in self._cells}, control

    def _enforce(self, objects: Sequence[Mapping[str, Any]]) -> None:
        for namespace in self._namespaces.values():
            self._policies.delete_collection_namespaced_network_policy(namespace)
        for item in objects:
            try:
                self._policies.create_namespaced_network_policy(item["metadata"]["namespace"], dict(item))
            except ApiException as error:
                name = item["metadata"]["name"]
                raise PolicyError(f"the API server refuses the random policy {name}: {said_by_api(error)}") from error

    def _row(self, connection: Connection, opinion: Opinion) -> Expectation:
        roles = {name: role for role, name in self._namespaces.items()}

        def name(end: Pod | Outsider) -> str:
            return f"{roles[end.namespace]}/{end.name}" if isinstance(end, Pod) else "outside"

        assert opinion.outcome, "no pod of a world is on its node's network"
        return Expectation(
            name(connection.source), name(connection.target), connection.port, connection.protocol, opinion.outcome
        )


def _unheard(sighting: Sighting, control: Sequence[Sighting]) -> str:
    """Why a target is not proved to listen; the host outside is, when the pod that no policy selects reaches it."""
    if sighting.cell.target.witnesses:
        return sighting.unheard
    return next((each.detail for each in control if each.outcome is not Outcome.ALLOWED), "")


def verdict(row: Expectation, sighting: Sighting, *, unheard: str, because: str) -> Verdict:
    """Judge one connection of a world.

    Args:
        row: The connection, with what the policies mean for it.
        sighting: How it ended.
        unheard: Why its target is not proved to listen; empty when it is.
        because: Why the policies mean that.
    """
    if sighting.outcome is Outcome.BROKEN:
        return Verdict(row, State.INCONCLUSIVE, sighting.outcome, sighting.detail)
    if sighting.outcome is Outcome.BLOCKED and unheard:
        return Verdict(row, State.INCONCLUSIVE, sighting.outcome, f"it timed out, but that proves nothing: {unheard}")
    if sighting.outcome is not row.expected:
        return Verdict(row, State.WRONG, sighting.outcome, f"{sighting.detail}, but {because}")
    return Verdict(row, State.RIGHT, sighting.outcome, sighting.detail)


def _container_ports(role: str) -> list[dict[str, Any]]:
    return [
        {"name": name, "protocol": str(protocol), "containerPort": number}
        for (name, protocol), number in NAMED_PORTS[role].items()
    ]
