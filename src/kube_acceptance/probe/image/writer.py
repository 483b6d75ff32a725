"""What writes all the while, from a pod: every way at a steady rate, and says of each write what became of it.

    writer.py PLAN

PLAN is JSON: {"every": SECONDS, "deadline": SECONDS, "outstanding": N, "content": TEXT, "ways": [WAY, …]}, and a way is
{"name": TEXT, "method": TEXT, "url": TEXT, "headers": {…}, "body": JSON, "acknowledges": [STATUS, …], "id": PATH}. In
the body `${CONTENT}` stands for the write's own content: the plan's, the way's name and the write's number.

It prints a line of JSON for each write when it is over, `{"now": TIME}` each second, and at its end, which a SIGTERM
brings about, `{"over": {WAY: N, …}}`: how many writes of each way it has told of. What it knows of a write is one of

    acknowledged    an answer with a status that acknowledges came back whole
    failed          surely not written: no name, no connection, or an answer that refuses (4xx)
    indeterminate   anything that went wrong after the first byte may have left, or an answer of 5xx

The rate is kept however long writes take (an open loop: a writer that waited for answers would not write during a
fault), up to so many that are outstanding. No write is ever sent again. Only the standard library.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import sys
import threading
import time
from urllib.parse import urlsplit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

ACKNOWLEDGED, FAILED, INDETERMINATE = "acknowledged", "failed", "indeterminate"
CONTENT = "${CONTENT}"
TICK = 1.0  # seconds

_started = time.time() - time.monotonic()
_speaking = threading.Lock()


def now() -> float:
    """Tell the time in seconds since 1970; a clock that is set meanwhile does not matter."""
    return round(_started + time.monotonic(), 3)


def say(line: Any) -> None:
    """Print a line whole: pods' logs take no halves back."""
    with _speaking:
        os.write(sys.stdout.fileno(), json.dumps(line).encode() + b"\n")


def write(way: dict[str, Any], content: str, deadline: float) -> tuple[str, str, str]:
    """Send one write; return what is known of it, the id in the answer, and why it is no more than that.

    Args:
        way: Where to.
        content: What is written.
        deadline: Seconds for all of it; only the resolver may take longer.
    """
    url = urlsplit(way["url"])
    end = time.monotonic() + deadline
    body = json.dumps(way["body"]).replace(CONTENT, content).encode()
    headers = {"Content-Type": "application/json", **way["headers"], "Connection": "close"}
    connection = http.client.HTTPConnection(url.hostname or "", url.port or 80)
    try:
        try:
            connection.sock = opened(url.hostname or "", url.port or 80, end)
            connection.sock.settimeout(left(end))
        except OSError as error:
            return FAILED, "", f"not connected: {named(error)}"
        try:
            target = url.path + (f"?{url.query}" if url.query else "")
            connection.request(way["method"], target or "/", body, headers)
            connection.sock.settimeout(left(end))
            answer = connection.getresponse()
            said = answer.read()  # with a limit it would not notice that the end is missing
        except (OSError, http.client.HTTPException) as error:
            return INDETERMINATE, "", f"no answer: {named(error)}"
    finally:
        connection.close()
    if answer.status in way["acknowledges"]:
        return ACKNOWLEDGED, found(said, way["id"]), ""
    outcome = FAILED if 400 <= answer.status < 500 else INDETERMINATE
    return outcome, "", f"answered {answer.status}"


def opened(host: str, port: int, end: float) -> socket.socket:
    """Connect to the first address of a host, by a time."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    made = socket.socket(family, kind, protocol)
    try:
        made.settimeout(left(end))
        made.connect(address)
    except BaseException:
        made.close()
        raise
    return made


def left(end: float) -> float:
    """Return the seconds until a time; raises TimeoutError when it has come."""
    seconds = end - time.monotonic()
    if seconds <= 0:
        raise TimeoutError("timed out")
    return seconds


def named(error: Exception) -> str:
    """Say what went wrong, in a few words."""
    if isinstance(error, socket.gaierror):
        return f"the name is not resolved ({error.strerror})"
    if isinstance(error, TimeoutError):
        return "timed out"
    return str(error) or type(error).__name__


def found(said: bytes, path: str) -> str:
    """Return what stands at a path of keys with dots between them; empty when nothing does."""
    try:
        place = json.loads(said)
        for key in path.split("."):
            place = place[key]
    except (ValueError, LookupError, TypeError):
        return ""
    return str(place)


class Way:
    """One way: its writes at a steady rate, each in a thread of its own."""

    def __init__(self, plan: dict[str, Any], way: dict[str, Any], ended: threading.Event) -> None:
        self.name: str = way["name"]
        self.told = 0
        self._plan = plan
        self._way = way
        self._ended = ended
        self._free = threading.BoundedSemaphore(plan["outstanding"])
        self._counting = threading.Lock()
        self._thread = threading.Thread(target=self._pace)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def join(self) -> None:
        """Wait until no more writes begin, and all are over."""
        self._thread.join()
        for _ in range(self._plan["outstanding"]):
            self._free.acquire()

    def _pace(self) -> None:
        due = time.monotonic()
        number = 0
        while not self._ended.wait(max(0.0, due - time.monotonic())):
            # what is late is not made up for: that would be a burst
            due = max(due + self._plan["every"], time.monotonic())
            if self._free.acquire(blocking=False):
                threading.Thread(target=self._one, args=(number,)).start()
                number += 1

    def _one(self, number: int) -> None:
        content = f"{self._plan['content']} {self.name} {number}"
        began = now()
        outcome, key, why = write(self._way, content, self._plan["deadline"])
        line = {"way": self.name, "number": number, "content": content, "began": began, "ended": now()}
        say({**line, "outcome": outcome, "id": key, "why": why})
        with self._counting:
            self.told += 1
        self._free.release()


def main(plan: dict[str, Any]) -> None:
    """Write until a SIGTERM comes, and then wait for what is outstanding."""
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    threading.stack_size(512 * 1024)  # bytes: there may be many threads, and a resolver wants some
    ways = [Way(plan, way, ended) for way in plan["ways"]]
    for way in ways:
        way.start()
    while not ended.wait(TICK):
        say({"now": now()})
    for way in ways:
        way.join()
    say({"over": {way.name: way.told for way in ways}})


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
