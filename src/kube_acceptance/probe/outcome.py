"""What a probe can find: three outcomes, never two."""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    """How a probe ended.

    `allowed` means that the intended target was reached and that it was the target; `blocked` is a time-out alone;
    everything else is `broken`: refused, reset, unreachable, an unresolved name, a wrong answer, a failed exec.
    """

    ALLOWED = "allowed"
    BLOCKED = "blocked"
    BROKEN = "broken"


class Protocol(StrEnum):
    """A transport; SCTP is known to policies, and no probe speaks it."""

    TCP = "TCP"
    UDP = "UDP"
    SCTP = "SCTP"

    def port(self, number: int) -> str:
        """How a table writes a port of it: `53/UDP`; TCP goes without saying."""
        return f"{number}" if self is Protocol.TCP else f"{number}/{self}"


PROBED = (Protocol.TCP, Protocol.UDP)
