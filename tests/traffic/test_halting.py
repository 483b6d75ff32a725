"""Clients that stop in the middle of their requests, and a server that waits for them or does not."""

from __future__ import annotations

import contextlib
import socket

import pytest

from kube_acceptance.errors import AcceptanceError, ProbeError
from kube_acceptance.traffic import halting


def test_they_are_waited_for_until_somebody_answers() -> None:
    with contextlib.ExitStack() as afterwards, socket.create_server(("127.0.0.1", 0)) as server:
        clients = halting.connect(server.getsockname(), "shop.test", "/orders", count=2, afterwards=afterwards)
        served = [server.accept()[0] for _ in clients]
        for each in served:
            afterwards.callback(each.close)
        assert served[0].recv(1000) == b"POST /orders HTTP/1.1\r\nHost: shop.test\r\nX-"
        assert served[1].recv(1000).endswith(b"Content-Length: 100\r\n\r\n{")
        waited = "2 clients stopped in the middle of their requests, and are waited for"
        assert halting.must_be_waited_for(clients) == waited
        served[1].sendall(b"HTTP/1.1 408 Request Timeout\r\n\r\n")
        clients[1].settimeout(10)
        clients[1].recv(1, socket.MSG_PEEK)  # it is there
        with pytest.raises(AcceptanceError) as caught:
            halting.must_be_waited_for(clients)
        assert str(caught.value) == "1 of 2 clients are not waited for any more: HTTP/1.1 408 Request Timeout"


def test_no_client_and_no_server() -> None:
    with pytest.raises(AcceptanceError) as caught:
        halting.must_be_waited_for([])
    assert str(caught.value) == "no client has stopped in the middle of a request"
    with socket.create_server(("127.0.0.1", 0)) as server:
        nowhere = server.getsockname()
    with contextlib.ExitStack() as afterwards, pytest.raises(ProbeError) as refused:
        halting.connect(nowhere, "shop.test", "/", count=1, afterwards=afterwards)
    assert str(refused.value).startswith("client 1 of 1 cannot connect to shop.test: ")
