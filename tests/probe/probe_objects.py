"""Places, rows, sightings and API objects for the probe's tests."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from kube_acceptance.probe.matrix import Expectation
from kube_acceptance.probe.observe import Cell, Sighting
from kube_acceptance.probe.outcome import Outcome, Protocol
from kube_acceptance.probe.place import Place, Target


def place(name: str, address: str = "10.0.0.1") -> Place:
    return Place(name, "shop", f"{name}-0", f"uid-of-{name}", address)


FRONTEND, BACKEND, DATABASE = place("frontend", "10.0.0.1"), place("backend", "10.0.0.2"), place("database", "10.0.0.3")
TO_DATABASE = Target("database", "10.0.0.3", None, (DATABASE,), 5432)


def cell(source: Place = FRONTEND, target: Target = TO_DATABASE, port: int = 5432) -> Cell:
    return Cell(source, target, port, Protocol.TCP)


def sighting(
    outcome: str, detail: str = "as seen", *, unheard: str = "", of: Cell | None = None, seconds: float = 0.0
) -> Sighting:
    return Sighting(of or cell(), Outcome(outcome), detail, unheard, seconds)


def row(expected: str, source: str = "frontend", target: str = "database:5432") -> Expectation:
    return Expectation.parse(source, target, expected)


def state(kind: str, **fields: Any) -> SimpleNamespace:
    return SimpleNamespace(**{"running": None, "waiting": None, "terminated": None, kind: SimpleNamespace(**fields)})


def pod(
    name: str = "database-0",
    *,
    namespace: str = "shop",
    labels: dict[str, str] | None = None,
    phase: str = "Running",
    address: str | None = "10.0.0.3",
    states: dict[str, Any] | None = None,
    ephemeral: dict[str, Any] | None = None,
    deleted: str | None = None,
    gates: tuple[str, ...] = (),
    conditions: tuple[Any, ...] = (),
    ports: dict[str, int] | None = None,
    protocol: str | None = None,
) -> SimpleNamespace:
    def statuses(of: dict[str, Any] | None) -> list[SimpleNamespace]:
        return [SimpleNamespace(name=key, state=value) for key, value in (of or {}).items()]

    named = [
        SimpleNamespace(name=key, container_port=number, protocol=protocol) for key, number in (ports or {}).items()
    ]
    return SimpleNamespace(
        metadata=SimpleNamespace(
            name=name, namespace=namespace, uid=f"uid-of-{name}", labels=labels, deletion_timestamp=deleted
        ),
        spec=SimpleNamespace(
            containers=[SimpleNamespace(ports=named)],
            ephemeral_containers=[SimpleNamespace(name=key) for key in ephemeral or {}],
            readiness_gates=[SimpleNamespace(condition_type=gate) for gate in gates],
        ),
        status=SimpleNamespace(
            phase=phase,
            pod_ip=address,
            conditions=list(conditions),
            container_statuses=statuses(states),
            ephemeral_container_statuses=statuses(ephemeral),
        ),
    )


RUNNING = state("running", started_at="now")
