"""What the Ingress carries: TLS by a certificate authority of the scenario's own, bodies, slow clients, who asks."""

from __future__ import annotations

import socket
import ssl
from contextlib import ExitStack

import requests

from kube_acceptance.cluster import Cluster
from kube_acceptance.errors import AcceptanceError
from kube_acceptance.ingress import Ingress
from kube_acceptance.release import Release
from kube_acceptance.report import note
from kube_acceptance.state import answers, logs
from kube_acceptance.tls import Authority, ask, must_be_refused
from kube_acceptance.traffic import Traffic, halting
from kube_acceptance.vocabulary import assertion, given, must, some, when

HTTPS = 443


@given(
    'a certificate authority of its own, and a certificate of it for the release\'s host in the Secret "{name}"',
    target_fixture="authority",
)
def authority_of_its_own(empty_release: Release, name: str) -> Authority:
    """Makes an authority that nobody else trusts, and a Secret where the release is to be installed next."""
    authority = Authority()
    secret = authority.secret(name, empty_release.ingress_host(installed=False))
    empty_release.cluster.core.create_namespaced_secret(empty_release.namespace, secret)
    return authority


@assertion(
    'by TLS the Ingress answers {status:d} at "{path}", by a certificate of that authority for the release\'s host',
    example='by TLS the Ingress answers 200 at "/", by a certificate of that authority for the release\'s host',
)
def answers_by_tls(release: Release, cluster: Cluster, authority: Authority, status: int, path: str) -> None:
    """A client that trusts that authority alone, and wants the certificate to be for the host, is answered."""
    host = release.ingress_host()
    headers = {"X-Request-ID": f"tls-{release.namespace}"}
    try:
        answer = ask(cluster.provider.ingress(HTTPS), host, path, authority.context, headers)
    except ssl.SSLCertVerificationError as error:
        raise AcceptanceError(f"the certificate for {host} is not to be trusted: {error.verify_message}") from error
    answers.must_be(status, answer.status, what=f"GET https://{host}{path}")
    note(f"{answer.version}, for {', '.join(answer.names)}, issued by {answer.issuer}")


@assertion("who trusts another authority, or asks for another host, gets no further by TLS")
def others_go_no_further(release: Release, cluster: Cluster, authority: Authority) -> None:
    """The same request, but with another authority to trust, and for a host that the certificate is not for."""
    address, host = cluster.provider.ingress(HTTPS), release.ingress_host()
    note(must_be_refused(address, host, Authority().context, who="a client that trusts another authority"))
    note(must_be_refused(address, f"other.{host}", authority.context, who="a client that asks for another host"))


@when(
    'a {method} request for "{path}" is sent through the Ingress with this JSON and blanks, {count:d} bytes in all',
    target_fixture="answer",
    example='a POST request for "/orders" is sent through the Ingress with this JSON and blanks, 16384 bytes in all',
)
def request_of_size(ingress: Ingress, method: str, path: str, docstring: str, count: int) -> requests.Response:
    """Sends one request whose body has just so many bytes, never again by itself."""
    body = docstring.encode()
    if len(body) > count:
        raise AcceptanceError(f"the JSON alone has {len(body)} bytes, more than {count}")
    return answers.ask_with(ingress, method, path, body + b" " * (count - len(body)))


@given(
    '{count:d} clients begin a POST to "{path}" through the Ingress, and stop in the middle', target_fixture="halted"
)
def clients_halt(ingress: Ingress, afterwards: ExitStack, count: int, path: str) -> list[socket.socket]:
    """Connections from this machine: one half of the clients stops in its headers, the other in its body."""
    return halting.connect(ingress.address, ingress.host, path, count=count, afterwards=afterwards)


@assertion("each of these clients is still waited for")
def still_waited_for(halted: list[socket.socket]) -> None:
    """None of them has been answered, or its connection closed: they were there all the while."""
    note(halting.must_be_waited_for(halted))


@assertion(
    'each line that the "{component}" pods have logged of the requests "{asked}" has "{field}" equal to "{value}"',
    example='each line that the "web" pods have logged of the requests "r-1" has "scheme" equal to "http"',
)
def logged_with(release: Release, component: str, asked: str, field: str, value: str) -> None:
    """The JSON lines with that `request_id`, of which there must be some, have a field of that value."""
    _must_be_logged(release, component, asked, field, value)


@assertion(
    'each line that the "{component}" pods have logged of the requests "{asked}" has as "{field}" where they came from',
    example='each line that the "web" pods have logged of the requests "r-1" has as "client" where they came from',
)
def logged_with_address(release: Release, traffic: Traffic, component: str, asked: str, field: str) -> None:
    """As before, and the value is the address of the pod that sends the requests which go on."""
    _must_be_logged(release, component, asked, field, traffic.address())


def _must_be_logged(release: Release, component: str, asked: str, field: str, value: str) -> None:
    lines = [line for line in logs.lines(release, component) if (line.fields or {}).get("request_id") == asked]
    some(lines, what=f"log lines of the requests {asked}")
    other = ((line, (line.fields or {}).get(field)) for line in lines)
    must((f"the {field} is {found}, not {value}: {line}" for line, found in other if found != value), of="log lines")
    note(f"{len(lines)} lines with the {field} {value}")
