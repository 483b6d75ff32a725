"""One look at many connections: every source connects, then every target says what reached it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from operator import methodcaller
from typing import Any

from kubernetes import client

from kube_acceptance.errors import ProbeError
from kube_acceptance.probe.ephemeral import ensure_agent
from kube_acceptance.probe.outcome import Outcome, Protocol
from kube_acceptance.probe.place import Answer, Certificate, Guest, Nonce, Place, Proof, Target
from kube_acceptance.probe.session import Session

TIMEOUTS = (1.5, 3.0, 6.0)  # seconds: one is ordinary congestion on a busy machine
BRISK = 5  # a time-out counts when everything that gets through takes no more than one part of so many of it
ALONE = 3.0  # seconds: the shortest time-out that counts where nothing got through that it could be compared with
PATIENCE = 30.0  # seconds an agent may take beyond its probes' own time, on a machine that is out of breath
UNANSWERED = "no answer of dns"  # what the agent calls it
WORKERS = 16  # agents that are started at a time; more saturate an API server


@dataclass(frozen=True, slots=True)
class Cell:
    """One connection to try."""

    source: Place
    target: Target
    port: int
    protocol: Protocol


@dataclass(frozen=True, slots=True)
class Sighting:
    """How a connection ended.

    `unheard` says why the target is not proved to listen, in words; it is empty when the target itself showed, in the
    same look, that it listens on the port and accepts connections there. `seconds` is how long it took.
    """

    cell: Cell
    outcome: Outcome
    detail: str
    unheard: str
    seconds: float = 0.0
    unanswered: bool = False


class Observer(AbstractContextManager["Observer"]):
    """Looks at connections, keeping its sessions with the agents between looks.

    A connection counts as blocked after 1.5 s where every one that got through in the same look did so in a fifth of
    that; after 3 s where none got through. Where one was slower, the look does not count, and from then on all have
    twice the time, at most 6 s, until a look would have counted with half of it: one slow moment makes no slow run.
    Even in the shortest the first packet is sent twice (at once and after 1 s, RFC 6298): a lost one is no block.

    Hundreds of connections at once can be too much for the cluster's DNS. Those whose name it did not resolve are tried
    again without the others, and count as it went then.

    Args:
        new_client: Makes an API client; each session gets one of its own.
        image: The probe image's reference.
        pace: Called before the connections of each look are made; see `Pace`.
    """

    def __init__(
        self, new_client: Callable[[], client.ApiClient], image: str, *, pace: Callable[[], None] = lambda: None
    ) -> None:
        self._new_client = new_client
        self._image = image
        self._pace = pace
        self._patience = 0  # which of the time-outs counts
        self._sessions: dict[Place, Session] = {}
        self._pool = ThreadPoolExecutor(max_workers=WORKERS, thread_name_prefix="probe")

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End every session; the agents stay where they are."""
        self._pool.shutdown(cancel_futures=True)
        for session in self._sessions.values():
            session.close()
        self._sessions.clear()

    def look(self, cells: Sequence[Cell]) -> list[Sighting]:
        """Try every connection at once, each a new one, and return what was seen in the order of the cells."""
        seen = self._look(cells)
        while self._timeout < TIMEOUTS[-1] and not _in_time(seen, self._timeout):
            self._patience += 1
            seen = self._look(cells)
        if self._patience and _were_brisk(seen, TIMEOUTS[self._patience - 1]):
            self._patience -= 1
        unanswered = [place for place, one in enumerate(seen) if one.unanswered]
        if unanswered and len(unanswered) < len(cells):
            for place, again in zip(unanswered, self._look([cells[place] for place in unanswered]), strict=True):
                seen[place] = again
        return seen

    @property
    def _timeout(self) -> float:
        return TIMEOUTS[self._patience]

    def _look(self, cells: Sequence[Cell]) -> list[Sighting]:
        cells_from: dict[Place, list[Cell]] = {}
        for cell in cells:
            cells_from.setdefault(cell.source, []).append(cell)
        tokens = {cell: secrets.token_hex(8) for cell in cells if probe(cell)["kind"] == "udp"}
        # every agent is there before the first connection is made, so that all of it happens in one moment
        lost = self.open(places(cells))
        self._ask(guests(cells), lost)

        def asked(cell: Cell) -> dict[str, Any]:
            return {**probe(cell), "token": tokens[cell]} if cell in tokens else probe(cell)

        self._pace()
        tried = self._ask(
            {
                place: {"do": "probe", "timeout": self._timeout, "probes": [asked(cell) for cell in its_cells]}
                for place, its_cells in cells_from.items()
            },
            lost,
        )
        # asked afterwards, while the sources hold their connections: it also proves that the targets outlived the look
        heard = self._ask(witnesses(cells), lost)
        noted = received({cell.target for cell in tokens})
        results: dict[Cell, dict[str, Any] | ProbeError] = {}
        for place, its_cells in cells_from.items():
            reply = tried[place]
            for index, cell in enumerate(its_cells):
                results[cell] = reply if isinstance(reply, ProbeError) else reply["results"][index]
        return [
            sight_datagram(cell, results[cell], heard, tokens[cell], noted.get(cell.target, frozenset()))
            if cell in tokens
            else sight(cell, results[cell], heard)
            for cell in cells
        ]

    def open(self, wanted: Iterable[Place]) -> dict[Place, ProbeError]:
        """Have a session with every place, and return those with whom there can be none."""
        missing = dict.fromkeys(place for place in wanted if place not in self._sessions)
        opening = {place: self._pool.submit(self._new_session, place) for place in missing}
        lost: dict[Place, ProbeError] = {}
        for place, future in opening.items():
            try:
                self._sessions[place] = future.result()
            except ProbeError as error:
                lost[place] = error
        return lost

    def _new_session(self, place: Place) -> Session:
        container = place.container or ensure_agent(client.CoreV1Api(self._new_client()), place, self._image)
        return Session(self._new_client(), place.namespace, place.pod, container)

    def _ask(
        self, requests: Mapping[Place, dict[str, Any]], lost: dict[Place, ProbeError]
    ) -> dict[Place, dict[str, Any] | ProbeError]:
        """Send every request before the first reply is read: the agents work at the same time.

        Args:
            requests: A request for each place.
            lost: The places that cannot be asked; those that fail now are added.
        """
        replies: dict[Place, dict[str, Any] | ProbeError] = {}

        def attempt(place: Place, action: Callable[[Session], dict[str, Any] | None]) -> None:
            if place in lost:
                replies[place] = lost[place]
                return
            try:
                if reply := action(self._sessions[place]):
                    replies[place] = reply
            except ProbeError as error:
                replies[place] = lost[place] = error
                self._sessions.pop(place).close()

        def receive(session: Session) -> dict[str, Any]:
            reply = session.receive(within=self._timeout + PATIENCE)
            if reply["self"]:
                raise ProbeError(reply["self"])
            return reply

        for place, request in requests.items():
            attempt(place, methodcaller("send", {**request, "address": place.address}))
        for place in requests:
            attempt(place, receive)
        return replies


