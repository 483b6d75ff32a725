from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from probe_objects import BACKEND, DATABASE, FRONTEND, place

from kube_acceptance.errors import ProbeError
from kube_acceptance.probe import reachability as module
from kube_acceptance.probe.canary import Enforcement
from kube_acceptance.probe.directory import MissingError
from kube_acceptance.probe.endpoints import Endpoint, Endpoints
from kube_acceptance.probe.matrix import Expectation
from kube_acceptance.probe.observe import Cell, Sighting
from kube_acceptance.probe.outcome import Outcome, Protocol
from kube_acceptance.probe.place import Nonce, Place, Target
from kube_acceptance.probe.reachability import Reachability

NEUTRAL = place("stranger in another namespace", "10.0.9.9")
PLACES = {"frontend": [FRONTEND], "backend": [BACKEND, place("backend-1", "10.0.0.5")], "database": [DATABASE]}


class World:
    """A directory and an observer in one: three tiers and an outside, where only some connections get through."""

    def __init__(self, allowed: set[tuple[str, str]]) -> None:
        self.allowed = allowed
        self.looked: list[list[str]] = []
        self.prepared: set[str] = set()
        self.opened: list[list[str]] = []

    def __enter__(self) -> World:
        return self

    def __exit__(self, *_: Any) -> None:
        pass

    def refresh(self) -> None:
        pass

    def start(self, names: set[str]) -> None:
        self.prepared = names

    def wait(self) -> None:
        pass

    def lasting(self, names: set[str]) -> list[Place]:
        return [FRONTEND] if "frontend" in names else []

    def neutral(self) -> Place:
        return NEUTRAL

    def endpoints(self, inventory: World) -> Endpoints:
        assert inventory is self
        oneself = frozenset({("frontend", "frontend"), ("backend", "backend")})
        targets = (Endpoint("backend", 8000), Endpoint("frontend", 3000))
        return Endpoints(("frontend", "backend"), targets, frozenset({"frontend", "backend"}), oneself)

    def places(self, name: str) -> list[Place]:
        if name == "cache":
            raise MissingError("no pod of cache runs in namespace shop")
        return PLACES[name]

    def targets(self, name: str, port: int, protocol: Protocol) -> list[Target]:
        if name == "outside":
            return [Target("outside", "172.18.0.9", Nonce("secret"))]
        if name == "service backend":
            return [Target(name, host, None, (BACKEND,), 8000) for host in ("10.96.0.9", "backend.shop.svc")]
        return [Target(name, one.address, None, (one,), port) for one in self.places(name)]

    def open(self, places: Sequence[Place]) -> None:
        self.opened.append([place.pod for place in places])

    def look(self, cells: Sequence[Cell]) -> list[Sighting]:
        self.looked.append([f"{cell.source.pod} -> {cell.target.host}:{cell.port}" for cell in cells])
        return [
            Sighting(
                cell,
                Outcome.ALLOWED if (cell.source.name, cell.target.name) in self.allowed else Outcome.BLOCKED,
                "as seen",
                "" if cell.target.witnesses else "no place that is allowed to reached outside",
            )
            for cell in cells
        ]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    there = World({("frontend", "backend"), ("stranger in another namespace", "outside")})
    for name in ("Peers", "Inventory", "Directory", "Observer"):
        monkeypatch.setattr(module, name, lambda *_, **__: there)
    monkeypatch.setattr(module, "known_endpoints", there.endpoints)
    monkeypatch.setattr("kube_acceptance.probe.report.LOOK_EVERY", 0.0)
    return there


def observe(*rows: tuple[str, str, str], enforcement: Enforcement | None = None) -> Any:
    made: Any = Reachability
    reachability: Reachability = made(lambda: None, namespace="shop", image="probe:1", enforcement=enforcement)
    return reachability.observe([Expectation.parse(*row) for row in rows], budget=0.0)


