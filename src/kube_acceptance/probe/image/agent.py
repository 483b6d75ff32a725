"""What runs inside pods: connects to others, says what reached its own pod, and answers with a nonce.

    wait                             idle until it is told to end, so that sessions can be opened beside it
    serve --port PORT --nonce TEXT   answer every connection with the nonce; several ports are separated by commas
    note --port PORT --nonce TEXT    the same, and datagrams too: each is written to stdout as a line of JSON
    session                          a request a line on stdin, a reply a line on stdout, both JSON

Requests of a session:

    {"do": "probe", "address": OWN_IP, "timeout": SECONDS, "probes": [{"kind": "tcp", "host": IP_OR_NAME, "port": N}]}
        kinds: tcp, greeting (tcp, and reads a line), udp (a datagram with "token", and reads one), tls (with "ca" and
        "name"), dns (the pod's own name server, with "transport" and the "name" of a Service as SERVICE.NAMESPACE).
        All run at once. Connections stay open until the next request, so that their targets can be asked about them.
    {"do": "witness", "address": OWN_IP, "ports": [N, …], "datagrams": [N, …]}
        which of the ports are listened on (and accept a connection from inside), and the connections to them; on which
        of this session's own UDP ports a datagram from inside is answered, and every datagram that they received since
        the last such request: [port, token, sender's address, sender's port].
    {"do": "listen", "address": OWN_IP, "ports": [N, …], "datagrams": [N, …], "nonce": TEXT}
        listen on TCP and UDP ports that nobody in the pod listens on, and answer with the nonce, until the end.
    {"do": "series", "address": OWN_IP, "every": SECONDS, "add": {ID: LANE, …}, "drop": [ID, …]}
        try each lane again and again from now on, until it is dropped; the reply has the attempts that ended since the
        last one, the time here, and until when all attempts have ended. A lane: {"kind": "tcp"|"greeting"|"udp",
        "host": IP, "port": N, "timeout": SECONDS, "open": BOOL}; an attempt is a connection of its own, or with "open"
        something said over one that stays open.
    done
        ends the session, as does the end of stdin, or silence for two minutes.

Only the standard library, and little of it: it starts for every session, in the memory of somebody else's pod.
"""

# ruff: noqa: PTH110, PTH123 - pathlib would double the start-up time

from __future__ import annotations

import errno
import json
import os
import signal
import socket
import struct
import sys
import threading
import time

TYPE_CHECKING = False  # as type checkers read it: importing `typing` would double the start-up time
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Reply = dict[str, Any]

SILENCE = 120  # seconds after which a session that nobody asks anything ends by itself
RESOLVER_GRACE = 3.0  # seconds a resolver, or a machine out of breath, may take beyond a probe's own time
OWN = 5.0  # seconds a connection of the agent to itself may take, which nothing but a lack of CPU time delays
INSIDE = 1.0  # seconds a connection or a datagram from inside the pod may take
INSIDE_TOKEN = "inside"  # what a witness says to its own guests
ESTABLISHED, SYN_SENT, SYN_RECV, TIME_WAIT, CLOSED, LISTEN = 1, 2, 3, 6, 7, 10  # the kernel's numbers in /proc/net/tcp
QUESTION = b"who are you\n"  # what a series says in a datagram of its own
PING = b"ping "  # what is said over an open connection, with a number; the other side says it back
# neither an address nor that there is none: the same name may be resolved a moment later
UNANSWERED = "no answer of dns"
UNREACHABLE = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN, errno.ENONET}
RESET = {errno.ECONNRESET, errno.ECONNABORTED, errno.EPIPE}


def classify(error: OSError) -> tuple[str, str]:
    """Tell what an OSError says of the network, as (status, detail); a time-out is never mixed with anything else."""
    name = errno.errorcode.get(error.errno or 0)
    text = f"{name}: {error.strerror}" if name else str(error)
    if isinstance(error, socket.gaierror):
        return UNANSWERED if error.errno == socket.EAI_AGAIN else "dns", f"name not resolved: {error.strerror}"
    if isinstance(error, TimeoutError):
        return "timeout", "timed out"
    if error.errno == errno.ECONNREFUSED:
        return "refused", text
    if error.errno in RESET:
        return "reset", text
    if error.errno in UNREACHABLE:
        return "unreachable", text
    return "other", text


