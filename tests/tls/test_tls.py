"""Certificates of an authority of one's own, by a server of one's own."""

from __future__ import annotations

import base64
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.tls import Authority, ask, must_be_refused


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.headers["Host"] == "shop.test" and self.headers["X-One"] == "1" else 400)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def authority() -> Authority:
    return Authority()


@pytest.fixture
def address(authority: Authority, tmp_path: Path) -> Iterator[tuple[str, int]]:
    secret = authority.secret("shop-tls", "shop.test")
    assert (secret["metadata"]["name"], secret["type"]) == ("shop-tls", "kubernetes.io/tls")
    for name, value in secret["data"].items():
        (tmp_path / name).write_bytes(base64.b64decode(value))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "tls.crt", tmp_path / "tls.key")
    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield ("127.0.0.1", server.server_port)
    server.shutdown()
    server.server_close()


def test_who_trusts_the_authority_is_answered(address: tuple[str, int], authority: Authority) -> None:
    answer = ask(address, "shop.test", "/", authority.context, {"X-One": "1"})
    assert (answer.status, answer.names) == (200, ("shop.test",))
    assert answer.version.startswith("TLSv1.")
    assert "trustme" in answer.issuer


def test_who_trusts_another_is_not_and_who_wants_another_host(address: tuple[str, int], authority: Authority) -> None:
    said = must_be_refused(address, "shop.test", Authority().context, who="a stranger")
    assert said.startswith("a stranger goes no further: ")
    said = must_be_refused(address, "other.test", authority.context, who="a guest")
    assert said.startswith("a guest goes no further: Hostname mismatch")


def test_a_refusal_that_is_none(address: tuple[str, int], authority: Authority) -> None:
    with pytest.raises(AcceptanceError) as caught:
        must_be_refused(address, "shop.test", authority.context, who="a friend")
    assert str(caught.value).startswith("a friend was answered 400 by a certificate of trustme")


def test_nobody_there(authority: Authority) -> None:
    with pytest.raises(AcceptanceError) as caught:
        ask(("127.0.0.1", 1), "shop.test", "/", authority.context)
    assert str(caught.value).startswith("GET https://shop.test/ got no answer: ")
