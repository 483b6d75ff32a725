from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from kube_acceptance.errors import ProbeError
from kube_acceptance.probe import canary as module
from kube_acceptance.probe.canary import Enforcement, check_enforcement
from kube_acceptance.probe.observe import Cell, Sighting
from kube_acceptance.probe.outcome import Outcome
from kube_acceptance.probe.place import Nonce, Place

NOTHING = "nothing listens on port 8080 of pod probe-server"


class World:
    """A cluster whose one connection ends as it is told for each state of the policy."""

    def __init__(self, before: str, denied: str, after: str, unheard: str = "") -> None:
        self.outcomes = {"before": before, "denied": denied, "after": after}
        self.state, self.unheard, self.closed = "before", unheard, list[str]()
        self.namespace = "canary"

    def __call__(self, *_: Any, **__: Any) -> World:
        return self

    def __enter__(self) -> World:
        return self

    def __exit__(self, *_: Any) -> None:
        self.closed.append("closed")

    def start(self, name: str, namespace: str, labels: dict[str, str]) -> tuple[str, Nonce]:
        assert (namespace, labels) == ("canary", {})
        return f"probe-{name}", Nonce(name)

    def running(self, name: str, namespace: str, pod: str) -> Place:
        return Place(name, namespace, pod, pod, "10.0.0.9", "probe")

    def look(self, cells: Sequence[Cell]) -> list[Sighting]:
        outcome = Outcome(self.outcomes[self.state])
        return [Sighting(cell, outcome, f"{outcome} while {self.state}", self.unheard) for cell in cells]

    def create_namespaced_network_policy(self, namespace: str, body: Any) -> None:
        assert body["spec"] == {"podSelector": {}, "policyTypes": ["Ingress"]}
        self.state = "denied"

    def delete_namespaced_network_policy(self, name: str, namespace: str) -> None:
        assert (name, namespace) == ("canary", "canary")
        self.state = "after"


def run(monkeypatch: pytest.MonkeyPatch, world: World) -> Enforcement:
    monkeypatch.setattr(module, "Peers", world)
    monkeypatch.setattr(module, "Observer", world)
    monkeypatch.setattr(module, "BUDGET", 0.0)
    monkeypatch.setattr(module, "client", SimpleNamespace(NetworkingV1Api=world))
    monkeypatch.setattr("kube_acceptance.probe.report.LOOK_EVERY", 0.0)
    checked: Any = check_enforcement
    found: Enforcement = checked(lambda: None, "probe:1")
    return found


def test_a_cluster_that_enforces(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World("allowed", "blocked", "allowed")
    found = run(monkeypatch, world)
    assert (found.denied_after, found.allowed_after) == (0.0, 0.0)
    assert world.closed == ["closed", "closed"]


@pytest.mark.parametrize(
    ("world", "text"),
    [
        (World("allowed", "allowed", "allowed"), "the cluster does not enforce network policies"),
        (
            World("blocked", "blocked", "allowed"),
            "two pods that no network policy speaks of cannot reach each other, so policies cannot be tested",
        ),
        (
            World("broken", "blocked", "allowed"),
            "two pods that no network policy speaks of cannot reach each other, so policies cannot be tested",
        ),
        (World("allowed", "broken", "allowed"), "whether the cluster enforces network policies cannot be told"),
        (
            World("allowed", "blocked", "allowed", unheard=NOTHING),
            "whether the cluster enforces network policies cannot be told",
        ),
        (
            World("allowed", "blocked", "blocked"),
            "the cluster goes on blocking after its network policy was deleted",
        ),
    ],
)
def test_every_way_to_fail_has_its_sentence_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, world: World, text: str
) -> None:
    with pytest.raises(ProbeError) as caught:
        run(monkeypatch, world)
    assert caught.value.summary == text
    assert len(caught.value.details) == 1
    assert world.closed == ["closed", "closed"]
