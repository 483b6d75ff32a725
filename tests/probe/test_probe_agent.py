from __future__ import annotations

import errno
import json
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from kube_acceptance.probe.image import agent

HERE = "127.0.0.1"


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server((HERE, 0)) as server:
        yield server


def port_of(server: socket.socket) -> int:
    port: int = server.getsockname()[1]
    return port


def free_port() -> int:
    with socket.create_server((HERE, 0)) as server:
        return port_of(server)


def ask(kind: str, port: int, *, timeout: float = 1.0, **more: Any) -> dict[str, Any]:
    held: list[socket.socket] = []
    reply: dict[str, Any] = agent.run_probe({"kind": kind, "host": HERE, "port": port, **more}, timeout, held)
    for opened in held:
        opened.close()
    return reply


def serve_once(server: socket.socket, behave: Callable[[socket.socket], None]) -> None:
    def run() -> None:
        connection, _ = server.accept()
        with connection:
            behave(connection)

    threading.Thread(target=run, daemon=True).start()


def test_a_connection_says_both_its_ends(listener: socket.socket) -> None:
    reply = ask("tcp", port_of(listener))
    connection, address = listener.accept()
    connection.close()
    assert (reply["status"], reply["local"], reply["peer"]) == ("connected", list(address), HERE)


def test_a_closed_port_refuses() -> None:
    reply = ask("tcp", free_port())
    assert (reply["status"], reply["detail"]) == ("refused", "ECONNREFUSED: Connection refused")


def test_silence_is_a_time_out() -> None:
    with socket.socket() as server:
        server.bind((HERE, 0))
        server.listen(0)
        with closing(socket.create_connection(server.getsockname())):  # it fills the queue: the kernel drops the next
            reply = ask("tcp", port_of(server), timeout=0.3)
    assert (reply["status"], reply["detail"]) == ("timeout", "timed out")
    assert 0.3 <= reply["seconds"] < 1


