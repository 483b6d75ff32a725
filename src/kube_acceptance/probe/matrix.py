"""Rows of who may reach whom."""

from __future__ import annotations

import re
from dataclasses import dataclass

from kube_acceptance.errors import ProbeError
from kube_acceptance.probe.outcome import Outcome, Protocol

_TARGET = re.compile(r"(?P<name>.+):(?P<port>\d+)(/(?P<protocol>TCP|UDP))?")


@dataclass(frozen=True, slots=True)
class Expectation:
    """A row: whether `source` reaches `target` on a port."""

    source: str
    target: str
    port: int
    protocol: Protocol
    expected: Outcome

    @classmethod
    def parse(cls, source: str, target: str, expected: str) -> Expectation:
        """Read a row as people write it.

        Args:
            source: A place.
            target: NAME:PORT, or NAME:PORT/UDP.
            expected: `allowed` or `blocked`.

        Raises:
            ProbeError: The target or the expectation cannot be read.
        """
        if expected not in (Outcome.ALLOWED, Outcome.BLOCKED):
            raise ProbeError(f"a connection can be expected to be allowed or blocked, not {expected!r}")
        if not (match := _TARGET.fullmatch(target)):
            raise ProbeError(f"the target {target!r} is not NAME:PORT or NAME:PORT/UDP")
        protocol = Protocol(match["protocol"] or "TCP")
        return cls(source, match["name"], int(match["port"]), protocol, Outcome(expected))

    def __str__(self) -> str:
        return f"{self.source} -> {self.destination}"

    @property
    def destination(self) -> str:
        """The target as people write it."""
        return f"{self.target}:{self.protocol.port(self.port)}"
