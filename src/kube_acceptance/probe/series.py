"""Attempts at regular moments, and what they say of a change: when it took effect, and what it left alone."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from kube_acceptance.errors import ProbeError, ReachabilityError
from kube_acceptance.probe.observe import identity
from kube_acceptance.probe.outcome import Outcome, Protocol
from kube_acceptance.probe.place import Place, Target

EVERY = 0.05  # seconds from one attempt to the next: what a measured time may be wrong by
# below the second after which the kernel repeats a SYN (RFC 6298): an attempt must tell of its own moment alone
ONE_SYN = 0.9
ANSWER = 3.0  # seconds for what is not repeated, or repeated by the connection: ordinary congestion of a busy machine
LOST = 3  # packets in a row that may be lost without being blocked: what is shut for less than 0.2 s goes unseen
STEADY = 1.0  # seconds for which a new state must have held to be there for good
GAP = 2.0  # seconds without an attempt that would hide a flicker


@dataclass(frozen=True, slots=True)
class Change:
    """Something that was changed: in words, and when it was asked for and acknowledged by the API server."""

    what: str
    asked: float
    acknowledged: float


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt: when it started and ended, on this process's monotonic clock, and how.

    A network plugin that has no CPU time answers a packet late, by what is true then.
    """

    started: float
    ended: float
    outcome: Outcome
    detail: str

    def tells_of_later(self, moment: float) -> bool:
        """Whether it was let in after a moment, and so says nothing of how it was before."""
        return self.outcome is Outcome.ALLOWED and self.ended >= moment


@dataclass(eq=False)
class Lane:
    """A connection that is tried again and again; with `is_open`, what is said over one that was opened at the start.

    `expected` is how it is at present, `since` from when on that is judged, `new` whether one of its ends has just come
    into being, so that it may take a moment until it is as expected, and `told_until` the start of the first attempt
    that may not be over yet.
    """

    source: Place
    target: Target
    port: int
    protocol: Protocol
    is_open: bool
    expected: Outcome
    since: float = 0.0
    new: bool = False
    told_until: float = 0.0
    attempts: list[Attempt] = field(default_factory=list)

    def __str__(self) -> str:
        to = f"{self.target.name}:{self.protocol.port(self.port)}"
        return f"the open connection {self.source.name} -> {to}" if self.is_open else f"{self.source.name} -> {to}"

    def request(self) -> dict[str, Any]:
        """What the agent is told of it."""
        kind = "udp" if self.protocol is Protocol.UDP else "greeting" if self.target.proof else "tcp"
        timeout = ONE_SYN if self.protocol is Protocol.TCP and not self.is_open else ANSWER
        return {"kind": kind, "host": self.target.host, "port": self.port, "open": self.is_open, "timeout": timeout}

    def add(self, started: float, seconds: float, status: str, said: str) -> None:
        """Take down an attempt as the agent tells it."""
        if status == "timeout":
            outcome, detail = Outcome.BLOCKED, "timed out"
        elif status != "connected":
            outcome, detail = Outcome.BROKEN, f"{status}, {said}"
        elif self.target.proof is None or said == identity(self.target.proof)[0]:
            outcome, detail = Outcome.ALLOWED, "it got through"
        else:
            other = f"something else answered: {said!r}" if said else "it was let in, but nobody said who is there"
            outcome, detail = Outcome.BROKEN, other
        bisect.insort(self.attempts, Attempt(started, started + seconds, outcome, detail), key=attrgetter("started"))

    def begin_anew(self) -> None:
        """Be judged from the last attempt that was as expected on: it shows how it is before whatever happens next."""
        right = (attempt.started for attempt in self.between(self.since) if attempt.outcome is self.expected)
        self.since = max(right, default=self.since)
        self.attempts = [attempt for attempt in self.attempts if attempt.started >= self.since]

    def steady_since(self, moment: float, expected: Outcome) -> float | None:
        """When the attempts from a moment on became as expected for good; None if they have not been so for STEADY.

        What is allowed was so when it was answered, what is blocked when it was tried.
        """
        attempts = list(self.between(moment))
        wrong = strays(attempts, expected)
        later = attempts[attempts.index(wrong[-1]) + 1 :] if wrong else attempts
        first = next((attempt for attempt in later if attempt.outcome is expected), None)
        if first is None or later[-1].started - first.started < STEADY:
            return None
        return first.ended if expected is Outcome.ALLOWED else first.started

    def dead_since(self, moment: float) -> float | None:
        """When the attempts from a moment on got through no more; None if that has not been so for STEADY."""
        attempts = list(self.between(moment))
        alive = [attempt.started for attempt in attempts if attempt.outcome is Outcome.ALLOWED]
        dead = [attempt.started for attempt in attempts if not alive or attempt.started > alive[-1]]
        return dead[0] if dead and dead[-1] - dead[0] >= STEADY else None

    def between(self, start: float, end: float = float("inf")) -> Iterator[Attempt]:
        """The attempts that started in a time, in their order, as far as all before them are over."""
        end = min(end, self.told_until)
        return (attempt for attempt in self.attempts if start <= attempt.started < end)


def strays(attempts: Sequence[Attempt], expected: Outcome) -> list[Attempt]:
    """The attempts that are not as expected.

    An attempt is one packet, and a network or a busy machine may lose one: up to LOST unanswered attempts in a row are
    no block if others beside them are answered. A single answered one among unanswered ones is a hole.
    """
    found: list[Attempt] = []
    for outcome, group in itertools.groupby(attempts, key=attrgetter("outcome")):
        run = list(group)
        lost = expected is Outcome.ALLOWED and outcome is Outcome.BLOCKED and len(run) <= min(LOST, len(attempts) - 1)
        if outcome is not expected and not lost:
            found += run
    return found


