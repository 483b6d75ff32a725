"""The verdict on a row: right, wrong, or inconclusive, which fails as well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from kube_acceptance.probe.matrix import Expectation
from kube_acceptance.probe.observe import Cell, Sighting
from kube_acceptance.probe.outcome import Outcome


class State(StrEnum):
    """What a row turned out to be."""

    RIGHT = "right"
    WRONG = "wrong"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a look says of a row, and how each of its connections ended; `seen` and `reason` are those of the worst."""

    row: Expectation
    state: State
    seen: Outcome
    reason: str
    sightings: tuple[Sighting, ...] = ()

    @property
    def held(self) -> float:
        """The seconds before the end of the look for which this was so: a blocked connection was so all the time."""
        seconds = [sighting.seconds for sighting in self.sightings]
        return min(seconds, default=0.0) if self.seen is Outcome.BLOCKED else 0.0

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The row's connections, pod by pod; none where it names something that has no running pod."""
        return tuple(sighting.cell for sighting in self.sightings)

    def __str__(self) -> str:
        seen = f"{self.row} is {self.seen}" if self.state is not State.INCONCLUSIVE else f"{self.row} is inconclusive"
        return f"{seen}, expected {self.row.expected}: {self.reason}"


def judge(row: Expectation, seen: Sequence[Sighting], look: Sequence[Sighting], *, enforced: bool) -> Verdict:
    """Judge a row by one look.

    Args:
        row: The row.
        seen: Its own connections; one for each pair of pods.
        look: Everything that the same look saw, as controls.
        enforced: Whether a canary has shown that probes of this cluster succeed and policies stop them.
    """
    verdicts = [_judge_one(row, sighting, look, enforced) for sighting in seen]
    order = (State.WRONG, State.INCONCLUSIVE, State.RIGHT)
    return replace(min(verdicts, key=lambda verdict: order.index(verdict.state)), sightings=tuple(seen))


def _judge_one(row: Expectation, sighting: Sighting, look: Sequence[Sighting], enforced: bool) -> Verdict:
    cell, detail = sighting.cell, sighting.detail
    if sighting.outcome is not row.expected:
        if sighting.outcome is Outcome.ALLOWED:
            detail = f"no network policy stops it ({detail})"
        elif sighting.outcome is Outcome.BLOCKED:
            way = f"though {row.target} listens: a network policy of either end is in the way, or there is no route"
            detail += f"; {sighting.unheard}" if sighting.unheard else f", {way}"
        return Verdict(row, State.WRONG, sighting.outcome, detail)
    if row.expected is Outcome.ALLOWED:
        return Verdict(row, State.RIGHT, sighting.outcome, detail)
    reached = [other for other in look if other.outcome is Outcome.ALLOWED]
    to_target = [
        other
        for other in reached
        if (other.cell.target, other.cell.port, other.cell.protocol) == (cell.target, cell.port, cell.protocol)
    ]
    if sighting.unheard and not to_target:
        return Verdict(
            row, State.INCONCLUSIVE, sighting.outcome, f"it timed out, but that proves nothing: {sighting.unheard}"
        )
    from_source = [other for other in reached if other.cell.source == cell.source]
    if not (to_target or from_source or enforced):
        nobody = "no connection to the same target and none from the same source succeeded, and no canary was run"
        return Verdict(row, State.INCONCLUSIVE, sighting.outcome, f"it timed out, but that proves nothing: {nobody}")
    control = "the target listens" if not sighting.unheard else "others reach it"
    return Verdict(row, State.RIGHT, sighting.outcome, f"{detail}, while {control}")


def judge_missing(row: Expectation, reason: str) -> Verdict:
    """Judge a row for which there is nothing to connect: no connection, but no block either."""
    state = State.INCONCLUSIVE if row.expected is Outcome.BLOCKED else State.WRONG
    return Verdict(row, state, Outcome.BROKEN, reason)
