"""What the sender tells of a request, by servers that fail in every way there is."""

from __future__ import annotations

import json
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from kube_acceptance.probe.image import sender

HERE = "127.0.0.1"
Answering = Callable[[socket.socket], None]


def read_request(connection: socket.socket) -> bytes:
    said = b""
    while b"\r\n\r\n" not in said:
        said += connection.recv(4096)
    head, _, body = said.partition(b"\r\n\r\n")
    length = next(int(line.split(b":")[1]) for line in head.splitlines() if line.lower().startswith(b"content-length"))
    while len(body) < length:
        body += connection.recv(4096)
    return head + b"\r\n\r\n" + body


def answer(status: str, body: str = "{}", *, length: int | None = None) -> Answering:
    def say(connection: socket.socket) -> None:
        read_request(connection)
        announced = len(body) if length is None else length
        connection.sendall(f"HTTP/1.1 {status}\r\nContent-Length: {announced}\r\n\r\n{body}".encode())

    return say


def reset(connection: socket.socket) -> None:
    read_request(connection)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def hang_up(connection: socket.socket) -> None:
    read_request(connection)


@contextmanager
def serving(say: Answering) -> Iterator[int]:
    """A server that answers every connection so."""
    with socket.create_server((HERE, 0)) as server:
        over = threading.Event()

        def serve() -> None:
            while not over.is_set():
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    say(connection)

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]
        over.set()
        server.shutdown(socket.SHUT_RDWR)


def request(port: int, **more: Any) -> dict[str, Any]:
    return {
        "name": "api",
        "method": "POST",
        "url": f"http://{HERE}:{port}/orders?now=1",
        "headers": {"Host": "shop"},
        "body": {"title": "${CONTENT}"},
        "keep_alive": False,
        "says": {"id": "json:order.id", "pod": "header:x-served-by"},
        **more,
    }


@pytest.mark.parametrize(
    ("say", "status", "why"),
    [
        (answer("201 Created"), 201, ""),
        (answer("404 Not Found"), 404, ""),
        (answer("503 Service Unavailable"), 503, ""),
        (reset, None, "no answer: [Errno 104] Connection reset by peer"),
        (hang_up, None, "no answer: Remote end closed connection without response"),
        (answer("201 Created", "half", length=99), None, "no answer: IncompleteRead(4 bytes read, 95 more expected)"),
    ],
)
def test_what_came_of_a_request(say: Answering, status: int | None, why: str) -> None:
    with serving(say) as port:
        told = sender.send(request(port), "Write 1", 5.0)
    assert (told["status"], told["sent"], told["kept"], told["why"]) == (status, True, False, why)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('{"order": {"id": 7}}', {"id": "7", "pod": "shop-1"}),
        ('{"order": 7}', {"id": "", "pod": "shop-1"}),
        ("no JSON", {"id": "", "pod": "shop-1"}),
    ],
)
def test_what_is_noted_of_an_answer(body: str, said: dict[str, str]) -> None:
    with serving(answer("200 OK\r\nX-Served-By: shop-1", body)) as port:
        assert sender.send(request(port), "Write 1", 5.0)["said"] == said


def test_a_time_out_after_sending_was_sent() -> None:
    with socket.create_server((HERE, 0)) as mute:  # the kernel accepts, and nobody answers
        told = sender.send(request(mute.getsockname()[1]), "Write 1", 0.2)
    assert (told["status"], told["sent"], told["why"]) == (None, True, "no answer: timed out")


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (ConnectionRefusedError(111, "Connection refused"), "not connected: [Errno 111] Connection refused"),
        (TimeoutError("timed out"), "not connected: timed out"),
        (OSError(113, "No route to host"), "not connected: [Errno 113] No route to host"),
        (socket.gaierror(-3, "Try again"), "not connected: the name is not resolved (Try again)"),
    ],
)
def test_what_never_connected_was_not_sent(monkeypatch: pytest.MonkeyPatch, error: OSError, why: str) -> None:
    def refuse(*_: object) -> socket.socket:
        raise error

    monkeypatch.setattr(sender, "opened", refuse)
    told = sender.send(request(1), "Write 1", 5.0)
    assert (told["status"], told["sent"], told["why"]) == (None, False, why)


def test_a_resolver_that_takes_all_the_time_leaves_none_to_connect(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (HERE, 1))]
    monkeypatch.setattr(sender.socket, "getaddrinfo", lambda *_, **__: found)
    assert sender.send(request(1), "Write 1", -1.0)["why"] == "not connected: timed out"


def sent(**more: Any) -> tuple[list[bytes], bytes]:
    """The head's lines and the body of what a server gets."""
    seen: list[bytes] = []

    def say(connection: socket.socket) -> None:
        seen.append(read_request(connection))
        connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

    with serving(say) as port:
        assert sender.send(request(port, **more), "Write 1", 5.0)["status"] == 204
    head, _, body = seen[0].partition(b"\r\n\r\n")
    return head.splitlines(), body


