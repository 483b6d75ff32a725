"""Clients that begin a request and never finish it, which whoever serves others must not mind."""

from __future__ import annotations

import contextlib
import select
import socket

from kube_acceptance.errors import AcceptanceError, ProbeError

TIMEOUT = 10.0  # seconds to connect
BODY = 100  # bytes that are announced; one is sent


def connect(
    address: tuple[str, int], host: str, path: str, *, count: int, afterwards: contextlib.ExitStack
) -> list[socket.socket]:
    """Connect clients of which every other one stops in the middle of its headers, and the rest of their bodies.

    Args:
        address: Where the host answers.
        host: The host.
        path: What is asked for.
        count: How many clients.
        afterwards: Is given what closes them.

    Raises:
        ProbeError: One cannot connect.
    """
    head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\n"
    parts = (f"{head}X-", f"{head}Content-Type: application/json\r\nContent-Length: {BODY}\r\n\r\n{{")
    made = []
    for number in range(count):
        try:
            client = socket.create_connection(address, timeout=TIMEOUT)
            afterwards.callback(client.close)
            client.sendall(parts[number % len(parts)].encode())
        except OSError as error:
            raise ProbeError(f"client {number + 1} of {count} cannot connect to {host}: {error}") from error
        made.append(client)
    return made


def must_be_waited_for(clients: list[socket.socket]) -> str:
    """Nobody may have answered the clients or hung up; raises AcceptanceError when somebody has, or there are none."""
    if not clients:
        raise AcceptanceError("no client has stopped in the middle of a request")
    over, _, _ = select.select(clients, [], [], 0)
    if over:
        said = over[0].recv(200).decode(errors="replace").splitlines()[:1]
        raise AcceptanceError(
            f"{len(over)} of {len(clients)} clients are not waited for any more: {said[0] if said else 'hung up'}"
        )
    return f"{len(clients)} clients stopped in the middle of their requests, and are waited for"