def _in_time(seen: Sequence[Sighting], timeout: float) -> bool:
    """Whether what was blocked would have got through within the time-out, had it been allowed."""
    blocked, allowed = (any(one.outcome is kind for one in seen) for kind in (Outcome.BLOCKED, Outcome.ALLOWED))
    return not blocked or (_were_brisk(seen, timeout) if allowed else timeout >= ALONE)


def _were_brisk(seen: Sequence[Sighting], timeout: float) -> bool:
    """Whether something got through, and all of it in a small part of the time-out."""
    allowed = [one.seconds for one in seen if one.outcome is Outcome.ALLOWED]
    return bool(allowed) and max(allowed) <= timeout / BRISK


def places(cells: Iterable[Cell]) -> list[Place]:
    """The places that take part in connections: every source and every witness, each once."""
    return list(dict.fromkeys(place for cell in cells for place in (cell.source, *cell.target.witnesses)))


def guests(cells: Sequence[Cell]) -> dict[Place, dict[str, Any]]:
    """The requests that make agents listen where a cell wants one of them as a guest in the target's pod.

    Raises:
        ProbeError: Another cell expects the pod itself to listen there: the guest would be taken for it.
    """
    owned = {
        (place, cell.target.pod_port) for cell in cells if not cell.target.proof for place in cell.target.witnesses
    }
    requests: dict[Place, dict[str, Any]] = {}
    for cell in cells:
        if isinstance(guest := cell.target.proof, Guest):
            (place,) = cell.target.witnesses
            new = {"do": "listen", "ports": [], "datagrams": [], "nonce": guest.text}
            if cell.protocol is Protocol.TCP and (place, cell.port) in owned:
                raise ProbeError(f"{cell.target.name}:{cell.port} cannot be probed together with the pod's own port")
            _add(requests.setdefault(place, new), cell.port, cell.protocol)
    return requests