class Clock:
    """What is left of a probe's time."""

    def __init__(self, seconds: float) -> None:
        self.end = time.monotonic() + seconds

    def left(self) -> float:
        """Return the seconds that are left; raises TimeoutError when none are."""
        left = self.end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


def connect(host: str, port: int, kind: int, clock: Clock) -> socket.socket:
    """Open a socket to the first address of a host, within the clock's time."""
    family, _, _, _, address = socket.getaddrinfo(host, port, type=kind)[0]
    opened = socket.socket(family, kind)
    try:
        opened.settimeout(clock.left())
        opened.connect(address)
    except BaseException:
        opened.close()
        raise
    return opened


def endpoints(opened: socket.socket) -> Reply:
    """Say which address and port a connection has here, and which address it was made to."""
    return {"local": list(opened.getsockname()[:2]), "peer": opened.getpeername()[0]}


def probe_tcp(probe: Reply, clock: Clock, held: list[socket.socket]) -> Reply:
    """Connect, and keep the connection."""
    opened = connect(probe["host"], probe["port"], socket.SOCK_STREAM, clock)
    held.append(opened)
    return endpoints(opened)


def probe_greeting(probe: Reply, clock: Clock, held: list[socket.socket]) -> Reply:
    """Connect, and read the line that the other side says first."""
    opened = connect(probe["host"], probe["port"], socket.SOCK_STREAM, clock)
    held.append(opened)
    try:
        return {**endpoints(opened), "said": read_line(opened, clock)}
    except TimeoutError:  # it was let in: that is no block
        return {**endpoints(opened), "said": None}


def read_line(opened: socket.socket, clock: Clock) -> str:
    """Read up to the end of a line or of the stream, at most 256 bytes."""
    line = b""
    while not line.endswith(b"\n") and len(line) < 256:
        opened.settimeout(clock.left())
        part = opened.recv(256 - len(line))
        if not part:
            break
        line += part
    return line.decode(errors="replace").strip()


def probe_udp(probe: Reply, clock: Clock, held: list[socket.socket]) -> Reply:
    """Send a token each second until a datagram comes back."""
    opened = connect(probe["host"], probe["port"], socket.SOCK_DGRAM, clock)
    held.append(opened)
    return {
        **endpoints(opened),
        "said": ask_udp(opened, probe["token"].encode(), clock).decode(errors="replace").strip(),
    }


def ask_udp(opened: socket.socket, question: bytes, clock: Clock) -> bytes:
    """Repeat a question each second, as resolvers do, until there is an answer."""
    while True:
        opened.send(question)
        opened.settimeout(min(1.0, clock.left()))
        try:
            return opened.recv(4096)
        except TimeoutError:
            clock.left()


def probe_tls(probe: Reply, clock: Clock, held: list[socket.socket]) -> Reply:
    """Connect, and let the other side prove its name by a certificate of the given authority."""
    import ssl  # 3 MB that only this kind of probe needs

    context = ssl.create_default_context(cadata=probe["ca"])
    opened = connect(probe["host"], probe["port"], socket.SOCK_STREAM, clock)
    held.append(opened)
    found = endpoints(opened)
    opened.settimeout(clock.left())
    try:
        secured = context.wrap_socket(opened, server_hostname=probe["name"])
    except TimeoutError:
        return {**found, "said": None}
    except ssl.SSLError as error:
        return {**found, "said": f"no trusted certificate: {error.reason}"}
    held.append(secured)
    return {**found, "said": probe["name"]}


def probe_dns(probe: Reply, clock: Clock, held: list[socket.socket]) -> Reply:
    """Ask a name server for a name's addresses, over UDP or TCP, with a query of our own."""
    server, domain = name_server()
    question = dns_query(f"{probe['name']}.{domain}", 28 if probe["ipv6"] else 1)
    transport = socket.SOCK_DGRAM if probe["transport"] == "UDP" else socket.SOCK_STREAM
    opened = connect(server, probe["port"], transport, clock)
    held.append(opened)
    if transport == socket.SOCK_DGRAM:
        return {**endpoints(opened), "said": dns_answer(question, ask_udp(opened, question, clock))}
    try:
        opened.sendall(struct.pack("!H", len(question)) + question)
        answer = read_exactly(opened, struct.unpack("!H", read_exactly(opened, 2, clock))[0], clock)
    except TimeoutError:  # it was let in: that is no block
        return {**endpoints(opened), "said": None}
    return {**endpoints(opened), "said": dns_answer(question, answer)}


