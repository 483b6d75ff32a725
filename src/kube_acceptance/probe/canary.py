"""A canary for network policies: whether this cluster enforces them at all."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from kubernetes import client

from kube_acceptance.errors import ProbeError, UnenforcedError
from kube_acceptance.probe.matrix import Expectation
from kube_acceptance.probe.observe import Cell, Observer
from kube_acceptance.probe.outcome import Outcome, Protocol
from kube_acceptance.probe.peers import Peers
from kube_acceptance.probe.place import SERVED_PORT, Target
from kube_acceptance.probe.report import settle
from kube_acceptance.probe.verdict import State, Verdict, judge

BUDGET = 20.0  # seconds for each step of the round
POLICY = "canary"
DENY_ALL: Mapping[str, Any] = {
    "metadata": {"name": POLICY, "annotations": {"kube-acceptance/task": "T-507"}},
    "spec": {"podSelector": {}, "policyTypes": ["Ingress"]},
}


@dataclass(frozen=True, slots=True)
class Enforcement:
    """What the canary saw, in seconds: until a policy held, until it was gone again, and the whole round."""

    denied_after: float
    allowed_after: float
    seconds: float


def check_enforcement(
    new_client: Callable[[], client.ApiClient], image: str, *, labels: Mapping[str, str] | None = None
) -> Enforcement:
    """Let one pod reach another, deny it, and allow it again, in a namespace of its own that is then removed.

    Args:
        new_client: Makes an API client.
        image: The probe image's reference, loaded into the cluster.
        labels: The namespace's labels, by which orphans are found.

    Raises:
        UnenforcedError: Policies do not bite.
        ProbeError: Nothing can be said about them; the first line says why.
    """
    started = time.monotonic()
    with Peers(new_client, image, labels=labels or {}) as peers, Observer(new_client, image) as observer:
        namespace = peers.namespace
        (one, _), (other, nonce) = (peers.start(name, namespace, {}) for name in ("client", "server"))
        source, server = peers.running("client", namespace, one), peers.running("server", namespace, other)
        target = Target("server", server.address, nonce, (server,), SERVED_PORT)
        cell = Cell(source, target, SERVED_PORT, Protocol.TCP)

        def until(expected: Outcome) -> tuple[Verdict, float]:
            row = Expectation(source.name, target.name, cell.port, cell.protocol, expected)

            def look() -> list[Verdict]:
                seen = observer.look([cell])
                # the round is its own control: the same probe succeeded a moment ago
                return [judge(row, seen, seen, enforced=True)]

            report = settle(look, budget=BUDGET)
            return report.verdicts[0], report.convergence

        first, _ = until(Outcome.ALLOWED)
        if first.state is not State.RIGHT:
            raise ProbeError(
                "two pods that no network policy speaks of cannot reach each other, so policies cannot be tested",
                details=[str(first)],
                hint="Look at the cluster's network plugin.",
            )
        policies: Any = client.NetworkingV1Api(new_client())
        policies.create_namespaced_network_policy(namespace, dict(DENY_ALL))
        second, denied_after = until(Outcome.BLOCKED)
        if second.seen is Outcome.ALLOWED:
            raise UnenforcedError(
                "the cluster does not enforce network policies",
                details=[f"{BUDGET:g} s after a policy that denies everything: {second}"],
                hint="Use a network plugin that does, such as Kind's own from 0.24 on, or Calico.",
            )
        if second.state is not State.RIGHT:
            raise ProbeError("whether the cluster enforces network policies cannot be told", details=[str(second)])
        policies.delete_namespaced_network_policy(POLICY, namespace)
        third, allowed_after = until(Outcome.ALLOWED)
        if third.state is not State.RIGHT:
            raise ProbeError(
                "the cluster goes on blocking after its network policy was deleted",
                details=[f"{BUDGET:g} s later: {third}"],
            )
    return Enforcement(denied_after, allowed_after, time.monotonic() - started)