def test_a_reset_is_no_time_out(listener: socket.socket) -> None:
    def reset(connection: socket.socket) -> None:
        connection.recv(1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    serve_once(listener, reset)
    with closing(socket.create_connection(listener.getsockname())) as opened:
        opened.sendall(b"12")
        with pytest.raises(ConnectionResetError) as caught:
            agent.read_line(opened, agent.Clock(1))
    assert agent.classify(caught.value) == ("reset", "ECONNRESET: Connection reset by peer")


@pytest.mark.parametrize(
    ("error", "status", "detail"),
    [
        (OSError(errno.EHOSTUNREACH, "No route to host"), "unreachable", "EHOSTUNREACH: No route to host"),
        (OSError(errno.ENETUNREACH, "Network is unreachable"), "unreachable", "ENETUNREACH: Network is unreachable"),
        (TimeoutError(errno.ETIMEDOUT, "Connection timed out"), "timeout", "timed out"),
        (socket.gaierror(-2, "Name does not resolve"), "dns", "name not resolved: Name does not resolve"),
        (socket.gaierror(-3, "Try again"), "no answer of dns", "name not resolved: Try again"),
        (PermissionError(errno.EPERM, "Operation not permitted"), "other", "EPERM: Operation not permitted"),
        (OSError("/etc/resolv.conf names no cluster DNS"), "other", "/etc/resolv.conf names no cluster DNS"),
    ],
)
def test_every_other_error_has_its_class(error: OSError, status: str, detail: str) -> None:
    assert agent.classify(error) == (status, detail)


def test_a_name_that_does_not_resolve_is_no_time_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise socket.gaierror(-3, "Try again")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    assert ask("tcp", 80)["status"] == "no answer of dns"


def test_a_resolver_that_outlives_the_probe_is_no_time_out(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()

    def resolve(*_: Any, **__: Any) -> None:
        over.wait()
        raise socket.gaierror(-3, "Try again")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(agent, "RESOLVER_GRACE", 0.1)
    (reply,) = agent.run_probes([{"kind": "tcp", "host": "slow", "port": 80}], 0.1, [])
    over.set()
    assert reply == {"status": "no answer of dns", "detail": "the name was not resolved in time"}


def test_a_greeting_is_read(listener: socket.socket) -> None:
    serve_once(listener, lambda connection: connection.sendall(b"nonce\n"))
    assert ask("greeting", port_of(listener))["said"] == "nonce"


def test_who_connects_but_says_nothing_is_connected(listener: socket.socket) -> None:
    reply = ask("greeting", port_of(listener), timeout=0.2)
    assert (reply["status"], reply["said"]) == ("connected", None)


def test_a_datagram_without_an_answer_is_a_time_out() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as silent:
        silent.bind((HERE, 0))
        assert ask("udp", port_of(silent), timeout=0.2, token="t")["status"] == "timeout"


def test_a_datagram_to_a_closed_port_is_refused() -> None:
    assert ask("udp", free_port(), token="t")["status"] == "refused"


def test_a_guest_answers_on_both_transports_until_the_end() -> None:
    port, guests = free_port(), agent.Guests()
    request = {"do": "listen", "address": HERE, "ports": [port], "datagrams": [port], "nonce": "secret"}
    assert agent.listen_as_guest(request, guests) == {"self": ""}
    assert agent.listen_as_guest(request, guests) == {"self": ""}
    assert [ask(kind, port, token="t")["said"] for kind in ("greeting", "udp", "greeting")] == ["secret"] * 3


def test_a_guest_listens_on_the_transports_that_it_is_asked_to(listener: socket.socket) -> None:
    port = port_of(listener)
    request = {"do": "listen", "address": HERE, "ports": [], "datagrams": [port], "nonce": "secret"}
    assert agent.listen_as_guest(request, agent.Guests()) == {"self": ""}
    assert ask("udp", port, token="t")["said"] == "secret"


def test_a_witness_tells_what_its_guests_received_once() -> None:
    port, closed, guests = free_port(), free_port(), agent.Guests()
    agent.listen_as_guest({"address": HERE, "ports": [], "datagrams": [port], "nonce": "secret"}, guests)
    local = ask("udp", port, token="token-1")["local"]
    request = {"address": HERE, "ports": [], "datagrams": [port, closed]}
    reply = agent.witness(request, guests)
    assert (reply["answers"], reply["received"]) == ([port], [[port, "token-1", *local]])
    assert agent.witness(request, guests)["received"] == []


def test_a_datagram_whose_answer_is_lost_was_received() -> None:
    port, guests = free_port(), agent.Guests()
    guests.listen("UDP", port, "secret")
    with socket.socket(type=socket.SOCK_DGRAM) as gone:
        gone.connect((HERE, port))
        gone.send(b"token-2")
        address = gone.getsockname()
    assert ask("udp", port, token="token-3")["said"] == "secret"  # the refused answer did not end the listener
    assert guests.take_received()[0] == [port, "token-2", *address]


def test_notes_of_datagrams_are_lines_of_json() -> None:
    port = free_port()
    command = [sys.executable, "-I", "-S", "-B", str(agent.__file__), "note", "--port", str(port), "--nonce", "secret"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as noting:
        assert noting.stdout
        assert noting.stdout.readline() == f"serving on port {port}\n"
        local = ask("udp", port, token="token-4", timeout=5)["local"]
        assert json.loads(noting.stdout.readline()) == [port, "token-4", *local]
        assert ask("greeting", port, timeout=5)["said"] == "secret"
        noting.terminate()


def test_a_guest_does_not_take_a_port_from_the_pod(listener: socket.socket) -> None:
    port = port_of(listener)
    reply = agent.listen_as_guest(
        {"address": HERE, "ports": [port], "datagrams": [], "nonce": "secret"}, agent.Guests()
    )
    assert reply["self"].startswith(f"the agent cannot listen on port {port}/TCP of the pod: EADDRINUSE: ")


def test_an_address_of_somebody_else_is_not_one_s_own() -> None:
    assert agent.check_self(HERE) == ""
    assert agent.check_self("192.0.2.1") == (
        "the agent cannot use 192.0.2.1 as its own address: EADDRNOTAVAIL: Cannot assign requested address"
    )


TABLE = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:1538 00000000:0000 0A 00000000:00000000 00:00000000 00000000    70        0 245776 1 0000 100 0 0 10 0
   1: 2001F40A:1538 1E01F40A:8B58 01 00000000:00000000 00:00000000 00000000    70        0 245780 1 0000 20 4 30 10 -1
"""
TABLE6 = """\
  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when
   0: 00000000000000000000000000000000:1F40 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000
   1: 0000000000000000FFFF00001F01F40A:1F40 0000000000000000FFFF00001E01F40A:90C2 01 00000000:00000000 00:00000000
   2: B80D01200000000000000000010000FF:1F40 B80D0120000000000000000002000000:9000 08 00000000:00000000 00:00000000
"""


@pytest.mark.skipif(sys.byteorder != "little", reason="the tables were taken on a little-endian machine")
def test_the_kernel_s_tables_are_read() -> None:
    assert agent.read_table(TABLE) == [
        ("0.0.0.0", 5432, "0.0.0.0", 0, agent.LISTEN),
        ("10.244.1.32", 5432, "10.244.1.30", 35672, agent.ESTABLISHED),
    ]
    assert agent.read_table(TABLE6) == [
        ("::", 8000, "::", 0, agent.LISTEN),
        ("10.244.1.31", 8000, "10.244.1.30", 37058, agent.ESTABLISHED),
        ("2001:db8::ff00:1", 8000, "2001:db8::2", 36864, 8),
    ]


def test_a_witness_tells_who_listens_and_who_is_connected(listener: socket.socket) -> None:
    port, closed = port_of(listener), free_port()
    with closing(socket.create_connection(listener.getsockname())) as opened:
        reply = agent.witness({"address": HERE, "ports": [port, closed], "datagrams": []}, agent.Guests())
        assert [port, HERE, opened.getsockname()[1]] in [list(row) for row in reply["connections"]]
    assert (reply["self"], reply["listening"], reply["accepts"]) == ("", [port], [port])


def test_a_full_queue_listens_but_does_not_accept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agent, "INSIDE", 0.2)
    with socket.socket() as server:
        server.bind((HERE, 0))
        server.listen(0)
        with closing(socket.create_connection(server.getsockname())):
            reply = agent.witness({"address": HERE, "ports": [port_of(server)], "datagrams": []}, agent.Guests())
            assert (reply["listening"], reply["accepts"]) == ([port_of(server)], [])


def dns_reply(question: bytes, *addresses: str, code: int = 0) -> bytes:
    header = question[:2] + struct.pack("!HHHHH", 0x8180 | code, 1, len(addresses), 0, 0)
    records = b"".join(
        b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 5, 4) + socket.inet_aton(address) for address in addresses
    )
    return header + question[12:] + records


def test_dns_answers_are_read() -> None:
    question = agent.dns_query("backend.shop.svc.cluster.local", 1)
    assert question[12:] == b"\x07backend\x04shop\x03svc\x07cluster\x05local\x00\x00\x01\x00\x01"
    assert agent.dns_answer(question, dns_reply(question, "10.96.0.9", "10.96.0.10")) == "10.96.0.10,10.96.0.9"
    assert agent.dns_answer(question, dns_reply(question)) == "no address"
    assert agent.dns_answer(question, dns_reply(question, code=3)) == "NXDOMAIN"
    assert agent.dns_answer(question, dns_reply(question, code=4)) == "response code 4"
    assert agent.dns_answer(question, b"xx" + dns_reply(question)[2:]) == "not an answer to the question"
    assert agent.dns_answer(question, dns_reply(question, "10.96.0.9")[:-3]) == "not a DNS answer"


def test_a_name_of_many_labels_before_an_address_is_passed_over() -> None:
    record = b"\x07backend\x04shop\x00" + struct.pack("!HHIH", 28, 1, 5, 16) + socket.inet_pton(socket.AF_INET6, "::9")
    assert agent.dns_addresses(record, 0, 1) == ["::9"]


@pytest.mark.parametrize("transport", ["UDP", "TCP"])
def test_a_name_server_is_asked_over_both_transports(transport: str, monkeypatch: pytest.MonkeyPatch) -> None:
    kind = socket.SOCK_DGRAM if transport == "UDP" else socket.SOCK_STREAM
    with socket.socket(type=kind) as server:
        server.bind((HERE, 0))

        def answer() -> None:
            if transport == "UDP":
                question, sender = server.recvfrom(512)
                server.sendto(dns_reply(question, "10.96.0.9"), sender)
                return
            server.listen()
            connection, _ = server.accept()
            question = connection.recv(512)[2:]
            reply = dns_reply(question, "10.96.0.9")
            connection.sendall(struct.pack("!H", len(reply)) + reply)

        monkeypatch.setattr(agent, "name_server", lambda: (HERE, "svc.cluster.local"))
        if transport == "TCP":
            server.listen()
        threading.Thread(target=answer, daemon=True).start()
        reply = ask("dns", port_of(server), transport=transport, name="backend.shop", ipv6=False)
    assert (reply["status"], reply["said"]) == ("connected", "10.96.0.9")


def test_a_name_server_that_lets_in_but_is_silent_is_no_time_out(
    listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agent, "name_server", lambda: (HERE, "svc.cluster.local"))
    reply = ask("dns", port_of(listener), timeout=0.2, transport="TCP", name="backend.shop", ipv6=False)
    assert (reply["status"], reply["said"]) == ("connected", None)


def test_the_cluster_s_domain_is_read_from_the_pod(tmp_path: Path) -> None:
    path = tmp_path / "resolv.conf"
    path.write_text(
        "search shop.svc.example.org svc.example.org example.org\nnameserver 10.96.0.10\nnameserver 1.1.1.1\n"
    )
    assert agent.name_server(str(path)) == ("10.96.0.10", "svc.example.org")
    path.write_text("nameserver 10.96.0.10\n")
    with pytest.raises(OSError, match=rf"^{path} names no cluster DNS$"):
        agent.name_server(str(path))


def test_a_session_answers_line_by_line_until_it_is_done(listener: socket.socket) -> None:
    port = port_of(listener)
    requests = [
        {"do": "probe", "address": HERE, "timeout": 1, "probes": [{"kind": "tcp", "host": HERE, "port": port}] * 2},
        {"do": "witness", "address": HERE, "ports": [port], "datagrams": []},
        {"do": "listen", "address": HERE, "ports": [free_port()], "datagrams": [], "nonce": "secret"},
    ]
    lines = [json.dumps(request) for request in requests] + ["done", "never read"]
    ended = subprocess.run(
        [sys.executable, "-I", "-S", "-B", str(agent.__file__), "session"],
        input="\n".join(lines),
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
    )
    tried, heard, guest = (json.loads(line) for line in ended.stdout.splitlines())
    assert [result["status"] for result in tried["results"]] == ["connected", "connected"]
    held = {tuple(result["local"]) for result in tried["results"]}
    assert held <= {(address, number) for _, address, number in heard["connections"]}
    assert guest == {"self": ""}


def test_a_wrong_command_is_told_how_to_use_it() -> None:
    ended = subprocess.run([sys.executable, str(agent.__file__), "serve"], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stderr == (
        "use: agent.py wait | session | serve --port PORT --nonce TEXT | note --port PORT --nonce TEXT\n"
    )