def read_exactly(opened: socket.socket, size: int, clock: Clock) -> bytes:
    """Read so many bytes; raises ConnectionResetError when the other side ends before."""
    data = b""
    while len(data) < size:
        opened.settimeout(clock.left())
        part = opened.recv(size - len(data))
        if not part:
            raise ConnectionResetError(errno.ECONNRESET, "closed before it answered")
        data += part
    return data


def name_server(path: str = "/etc/resolv.conf") -> tuple[str, str]:
    """Return the pod's name server and the cluster's domain for Services, as Kubernetes wrote them."""
    server, domain = "", ""
    with open(path) as lines:
        for words in map(str.split, lines):
            if words[:1] == ["nameserver"]:
                server = server or words[1]
            if words[:1] == ["search"]:
                domain = next((word for word in words[1:] if word.startswith("svc.")), "")
    if not (server and domain):
        raise OSError(f"{path} names no cluster DNS")
    return server, domain


def dns_query(name: str, record: int) -> bytes:
    """Write a query for one record type: 1 for IPv4 addresses, 28 for IPv6 ones."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.rstrip(".").split("."))
    return os.urandom(2) + struct.pack("!HHHHH", 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack("!HH", record, 1)


def dns_answer(question: bytes, answer: bytes) -> str:
    """Read the addresses out of an answer, sorted; an answer without any says why instead."""
    if len(answer) < 12 or answer[:2] != question[:2]:
        return "not an answer to the question"
    code, count = answer[3] & 15, struct.unpack("!H", answer[6:8])[0]
    if code:
        return {2: "SERVFAIL", 3: "NXDOMAIN", 5: "REFUSED"}.get(code, f"response code {code}")
    try:
        return ",".join(sorted(dns_addresses(answer, len(question), count))) or "no address"
    except (IndexError, struct.error, ValueError):
        return "not a DNS answer"


def dns_addresses(answer: bytes, position: int, count: int) -> list[str]:
    """Read the addresses of so many records that start at a position."""
    addresses = []
    for _ in range(count):
        while answer[position] and answer[position] < 192:  # 192 and more: the rest of the name is elsewhere
            position += answer[position] + 1
        position += 2 if answer[position] else 1
        record, _, _, size = struct.unpack("!HHIH", answer[position : position + 10])
        data = answer[position + 10 : position + 10 + size]
        if record in (1, 28):
            addresses.append(socket.inet_ntop(socket.AF_INET if record == 1 else socket.AF_INET6, data))
        position += 10 + size
    return addresses


PROBES = {"tcp": probe_tcp, "greeting": probe_greeting, "udp": probe_udp, "tls": probe_tls, "dns": probe_dns}


def run_probe(probe: Reply, timeout: float, held: list[socket.socket]) -> Reply:
    """Run one probe and classify how it ended."""
    started = time.monotonic()
    try:
        reply = {"status": "connected", **PROBES[probe["kind"]](probe, Clock(timeout), held)}
    except OSError as error:
        status, detail = classify(error)
        reply = {"status": status, "detail": detail}
    return {**reply, "seconds": round(time.monotonic() - started, 3)}


def run_probes(probes: list[Reply], timeout: float, held: list[socket.socket]) -> list[Reply]:
    """Run probes all at once; only the resolver can outlive their time, and is then reported as what it is."""
    replies: list[Reply] = [{"status": UNANSWERED, "detail": "the name was not resolved in time"} for _ in probes]

    def one(place: int) -> None:
        replies[place] = run_probe(probes[place], timeout, held)

    threads = [threading.Thread(target=one, args=(place,), daemon=True) for place in range(len(probes))]
    for thread in threads:
        thread.start()
    end = time.monotonic() + timeout + RESOLVER_GRACE
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
    return list(replies)


def check_self(address: str) -> str:
    """Prove that this is the pod of that address and that it can connect: to itself; returns "" or what is wrong."""
    try:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as listener:
            listener.bind((address, 0))  # no other pod's address can be bound here
            listener.listen(1)
            with connect(address, listener.getsockname()[1], socket.SOCK_STREAM, Clock(OWN)):
                return ""
    except OSError as error:
        return f"the agent cannot use {address} as its own address: {classify(error)[1]}"


def read_table(text: str) -> list[tuple[str, int, str, int, int]]:
    """Read /proc/net/tcp or tcp6: (local address, local port, remote address, remote port, state) a line."""
    rows = []
    for line in text.splitlines()[1:]:
        _, local, remote, state, *_ = line.split()
        rows.append((*read_endpoint(local), *read_endpoint(remote), int(state, 16)))
    return rows


def read_endpoint(text: str) -> tuple[str, int]:
    """Read ADDRESS:PORT in the kernel's hexadecimal; an IPv4 address in IPv6 clothes is told as IPv4."""
    address, port = text.split(":")
    # the kernel prints each 32-bit word as a number of this machine, whose bytes are in network order
    raw = b"".join(int(address[at : at + 8], 16).to_bytes(4, sys.byteorder) for at in range(0, len(address), 8))
    if len(raw) == 16 and raw.startswith(bytes(10) + b"\xff\xff"):
        raw = raw[12:]
    return socket.inet_ntop(socket.AF_INET if len(raw) == 4 else socket.AF_INET6, raw), int(port, 16)


