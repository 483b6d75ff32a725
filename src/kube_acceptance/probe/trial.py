"""A trial: connections that are tried without a pause, and a change that is judged by them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial

from kubernetes import client

from kube_acceptance.errors import ProbeError
from kube_acceptance.probe.matrix import Expectation
from kube_acceptance.probe.observe import Cell, Observer, probe
from kube_acceptance.probe.outcome import Outcome
from kube_acceptance.probe.place import Place, Target
from kube_acceptance.probe.report import BUDGET, Report
from kube_acceptance.probe.series import ANSWER, STEADY, Change, Kept, Lane, apply, cut, settled_since, unmoved
from kube_acceptance.probe.verdict import judge
from kube_acceptance.probe.watch import Watch

POLL_EVERY = 0.25  # seconds


@dataclass(frozen=True, slots=True)
class Found:
    """What a change did: the seconds each changed connection took, and what kept each other one as it was."""

    change: Change
    moved: Mapping[Lane, float]
    still: Mapping[Lane, Kept]
    precision: float


class Trial(AbstractContextManager["Trial"]):
    """Tries connections all the time, and judges what changes do to them.

    Args:
        new_client: Makes an API client.
        image: The probe image's reference.
        place: Finds a source by its name.
        target: Finds a target by its name and port.
    """

    def __init__(
        self,
        new_client: Callable[[], client.ApiClient],
        image: str,
        *,
        place: Callable[[str], Place],
        target: Callable[[str, int], Target],
    ) -> None:
        self._watch = Watch(new_client, image)
        self._new_observer: Callable[[], Observer] = partial(Observer, new_client, image)
        self._find_place = place
        self._find_target = target
        self._places: dict[str, Place] = {}
        self._targets: dict[tuple[str, int], Target] = {}
        self._change: Change | None = None

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End every attempt."""
        self._watch.close()

    def place(self, name: str) -> Place:
        """The pod that a name stands for in this trial: the same one, whatever happens to its labels."""
        if name not in self._places:
            self._places[name] = self._find_place(name)
        return self._places[name]

    def begin(self, rows: Sequence[Expectation]) -> None:
        """Begin to try connections, which must be as expected for a while, and so at both ends.

        Raises:
            ProbeError: One is not as expected.
        """
        lanes = [self._lane(row) for row in rows]
        self._watch.add(lanes)
        self._settle(lanes)

    def hold_open(self, row: Expectation) -> None:
        """Open a connection, and go on saying something over it."""
        lane = self._lane(row, is_open=True)
        self._watch.add([lane])
        self._settle([lane])

    def changed(self, change: Change) -> None:
        """Take down that something was changed; what it does is judged next.

        Raises:
            ProbeError: Nothing is tried, so the change would go unseen.
        """
        if not self._watch.lanes:
            raise ProbeError(f"{change.what}, but no connection is tried that would show what it does")
        self._change = change

    def replaced(self, name: str, replace: Callable[[], Change]) -> None:
        """Replace a pod: its connections end before, and those of the new one begin when it runs."""
        old = self.place(name)
        its = [lane for lane in self._watch.lanes if not lane.is_open and old in (lane.source, *lane.target.witnesses)]
        if not its:
            raise ProbeError(f"no connection from or to {name} is tried that would show what its replacement does")
        self._watch.poll()
        moment = time.monotonic()
        for lane in its:
            unmoved(lane, Change(f"{name} was replaced", moment, moment), lane.expected)
        self._watch.drop(its)
        self._watch.forget(old)
        self._change = replace()
        self._places.pop(name)
        self._targets = {key: target for key, target in self._targets.items() if key[0] != name}
        if self.place(name).uid == old.uid:
            raise ProbeError(f"pod {old.pod} was not replaced: its UID is the same")
        self._watch.add([self._lane(_row(lane, lane.expected), is_new=True) for lane in its])

    def judge(self, rows: Sequence[Expectation], within: float) -> Found:
        """Judge the last change: these connections change in time, and no other one changes at all.

        Args:
            rows: The connections that change, and how they are then.
            within: The seconds until they must be so for good, from the change's acknowledgement on.

        Raises:
            ProbeError: They do not, or another one did, or it cannot be told.
        """
        change = self._last_change()
        lanes = [lane for lane in self._watch.lanes if not lane.is_open]
        expected = {self._tried(row): row.expected for row in rows}
        for lane, outcome in expected.items():
            if lane.expected is outcome and not lane.new:
                raise ProbeError(f"{lane} is {outcome} already, so that it cannot change to it")
        expected |= {lane: lane.expected for lane in lanes if lane.new and lane not in expected}
        if not expected:
            raise ProbeError(f"no connection is said to change when {change.what}, so nothing would show that it did")
        begin = {lane: lane.since if lane.new else change.acknowledged for lane in expected}
        self._until(
            lambda: all(lane.steady_since(begin[lane], outcome) is not None for lane, outcome in expected.items()),
            max(begin.values()) + within,
        )
        apply(lanes, expected, change, within)
        self._confirm({lane: expected.get(lane, lane.expected) for lane in lanes})
        self._watch.poll()
        moved, still = apply(lanes, expected, change, within)  # with what was seen during the look
        for lane in lanes:
            lane.expected, lane.new = expected.get(lane, lane.expected), False
            lane.begin_anew()
        return Found(change, moved, still, self._watch.precision)

    def must_stay_usable(self, row: Expectation) -> str:
        """Judge a connection that was open before the last change: all that was said over it came back.

        Returns:
            What was seen, in words.

        Raises:
            ProbeError: It was cut, or cannot be judged.
        """
        change, lane = self._last_change(), self._tried(row, is_open=True)
        beside = self._tried(row)
        if beside.since <= change.acknowledged:
            raise ProbeError(f"what {change.what} did to new connections was not judged, so nothing shows that it did")
        self._until(lambda: lane.told_until - change.acknowledged >= STEADY, time.monotonic() + BUDGET)
        told = unmoved(lane, change, Outcome.ALLOWED)
        after = sum(1 for _ in lane.between(change.acknowledged))
        return f"{lane} answered in {told}, {after} of them after {change.what}; new ones are {beside.expected}"

    def must_be_cut(self, row: Expectation, within: float) -> tuple[float, str]:
        """Judge a connection that was open before the last change: it is of no use any more.

        Returns:
            The seconds that this took from the change's acknowledgement, and how it ended.

        Raises:
            ProbeError: It is of use still, or was so too long.
        """
        change, lane = self._last_change(), self._tried(row, is_open=True)
        self._until(lambda: lane.dead_since(change.acknowledged) is not None, change.acknowledged + within)
        return cut(lane, change, within)

    def _last_change(self) -> Change:
        if self._change is None:
            raise ProbeError("nothing was changed, so there is nothing to judge")
        return self._change

    def _lane(self, row: Expectation, *, is_open: bool = False, is_new: bool = False) -> Lane:
        key = (row.target, row.port)
        if key not in self._targets:
            self._targets[key] = self._find_target(*key)
        target = self._targets[key]
        lane = Lane(self.place(row.source), target, row.port, row.protocol, is_open, row.expected, new=is_new)
        probe(Cell(lane.source, target, row.port, row.protocol))  # refuses at once what could not prove itself
        if is_open and target.proof is None:
            raise ProbeError(f"{row.target} does not say back what is said to it, so no connection to it is kept open")
        return lane

    def _tried(self, row: Expectation, *, is_open: bool = False) -> Lane:
        key = (row.source, row.target, row.port, row.protocol, is_open)
        for lane in self._watch.lanes:
            if (lane.source.name, lane.target.name, lane.port, lane.protocol, lane.is_open) == key:
                return lane
        raise ProbeError(f"{row} is not {'kept open' if is_open else 'tried'}, so what becomes of it is not seen")

    def _settle(self, lanes: Sequence[Lane]) -> None:
        """Wait until lanes are as expected, and judge them from then on."""
        since = {lane: lane.since for lane in lanes}
        self._until(
            lambda: all(lane.steady_since(since[lane], lane.expected) is not None for lane in lanes),
            time.monotonic() + BUDGET,
        )
        for lane in lanes:
            lane.since = settled_since(lane)
        self._confirm({lane: lane.expected for lane in lanes})
        self._watch.poll()
        start = Change("anything was changed", time.monotonic(), time.monotonic())
        for lane in lanes:
            unmoved(lane, start, lane.expected)

    def _until(self, done: Callable[[], bool], deadline: float) -> None:
        """Learn of attempts until it is done, or until whatever began before the deadline is known."""
        while True:
            self._watch.poll()
            if done() or time.monotonic() > deadline + STEADY + 2 * ANSWER:
                return
            time.sleep(POLL_EVERY)

    def _confirm(self, expected: Mapping[Lane, Outcome]) -> None:
        """Look at the connections at both ends until they are right: who answers, and whether what is blocked listens.

        That nothing wavers meanwhile is seen by the series: here a look may fail for want of CPU time.
        """
        cells = {lane: Cell(lane.source, lane.target, lane.port, lane.protocol) for lane in expected}
        began, looks = time.monotonic(), 0
        with self._new_observer() as observer:
            while True:
                look = observer.look(list(dict.fromkeys(cells.values())))
                looks += 1
                seen = {sighting.cell: sighting for sighting in look}
                verdicts = [
                    judge(_row(lane, outcome), [seen[cells[lane]]], look, enforced=True)
                    for lane, outcome in expected.items()
                ]
                report = Report(tuple(verdicts), {}, looks, time.monotonic() - began)
                if not report.failures or report.seconds > BUDGET:
                    break
        report.check()


def _row(lane: Lane, expected: Outcome) -> Expectation:
    return Expectation(lane.source.name, lane.target.name, lane.port, lane.protocol, expected)