def took(lane: Lane, change: Change, expected: Outcome, within: float) -> float:
    """The seconds from a change's acknowledgement, or the new pod's start, until a lane was as expected for good.

    Args:
        lane: The lane.
        change: The change.
        expected: How it must be then.
        within: The seconds that it may take.

    Raises:
        ProbeError: It was so before the change already, became so too late or not at all, or cannot be told.
    """
    begin = lane.since if lane.new else change.acknowledged
    if not lane.new:
        unmoved(lane, change, lane.expected, end=change.asked)
    since = lane.steady_since(begin, expected)
    if since is None:
        last = next(reversed(list(lane.between(begin))), None)
        if last is None:
            raise ProbeError(f"{lane} was not tried after {change.what}, so nothing can be said")
        raise ReachabilityError(
            f"{lane} is not {expected} for good {last.started - begin:.1f} s after {change.what}: {last.detail}",
            details=history(lane, begin),
        )
    if (seconds := since - begin) > within:
        raise ReachabilityError(
            f"{lane} is {expected} only {seconds:.2f} s after {change.what}, later than {within:g} s",
            details=history(lane, begin),
        )
    check_gaps(lane, begin)
    return seconds


@dataclass(frozen=True, slots=True)
class Kept:
    """How many attempts showed that a connection stayed as it was, and how many packets were lost."""

    attempts: int
    lost: int

    def __str__(self) -> str:
        return f"{self.attempts} attempts" + (f", {self.lost} of them lost" if self.lost else "")


def unmoved(lane: Lane, change: Change, expected: Outcome, *, end: float = float("inf")) -> Kept:
    """The attempts since the lane is judged, all of which were as expected.

    Args:
        lane: The lane.
        change: What happens meanwhile.
        expected: How it must be all the time.
        end: Until when.

    Raises:
        ProbeError: One was not, or there are too few to say so.
    """
    attempts = [attempt for attempt in lane.between(lane.since, end) if not attempt.tells_of_later(end)]
    if not attempts:
        raise ProbeError(f"{lane} was not tried before {change.what}, so nothing can be said")
    if wrong := strays(attempts, expected):
        after = wrong[0].started - change.acknowledged
        when = f"{abs(after):.2f} s {'after' if after >= 0 else 'before'} {change.what}"
        raise ReachabilityError(
            f"{lane} did not stay {expected}: {len(wrong)} of {len(attempts)} attempts differ, the first {when}"
            f" ({wrong[0].detail})",
            details=history(lane, lane.since),
        )
    check_gaps(lane, lane.since)
    return Kept(len(attempts), sum(1 for attempt in attempts if attempt.outcome is not expected))


def settled_since(lane: Lane) -> float:
    """Since when a lane has been as expected; raises ProbeError if it is not."""
    since = lane.steady_since(lane.since, lane.expected)
    if since is None:
        last = next(reversed(list(lane.between(lane.since))), None)
        raise ProbeError(
            f"{lane} is not {lane.expected} before anything was changed: {last.detail if last else 'it was not tried'}",
            details=history(lane, lane.since),
        )
    return since


def cut(lane: Lane, change: Change, within: float) -> tuple[float, str]:
    """The seconds from a change's acknowledgement until an open connection was of no use any more, and how it ended.

    Raises:
        ProbeError: It is of use still, or was so too long.
    """
    begin = change.acknowledged
    unmoved(lane, change, Outcome.ALLOWED, end=change.asked)
    since = lane.dead_since(begin)
    if since is None:
        raise ReachabilityError(f"{lane} is usable still after {change.what}", details=history(lane, begin))
    if (seconds := since - begin) > within:
        raise ReachabilityError(
            f"{lane} was usable for {seconds:.2f} s after {change.what}, longer than {within:g} s",
            details=history(lane, begin),
        )
    return seconds, next(lane.between(since)).detail


def check_gaps(lane: Lane, start: float) -> None:
    """Raise ProbeError when no attempt was made for so long that something may have happened unseen."""
    times = [start, *(attempt.started for attempt in lane.between(start))]
    gap = max((later - earlier for earlier, later in itertools.pairwise(times)), default=0.0)
    if gap > GAP:
        raise ProbeError(
            f"{lane} was not tried for {gap:.1f} s, so what happened meanwhile cannot be told",
            hint="The agent had no CPU time: give the machine less to do.",
        )


def history(lane: Lane, start: float, lines: int = 12) -> list[str]:
    """The attempts from a moment on, those that ended alike together."""
    runs: list[list[Attempt]] = []
    for attempt in lane.between(start):
        if runs and runs[-1][0].outcome is attempt.outcome:
            runs[-1].append(attempt)
        else:
            runs.append([attempt])
    told = [
        f"from {run[0].started - start:.2f} to {run[-1].started - start:.2f} s: {len(run)} x {run[0].outcome}"
        f" ({run[0].detail})"
        for run in runs
    ]
    return told if len(told) <= lines else [*told[:lines], f"and {len(told) - lines} more changes"]


def apply(
    lanes: Sequence[Lane], expected: Mapping[Lane, Outcome], change: Change, within: float
) -> tuple[dict[Lane, float], dict[Lane, Kept]]:
    """Judge all lanes after a change: those that must be otherwise, and those that must not have moved.

    Returns:
        The seconds that each changed or new lane took, and what kept each other one as it was.

    Raises:
        ProbeError: One is not as it must be.
    """
    # a flicker of a bystander is the graver finding, and as a rule explains the rest
    still = {lane: unmoved(lane, change, lane.expected) for lane in lanes if lane not in expected}
    return {lane: took(lane, change, outcome, within) for lane, outcome in expected.items()}, still