def read_tables() -> list[tuple[str, int, str, int, int]]:
    """Read every TCP socket of this pod's network namespace."""
    rows = []
    for path in ("/proc/net/tcp", "/proc/net/tcp6"):
        if os.path.exists(path):
            with open(path) as table:
                rows += read_table(table.read())
    return rows


def witness(request: Reply, guests: Guests) -> Reply:
    """Say what listens and what arrived: of connections by the kernel's own table, of datagrams by the guests."""
    rows, ports, address = read_tables(), set(request["ports"]), request["address"]
    listening = {row[1] for row in rows if row[4] == LISTEN and row[0] in (address, "0.0.0.0", "::")} & ports
    inside = run_probes([{"kind": "tcp", "host": address, "port": port} for port in sorted(listening)], INSIDE, [])
    accepts = [port for port, reply in zip(sorted(listening), inside, strict=True) if reply["status"] == "connected"]
    asked = [{"kind": "udp", "host": address, "port": port, "token": INSIDE_TOKEN} for port in request["datagrams"]]
    answered = run_probes(asked, INSIDE, [])
    unproved = (SYN_SENT, SYN_RECV, TIME_WAIT, CLOSED, LISTEN)
    return {
        "self": check_self(address),
        "listening": sorted(listening),
        "accepts": accepts,
        "connections": [row[1:4] for row in rows if row[1] in ports and row[4] not in unproved],
        "answers": [
            port for port, reply in zip(request["datagrams"], answered, strict=True) if reply["status"] == "connected"
        ],
        "received": guests.take_received(),
    }