def test_what_is_sent() -> None:
    head, body = sent()
    assert head[0] == b"POST /orders?now=1 HTTP/1.1"
    assert {b"Host: shop", b"Connection: close"} <= set(head)
    assert json.loads(body) == {"title": "Write 1"}


def test_a_request_without_a_body() -> None:
    head, body = sent(method="POST", body=None)
    assert b"Content-Length: 0" in head
    assert not any(line.startswith(b"Content-Type") for line in head)
    assert body == b""


def test_a_body_that_takes_a_while() -> None:
    began = time.monotonic()
    head, body = sent(takes=0.3)
    assert time.monotonic() - began >= 0.3
    assert f"Content-Length: {len(body)}".encode() in head
    assert json.loads(body) == {"title": "Write 1"}


def kept(connection: socket.socket, *, answers: int, last: bytes = b"") -> None:
    for number in range(answers):
        read_request(connection)
        more = last if number == answers - 1 else b""
        connection.sendall(b"HTTP/1.1 200 OK\r\n" + more + b"Content-Length: 2\r\n\r\n{}")


def in_a_row(say: Answering, count: int) -> list[bool]:
    """Whether each of some requests went on a connection that an earlier one had used."""
    pool = sender.Pool()
    found = []
    with serving(say) as port:
        for _ in range(count):
            told = sender.send(request(port), "Write 1", 5.0, pool)
            assert told["status"] == 200, told
            found.append(told["kept"])
            time.sleep(0.05)  # until what the server does next has come
    while connection := pool.take():
        connection.close()
    return found


def test_a_connection_that_is_kept_alive_is_used_again() -> None:
    assert in_a_row(lambda connection: kept(connection, answers=3), 3) == [False, True, True]


def test_a_connection_that_the_server_has_closed_is_not_used_again() -> None:
    assert in_a_row(lambda connection: kept(connection, answers=2), 5) == [False, True, False, True, False]


def test_a_connection_that_the_server_says_it_closes_is_not_used_again() -> None:
    closing = b"Connection: close\r\n"
    assert in_a_row(lambda connection: kept(connection, answers=2, last=closing), 3) == [False, True, False]


def run(plan: dict[str, Any], until: Callable[[list[dict[str, Any]]], bool]) -> list[dict[str, Any]]:
    """Run the script until its lines are enough, end it, and return all of them."""
    words = [sys.executable, "-I", "-S", "-B", str(Path(sender.__file__)), json.dumps(plan)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        lines: list[dict[str, Any]] = []
        for line in process.stdout:
            lines.append(json.loads(line))
            if until(lines):
                break
        process.send_signal(signal.SIGTERM)
        lines += [json.loads(line) for line in process.stdout]
        assert process.wait(timeout=10) == 0
    return lines


def plan(*requests: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"every": 0.02, "deadline": 0.5, "outstanding": 4, "content": "Write x", "requests": requests, **more}


def test_every_request_is_sent_all_the_while_and_told_whole() -> None:
    with serving(answer("201 Created", '{"order": {"id": 7}}')) as port, serving(answer("503 No")) as broken:
        requests = request(port), {**request(broken), "name": "web"}
        lines = run(plan(*requests), lambda lines: len(lines) > 20 and any("now" in line for line in lines))
    told = [line for line in lines if "request" in line]
    for name, status in (("api", 201), ("web", 503)):
        mine = sorted(line["number"] for line in told if line["request"] == name)
        assert mine == list(range(len(mine)))
        assert {line["status"] for line in told if line["request"] == name} == {status}
        assert lines[-1]["over"][name] == len(mine)
    assert all(line["content"] == f"Write x {line['request']} {line['number']}" for line in told)
    assert all(line["began"] <= line["ended"] for line in told)


def test_it_does_not_wait_for_answers_and_bounds_what_is_outstanding() -> None:
    with socket.create_server((HERE, 0)) as mute:
        lines = run(plan(request(mute.getsockname()[1]), outstanding=3), lambda lines: len(lines) > 5)
    told = [line for line in lines if "request" in line]
    begins = sorted(line["began"] for line in told[:3])
    assert begins[2] - begins[0] < 0.3  # the deadline is longer
    for line in told:
        overlap = [one for one in told if one["began"] < line["ended"] and line["began"] < one["ended"]]
        begun = [one for one in overlap if one["began"] <= line["began"]]
        assert len(begun) <= 3 + 1  # the one that makes room may end in the same thousandth of a second
    assert lines[-1]["missed"]["api"] > 0  # what was due meanwhile
