"""What runs inside the calling pod, against a server on this machine that speaks HTTP."""

from __future__ import annotations

import http.client
import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kube_acceptance.security import caller


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hang = threading.Event()

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path == "/silent":
            self.hang.wait(10)
        said = json.dumps({"said": [self.command, self.path, self.headers.get("Authorization")]}).encode()
        self.send_response(403 if self.path == "/no" else 200)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    do_GET = do_POST = do_PATCH = _answer  # noqa: N815 - the names that the library asks for

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", str(server.server_port))
    monkeypatch.setattr(caller.ssl, "create_default_context", lambda **_: None)
    monkeypatch.setattr(
        caller.http.client,
        "HTTPSConnection",
        lambda host, port, *, timeout, context: http.client.HTTPConnection(host, port, timeout=timeout),
    )
    (tmp_path / "token").write_text("abc\n")
    Handler.hang.clear()
    yield tmp_path
    Handler.hang.set()
    server.shutdown()
    server.server_close()


def ask(path: str, method: str = "GET") -> dict[str, Any]:
    return {"method": method, "path": path, "headers": {}, "body": None if method == "GET" else {}}


def test_calls_are_answered_in_their_order_between_two_controls(folder: Path) -> None:
    asked = [ask(f"/{number}") for number in range(9)] + [ask("/no", "PATCH")]
    told = {"folder": str(folder), "timeout": 5, "control": ask("/me", "POST"), "requests": asked}
    said = caller.answer(told)
    assert [json.loads(reply["body"])["said"] for reply in said["replies"]] == [
        [one["method"], one["path"], "Bearer abc"] for one in asked
    ]
    assert [reply["status"] for reply in said["replies"]] == [200] * 9 + [403]
    assert (
        json.loads(said["before"]["body"])["said"]
        == ["POST", "/me", "Bearer abc"]
        == json.loads(said["after"]["body"])["said"]
    )


def test_silence_is_told_and_spoils_no_other_call(folder: Path) -> None:
    asked = [ask("/silent"), *(ask("/1") for _ in range(4))]
    told = {"folder": str(folder), "timeout": 0.3, "control": ask("/me"), "requests": asked}
    replies = caller.answer(told)["replies"]
    assert replies[0] == {"failed": "the call timed out"}
    assert [reply.get("status") for reply in replies[1:]] == [200] * 4


def test_a_refused_connection_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "1")
    said = caller.Api(str(folder), 5).call(ask("/"))
    assert said == {"failed": "the call failed: [Errno 111] Connection refused"}


def test_the_end_of_a_watch_is_not_waited_for(folder: Path) -> None:
    assert caller.Api(str(folder), 5).call(ask("/pods?watch=1")) == {"status": 200, "body": ""}


def test_why_tls_failed_is_told() -> None:
    error = caller.ssl.SSLError(1, "certificate verify failed")
    assert caller.explain(error).startswith("TLS failed: ")
