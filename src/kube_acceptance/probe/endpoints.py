"""The endpoints that are known, and the pairs of them that a complete table speaks of."""

from __future__ import annotations

from dataclasses import dataclass

from kube_acceptance.probe.outcome import Protocol


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A target by its name, with a port and a protocol."""

    name: str
    port: int
    protocol: Protocol = Protocol.TCP

    def __str__(self) -> str:
        return f"{self.name}:{self.port}" + ("/UDP" if self.protocol is Protocol.UDP else "")


Pair = tuple[str, Endpoint]


@dataclass(frozen=True, slots=True)
class Endpoints:
    """What can connect, what can be connected to, and which names are of the release itself.

    `themselves` are pairs of a source's and a target's name that may be one and the same pod.
    """

    sources: tuple[str, ...]
    targets: tuple[Endpoint, ...]
    release: frozenset[str]
    themselves: frozenset[tuple[str, str]] = frozenset()

    @property
    def pairs(self) -> list[Pair]:
        """Every source with every target but itself, in order."""
        return [
            (source, target)
            for source in self.sources
            for target in self.targets
            if (source, target.name) not in self.themselves
        ]
