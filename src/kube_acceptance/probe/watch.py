"""The agents' endless series of attempts, as one list on this process's clock."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from kubernetes import client

from kube_acceptance.errors import ProbeError
from kube_acceptance.probe.ephemeral import ensure_agent
from kube_acceptance.probe.place import Place
from kube_acceptance.probe.series import EVERY, Lane
from kube_acceptance.probe.session import Session

PATIENCE = 30.0  # seconds an agent may take to reply
CLOCK_READINGS = 5  # before the first attempt; the quickest counts


class Watch(AbstractContextManager["Watch"]):
    """Has lanes tried by the agents in their source pods, all the time, until they are dropped.

    Args:
        new_client: Makes an API client.
        image: The probe image's reference.
    """

    def __init__(self, new_client: Callable[[], client.ApiClient], image: str) -> None:
        self._new_client = new_client
        self._image = image
        self._sessions: dict[Place, Session] = {}
        # an agent's clock: what must be added to its times, and how wrong that may be at most, in seconds
        self._clocks: dict[Place, tuple[float, float]] = {}
        self._lanes: dict[str, Lane] = {}
        self._number = 0

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End every series."""
        for session in self._sessions.values():
            session.close()
        self._sessions.clear()
        self._lanes.clear()

    @property
    def lanes(self) -> list[Lane]:
        """The lanes that are tried."""
        return list(self._lanes.values())

    @property
    def precision(self) -> float:
        """The seconds by which a measured time may be wrong: the series' own step, and what is not known of clocks."""
        return EVERY + max((error for _, error in self._clocks.values()), default=0.0)

    def add(self, lanes: Sequence[Lane]) -> None:
        """Begin to try lanes."""
        for lane in lanes:
            if lane.source not in self._sessions:
                self._sessions[lane.source] = self._open(lane.source)
                for _ in range(CLOCK_READINGS):
                    self._exchange(lane.source, {}, ())
        for lane in lanes:
            self._number += 1
            self._lanes[str(self._number)] = lane
            lane.since = time.monotonic()
            self._exchange(lane.source, {str(self._number): lane}, ())

    def drop(self, lanes: Sequence[Lane]) -> None:
        """End lanes."""
        for key, lane in list(self._lanes.items()):
            if lane in lanes:
                self._exchange(lane.source, {}, (key,))
                del self._lanes[key]

    def forget(self, place: Place) -> None:
        """End the session with a pod that goes, and its lanes."""
        self._lanes = {key: lane for key, lane in self._lanes.items() if lane.source != place}
        if session := self._sessions.pop(place, None):
            session.close()

    def poll(self) -> None:
        """Learn of the attempts that have ended meanwhile."""
        for place in {lane.source for lane in self.lanes}:
            self._exchange(place, {}, ())

    def _open(self, place: Place) -> Session:
        container = place.container or ensure_agent(client.CoreV1Api(self._new_client()), place, self._image)
        return Session(self._new_client(), place.namespace, place.pod, container)

    def _exchange(self, place: Place, add: dict[str, Lane], drop: Sequence[str]) -> None:
        session = self._sessions[place]
        asked = time.monotonic()
        session.send(
            {
                "do": "series",
                "address": place.address,
                "every": EVERY,
                "add": {key: lane.request() for key, lane in add.items()},
                "drop": list(drop),
            }
        )
        reply = session.receive(within=PATIENCE)
        if reply["self"]:
            raise ProbeError(reply["self"])
        answered = time.monotonic()
        offset, error = read_clock(asked, answered, reply["now"])
        if error < self._clocks.get(place, (0.0, float("inf")))[1]:
            self._clocks[place] = offset, error
        for key, started, seconds, status, said in reply["attempts"]:
            if lane := self._lanes.get(key):
                lane.add(started + self._clocks[place][0], seconds, status, said)
        for lane in self.lanes:
            if lane.source == place:
                lane.told_until = reply["until"] + self._clocks[place][0]


def read_clock(asked: float, answered: float, there: float) -> tuple[float, float]:
    """What must be added to an agent's time to have this process's, and how wrong that may be at most, in seconds.

    One kernel has one monotonic clock, which starts with the machine: an agent whose clock shows what this one shows
    meanwhile is on this machine, as Kind's are, and nothing must be added. Otherwise the middle is the best guess.
    """
    if asked <= there <= answered:
        return 0.0, 0.0
    return (asked + answered) / 2 - there, (answered - asked) / 2
