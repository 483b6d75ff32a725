from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from probe_objects import row

from kube_acceptance.errors import ProbeError
from kube_acceptance.probe import trial as module
from kube_acceptance.probe.observe import Cell, Sighting
from kube_acceptance.probe.outcome import Outcome
from kube_acceptance.probe.place import Nonce, Place, Target
from kube_acceptance.probe.series import Change, Lane
from kube_acceptance.probe.trial import Found, Trial

WHAT = "a policy denied all ingress to server"


class World:
    """Pods that all reach each other, until somebody makes a rule: its clock, its agents, and its observer."""

    def __init__(self) -> None:
        self.time = 1000.0
        self.blocked: list[Callable[[Lane, float], bool]] = []
        self.lanes: list[Lane] = []
        self.generation = dict.fromkeys(("client", "stranger", "server"), 1)
        self.precision = 0.06
        self.told = 0.0
        self.looked = 0

    # the clock
    def monotonic(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds

    # the watch
    def add(self, lanes: Sequence[Lane]) -> None:
        for lane in lanes:
            lane.since = lane.told_until = self.time
        self.lanes += lanes

    def drop(self, lanes: Sequence[Lane]) -> None:
        self.lanes = [lane for lane in self.lanes if lane not in lanes]

    def forget(self, place: Place) -> None:
        self.lanes = [lane for lane in self.lanes if lane.source != place]

    def poll(self) -> None:
        for lane in self.lanes:
            while lane.told_until < self.time:
                stopped = any(rule(lane, lane.told_until) for rule in self.blocked)
                lane.add(lane.told_until, 0.0, *(("timeout", "") if stopped else ("connected", lane.target.proof.text)))  # type: ignore[union-attr]
                lane.told_until += 0.05

    def close(self) -> None:
        self.lanes = []

    # the observer
    def __call__(self, *_: Any, **__: Any) -> World:
        return self

    def __enter__(self) -> World:
        return self

    def __exit__(self, *_: Any) -> None:
        pass

    def look(self, cells: Sequence[Cell]) -> list[Sighting]:
        self.looked += 1
        self.time += 3
        found = []
        for cell in cells:
            lane = Lane(cell.source, cell.target, cell.port, cell.protocol, False, Outcome.ALLOWED)
            stopped = any(rule(lane, self.time) for rule in self.blocked)
            found.append(Sighting(cell, Outcome.BLOCKED if stopped else Outcome.ALLOWED, "as seen", ""))
        return found

    # the stage
    def place(self, name: str) -> Place:
        number = self.generation[name]
        return Place(name, "shop", f"{name}-{number}", f"uid-{name}-{number}", f"10.0.{number}.{len(name)}")

    def target(self, name: str, _: int) -> Target:
        place = self.place(name)
        return Target(name, place.address, Nonce(place.uid), (place,), 8080)

    def change(self, what: str = WHAT) -> Change:
        self.time += 0.02
        return Change(what, self.time - 0.02, self.time)

    def block(self, source: str, *, after: float = 0.0, until: float = 1e9, open_too: bool = False) -> None:
        start, end = self.time + after, self.time + until
        self.blocked.append(
            lambda lane, now: lane.source.name == source and start <= now < end and (open_too or not lane.is_open)
        )


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    made = World()
    for name in ("Watch", "Observer", "time"):
        monkeypatch.setattr(module, name, made)
    return made


@pytest.fixture
def trial(world: World) -> Trial:
    made = Trial(lambda: None, "probe:1", place=world.place, target=world.target)  # type: ignore[arg-type, return-value]
    made.begin([row("allowed", "client", "server:8080"), row("allowed", "stranger", "server:8080")])
    return made


def blocked_within(trial: Trial, seconds: float = 5, source: str = "client") -> Found:
    return trial.judge([row("blocked", source, "server:8080")], seconds)


def fails(call: Callable[[], object]) -> str:
    with pytest.raises(ProbeError) as caught:
        call()
    return caught.value.summary


def test_a_change_is_timed_and_the_others_are_seen_to_stay(world: World, trial: Trial) -> None:
    trial.changed(world.change())
    world.block("client", after=0.5)
    found = blocked_within(trial)
    ((lane, seconds),) = found.moved.items()
    assert (str(lane), seconds) == ("client -> server:8080", pytest.approx(0.5, abs=0.06))
    assert [str(one) for one in found.still] == ["stranger -> server:8080"]
    assert (lane.expected, world.looked) == (Outcome.BLOCKED, 2)


def test_the_next_change_starts_from_where_the_last_one_led(world: World, trial: Trial) -> None:
    trial.changed(world.change())
    world.block("client", until=60)
    blocked_within(trial)
    assert fails(lambda: blocked_within(trial)) == (
        "client -> server:8080 is blocked already, so that it cannot change to it"
    )
    trial.changed(world.change("the policy was deleted"))
    world.blocked.clear()
    found = trial.judge([row("allowed", "client", "server:8080")], 5)
    assert [lane.expected for lane in found.moved] == [Outcome.ALLOWED]


def test_a_late_change_is_told_with_its_budget(world: World, trial: Trial) -> None:
    trial.changed(world.change())
    world.block("client", after=3)
    assert fails(lambda: blocked_within(trial, 1)).startswith("client -> server:8080 is blocked only 3.0")


def test_a_change_that_never_comes_is_told(world: World, trial: Trial) -> None:
    trial.changed(world.change())
    assert "client -> server:8080 is not blocked for good" in fails(lambda: blocked_within(trial, 1))


def test_a_flicker_of_a_connection_that_is_not_said_to_change_is_told(world: World, trial: Trial) -> None:
    trial.changed(world.change())
    world.block("client")
    world.block("stranger", after=0.5, until=1.0)
    assert fails(lambda: blocked_within(trial)).startswith("stranger -> server:8080 did not stay allowed: 10 of ")


def test_a_connection_that_is_otherwise_at_both_ends_is_told(
    world: World, trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial.changed(world.change())
    world.block("client")

    def look(cells: Sequence[Cell]) -> list[Sighting]:
        world.time += 3
        return [Sighting(one, Outcome.BLOCKED, "timed out", "nothing listens") for one in cells]

    monkeypatch.setattr(world, "look", look)
    assert fails(lambda: blocked_within(trial)).startswith("stranger -> server:8080 is blocked, expected allowed")


def test_what_is_not_as_it_is_said_to_be_at_first_is_told(world: World) -> None:
    made = Trial(lambda: None, "probe:1", place=world.place, target=world.target)  # type: ignore[arg-type, return-value]
    assert fails(lambda: made.begin([row("blocked", "client", "server:8080")])) == (
        "client -> server:8080 is not blocked before anything was changed: it got through"
    )


def test_nothing_is_judged_without_a_change_or_without_a_row(world: World, trial: Trial) -> None:
    assert fails(lambda: blocked_within(trial)) == "nothing was changed, so there is nothing to judge"
    trial.changed(world.change())
    assert fails(lambda: trial.judge([], 5)) == (
        f"no connection is said to change when {WHAT}, so nothing would show that it did"
    )
    assert fails(lambda: trial.judge([row("blocked", "server", "client:8080")], 5)) == (
        "server -> client:8080 is not tried, so what becomes of it is not seen"
    )


def test_a_change_that_nobody_looks_at_is_refused(world: World) -> None:
    made = Trial(lambda: None, "probe:1", place=world.place, target=world.target)  # type: ignore[arg-type, return-value]
    assert fails(lambda: made.changed(world.change())) == (
        f"{WHAT}, but no connection is tried that would show what it does"
    )


def renew(world: World, name: str) -> Change:
    world.generation[name] += 1
    return world.change(f"{name} was replaced")


def test_a_new_pod_is_timed_from_its_start_and_must_be_as_the_old_one(world: World, trial: Trial) -> None:
    trial.replaced("client", lambda: renew(world, "client"))
    world.block("client", until=0.4)
    found = trial.judge([], 5)
    assert [(str(lane), seconds) for lane, seconds in found.moved.items()] == [
        ("client -> server:8080", pytest.approx(0.4, abs=0.06))
    ]
    assert [lane.source.pod for lane in found.moved] == ["client-2"]


def test_a_new_pod_that_is_shut_out_is_told(world: World, trial: Trial) -> None:
    trial.replaced("client", lambda: renew(world, "client"))
    world.block("client")
    assert "client -> server:8080 is not allowed for good" in fails(lambda: trial.judge([], 1))


def test_a_new_target_is_tried_by_everybody(world: World, trial: Trial) -> None:
    trial.replaced("server", lambda: renew(world, "server"))
    assert {lane.target.host for lane in trial.judge([], 5).moved} == {world.place("server").address}


def test_a_pod_that_stayed_is_no_new_one(world: World, trial: Trial) -> None:
    assert fails(lambda: trial.replaced("client", world.change)) == (
        "pod client-1 was not replaced: its UID is the same"
    )


def test_a_pod_that_nobody_tries_is_not_replaced(world: World, trial: Trial) -> None:
    world.generation["other"] = 1
    assert fails(lambda: trial.replaced("other", world.change)) == (
        "no connection from or to other is tried that would show what its replacement does"
    )


def test_an_open_connection_stays_usable_beside_new_ones_that_are_blocked(world: World, trial: Trial) -> None:
    held = row("allowed", "client", "server:8080")
    trial.hold_open(held)
    trial.changed(world.change())
    world.block("client")
    assert fails(lambda: trial.must_stay_usable(held)).startswith(f"what {WHAT} did to new connections was not judged")
    blocked_within(trial)
    assert trial.must_stay_usable(held).endswith(f"of them after {WHAT}; new ones are blocked")


def test_an_open_connection_that_is_cut_does_not_stay_usable(world: World, trial: Trial) -> None:
    held = row("allowed", "client", "server:8080")
    trial.hold_open(held)
    trial.changed(world.change())
    world.block("client", after=0.3, open_too=True)
    blocked_within(trial)
    assert fails(lambda: trial.must_stay_usable(held)).startswith(
        "the open connection client -> server:8080 did not stay allowed"
    )
    assert trial.must_be_cut(held, 5) == (pytest.approx(0.3, abs=0.06), "timed out")


def test_an_open_connection_that_goes_on_is_not_cut(world: World, trial: Trial) -> None:
    held = row("allowed", "client", "server:8080")
    trial.hold_open(held)
    trial.changed(world.change())
    assert fails(lambda: trial.must_be_cut(held, 1)) == (
        f"the open connection client -> server:8080 is usable still after {WHAT}"
    )


def test_an_open_connection_must_have_been_opened(world: World, trial: Trial) -> None:
    trial.changed(world.change())
    assert fails(lambda: trial.must_stay_usable(row("allowed", "client", "server:8080"))) == (
        "client -> server:8080 is not kept open, so what becomes of it is not seen"
    )
