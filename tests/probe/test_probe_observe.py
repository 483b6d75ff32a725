from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from probe_objects import BACKEND, DATABASE, FRONTEND, TO_DATABASE, cell, place

from kube_acceptance.errors import ProbeError
from kube_acceptance.probe.observe import TIMEOUTS, Cell, Observer, Sighting, guests, probe, sight, sight_datagram
from kube_acceptance.probe.outcome import Outcome, Protocol
from kube_acceptance.probe.place import Answer, Certificate, Guest, Nonce, Place, Proof, Target
from kube_acceptance.probe.session import Session

CONNECTED = {"status": "connected", "local": ["10.0.0.1", 40000], "peer": "10.0.0.3", "seconds": 0.1}
LISTENS: dict[str, Any] = {"listening": [5432], "accepts": [5432], "connections": [], "answers": [9], "received": []}


def holds(*connections: tuple[int, str, int]) -> dict[str, Any]:
    return {**LISTENS, "connections": [list(connection) for connection in connections]}


def seen(
    result: dict[str, Any] | ProbeError, heard: dict[str, Any] | ProbeError = LISTENS, of: Cell | None = None
) -> tuple[Outcome, str]:
    sighting = sight(of or cell(), result, {DATABASE: heard})
    return sighting.outcome, sighting.detail


def test_a_connection_that_the_target_holds_is_allowed() -> None:
    assert seen(CONNECTED, holds((5432, "10.0.0.9", 40000), (5432, "10.0.0.1", 40000))) == (
        Outcome.ALLOWED,
        "pod database-0 holds the connection from 10.0.0.1:40000",
    )


def test_a_translated_connection_is_known_by_its_port() -> None:
    assert seen(CONNECTED, holds((5432, "172.18.0.3", 40000))) == (
        Outcome.ALLOWED,
        "pod database-0 holds the connection from 10.0.0.1:40000, translated to 172.18.0.3",
    )


@pytest.mark.parametrize(
    "connections",
    [
        [],
        [(5432, "10.0.0.1", 40001)],
        [(5433, "10.0.0.1", 40000)],
        [(5432, "172.18.0.3", 40000), (5432, "172.18.0.4", 40000)],
    ],
    ids=["none", "another port", "another port of the pod", "two that it could be"],
)
def test_a_connection_that_the_target_does_not_know_is_broken(connections: list[tuple[int, str, int]]) -> None:
    assert seen(CONNECTED, holds(*connections)) == (
        Outcome.BROKEN,
        "something at 10.0.0.3 accepted the connection, but not database-0",
    )


def test_a_connection_whose_target_cannot_be_asked_is_broken() -> None:
    assert seen(CONNECTED, ProbeError("exec failed")) == (
        Outcome.BROKEN,
        "connected, but the target could not be asked for the connection: exec failed",
    )


def test_only_a_time_out_is_blocked() -> None:
    assert seen({"status": "timeout", "detail": "timed out", "seconds": 3.04}) == (
        Outcome.BLOCKED,
        "timed out after 3.0 s (pod frontend-0 to 10.0.0.3)",
    )
    for status in ("refused", "reset", "unreachable", "dns", "other"):
        assert seen({"status": status, "detail": "E: why", "seconds": 0.1}) == (
            Outcome.BROKEN,
            f"{status}, E: why (pod frontend-0 to 10.0.0.3)",
        )
    assert seen(ProbeError("exec into pod shop/frontend-0 failed: gone")) == (
        Outcome.BROKEN,
        "exec into pod shop/frontend-0 failed: gone",
    )