def test_a_tier_is_looked_at_pod_by_pod(world: World) -> None:
    report = observe(("frontend", "backend:8000", "allowed"), ("backend", "database:5432", "blocked"))
    assert report.failures[0].reason.startswith("it timed out, but that proves nothing")
    assert world.looked[0] == [
        "frontend-0 -> 10.0.0.2:8000",
        "frontend-0 -> 10.0.0.5:8000",
        "backend-0 -> 10.0.0.3:5432",
        "backend-1-0 -> 10.0.0.3:5432",
    ]
    assert world.prepared == {"frontend", "backend", "database"}


def test_agents_in_pods_that_run_are_there_before_the_harness_s_own_pods_run(world: World) -> None:
    observe(("frontend", "backend:8000", "allowed"))
    assert world.opened == [["frontend-0"], ["frontend-0", "backend-0", "backend-1-0"]]


def test_a_service_is_blocked_by_its_address_and_allowed_by_its_name_as_well(world: World) -> None:
    world.allowed.add(("frontend", "service backend"))
    report = observe(("frontend", "service backend:8000", "allowed"), ("database", "service backend:8000", "blocked"))
    assert world.looked[0] == [
        "frontend-0 -> 10.96.0.9:8000",
        "frontend-0 -> backend.shop.svc:8000",
        "database-0 -> 10.96.0.9:8000",
    ]
    assert [len(verdict.cells) for verdict in report.verdicts] == [2, 1]


def test_a_complete_table_is_about_the_endpoints_that_there_are_now(world: World) -> None:
    made: Any = Reachability
    reachability: Reachability = made(lambda: None, namespace="shop", image="probe:1")
    with pytest.raises(ProbeError) as caught:
        reachability.complete([("frontend", "backend:8000", "allowed")])
    assert caught.value.summary == "the table says nothing of backend -> frontend:3000"


def test_a_canary_s_word_is_taken(world: World) -> None:
    observe(("backend", "database:5432", "blocked"), enforcement=Enforcement(0.1, 0.1, 1.0)).check()


def test_replicas_talk_to_each_other_but_not_to_themselves(world: World) -> None:
    observe(("backend", "backend:8000", "blocked"))
    assert world.looked[0] == ["backend-0 -> 10.0.0.5:8000", "backend-1-0 -> 10.0.0.2:8000"]


def test_a_single_pod_that_talks_to_itself_says_nothing(world: World) -> None:
    (failure,) = observe(("frontend", "frontend:3000", "blocked")).failures
    assert str(failure) == (
        "frontend -> frontend:3000 is inconclusive, expected blocked:"
        " frontend has one pod, and what it says to itself passes no policy"
    )


def test_a_tier_without_pods_leaves_the_other_rows_alone(world: World) -> None:
    report = observe(("frontend", "cache:6379", "blocked"), ("frontend", "backend:8000", "allowed"))
    (failure,) = report.failures
    assert str(failure) == (
        "frontend -> cache:6379 is inconclusive, expected blocked: no pod of cache runs in namespace shop"
    )


def test_a_target_without_a_witness_gets_a_control_of_its_own(world: World) -> None:
    observe(("frontend", "outside:8080", "blocked"), ("backend", "outside:8080", "blocked")).check()
    control = "stranger in another namespace-0 -> 172.18.0.9:8080"
    assert (world.looked[0][-1], world.looked[0].count(control)) == (control, 1)


def test_nobody_reaching_the_outside_is_inconclusive(world: World) -> None:
    world.allowed.clear()
    (failure,) = observe(("frontend", "outside:8080", "blocked"), enforcement=Enforcement(0.1, 0.1, 1.0)).failures
    assert failure.reason == ("it timed out, but that proves nothing: no place that is allowed to reached outside")


def test_udp_that_nobody_could_prove_is_refused_at_once(world: World) -> None:
    with pytest.raises(ProbeError) as caught:
        observe(("frontend", "backend:8000/UDP", "blocked"))
    assert caught.value.summary == "backend cannot prove that it received UDP"


def test_no_rows_are_a_failure(world: World) -> None:
    with pytest.raises(ProbeError) as caught:
        observe()
    assert caught.value.summary == "there is no connection to look at"