class Guests:
    """Listeners of the agent's own, that answer with a nonce as long as the process lives, and note who sent what.

    Without `note` what came in is kept until it is taken; with it each datagram is told to `note` at once.
    """

    def __init__(self, note: Callable[[list[Any]], None] | None = None) -> None:
        self.ports: set[tuple[str, int]] = set()
        self.received: list[list[Any]] = []
        self.note = note or self.received.append

    def take_received(self) -> list[list[Any]]:
        """Return the datagrams that were received and not yet taken, but for those of this pod's own witness."""
        taken = list(self.received)
        del self.received[: len(taken)]  # what comes in meanwhile stays
        return [datagram for datagram in taken if datagram[1] != INSIDE_TOKEN]

    def listen(self, transport: str, port: int, nonce: str) -> None:
        """Listen on a port, unless it is done already; raises OSError when somebody else does."""
        if (transport, port) not in self.ports:
            answer = nonce.encode() + b"\n"
            {"TCP": self.listen_for_connections, "UDP": self.listen_for_datagrams}[transport](port, answer)
            self.ports.add((transport, port))

    def listen_for_connections(self, port: int, answer: bytes) -> None:
        """Answer everybody who connects to a port."""
        both = socket.has_dualstack_ipv6()
        family = socket.AF_INET6 if both else socket.AF_INET
        listener = socket.create_server(("", port), family=family, dualstack_ipv6=both, backlog=128)

        def answer_connections() -> None:
            while True:
                threading.Thread(target=greet, args=(listener.accept()[0],), daemon=True).start()

        def greet(connection: socket.socket) -> None:
            with connection:
                try:
                    connection.sendall(answer)
                    while said := connection.recv(4096):
                        connection.sendall(said)
                except OSError:
                    pass  # the other side went away: that is its business

        threading.Thread(target=answer_connections, daemon=True).start()

    def listen_for_datagrams(self, port: int, answer: bytes) -> None:
        """Note every datagram to a port, then answer it: what is not noted was not received."""
        both = socket.has_dualstack_ipv6()
        datagrams = socket.socket(socket.AF_INET6 if both else socket.AF_INET, socket.SOCK_DGRAM)
        if both:
            datagrams.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        datagrams.bind(("", port))

        def answer_datagrams() -> None:
            while True:
                try:
                    said, sender = datagrams.recvfrom(4096)
                    if said != QUESTION and not said.startswith(PING):  # a series knows by itself what came back
                        address = sender[0].removeprefix("::ffff:")
                        self.note([port, said.decode(errors="replace").strip(), address, sender[1]])
                    datagrams.sendto(answer + (said if said.startswith(PING) else b""), sender)
                except OSError:
                    pass  # the way back is closed, or an earlier answer was refused

        threading.Thread(target=answer_datagrams, daemon=True).start()


def listen_as_guest(request: Reply, guests: Guests) -> Reply:
    """Listen on ports that nobody in this pod listens on."""
    wanted = [("TCP", port) for port in request["ports"]] + [("UDP", port) for port in request["datagrams"]]
    for transport, port in wanted:
        try:
            guests.listen(transport, port, request["nonce"])
        except OSError as error:
            return {"self": f"the agent cannot listen on port {port}/{transport} of the pod: {classify(error)[1]}"}
    return {"self": check_self(request["address"])}


class Attempt:
    """One attempt of a lane, from its start."""

    def __init__(self, lane: str, kind: str, timeout: float) -> None:
        self.lane, self.kind = lane, kind
        self.started = time.monotonic()
        self.end = self.started + timeout
        self.opened: socket.socket | None = None
        self.connected = False
        self.said = b""
        self.over = False


class Line:
    """A connection that stays open, and what was said over it and not answered yet."""

    def __init__(self, lane: str, opened: socket.socket) -> None:
        self.lane, self.opened = lane, opened
        self.said = b""
        self.nonce = ""
        self.asked: dict[int, Attempt] = {}
        self.ended: tuple[str, str] | None = None