def witnesses(cells: Sequence[Cell]) -> dict[Place, dict[str, Any]]:
    """The requests that make the targets' pods tell what listens there and what arrived."""
    requests: dict[Place, dict[str, Any]] = {}
    for cell in cells:
        for place in cell.target.witnesses:
            request = requests.setdefault(place, {"do": "witness", "ports": [], "datagrams": []})
            _add(request, cell.target.pod_port, cell.protocol)
    return requests


def _add(request: dict[str, Any], port: int, protocol: Protocol) -> None:
    ports = request["datagrams" if protocol is Protocol.UDP else "ports"]
    if port not in ports:
        ports.append(port)
        ports.sort()


def received(targets: Iterable[Target]) -> dict[Target, Set[str] | ProbeError]:
    """The tokens of the datagrams that targets without witnesses wrote down."""
    noted: dict[Target, Set[str] | ProbeError] = {}
    for target in targets:
        if target.received:
            try:
                noted[target] = target.received()
            except ProbeError as error:
                noted[target] = error
    return noted


def probe(cell: Cell) -> dict[str, Any]:
    """The agent's request for a connection.

    Raises:
        ProbeError: The target cannot say who it is over this protocol.
    """
    request: dict[str, Any] = {"kind": "tcp", "host": cell.target.host, "port": cell.port}
    match cell.target.proof, cell.protocol:
        case Nonce() | Guest(), Protocol.TCP:
            return {**request, "kind": "greeting"}
        case Nonce() | Guest(), Protocol.UDP:
            return {**request, "kind": "udp"}
        case Answer(service, address), protocol:
            return {**request, "kind": "dns", "transport": protocol, "name": service, "ipv6": ":" in address}
        case Certificate(name, authority), Protocol.TCP:
            return {**request, "kind": "tls", "name": name, "ca": authority}
        case None, Protocol.TCP:
            return request
    raise ProbeError(
        f"{cell.target.name} cannot prove that it received {cell.protocol}",
        hint="Over UDP only the cluster DNS and the harness's own agents can; these listen in the pods of a tier.",
    )


def sight(
    cell: Cell, result: Mapping[str, Any] | ProbeError, heard: Mapping[Place, Mapping[str, Any] | ProbeError]
) -> Sighting:
    """Judge how one connection ended, by what both ends say of it.

    Args:
        cell: The connection.
        result: What its source says, or why it says nothing.
        heard: What each witness says, or why it says nothing.
    """
    unheard = unheard_by(cell, heard)
    seconds = 0.0 if isinstance(result, ProbeError) else result.get("seconds", 0.0)
    path = f"pod {cell.source.pod} to {cell.target.host or cell.target.name}"
    if isinstance(result, ProbeError):
        return Sighting(cell, Outcome.BROKEN, str(result), unheard)
    if result["status"] == "timeout":
        return Sighting(cell, Outcome.BLOCKED, f"timed out after {seconds:.1f} s ({path})", unheard, seconds)
    if result["status"] != "connected":
        detail = f"{result['status']}, {result['detail']} ({path})"
        return Sighting(cell, Outcome.BROKEN, detail, unheard, unanswered=result["status"] == UNANSWERED)
    if cell.target.proof is None:
        outcome, detail = recognise(cell.target, result, heard)
        return Sighting(cell, outcome, detail, unheard, seconds)
    secret, sentence = identity(cell.target.proof)
    if result["said"] == secret:
        return Sighting(cell, Outcome.ALLOWED, sentence, unheard, seconds)
    said = f"said {result['said']!r}" if result["said"] else "said nothing"
    because = f": {unheard}" if isinstance(cell.target.proof, Guest) and unheard else ""
    return Sighting(cell, Outcome.BROKEN, f"something at {result['peer']} answered, but {said}{because}", unheard)