@pytest.mark.parametrize(
    ("proof", "said", "sentence"),
    [
        (Nonce("secret"), "secret", "it answered with its nonce"),
        (Guest("secret"), "secret", "it answered with its nonce"),
        (Answer("backend.shop", "10.96.0.9"), "10.96.0.9", "it knows that backend.shop is 10.96.0.9"),
        (Certificate("kubernetes", "PEM"), "kubernetes", "it has the cluster's certificate for kubernetes"),
    ],
)
def test_a_target_with_a_secret_is_known_by_it(proof: Proof, said: str, sentence: str) -> None:
    of = cell(FRONTEND, Target("there", "10.0.0.3", proof), 1)
    assert seen({**CONNECTED, "said": said}, of=of) == (Outcome.ALLOWED, sentence)
    assert seen({**CONNECTED, "said": "x"}, of=of) == (
        Outcome.BROKEN,
        "something at 10.0.0.3 answered, but said 'x'" + unheard_guest(proof),
    )
    assert seen({**CONNECTED, "said": None}, of=of) == (
        Outcome.BROKEN,
        "something at 10.0.0.3 answered, but said nothing" + unheard_guest(proof),
    )


def unheard_guest(proof: Proof) -> str:
    return ": no place that is allowed to reached there" if isinstance(proof, Guest) else ""


@pytest.mark.parametrize(
    ("heard", "unheard"),
    [
        (LISTENS, ""),
        ({**LISTENS, "accepts": []}, "port 5432 of pod database-0 accepts no connection even from inside the pod"),
        ({**LISTENS, "accepts": [], "listening": []}, "nothing listens on port 5432 of pod database-0"),
        (ProbeError("exec failed"), "exec failed"),
    ],
)
def test_a_target_is_proved_to_listen_by_itself(heard: dict[str, Any] | ProbeError, unheard: str) -> None:
    assert sight(cell(), ProbeError("whatever"), {DATABASE: heard}).unheard == unheard


def test_one_pod_of_a_service_that_listens_is_enough() -> None:
    other = place("database-1")
    of = cell(FRONTEND, Target("service database", "database.shop.svc", None, (DATABASE, other), 5432))
    heard = {DATABASE: {**LISTENS, "listening": [], "accepts": []}, other: LISTENS}
    assert sight(of, ProbeError("whatever"), heard).unheard == ""


@pytest.mark.parametrize(
    ("proof", "protocol", "more"),
    [
        (None, Protocol.TCP, {"kind": "tcp"}),
        (Nonce("secret"), Protocol.TCP, {"kind": "greeting"}),
        (Guest("secret"), Protocol.UDP, {"kind": "udp"}),
        (Answer("a.b", "10.96.0.9"), Protocol.UDP, {"kind": "dns", "transport": "UDP", "name": "a.b", "ipv6": False}),
        (Answer("a.b", "fd00::9"), Protocol.TCP, {"kind": "dns", "transport": "TCP", "name": "a.b", "ipv6": True}),
        (Certificate("kubernetes", "PEM"), Protocol.TCP, {"kind": "tls", "name": "kubernetes", "ca": "PEM"}),
    ],
)
def test_the_agent_is_never_told_what_the_target_must_say(
    proof: Proof | None, protocol: Protocol, more: dict[str, Any]
) -> None:
    request = probe(Cell(FRONTEND, Target("there", "10.0.0.3", proof), 53, protocol))
    assert request == {"host": "10.0.0.3", "port": 53, **more}


def test_udp_to_a_program_that_cannot_prove_itself_is_refused() -> None:
    with pytest.raises(ProbeError) as caught:
        probe(Cell(FRONTEND, TO_DATABASE, 5432, Protocol.UDP))
    assert str(caught.value) == (
        "database cannot prove that it received UDP\nOver UDP only the cluster DNS and"
        " the harness's own agents can; these listen in the pods of a tier."
    )


def test_guests_listen_once_for_each_pod() -> None:
    target = Target("probe in database", "10.0.0.3", Guest("secret"), (DATABASE,), 0)
    cells = [cell(FRONTEND, target, 90), cell(BACKEND, target, 90), cell(FRONTEND, target, 80), cell()]
    cells.append(Cell(FRONTEND, target, 5432, Protocol.UDP))  # beside the pod's own TCP port
    assert guests(cells) == {
        DATABASE: {"do": "listen", "ports": [80, 90], "datagrams": [5432], "nonce": "secret"},
    }


