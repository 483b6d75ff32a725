"""Requests that go on all the while, and their answers, of which none is missing."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager

from kube_acceptance.errors import AcceptanceError, ConfigurationError
from kube_acceptance.release import Release
from kube_acceptance.traffic.request import Answer, Request, answer_of
from kube_acceptance.traffic.sender import TICK, Sender
from kube_acceptance.wait import Seen, eventually

DEADLINE = 20.0  # seconds that one request may take: a machine that many work on fails none by being slow
BEGINS_WITHIN = 60.0  # seconds until each is answered well
ENDS_WITHIN = 60.0  # seconds until the last are over; a resolver may take long
ROOM = 2  # how many times more may be under way than the deadline lets be: resolvers are not bound by it


class Traffic(AbstractContextManager["Traffic"]):
    """Requests to a release from a pod out of the reach of faults, until they are ended; none is sent again.

    Args:
        release: The release.
        requests: Which, with different names.
        rate: How many of each are begun in a second, whether earlier ones are answered or not.
        image: The probe image's reference.
        labels: The labels of what this run makes.

    Raises:
        ConfigurationError: There are none, or two have one name, by which their answers could not be told apart.
    """

    def __init__(
        self, release: Release, requests: Sequence[Request], *, rate: float, image: str, labels: Mapping[str, str]
    ) -> None:
        self.requests = list(requests)
        self.rate = rate
        names = [request.name for request in requests]
        if not names:
            raise ConfigurationError("no request is named, so none would be sent")
        if twice := next((name for name in names if names.count(name) > 1), ""):
            raise ConfigurationError(f"two requests are called {twice!r}, so their answers could not be told apart")
        longest = max(request.takes for request in requests)
        self._sender = Sender(
            release,
            [request.plan() for request in requests],
            tiers=[request.tier for request in requests if request.tier],
            every=1 / rate,
            deadline=DEADLINE,
            outstanding=math.ceil((DEADLINE + longest) * rate * ROOM),
            image=image,
            labels=labels,
        )
        self._answers: dict[tuple[str, int], Answer] = {}
        self._now = 0.0
        self._over: Mapping[str, int] | None = None
        self._missed: Mapping[str, int] = {}

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """Start the sender, and wait until each request was answered well once.

        Raises:
            WaitError: They are not; the first line says why the last one was not.
        """
        self._sender.start()
        takes = max(request.takes for request in self.requests)
        eventually("each request to be answered well", self._begun, within=BEGINS_WITHIN + takes)

    def answers(self) -> list[Answer]:
        """What came of the requests that are over so far, as they began."""
        self._look()
        return sorted(self._answers.values(), key=lambda one: one.began)

    def now(self) -> float:
        """The sender's clock when it last spoke, in seconds since 1970."""
        self._look()
        return self._now

    def from_now(self) -> float:
        """A moment of the sender's clock: whatever begins after it has begun after this call."""
        return self.now() + TICK  # so much later than its last word it may be

    def go_on(self, count: int) -> list[Answer]:
        """Wait until so many more of each, begun from now on, are over, and return all that are.

        Raises:
            WaitError: They are not, so requests are not sent any more as they should be.
        """
        begun = self.from_now()

        def look() -> Seen[None]:
            self._look()
            more = {one.name: self._since(one.name, begun) for one in self.requests}
            said = "; ".join(f"{name}: {number} of {count} more are over" for name, number in more.items())
            return Seen(all(number >= count for number in more.values()), said)

        takes = max(request.takes for request in self.requests)
        within = ENDS_WITHIN + takes + 4 * count / self.rate  # four times as long, on a machine that many work on
        eventually(f"{count} more of each request to be over", look, within=within)
        return self.answers()

    def end(self) -> list[Answer]:
        """End the sender, and return every answer; may be called again.

        Raises:
            WaitError: It does not end.
            AcceptanceError: The record has a gap, or some were due but not sent.
        """
        if self._over is None:
            eventually("the last requests to be over", self._ended, within=ENDS_WITHIN)
        over: Mapping[str, int] = self._over or {}
        for name, count in over.items():
            if (known := sum(key[0] == name for key in self._answers)) != count:
                raise AcceptanceError(f"the record has {known} of the {count} answers to the request {name}")
        if missed := [f"{count} of {name}" for name, count in self._missed.items() if count]:
            raise AcceptanceError(f"not sent though due, because too many were under way: {', '.join(missed)}")
        return self.answers()

    def address(self) -> str:
        """The address of the pod that sends the requests."""
        return self._sender.address()

    def close(self) -> None:
        """Remove the sender, whatever it is doing."""
        self._sender.close()

    # ---- looks

    def _begun(self) -> Seen[None]:
        self._look()
        lacking = []
        for request in self.requests:
            mine = [one for one in self._answers.values() if one.request == request.name]
            if not any(one.good for one in mine):
                lacking.append(str(max(mine, key=lambda one: one.ended)) if mine else f"{request.name} is not over yet")
        return Seen(not lacking, "; ".join(lacking) or "each was")

    def _ended(self) -> Seen[None]:
        self._look()
        trouble = self._sender.stop() if self._over is None else ""
        said = f"{len(self._answers)} requests are over"
        return Seen(self._over is not None, f"{said}, and the sender cannot be told: {trouble}" if trouble else said)

    def _look(self) -> None:
        if self._over is not None:
            return
        for line in self._sender.lines():
            if "over" in line:
                self._over, self._missed = line["over"], line["missed"]
            elif "now" in line:
                self._now = max(self._now, line["now"])
            else:
                answer = answer_of(line)
                self._answers[answer.request, answer.number] = answer
                self._now = max(self._now, answer.ended)

    def _since(self, name: str, begun: float) -> int:
        return sum(one.request == name and one.began >= begun for one in self._answers.values())
