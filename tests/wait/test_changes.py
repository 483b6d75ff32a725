"""The mirror of a namespace, told by a real server on this machine that speaks as much as is needed."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from kubernetes import client
from kubernetes.client.exceptions import ApiException

from kube_acceptance.wait import changes
from kube_acceptance.wait.changes import Mirror, mirrored

WITHIN = 10  # seconds


class Server:
    """Answers lists with `names` or with `status`, and watches with what is put into `told`."""

    def __init__(self) -> None:
        self.names, self.status = ["a"], 200
        self.told: queue.Queue[tuple[str, str] | None] = queue.Queue()
        self.lists = 0
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: Any) -> None:
                pass

            def date_time_string(self, timestamp: float | None = None) -> str:
                return "Thu, 01 Jan 2026 12:00:00 GMT"

            def do_GET(self) -> None:
                self.send_response(server.status)
                self.send_header("Content-Type", "application/json")
                if "watch=true" in self.path.lower():
                    self.send_header("Transfer-Encoding", "chunked")
                    self.end_headers()
                    while change := server.told.get():
                        self.chunk(json.dumps({"type": change[0], "object": pod(change[1])}).encode() + b"\n")
                    self.chunk(b"")
                else:
                    server.lists += 1
                    pods = [pod(name) for name in server.names]
                    body = json.dumps({"metadata": {"resourceVersion": "1"}, "items": pods}).encode()
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)

            def chunk(self, data: bytes) -> None:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def client(self) -> client.ApiClient:
        return client.ApiClient(client.Configuration(host=f"http://127.0.0.1:{self.http.server_port}"))  # type: ignore[no-untyped-call]


def pod(name: str) -> dict[str, Any]:
    metadata = {"name": name, "uid": name, "resourceVersion": "2"}
    return {"kind": "Pod", "metadata": metadata, "spec": {"containers": [{"name": "app"}]}, "status": {}}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr(changes, "TRY_AGAIN_AFTER", 0.01)
    running = Server()
    yield running
    running.told.put(None)
    running.http.shutdown()


@pytest.fixture
def mirror(server: Server) -> Iterator[Mirror]:
    with mirrored(server.client, "shop") as made:
        yield made


def names(mirror: Mirror) -> list[str]:
    return sorted(one.metadata.name for one in mirror.items("Pod"))


def settled(mirror: Mirror, *expected: str) -> None:
    """Wait until a mirror holds these pods; woken by it alone."""
    while names(mirror) != list(expected):
        assert mirror.changed.wait(WITHIN)
        mirror.changed.clear()


def answer(mirror: Mirror, *, unlike: object) -> object:
    """The next other answer of a mirror: names, or the status in their place; woken by it alone."""
    while True:
        try:
            given: object = names(mirror)
        except ApiException as error:
            given = error.status
        if given != unlike:
            return given
        assert mirror.changed.wait(WITHIN)
        mirror.changed.clear()


def test_a_change_sets_the_event_and_is_there(server: Server, mirror: Mirror) -> None:
    assert names(mirror) == ["a"]
    mirror.changed.clear()
    server.told.put(("ADDED", "b"))
    settled(mirror, "a", "b")
    server.told.put(("DELETED", "a"))
    settled(mirror, "b")
    assert [one.metadata.name for one in mirror.gone("Pod")] == ["a"]
    assert server.lists == 1


def test_a_watch_that_ends_is_followed_by_a_new_list(server: Server, mirror: Mirror) -> None:
    assert names(mirror) == ["a"]
    server.names = ["c"]
    server.told.put(None)
    settled(mirror, "c")


def test_what_the_server_answers_instead_is_raised_and_never_history(server: Server, mirror: Mirror) -> None:
    assert names(mirror) == ["a"]
    server.status = 503
    server.told.put(None)
    assert answer(mirror, unlike=["a"]) == 503
    server.status = 200
    assert answer(mirror, unlike=503) == ["a"]


def test_what_is_forbidden_is_raised(server: Server, mirror: Mirror) -> None:
    server.status = 403
    with pytest.raises(ApiException) as caught:
        names(mirror)
    assert caught.value.status == 403


def test_an_event_alone_is_set_by_changes_and_raises_nothing(server: Server) -> None:
    server.status = 503
    with changes.changes(server.client, "shop", "Pod") as changed:
        assert changed.wait(WITHIN)  # that nobody answers is told too


def test_only_kinds_that_are_asked_for_are_watched(server: Server, mirror: Mirror) -> None:
    assert server.lists == 0
    names(mirror)
    names(mirror)
    assert server.lists == 1


def test_the_time_is_the_servers(server: Server, mirror: Mirror) -> None:
    names(mirror)
    assert 0 <= (mirror.now() - datetime(2026, 1, 1, 12, tzinfo=UTC)).total_seconds() < WITHIN