def test_a_guest_is_never_taken_for_the_pod_s_own_program() -> None:
    target = Target("probe in database", "10.0.0.3", Guest("secret"), (DATABASE,), 5432)
    with pytest.raises(ProbeError) as caught:
        guests([cell(), cell(FRONTEND, target)])
    assert caught.value.summary == "probe in database:5432 cannot be probed together with the pod's own port"


UDP_TARGET = Target("probe in database", "10.0.0.3", Guest("secret"), (DATABASE,), 9)
ANSWERED = {**CONNECTED, "said": "secret"}
SILENT = {"status": "timeout", "detail": "timed out", "seconds": 1.5}
RECEIPT = [9, "token", "10.0.0.1", 40000]


def seen_datagram(
    result: dict[str, Any], *received: list[Any], noted: frozenset[str] | ProbeError = frozenset()
) -> tuple[Outcome, str]:
    of = Cell(FRONTEND, UDP_TARGET, 9, Protocol.UDP)
    found = sight_datagram(of, result, {DATABASE: {**LISTENS, "received": list(received)}}, "token", noted)
    return found.outcome, found.detail


def test_a_datagram_that_arrived_and_was_answered_is_allowed() -> None:
    assert seen_datagram(ANSWERED, [9, "other", "10.0.0.2", 1], RECEIPT) == (
        Outcome.ALLOWED,
        "pod database-0 received the datagram from 10.0.0.1:40000, and it answered with its nonce",
    )
    assert seen_datagram(ANSWERED, noted=frozenset({"token"})) == (
        Outcome.ALLOWED,
        "probe in database received the datagram, and it answered with its nonce",
    )


def test_an_answer_without_a_receipt_is_broken() -> None:
    assert seen_datagram(ANSWERED, [9, "other", "10.0.0.1", 40000]) == (
        Outcome.BROKEN,
        "an answer came, but the target received no datagram",
    )


def test_silence_without_a_receipt_is_blocked() -> None:
    assert seen_datagram(SILENT, [9, "other", "10.0.0.1", 40000]) == (
        Outcome.BLOCKED,
        "timed out after 1.5 s (pod frontend-0 to 10.0.0.3)",
    )


def test_a_datagram_that_arrived_but_whose_answer_was_lost_is_not_blocked() -> None:
    assert seen_datagram(SILENT, RECEIPT) == (
        Outcome.BROKEN,
        "pod database-0 received the datagram from 10.0.0.1:40000, though its answer did not arrive:"
        " timed out after 1.5 s (pod frontend-0 to 10.0.0.3)",
    )


def test_receipts_that_cannot_be_read_are_broken() -> None:
    assert seen_datagram(SILENT, noted=ProbeError("it is gone")) == (Outcome.BROKEN, "it is gone")


def test_a_guest_that_answers_no_datagram_even_from_inside_proves_no_block() -> None:
    of = Cell(FRONTEND, UDP_TARGET, 9, Protocol.UDP)
    assert sight(of, SILENT, {DATABASE: LISTENS}).unheard == ""
    assert sight(of, SILENT, {DATABASE: {**LISTENS, "answers": []}}).unheard == (
        "no datagram to port 9 of pod database-0 is answered even from inside the pod"
    )