class Series:
    """Tries lanes at regular moments, by one thread that waits for no attempt before it starts the next.

    A TCP attempt is one SYN if its time is less than the second after which the kernel sends another: so an attempt
    tells what was true when it started. Once connected it has GREETING seconds to hear who is there.

    Args:
        every: Seconds from one attempt of a lane to the next.
    """

    GREETING = 10.0
    # below those that the kernel chooses by itself
    PORTS = range(10000, 32000)

    def __init__(self, every: float) -> None:
        import random  # only this kind of request needs these
        import selectors

        self.port = random.randrange(len(self.PORTS))
        self.every = every
        self.lanes: dict[str, Reply] = {}
        self.lines: dict[str, Line] = {}
        self.finished: list[list[Any]] = []
        self.pending: list[Attempt] = []
        self.number = 0
        self.selector = selectors.DefaultSelector()
        self.read, self.write = selectors.EVENT_READ, selectors.EVENT_WRITE
        self.lock = threading.Lock()
        threading.Thread(target=self.run, daemon=True).start()

    def update(self, add: dict[str, Reply], drop: list[str]) -> Reply:
        """Begin and end lanes, and return the attempts that ended since the last time."""
        with self.lock:
            for lane in drop:
                self.lanes.pop(lane, None)
                if line := self.lines.pop(lane, None):
                    self.forget(line.opened)
            self.lanes.update(add)
            finished, self.finished = self.finished, []
            now = time.monotonic()
            # an attempt that is not over may have been made before one that is
            return {"now": now, "until": min((one.started for one in self.pending), default=now), "attempts": finished}

    def run(self) -> None:
        """Start attempts, and see what became of them."""
        tick = time.monotonic()
        while True:
            ready = self.selector.select(max(0.0, tick - time.monotonic()))
            with self.lock:
                for key, _ in ready:
                    if self.selector.get_map().get(key.fd) is key:  # else it was dropped meanwhile
                        self.hear(key.data) if isinstance(key.data, Line) else self.advance(key.data)
                now = time.monotonic()
                for attempt in [one for one in self.pending if one.end <= now]:
                    self.finish(attempt, "connected" if attempt.connected else "timeout", "")
                if now >= tick:
                    for lane, probe in list(self.lanes.items()):
                        self.ask(lane, probe) if probe.get("open") else self.dial(lane, probe)
                    tick = max(tick + self.every, now)  # what could not be done in time is left out, not made up for

    def finish(self, attempt: Attempt, status: str, detail: str) -> None:
        """Take down how an attempt ended: [lane, start, seconds, status, what was said or went wrong]."""
        if attempt.over:
            return
        attempt.over = True
        self.pending.remove(attempt)
        if attempt.opened:
            self.forget(attempt.opened)
        seconds = round(time.monotonic() - attempt.started, 4)
        self.finished.append([attempt.lane, attempt.started, seconds, status, detail])

    def forget(self, opened: socket.socket) -> None:
        """Close a socket that is watched or not."""
        if self.selector.get_map().get(opened):
            self.selector.unregister(opened)
        opened.close()

    def start(self, lane: str, kind: str, timeout: float) -> Attempt:
        """A new attempt, which counts as unanswered after so many seconds."""
        attempt = Attempt(lane, kind, timeout)
        self.pending.append(attempt)
        return attempt

    def open(self, probe: Reply) -> socket.socket:
        """A socket that connects without being waited for; raises OSError.

        Each has a source port that no other one has had for minutes: the kernel would take a datagram from a port that
        was used a moment ago for one of the flow of then, which was let through.
        """
        family = socket.AF_INET6 if ":" in probe["host"] else socket.AF_INET
        opened = socket.socket(family, kind_of(probe))
        opened.setblocking(False)
        self.bind(opened)
        error = opened.connect_ex((probe["host"], probe["port"]))
        if error not in (0, errno.EINPROGRESS):
            opened.close()
            raise OSError(error, os.strerror(error))
        return opened

    def bind(self, opened: socket.socket) -> None:
        """Give a socket the next source port that is free."""
        for _ in self.PORTS:
            self.port = (self.port + 1) % len(self.PORTS)
            try:
                opened.bind(("", self.PORTS[self.port]))
                return
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise

    def dial(self, lane: str, probe: Reply) -> None:
        """Start an attempt with a connection of its own."""
        attempt = self.start(lane, probe["kind"], probe["timeout"])
        try:
            attempt.opened = self.open(probe)
            if attempt.kind == "udp":
                attempt.opened.send(QUESTION)
        except OSError as error:
            self.finish(attempt, *classify(error))
            return
        self.selector.register(attempt.opened, self.read if attempt.kind == "udp" else self.write, attempt)

    def advance(self, attempt: Attempt) -> None:
        """Go on with an attempt whose socket has something to tell."""
        opened = attempt.opened
        assert opened
        try:
            if self.selector.get_key(opened).events == self.write:
                if error := opened.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                    raise OSError(error, os.strerror(error))
                if repeated(opened):  # while this thread had no CPU time
                    self.finish(attempt, "timeout", "")
                    return
                if attempt.kind == "tcp":
                    self.finish(attempt, "connected", "")
                    return
                attempt.connected = True  # what is let in and hears nothing is no block
                attempt.end += self.GREETING
                self.selector.modify(opened, self.read, attempt)
            part = opened.recv(4096)
        except BlockingIOError:
            return
        except OSError as error:
            self.finish(attempt, *classify(error))
            return
        attempt.said += part
        if b"\n" in attempt.said or not part:
            self.finish(attempt, "connected", attempt.said.decode(errors="replace").strip())

    def ask(self, lane: str, probe: Reply) -> None:
        """Say something over the lane's open connection, which is opened by the first attempt."""
        attempt = self.start(lane, "open", probe["timeout"])
        try:
            if lane not in self.lines:
                self.lines[lane] = line = Line(
                    lane, connect(probe["host"], probe["port"], kind_of(probe), Clock(probe["timeout"]))
                )
                line.opened.setblocking(False)
                self.selector.register(line.opened, self.read, line)
            line = self.lines[lane]
            if line.ended:
                self.finish(attempt, *line.ended)
                return
            self.number += 1
            line.asked[self.number] = attempt
            line.opened.send(PING + b"%d\n" % self.number)
        except BlockingIOError:
            return  # nothing of what was said before is taken any more: it will be late
        except OSError as error:
            self.finish(attempt, *classify(error))

    def hear(self, line: Line) -> None:
        """Read what comes over an open connection: who is there, and what was said to it."""
        try:
            part = line.opened.recv(65536)
            if not part:
                raise ConnectionResetError(errno.ECONNRESET, "closed by the other side")
        except BlockingIOError:
            return
        except OSError as error:
            line.ended = classify(error)
            self.selector.unregister(line.opened)
            return
        *said, line.said = (line.said + part).split(b"\n")
        for text in said:
            if not text.startswith(PING):
                line.nonce = text.decode(errors="replace")
            elif attempt := line.asked.pop(int(text[len(PING) :]), None):
                self.finish(attempt, "connected", line.nonce)


