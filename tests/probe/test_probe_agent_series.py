from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest

from kube_acceptance.probe.image import agent

HERE = "127.0.0.1"


@pytest.fixture
def port() -> int:
    """A port of TCP and UDP that answers with the nonce of a guest."""
    with socket.create_server((HERE, 0)) as free:
        number: int = free.getsockname()[1]
    guests = agent.Guests()
    for transport in ("TCP", "UDP"):
        guests.listen(transport, number, "5ec2e7")
    return number


@pytest.fixture
def mute() -> Iterator[socket.socket]:
    """A listener that accepts nothing by itself."""
    with socket.create_server((HERE, 0)) as server:
        yield server


class Tried:
    """A series of one lane, and what is known of it."""

    def __init__(self, port: int, kind: str, *, is_open: bool = False, timeout: float = 5.0) -> None:
        self.series = agent.Series(0.01)
        self.attempts: list[list[Any]] = []
        self.until = 0.0
        lane = {"kind": kind, "host": HERE, "port": port, "timeout": timeout, "open": is_open}
        self.ask({"one": lane})

    def ask(self, add: dict[str, Any], drop: tuple[str, ...] = ()) -> None:
        reply = self.series.update(add, list(drop))
        self.attempts += reply["attempts"]
        self.until = reply["until"]

    def wait(self, done: Callable[[list[list[Any]]], bool]) -> list[list[Any]]:
        """Ask until it is done; for ten seconds at most."""
        end = time.monotonic() + 10
        while not done(self.attempts):
            assert time.monotonic() < end, self.attempts[-3:]
            time.sleep(0.01)
            self.ask({})
        return self.attempts


def three(attempts: list[list[Any]]) -> bool:
    return len(attempts) >= 3


@pytest.mark.parametrize("kind", ["greeting", "udp"])
@pytest.mark.parametrize("is_open", [False, True])
def test_every_attempt_is_answered_by_who_is_there(port: int, kind: str, is_open: bool) -> None:
    found = Tried(port, kind, is_open=is_open).wait(three)
    assert {(lane, status, said) for lane, _, _, status, said in found} == {("one", "connected", "5ec2e7")}
    # attempts do not wait for each other: what began first need not be over first
    assert len({one[1] for one in found}) == len(found)


def test_a_connection_of_its_own_needs_nobody_to_speak(mute: socket.socket) -> None:
    found = Tried(mute.getsockname()[1], "tcp").wait(three)
    assert {(status, said) for _, _, _, status, said in found} == {("connected", "")}


def test_a_closed_port_refuses_tcp_and_udp() -> None:
    with socket.create_server((HERE, 0)) as free:
        closed = free.getsockname()[1]
    for kind in ("greeting", "udp"):
        found = Tried(closed, kind).wait(three)
        assert {status for _, _, _, status, _ in found} == {"refused"}


def test_silence_is_a_time_out_and_attempts_do_not_wait_for_each_other() -> None:
    with socket.socket() as server:
        server.bind((HERE, 0))
        server.listen(0)
        with closing(socket.create_connection(server.getsockname())):  # it fills the queue: the kernel drops the next
            found = Tried(server.getsockname()[1], "greeting", timeout=0.5).wait(three)
    assert {status for _, _, _, status, _ in found} == {"timeout"}
    assert found[2][1] - found[0][1] < 0.5  # the third began before the first was over


def test_what_only_a_second_syn_reached_was_blocked_when_it_began() -> None:
    with socket.socket() as server:
        server.bind((HERE, 0))
        server.listen(0)
        port: int = server.getsockname()[1]
        with closing(socket.create_connection((HERE, port))):
            tried = Tried(port, "tcp")
            tried.wait(lambda _: len(tried.series.pending) >= 1)
            tried.ask({}, ("one",))
            server.accept()[0].close()  # there is room for one now, and the kernel asks again a second later
            (first, *_) = tried.wait(lambda attempts: any(one[2] < 5 for one in attempts))
    assert first[3] == "timeout"


def test_what_is_let_in_and_hears_nothing_is_no_time_out(mute: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agent.Series, "GREETING", 0.1)
    found = Tried(mute.getsockname()[1], "greeting", timeout=0.2).wait(three)
    assert {(status, said) for _, _, _, status, said in found} == {("connected", "")}


def test_all_is_told_until_the_first_attempt_that_is_not_over(mute: socket.socket) -> None:
    tried = Tried(mute.getsockname()[1], "greeting")
    end = time.monotonic() + 10
    while not tried.series.pending:
        assert time.monotonic() < end
        time.sleep(0.01)
    tried.ask({})
    assert tried.until == tried.series.pending[0].started


def test_an_open_connection_that_the_other_side_ends_is_reset_from_then_on(mute: socket.socket) -> None:
    tried = Tried(mute.getsockname()[1], "greeting", is_open=True)
    mute.accept()[0].close()
    found = tried.wait(lambda attempts: [one[3] for one in attempts].count("reset") >= 3)
    assert {one[4] for one in found if one[3] == "reset"} <= {"ECONNRESET: closed by the other side", RESET_BY_PEER}


RESET_BY_PEER = "ECONNRESET: Connection reset by peer"


def test_an_open_connection_on_which_nothing_comes_back_times_out(mute: socket.socket) -> None:
    tried = Tried(mute.getsockname()[1], "greeting", is_open=True, timeout=0.1)
    found = tried.wait(three)
    assert {one[3] for one in found} == {"timeout"}


def test_a_lane_that_is_dropped_is_tried_no_more(port: int) -> None:
    tried = Tried(port, "greeting")
    tried.wait(three)
    tried.ask({}, ("one",))
    other = {"kind": "udp", "host": HERE, "port": port, "timeout": 5.0, "open": False}
    tried.wait(lambda _: not tried.series.pending)
    before = sum(1 for one in tried.attempts if one[0] == "one")
    tried.ask({"two": other})
    tried.wait(lambda attempts: sum(1 for one in attempts if one[0] == "two") >= 3)
    assert sum(1 for one in tried.attempts if one[0] == "one") == before
