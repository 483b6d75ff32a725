"""What leaves pods: packets read, watches that must have seen all, and what counts as outside."""

from __future__ import annotations

import socket
import struct
from typing import Any

import pytest

from kube_acceptance.errors import ProbeError
from kube_acceptance.probe.departures import Departure, outside, record, whole
from kube_acceptance.probe.escape import Attempt, Attempts
from kube_acceptance.probe.image import watcher
from kube_acceptance.probe.outcome import Outcome


def packet(protocol: int, body: bytes, *, fragment: int = 0, to: str = "10.96.0.10") -> bytes:
    addresses = socket.inet_aton("10.244.0.7") + socket.inet_aton(to)
    return struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), 1, fragment, 64, protocol, 0) + addresses + body


def question(name: str, *, answer: bool = False) -> bytes:
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack("!HHHHHH", 7, 0x8180 if answer else 0x0100, 1, 0, 0, 0) + labels + b"\0\0\1\0\1"


def test_a_packet_says_where_it_goes() -> None:
    opening = packet(6, struct.pack("!HHIIBBHHH", 40000, 443, 0, 0, 0x50, 0x02, 0, 0, 0), to="192.0.2.1")
    assert watcher.lines(opening) == [{"from": "10.244.0.7", "to": "192.0.2.1", "protocol": "tcp", "port": 443}]
    assert watcher.read(packet(1, b"\x08\0\0\0"))["protocol"] == "icmp"  # type: ignore[index]
    assert watcher.read(packet(17, b"\1\2\3\4\5\6\7\x08", fragment=8))["port"] == 0  # type: ignore[index]
    assert watcher.read(b"\x60" + bytes(40)) is None
    assert watcher.read(b"") is None


def test_a_question_says_which_name_is_asked_for() -> None:
    udp = struct.pack("!HHHH", 40000, 53, 0, 0)
    found = watcher.lines(packet(17, udp + question("Api.shop.svc.cluster.local")))
    assert found[1] == {"from": "10.244.0.7", "asks": "api.shop.svc.cluster.local"}
    assert len(watcher.lines(packet(17, udp + question("api", answer=True)))) == 1
    assert len(watcher.lines(packet(17, udp + b"short"))) == 1


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ([], "the watch on node has not come to its end, so something may be missing"),
        ([{"watching": 1}], "the watch on node has not come to its end, so something may be missing"),
        ([{"over": 0, "lost": 0}], "the watch on node was given no packet at all, so it says nothing"),
        ([{"over": 9, "lost": 2}], "the watch on node has lost 2 packets, so something may be missing"),
    ],
)
def test_a_watch_that_may_have_missed_something_says_nothing(told: list[dict[str, int]], why: str) -> None:
    with pytest.raises(ProbeError) as refused:
        whole("node", told)
    assert str(refused.value) == why
    whole("node", [{"watching": 1}, {"over": 9, "lost": 0}])


def a_line(source: str, target: str, port: int = 443) -> tuple[str, dict[str, Any]]:
    return "node", {"at": 1.0, "from": source, "to": target, "protocol": "tcp", "port": port}


def test_inside_are_pods_and_services_alone() -> None:
    told = [a_line("a", "10.244.3.9"), a_line("a", "10.96.0.10"), a_line("a", "172.18.0.3"), a_line("b", "192.0.2.1")]
    found = record([*told, ("node", {"from": "a", "asks": "example.org"}), ("node", {"over": 3, "lost": 0})])
    away = outside(found.departures, networks=["10.244.0.0/24", "10.244.3.0/24"], addresses={"10.96.0.10"})
    assert [str(each) for each in away] == ["172.18.0.3:443/tcp", "192.0.2.1:443/tcp"]
    assert [each.name for each in found.from_addresses(["a"]).questions] == ["example.org"]
    assert len(found.from_addresses(["b"]).departures) == 1


def an_attempt(outcome: Outcome, *, arrived: bool = False, port: int = 9001) -> Attempt:
    return Attempt("web", "web-1", "10.244.0.7", "172.18.0.9", port, outcome, "it ended so", arrived)


CONTROL = an_attempt(Outcome.ALLOWED, arrived=True, port=9000)
LEFT = [Departure("10.244.0.7", "172.18.0.9", "tcp", 9001, 1.0, "node")]


def test_an_attempt_must_be_seen_to_leave_and_not_to_arrive() -> None:
    assert not list(Attempts([an_attempt(Outcome.BLOCKED)], CONTROL).findings(LEFT))
    for attempt, departures, why in (
        (
            an_attempt(Outcome.ALLOWED, arrived=True),
            LEFT,
            "the attempt of web (pod web-1) came through to the outside: it ended so",
        ),
        (
            an_attempt(Outcome.BLOCKED, arrived=True),
            LEFT,
            "the attempt of web (pod web-1) came through to the outside: it ended so",
        ),
        (an_attempt(Outcome.BROKEN), LEFT, "nothing can be said of the attempt of web (pod web-1): it ended so"),
        (
            an_attempt(Outcome.BLOCKED),
            [],
            "nobody saw the attempt of web (pod web-1) leave its pod, so it was perhaps none",
        ),
    ):
        assert list(Attempts([attempt], CONTROL).findings(departures)) == [why]


def test_nothing_is_refused_where_nobody_comes_through() -> None:
    for control in (an_attempt(Outcome.BLOCKED), an_attempt(Outcome.ALLOWED)):
        found = list(Attempts([an_attempt(Outcome.BLOCKED)], control).findings(LEFT))
        assert found == ["not even a pod without policies came through, so nothing is refused: it ended so"]