def repeated(opened: socket.socket) -> bool:
    """Whether a TCP connection that was just made needed more than one SYN: `tcpi_total_retrans` of linux/tcp.h."""
    return bool(struct.unpack_from("=I", opened.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104), 100)[0])


def kind_of(probe: Reply) -> int:
    """The kind of socket that a probe needs."""
    return socket.SOCK_DGRAM if probe["kind"] == "udp" else socket.SOCK_STREAM


def session() -> None:
    """Answer requests until there are no more."""
    held: list[socket.socket] = []
    guests = Guests()
    series: Series | None = None
    signal.alarm(SILENCE)
    for line in sys.stdin:
        if line.strip() == "done":
            break
        signal.alarm(SILENCE)
        request = json.loads(line)
        if request["do"] == "probe":
            for opened in held:
                opened.close()
            held = []
            reply = {
                "self": check_self(request["address"]),
                "results": run_probes(request["probes"], request["timeout"], held),
            }
        elif request["do"] == "listen":
            reply = listen_as_guest(request, guests)
        elif request["do"] == "series":
            series = series or Series(request["every"])
            wrong = check_self(request["address"]) if request["add"] else ""
            reply = {"self": wrong, **series.update(request["add"], request["drop"])}
        else:
            reply = witness(request, guests)
        print(json.dumps(reply), flush=True)


def main(arguments: list[str]) -> None:
    """Run one of the commands."""
    # as process 1 the kernel's default is to ignore these, and the pod would take its whole grace period to end
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    signal.signal(signal.SIGINT, lambda *_: os._exit(0))
    match arguments:
        case ["session"]:
            session()
            return
        case ["wait"]:
            pass
        case ["serve" | "note" as command, "--port", ports, "--nonce", nonce]:
            guests = Guests(lambda datagram: print(json.dumps(datagram), flush=True))
            for port in map(int, ports.split(",")):
                for transport in ("TCP", "UDP") if command == "note" else ("TCP",):
                    guests.listen(transport, port, nonce)
            print(f"serving on port {ports}", flush=True)
        case _:
            sys.exit("use: agent.py wait | session | serve --port PORT --nonce TEXT | note --port PORT --nonce TEXT")
    while True:
        signal.pause()


if __name__ == "__main__":
    main(sys.argv[1:])
