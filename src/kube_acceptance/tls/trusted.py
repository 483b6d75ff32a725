"""Requests by TLS to a host behind an address, by a client that trusts one authority alone."""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kube_acceptance.errors import AcceptanceError

TIMEOUT = 10.0  # seconds


@dataclass(frozen=True)
class Answer:
    """An answer that came by TLS.

    Attributes:
        status: Its status.
        names: The host names that the certificate is for.
        issuer: Who issued it.
        version: The version of TLS.
    """

    status: int
    names: tuple[str, ...]
    issuer: str
    version: str


def ask(
    address: tuple[str, int],
    host: str,
    path: str,
    context: ssl.SSLContext,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Send a GET by TLS, and read its answer; the certificate must be for the host, and trusted.

    Args:
        address: Where the host answers.
        host: The host, by whose name the certificate is chosen (SNI) and judged.
        path: The path.
        context: Whom the client trusts.
        headers: Further headers.

    Raises:
        ssl.SSLCertVerificationError: The certificate is not trusted, or for others.
        AcceptanceError: There was no answer.
    """
    try:
        with (
            socket.create_connection(address, timeout=TIMEOUT) as plain,
            context.wrap_socket(plain, server_hostname=host) as secured,
        ):
            certificate: Mapping[str, Any] = secured.getpeercert() or {}
            names = tuple(value for kind, value in certificate.get("subjectAltName", ()) if kind == "DNS")
            issuer = ", ".join(value for parts in certificate.get("issuer", ()) for _, value in parts)
            version = secured.version() or ""  # an answer may close the connection
            connection = http.client.HTTPConnection(host)
            connection.sock = secured
            connection.request("GET", path, headers=dict(headers or {}))
            answer = connection.getresponse()
            answer.read()
            return Answer(answer.status, names, issuer, version)
    except ssl.SSLCertVerificationError:
        raise
    except (OSError, http.client.HTTPException) as error:
        said = str(error) or type(error).__name__
        raise AcceptanceError(f"GET https://{host}{path} got no answer: {said}") from error


def must_be_refused(address: tuple[str, int], host: str, context: ssl.SSLContext, *, who: str) -> str:
    """A client must find a host's certificate not to be trusted, and say so.

    Args:
        address: Where the host would answer.
        host: The host.
        context: Whom the client trusts.
        who: What the client is, in words.

    Returns:
        Why it went no further.

    Raises:
        AcceptanceError: It was answered, or there was no certificate to judge.
    """
    try:
        answer = ask(address, host, "/", context)
    except ssl.SSLCertVerificationError as error:
        return f"{who} goes no further: {error.verify_message}"
    raise AcceptanceError(f"{who} was answered {answer.status} by a certificate of {answer.issuer}")