class FakeSession(Session):
    """A session whose agent answers from a script and writes down what happens in which order."""

    def __init__(self, name: str, log: list[str], reply: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        self._name, self._log, self._reply = name, log, reply
        self._requests: list[dict[str, Any]] = []

    def send(self, request: dict[str, Any]) -> None:
        self._log.append(f"{request['do']} to {self._name} as {request['address']}")
        self._requests.append(request)

    def receive(self, *, within: float) -> dict[str, Any]:
        self._log.append(f"reply of {self._name}")
        return self._reply(self._requests.pop(0))

    def close(self) -> None:
        self._log.append(f"close {self._name}")


class FakeObserver(Observer):
    """An observer whose agents let everything through, but for those that fail."""

    def __init__(self, failing: dict[Place, str] | None = None, foreign: tuple[Place, ...] = ()) -> None:
        super().__init__(lambda: None, "probe:1")  # type: ignore[arg-type, return-value]
        self.log: list[str] = []
        self.failing, self.foreign = failing or {}, foreign
        self.opened: list[str] = []
        self.probes: list[list[dict[str, Any]]] = []

    def _new_session(self, place: Place) -> Session:
        self.opened.append(place.name)
        if why := self.failing.get(place):
            raise ProbeError(why)

        def reply(request: dict[str, Any]) -> dict[str, Any]:
            wrong = "not its own address" if place in self.foreign else ""
            if request["do"] == "probe":
                self.probes.append(request["probes"])
            if request["do"] == "witness":
                return {"self": wrong, **holds((5432, FRONTEND.address, 40000), (5432, BACKEND.address, 40000))}
            result = {**CONNECTED, "local": [place.address, 40000], "said": "secret"}
            return {"self": wrong, "results": [result for _ in request["probes"]]}

        return FakeSession(place.name, self.log, reply)


def outcomes(sightings: list[Sighting]) -> list[str]:
    return [f"{one.cell.source.name}: {one.outcome}, {one.detail}" for one in sightings]


def test_all_sources_connect_at_once_and_the_targets_are_asked_while_they_hold_on() -> None:
    with FakeObserver() as observer:
        sightings = observer.look([cell(FRONTEND), cell(BACKEND)])
    assert observer.log == [
        "probe to frontend as 10.0.0.1",
        "probe to backend as 10.0.0.2",
        "reply of frontend",
        "reply of backend",
        "witness to database as 10.0.0.3",
        "reply of database",
        "close frontend",
        "close database",
        "close backend",
    ]
    assert [one.outcome for one in sightings] == [Outcome.ALLOWED, Outcome.ALLOWED]


@pytest.mark.parametrize(
    ("slow", "times"),
    [
        ((0.3,), [1.5]),
        ((0.31, 0.6), [1.5, 3.0]),
        ((0.31, 0.61, 5.0), [1.5, 3.0, 6.0]),
        (("none allowed", "none allowed"), [1.5, 3.0]),
        (("none blocked",), [1.5]),
    ],
)
def test_a_time_out_counts_only_beside_connections_that_were_much_quicker(
    slow: tuple[float | str, ...], times: list[float]
) -> None:
    looks, asked = list(slow), list[float]()

    class Slow(FakeObserver):
        def _look(self, cells: Sequence[Cell]) -> list[Sighting]:
            asked.append(self._timeout)
            took = looks.pop(0)
            seen = [Sighting(cells[0], Outcome.ALLOWED, "", "", took)] if isinstance(took, float) else []
            return [*seen, Sighting(cells[1], Outcome.BROKEN if took == "none blocked" else Outcome.BLOCKED, "", "")]

    with Slow() as observer:
        observer.look([cell(FRONTEND), cell(BACKEND)])
        assert asked == times
    assert asked[0] == TIMEOUTS[0]


@pytest.mark.parametrize(
    ("took", "times"),
    [
        ((0.31, 0.61, 1.2, 0.7, 0.6, 0.3, 0.3), [[1.5, 3.0, 6.0], [6.0], [6.0], [3.0], [1.5]]),
        ((0.31, 0.61, 0.6, 0.61, 0.7), [[1.5, 3.0, 6.0], [3.0, 6.0]]),
        (("none allowed", "none allowed", "none allowed", 0.3, 0.3), [[1.5, 3.0], [3.0], [3.0], [1.5]]),
    ],
    ids=["quicker again", "slow again", "nothing to compare with"],
)
def test_the_time_is_halved_again_when_a_look_would_have_counted_with_half_of_it(
    took: tuple[float | str, ...], times: list[list[float]]
) -> None:
    looks, asked = list(took), list[float]()

    class Slow(FakeObserver):
        def _look(self, cells: Sequence[Cell]) -> list[Sighting]:
            asked.append(self._timeout)
            took = looks.pop(0)
            seen = [Sighting(cells[0], Outcome.ALLOWED, "", "", took)] if isinstance(took, float) else []
            return [*seen, Sighting(cells[1], Outcome.BLOCKED, "", "")]

    with Slow() as observer:
        for expected in times:
            asked.clear()
            observer.look([cell(FRONTEND), cell(BACKEND)])
            assert asked == expected
    assert not looks


@pytest.mark.parametrize(
    ("answered", "outcome", "looks"),
    [
        ((True,), "allowed", 1),
        ((False, True), "allowed", 2),
        ((False, False), "broken", 2),
    ],
)
def test_a_name_that_dns_did_not_resolve_beside_many_others_is_asked_for_again(
    answered: tuple[bool, ...], outcome: str, looks: int
) -> None:
    asked: list[list[Cell]] = []

    class Busy(FakeObserver):
        def _look(self, cells: Sequence[Cell]) -> list[Sighting]:
            resolved = answered[len(asked)]
            asked.append(list(cells))
            last = {"status": "no answer of dns", "detail": "name not resolved: Try again"}
            held = {DATABASE: holds((5432, FRONTEND.address, 40000), (5432, BACKEND.address, 40000))}
            ended = [{**CONNECTED, "local": [one.source.address, 40000]} for one in cells]
            return [
                sight(one, how, held)
                for one, how in zip(cells, [*ended[:-1], ended[-1] if resolved else last], strict=True)
            ]

    cells = [cell(FRONTEND), cell(BACKEND)]
    with Busy() as observer:
        seen = observer.look(cells)
    assert [one.outcome for one in seen] == ["allowed", outcome]
    assert asked == [cells, cells[1:]][:looks]


def test_datagrams_carry_tokens_of_their_own_that_the_targets_report() -> None:
    target = Target("outside", "172.18.0.9", Nonce("secret"), received=lambda: frozenset())
    with FakeObserver() as observer:
        first, second = (observer.look([Cell(FRONTEND, target, 9, Protocol.UDP)])[0] for _ in range(2))
    assert first.detail == second.detail == "an answer came, but the target received no datagram"
    tokens = [probes[0]["token"] for probes in observer.probes]
    assert len(set(tokens)) == 2


def test_sessions_are_kept_between_looks() -> None:
    with FakeObserver() as observer:
        observer.look([cell()])
        observer.look([cell()])
        assert observer.opened == ["frontend", "database"]


def test_a_source_that_cannot_be_asked_breaks_its_own_rows_only() -> None:
    with FakeObserver({FRONTEND: "no probe can be put into pod shop/frontend-0: forbidden"}) as observer:
        assert outcomes(observer.look([cell(FRONTEND), cell(BACKEND)])) == [
            "frontend: broken, no probe can be put into pod shop/frontend-0: forbidden",
            "backend: allowed, pod database-0 holds the connection from 10.0.0.2:40000",
        ]


def test_an_agent_in_the_wrong_pod_breaks_its_rows_and_loses_its_session() -> None:
    with FakeObserver(foreign=(FRONTEND,)) as observer:
        assert outcomes(observer.look([cell()])) == ["frontend: broken, not its own address"]
        observer.foreign = ()
        assert outcomes(observer.look([cell()])) == [
            "frontend: allowed, pod database-0 holds the connection from 10.0.0.1:40000"
        ]
        assert observer.opened == ["frontend", "database", "frontend"]


def test_a_witness_that_cannot_be_asked_leaves_its_target_unproved() -> None:
    with FakeObserver({DATABASE: "it is gone"}) as observer:
        (one,) = observer.look([cell()])
    assert (one.outcome, one.unheard) == (Outcome.BROKEN, "it is gone")


def test_a_pod_has_one_session_whatever_it_is_called() -> None:
    alias = Place("service database", *[getattr(DATABASE, name) for name in ("namespace", "pod", "uid", "address")])
    assert alias == DATABASE
