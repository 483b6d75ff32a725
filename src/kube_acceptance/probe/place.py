"""Where probes start and where they land, and how a target says who it is."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Set
from dataclasses import dataclass, field

SERVED_PORT = 8080  # on every pod and container of the harness's own
DNS_PORT = 53
OUTSIDE_PORTS = (DNS_PORT, SERVED_PORT)  # what may ask for names must not take other things for a name server


@dataclass(frozen=True, slots=True)
class Place:
    """A running pod.

    `name` is what the rows call it, which is not who it is; `address` the pod's own; `container` is set where the agent
    is the pod's own program, and empty where it still has to be put in.
    """

    name: str = field(compare=False)
    namespace: str
    pod: str
    uid: str
    address: str
    container: str = ""


@dataclass(frozen=True, slots=True)
class Nonce:
    """It answers with a text that nobody else knows."""

    text: str


@dataclass(frozen=True, slots=True)
class Guest:
    """The harness's agent, beside the pod's own programs: it listens there while it is probed, and says this text."""

    text: str


@dataclass(frozen=True, slots=True)
class Answer:
    """It knows the address of a Service, asked for as SERVICE.NAMESPACE."""

    service: str
    address: str


@dataclass(frozen=True, slots=True)
class Certificate:
    """It has a certificate for a name, by a certificate authority (PEM)."""

    name: str
    authority: str


Proof = Nonce | Guest | Answer | Certificate


@dataclass(frozen=True, slots=True)
class Target:
    """What is probed.

    `host` is an address, or a name that the source resolves. `witnesses` are the pods behind it and `pod_port` the port
    in them: they say whether they listen and what reached them. Without a `proof` that it gives by itself, a target is
    known by that alone: one of the witnesses must hold the very connection that the source has made.

    `behind` are the addresses where connections arrive, for a target that has no witnesses; `received` returns the
    tokens of all datagrams that it received, for one that has none but writes them down.
    """

    name: str
    host: str
    proof: Proof | None
    witnesses: tuple[Place, ...] = ()
    pod_port: int = 0
    behind: tuple[str, ...] = ()
    received: Callable[[], Set[str]] | None = field(default=None, compare=False)

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where connections arrive, on `pod_port`, after every translation: what network policies judge."""
        return tuple(place.address for place in self.witnesses) or self.behind

    @property
    def by_name(self) -> bool:
        """Whether the source has to resolve a name first."""
        try:
            ipaddress.ip_address(self.host)
        except ValueError:
            return bool(self.host)
        return False
