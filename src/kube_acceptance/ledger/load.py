"""Writes that go on all the while, and the judgement of them: how long they were interrupted, and what is stored."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from kube_acceptance.errors import AcceptanceError, ConfigurationError
from kube_acceptance.ledger.course import Course, course, interruptions
from kube_acceptance.ledger.ledger import Ledger, Write, WriteOutcome
from kube_acceptance.ledger.way import Way
from kube_acceptance.release import Release
from kube_acceptance.report import note
from kube_acceptance.traffic.request import answer_of
from kube_acceptance.traffic.sender import Sender
from kube_acceptance.wait import Seen, eventually

Stored = Callable[[], Mapping[str, str]]

BEGINS_WITHIN = 60.0  # seconds until the first writes are acknowledged
ENDS_WITHIN = 60.0  # seconds until the last are over; a resolver may take long
IN_TROUBLE = 2.0  # seconds without an acknowledgement after which it is looked whether anything is lost
DEADLINE = 5.0  # seconds that one write may take
EVERY = 0.2  # seconds between two writes of one way
OUTSTANDING = 32  # writes of one way at most: more than are begun within the deadline
TIMES = 4  # how much longer than at the full rate writes may take, on a machine that many work on


class Load(AbstractContextManager["Load"]):
    """Writes to a release from a pod out of the reach of faults, until it is ended.

    `ledger` is the record of all writes that are over, up to the last look.

    Args:
        release: The release.
        ways: Where to.
        stored: Reads all that is stored: contents by id.
        image: The probe image's reference.
        labels: The labels of what this run makes.
        count: How many writes each way must be acknowledged, at first and after each interruption.

    Raises:
        ConfigurationError: Two ways have one name, by which their writes could not be told apart.
    """

    def __init__(
        self,
        release: Release,
        ways: Sequence[Way],
        stored: Stored,
        *,
        image: str,
        labels: Mapping[str, str],
        count: int,
    ) -> None:
        self._release = release
        self._ways = [way.name for way in ways]
        self._way = {way.name: way for way in ways}
        if twice := next((name for name in self._ways if self._ways.count(name) > 1), ""):
            raise ConfigurationError(f"two ways are called {twice!r}, so their writes could not be told apart")
        self.ledger = Ledger()
        self._writer = Sender(
            release,
            [way.request().plan() for way in ways],
            tiers=[way.tier for way in ways if way.tier],
            every=EVERY,
            deadline=DEADLINE,
            outstanding=OUTSTANDING,
            image=image,
            labels=labels,
            content="Write",
        )
        self._stored = stored
        self._count = count
        self._began = self._since = self._now = 0.0
        self._over: dict[str, int] | None = None

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """Start the writer, and wait until enough writes are acknowledged each way.

        Raises:
            WaitError: They are not; the first line says why the last one was not.
        """
        self.ledger.before = dict(self._stored())
        self._writer.start()
        eventually(
            f"{self._count} writes to be acknowledged each way", self._begun, within=BEGINS_WITHIN + self._slack()
        )
        self._began = self._since = self._now

    def close(self) -> None:
        """Remove the writer, whatever it is doing."""
        self._writer.close()

    # ---- what is judged while it goes on

    def must_be_interrupted(self, within: float) -> list[Course]:
        """Wait until the writes were interrupted and go on: enough in a row are acknowledged each way.

        An interruption is a write that is not acknowledged, or more than a second without an acknowledgement.

        Args:
            within: Seconds that the longest time without an acknowledgement may take on any way.

        Returns:
            How the writes of each way went since the last judgement.

        Raises:
            AcceptanceError: An acknowledged write is lost.
            WaitError: There was no interruption, or it was too long.
        """
        self._await("the writes to be interrupted and go on", lambda: self._resumed(within), within)
        return self._judged()

    def must_stand_still(self, lasting: float, within: float) -> list[Course]:
        """Wait until no write of any way has been acknowledged for a time, while the writer goes on trying.

        What is judged next begins where it would have begun without this.

        Args:
            lasting: Seconds without an acknowledgement.
            within: Seconds until they are over.

        Returns:
            How the writes of each way went since the last judgement.

        Raises:
            WaitError: Writes are acknowledged still.
        """
        eventually(f"no write to be acknowledged for {lasting:g} s", lambda: self._still(lasting), within=within)
        return self._courses(self._since)

    def must_go_on(self, *, interrupted: float) -> list[Course]:
        """Wait for enough further writes in a row each way, whether they were interrupted or not.

        Args:
            interrupted: Seconds that the longest time without an acknowledgement may have taken on any way.

        Returns:
            How the writes of each way went since the last judgement.

        Raises:
            AcceptanceError: An acknowledged write is lost.
            WaitError: An interruption was too long, or there are no further writes.
        """
        self._look()
        begun = self._now
        self._await("the writes to go on", lambda: self._going_on(begun, interrupted), interrupted)
        return self._judged()

    def must_not_be_interrupted(self) -> list[Course]:
        """Wait for enough further writes each way; since the last judgement none may have been interrupted.

        Returns:
            How the writes of each way went since the last judgement.

        Raises:
            WaitError: A write was not acknowledged, or none was for over three seconds.
        """
        self._look()
        begun = self._now
        self._await("the writes to go on", lambda: self._uninterrupted(begun), 0)
        return self._judged()

    # ---- what is judged at the end

    def end(self) -> None:
        """End the writer, and take up the rest of its record; may be called again.

        Raises:
            WaitError: It does not end.
            AcceptanceError: The record has a gap.
        """
        if self._over is not None:
            return
        eventually("the last writes to be over", self._ended, within=ENDS_WITHIN)
        over: Mapping[str, int] = self._over or {}
        for way, count in over.items():
            if (known := sum(write.way == way for write in self.ledger.writes)) != count:
                raise AcceptanceError(f"the record has {known} of the {count} writes of the way {way}")

    def check(self) -> None:
        """End the writer, and compare what it recorded with what is stored; see `Ledger.check`.

        Raises:
            AcceptanceError: They do not agree.
        """
        self.end()
        stored = self._stored()
        self._tell(stored)
        self.ledger.check(stored)

    # ---- looks

    def _await(self, what: str, look: Callable[[], Seen[None]], within: float) -> None:
        """Wait for what the writes show; what keeps the release from being ready may be why they do not."""
        eventually(what, look, within=within + self._slack(), explain=self._release.explain)

    def _begun(self) -> Seen[None]:
        self._look()
        known = {way: [write for write in self.ledger.writes if write.way == way] for way in self._ways}
        lacking = [way for way, writes in known.items() if _acknowledged(writes) < self._count]
        said = [f"{way}: {_acknowledged(known[way])}{_why_not(known[way])}" for way in lacking]
        return Seen(not lacking, f"acknowledged of {self._count}, {'; '.join(said)}")

    def _resumed(self, within: float) -> Seen[None]:
        seen = self._bounded(within)
        if seen.hopeless or any(one.interrupted for one in self._courses(self._since)):
            return seen
        return Seen(False, f"the writes were not interrupted: {seen.said}")

    def _going_on(self, begun: float, within: float) -> Seen[None]:
        seen = self._bounded(within)
        return Seen(
            seen.met and all(one.row >= self._count for one in self._courses(begun)), seen.said, hopeless=seen.hopeless
        )

    def _bounded(self, within: float) -> Seen[None]:
        """Whether the writes go on each way, and none was without an acknowledgement for too long."""
        self._look()
        courses = self._courses(self._since)
        if any(one.silent > IN_TROUBLE for one in courses):
            self._must_lose_nothing()
        said = "; ".join(map(str, courses))
        too_long = [one for one in courses if one.longest > within]
        if too_long:
            hopeless = f"the writes were {interruptions(too_long)}, not within {within:g} s{_told(too_long[0])}"
            return Seen(False, said, hopeless=hopeless)
        return Seen(all(one.row >= self._count for one in courses), said)

    def _still(self, lasting: float) -> Seen[None]:
        self._look()
        courses = self._courses(self._since)
        silent = min(one.silent for one in courses)
        return Seen(silent >= lasting, f"none was acknowledged for {silent:.1f} s; {'; '.join(map(str, courses))}")

    def _uninterrupted(self, begun: float) -> Seen[None]:
        self._look()
        courses = self._courses(self._since)
        said = "; ".join(map(str, courses))
        if interrupted := [one for one in courses if not one.steady]:
            hopeless = f"the writes were {interruptions(interrupted)}{_told(interrupted[0])}"
            return Seen(False, said, hopeless=hopeless)
        return Seen(all(one.row >= self._count for one in self._courses(begun)), said)

    def _ended(self) -> Seen[None]:
        self._look()
        trouble = self._writer.stop() if self._over is None else ""
        said = f"{len(self.ledger.writes)} writes are over"
        return Seen(self._over is not None, f"{said}, and the writer cannot be told: {trouble}" if trouble else said)

    def _look(self) -> None:
        for line in self._writer.lines():
            if "over" in line:
                self._over = line["over"]
            elif "now" in line:
                self._now = max(self._now, line["now"])
            else:
                self._take(line)

    def _take(self, line: Mapping[str, Any]) -> None:
        write = self._way[line["request"]].write(answer_of(line))
        self.ledger.record(write)
        self._now = max(self._now, write.ended)

    # ---- words and figures

    def _courses(self, since: float) -> list[Course]:
        return [course(way, self.ledger.writes, since, self._now) for way in self._ways]

    def _judged(self) -> list[Course]:
        courses = self._courses(self._since)
        self._since = self._now
        return courses

    def _slack(self) -> float:
        return self._count * EVERY * TIMES + 2 * DEADLINE

    def _must_lose_nothing(self) -> None:
        try:
            stored = self._stored()  # what was acknowledged is known already: nothing of it may come later
        except AcceptanceError:
            return  # nobody can be asked yet
        if self.ledger.lost(stored):
            self._tell(stored)
        self.ledger.must_lose_nothing(stored)

    def _tell(self, stored: Mapping[str, str]) -> None:
        note(f"{self.ledger.counts(stored)}; {interruptions(self._courses(self._began))}")


def _acknowledged(writes: Sequence[Write]) -> int:
    return sum(write.outcome is WriteOutcome.ACKNOWLEDGED for write in writes)


def _why_not(writes: Sequence[Write]) -> str:
    why = next((write.why for write in reversed(writes) if write.why), "")
    return f" ({why})" if why else ""


def _told(one: Course) -> str:
    return f"; the last that was not acknowledged: {one.last}" if one.last else ""
