"""What the writer knows of a write, told by servers that fail in every way there is."""

from __future__ import annotations

import json
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from kube_acceptance.probe.image import writer

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


def way(port: int, **more: Any) -> dict[str, Any]:
    return {
        "name": "api",
        "method": "POST",
        "url": f"http://{HERE}:{port}/orders?now=1",
        "headers": {"Host": "shop"},
        "body": {"title": "${CONTENT}"},
        "acknowledges": [201],
        "id": "order.id",
        **more,
    }


@pytest.mark.parametrize(
    ("say", "expected"),
    [
        (answer("201 Created", '{"order": {"id": 7}}'), ("acknowledged", "7", "")),
        (answer("201 Created", '{"order": 7}'), ("acknowledged", "", "")),
        (answer("200 OK"), ("indeterminate", "", "answered 200")),
        (answer("404 Not Found"), ("failed", "", "answered 404")),
        (answer("422 Unprocessable"), ("failed", "", "answered 422")),
        (answer("500 Internal Server Error"), ("indeterminate", "", "answered 500")),
        (answer("503 Service Unavailable"), ("indeterminate", "", "answered 503")),
        (reset, ("indeterminate", "", "no answer: [Errno 104] Connection reset by peer")),
        (hang_up, ("indeterminate", "", "no answer: Remote end closed connection without response")),
        (
            answer("201 Created", '{"order"', length=99),
            ("indeterminate", "", "no answer: IncompleteRead(8 bytes read, 91 more expected)"),
        ),
    ],
)
def test_what_is_known_of_a_write(say: Answering, expected: tuple[str, str, str]) -> None:
    with serving(say) as port:
        assert writer.write(way(port), "Write 1", 5.0) == expected


def test_a_time_out_after_sending_is_indeterminate() -> None:
    with socket.create_server((HERE, 0)) as mute:  # the kernel accepts, and nobody answers
        found = writer.write(way(mute.getsockname()[1]), "Write 1", 0.2)
    assert found == ("indeterminate", "", "no answer: timed out")


def test_a_refused_connection_is_a_failure() -> None:
    with socket.create_server((HERE, 0)) as gone:
        port = gone.getsockname()[1]
    assert writer.write(way(port), "Write 1", 5.0) == ("failed", "", "not connected: [Errno 111] Connection refused")


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (TimeoutError("timed out"), "not connected: timed out"),
        (OSError(113, "No route to host"), "not connected: [Errno 113] No route to host"),
        (socket.gaierror(-3, "Try again"), "not connected: the name is not resolved (Try again)"),
    ],
)
def test_what_never_connected_has_failed(monkeypatch: pytest.MonkeyPatch, error: OSError, why: str) -> None:
    def refuse(*_: object) -> socket.socket:
        raise error

    monkeypatch.setattr(writer, "opened", refuse)
    assert writer.write(way(1), "Write 1", 5.0) == ("failed", "", why)


def test_a_resolver_that_takes_all_the_time_leaves_none_to_connect(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (HERE, 1))]
    monkeypatch.setattr(writer.socket, "getaddrinfo", lambda *_, **__: found)
    assert writer.write(way(1), "Write 1", -1.0) == ("failed", "", "not connected: timed out")


def test_what_is_sent() -> None:
    seen: list[bytes] = []

    def say(connection: socket.socket) -> None:
        seen.append(read_request(connection))
        connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

    with serving(say) as port:
        writer.write(way(port), "Write 1", 5.0)
    head, _, body = seen[0].partition(b"\r\n\r\n")
    assert head.splitlines()[0] == b"POST /orders?now=1 HTTP/1.1"
    assert b"Host: shop" in head.splitlines()
    assert b"Connection: close" in head.splitlines()
    assert json.loads(body) == {"title": "Write 1"}


def run(plan: dict[str, Any], until: Callable[[list[dict[str, Any]]], bool]) -> list[dict[str, Any]]:
    """Run the script until its lines are enough, end it, and return all of them."""
    words = [sys.executable, "-I", "-S", "-B", str(Path(writer.__file__)), json.dumps(plan)]
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


def plan(*ways: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"every": 0.02, "deadline": 0.5, "outstanding": 4, "content": "Write x", "ways": ways, **more}


def test_every_way_is_written_all_the_while_and_told_whole() -> None:
    with serving(answer("201 Created", '{"order": {"id": 7}}')) as port, serving(answer("503 No")) as broken:
        ways = way(port), {**way(broken), "name": "web"}
        lines = run(plan(*ways), lambda lines: len(lines) > 20 and any("now" in line for line in lines))
    told = [line for line in lines if "way" in line]
    for name, outcome in (("api", "acknowledged"), ("web", "indeterminate")):
        mine = sorted(line["number"] for line in told if line["way"] == name)
        assert mine == list(range(len(mine)))
        assert {line["outcome"] for line in told if line["way"] == name} == {outcome}
        assert lines[-1]["over"][name] == len(mine)
    assert all(line["content"] == f"Write x {line['way']} {line['number']}" for line in told)
    assert all(line["began"] <= line["ended"] for line in told)


def test_it_does_not_wait_for_answers_and_bounds_what_is_outstanding() -> None:
    with socket.create_server((HERE, 0)) as mute:
        lines = run(plan(way(mute.getsockname()[1]), outstanding=3), lambda lines: len(lines) > 5)
    told = [line for line in lines if "way" in line]
    begins = sorted(line["began"] for line in told[:3])
    assert begins[2] - begins[0] < 0.3  # the deadline is longer
    for line in told:
        overlap = [one for one in told if one["began"] < line["ended"] and line["began"] < one["ended"]]
        begun = [one for one in overlap if one["began"] <= line["began"]]
        assert len(begun) <= 3 + 1  # the one that makes room may end in the same thousandth of a second
