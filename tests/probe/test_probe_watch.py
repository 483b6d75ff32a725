from __future__ import annotations

from typing import Any

import pytest
from probe_objects import FRONTEND, TO_DATABASE

from kube_acceptance.errors import ProbeError
from kube_acceptance.probe import watch as module
from kube_acceptance.probe.outcome import Outcome, Protocol
from kube_acceptance.probe.series import EVERY, Lane
from kube_acceptance.probe.watch import CLOCK_READINGS, Watch, read_clock


class Agent:
    """An agent on another machine, whose clock began a thousand seconds before; a reply takes a fifth of a second."""

    def __init__(self) -> None:
        self.time = 50.0
        self.wrong = ""
        self.asked: list[dict[str, Any]] = []
        self.attempts: list[list[Any]] = []
        self.closed = 0

    def monotonic(self) -> float:
        return self.time

    def open(self, *_: Any) -> Agent:
        return self

    def send(self, request: dict[str, Any]) -> None:
        self.asked.append(request)
        self.time += 0.1

    def receive(self, *, within: float) -> dict[str, Any]:
        assert within > 0
        self.time += 0.1
        now = self.time - 0.1 + 1000
        attempts, self.attempts = self.attempts, []
        return {"self": self.wrong, "now": now, "until": now - 0.5, "attempts": attempts}

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def agent(monkeypatch: pytest.MonkeyPatch) -> Agent:
    made = Agent()
    monkeypatch.setattr(Watch, "_open", made.open)
    monkeypatch.setattr(module, "time", made)
    return made


def lane() -> Lane:
    return Lane(FRONTEND, TO_DATABASE, 5432, Protocol.TCP, is_open=False, expected=Outcome.ALLOWED)


def watch() -> Watch:
    make: Any = Watch
    made: Watch = make(lambda: None, "probe:1")
    return made


def test_times_of_another_machine_are_told_on_this_ones_clock(agent: Agent) -> None:
    watched, one = watch(), lane()
    watched.add([one])
    agent.attempts = [["1", 1055.0, 0.01, "connected", ""], ["9", 1055.0, 0.01, "connected", ""]]
    watched.poll()
    assert [attempt.started for attempt in one.attempts] == [pytest.approx(55.0)]
    assert one.told_until == pytest.approx(agent.time - 0.1 - 0.5)
    assert watched.precision == pytest.approx(EVERY + 0.1)


def test_the_clock_is_read_before_a_lane_begins_and_a_lane_is_added_once(agent: Agent) -> None:
    watched = watch()
    watched.add([lane()])
    assert [len(request["add"]) for request in agent.asked] == [0] * CLOCK_READINGS + [1]
    assert agent.asked[-1]["add"]["1"]["host"] == "10.0.0.3"


def test_one_machine_has_one_clock() -> None:
    assert read_clock(10.0, 10.4, 10.1) == (0.0, 0.0)
    assert read_clock(10.0, 10.4, 5010.1) == (pytest.approx(-4999.9), pytest.approx(0.2))


def test_lanes_are_dropped_and_pods_forgotten(agent: Agent) -> None:
    watched, one, other = watch(), lane(), lane()
    watched.add([one, other])
    watched.drop([one])
    assert (watched.lanes, agent.asked[-1]["drop"]) == ([other], ["1"])
    watched.forget(FRONTEND)
    assert (watched.lanes, agent.closed) == ([], 1)


def test_an_agent_that_is_not_where_it_should_be_is_told(agent: Agent) -> None:
    agent.wrong = "the agent cannot use 10.0.0.1 as its own address: EADDRNOTAVAIL"
    with pytest.raises(ProbeError) as caught:
        watch().add([lane()])
    assert caught.value.summary == agent.wrong