def sight_datagram(
    cell: Cell,
    result: Mapping[str, Any] | ProbeError,
    heard: Mapping[Place, Mapping[str, Any] | ProbeError],
    token: str,
    noted: Set[str] | ProbeError,
) -> Sighting:
    """Judge how a datagram ended: an answer alone proves no receipt, and silence alone no block.

    Args:
        cell: The connection.
        result: What its source says, or why it says nothing.
        heard: What each witness says, or why it says nothing.
        token: What the datagram said; nobody else did.
        noted: The tokens that a target without witnesses wrote down, or why that is not known.
    """
    seen = sight(cell, result, heard)
    if isinstance(noted, ProbeError):
        return replace(seen, outcome=Outcome.BROKEN, detail=str(noted))
    receipts = [
        f"pod {place.pod} received the datagram from {address}:{port}"
        for place in cell.target.witnesses
        if not isinstance(reply := heard[place], ProbeError)
        for _, said, address, port in reply["received"]
        if said == token
    ]
    if token in noted:
        receipts.append(f"{cell.target.name} received the datagram")
    if receipts and seen.outcome is Outcome.BLOCKED:
        detail = f"{receipts[0]}, though its answer did not arrive: {seen.detail}"
        return replace(seen, outcome=Outcome.BROKEN, detail=detail)
    if seen.outcome is Outcome.ALLOWED:
        if receipts:
            return replace(seen, detail=f"{receipts[0]}, and {seen.detail}")
        return replace(seen, outcome=Outcome.BROKEN, detail="an answer came, but the target received no datagram")
    return seen


def identity(proof: Proof) -> tuple[str, str]:
    """What only the target can say, and what it means in words when it does."""
    match proof:
        case Nonce(text) | Guest(text):
            return text, "it answered with its nonce"
        case Answer(service, address):
            return address, f"it knows that {service} is {address}"
        case Certificate(name, _):
            return name, f"it has the cluster's certificate for {name}"


def recognise(
    target: Target, result: Mapping[str, Any], heard: Mapping[Place, Mapping[str, Any] | ProbeError]
) -> tuple[Outcome, str]:
    """Find a connection in the targets' own tables: by its address and port, or by its port where it was translated."""
    address, port = result["local"]
    translated: list[tuple[Place, str]] = []
    for place in target.witnesses:
        reply = heard[place]
        if isinstance(reply, ProbeError):
            continue
        for local_port, remote_address, remote_port in reply["connections"]:
            if (local_port, remote_port) != (target.pod_port, port):
                continue
            if remote_address == address:
                return Outcome.ALLOWED, f"pod {place.pod} holds the connection from {address}:{port}"
            translated.append((place, remote_address))
    if len(translated) == 1:
        place, remote = translated[0]
        return Outcome.ALLOWED, f"pod {place.pod} holds the connection from {address}:{port}, translated to {remote}"
    silent = [str(reply) for reply in (heard[place] for place in target.witnesses) if isinstance(reply, ProbeError)]
    if silent:
        return Outcome.BROKEN, f"connected, but the target could not be asked for the connection: {silent[0]}"
    pods = ", ".join(place.pod for place in target.witnesses)
    return Outcome.BROKEN, f"something at {result['peer']} accepted the connection, but not {pods}"


def unheard_by(cell: Cell, heard: Mapping[Place, Mapping[str, Any] | ProbeError]) -> str:
    """Say why a target is not proved to listen; empty when one of its pods showed that it does."""
    port, reasons = cell.target.pod_port, []
    for place in cell.target.witnesses:
        reply = heard[place]
        if isinstance(reply, ProbeError):
            reasons.append(str(reply))
        elif port in reply["answers" if cell.protocol is Protocol.UDP else "accepts"]:
            return ""
        elif cell.protocol is Protocol.UDP:
            reasons.append(f"no datagram to port {port} of pod {place.pod} is answered even from inside the pod")
        elif port in reply["listening"]:
            reasons.append(f"port {port} of pod {place.pod} accepts no connection even from inside the pod")
        else:
            reasons.append(f"nothing listens on port {port} of pod {place.pod}")
    return next(iter(reasons), f"no place that is allowed to reached {cell.target.name}")
