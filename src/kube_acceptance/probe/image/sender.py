"""What sends requests all the while, from a pod: each at a steady rate, and says of every one what came of it.

    sender.py PLAN

PLAN is JSON: {"every": SECONDS, "deadline": SECONDS, "outstanding": N, "content": TEXT, "requests": [REQUEST, …]}, and
a request is {"name": TEXT, "method": TEXT, "url": TEXT, "headers": {…}, "body": JSON or null, "keep_alive": BOOL,
"takes": SECONDS, "says": {NAME: SOURCE, …}}. In the body `${CONTENT}` stands for what no other request has: the plan's
content, the request's name and its number. With "takes" the body is sent so slowly that it is under way for so long,
beyond which the deadline begins. "says" is what to note of an answer: `header:NAME`, or `json:PATH` with keys and dots.

It prints a line of JSON for each request when it is over, `{"now": TIME}` each second, and at its end, which a SIGTERM
brings about, `{"over": {NAME: N, …}, "missed": {NAME: N, …}}`: how many of each it has told of, and how many were due
but not sent because too many were under way. Of each it tells

    status    of an answer that came back whole, else null
    why       there was none
    sent      whether anything of it may have left: without that it surely did nothing
    kept      whether it went on a connection that an earlier one had used

The rate is kept however long answers take (an open loop: a sender that waited for answers would not send during a
fault), up to so many that are under way. No request is ever sent again. A connection that is kept alive is not used
any more once the server has closed it, as every client's pool sees to. Only the standard library.
"""

from __future__ import annotations

import http.client
import json
import os
import select
import signal
import socket
import sys
import threading
import time
from urllib.parse import urlsplit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

CONTENT = "${CONTENT}"
TICK = 1.0  # seconds
PARTS = 10  # of a body that is sent slowly: then none of the pauses is as long as servers' patience

_started = time.time() - time.monotonic()
_speaking = threading.Lock()


def now() -> float:
    """Tell the time in seconds since 1970; a clock that is set meanwhile does not matter."""
    return round(_started + time.monotonic(), 3)


def say(line: Any) -> None:
    """Print a line whole: pods' logs take no halves back."""
    with _speaking:
        os.write(sys.stdout.fileno(), json.dumps(line).encode() + b"\n")


def send(request: dict[str, Any], content: str, deadline: float, pool: Pool | None = None) -> dict[str, Any]:
    """Send one request; return what came of it.

    Args:
        request: Which.
        content: What its body says that no other says.
        deadline: Seconds for all of it but what it takes by itself; only the resolver may take longer.
        pool: Connections that are kept alive; without it one is made, and closed.
    """
    url = urlsplit(request["url"])
    takes = request.get("takes", 0)
    end = time.monotonic() + deadline + takes
    told: dict[str, Any] = {"status": None, "said": {}, "sent": False, "kept": False, "why": ""}
    connection = pool.take() if pool else None
    told["kept"] = connection is not None
    try:
        try:
            if connection is None:
                connection = http.client.HTTPConnection(url.hostname or "", url.port or 80)
                connection.sock = opened(url.hostname or "", url.port or 80, end)
            connection.sock.settimeout(left(end))
        except OSError as error:
            return {**told, "why": f"not connected: {named(error)}"}
        told["sent"] = True
        try:
            answer, said = exchange(connection, request, content, end, keep=pool is not None)
        except (OSError, http.client.HTTPException) as error:
            return {**told, "why": f"no answer: {named(error)}"}
        if pool and not answer.will_close:
            pool.give(connection)
            connection = None
        found = {name: noted(answer, said, source) for name, source in request.get("says", {}).items()}
        return {**told, "status": answer.status, "said": found}
    finally:
        if connection is not None:
            connection.close()


def exchange(
    connection: http.client.HTTPConnection, request: dict[str, Any], content: str, end: float, *, keep: bool
) -> tuple[http.client.HTTPResponse, bytes]:
    """Send a request on a connection, and read its answer whole."""
    url = urlsplit(request["url"])
    target = (url.path or "/") + (f"?{url.query}" if url.query else "")
    headers = {**request["headers"], **({} if keep else {"Connection": "close"})}
    body = None
    if request["body"] is not None:
        body = json.dumps(request["body"]).replace(CONTENT, content).encode()
        headers = {"Content-Type": "application/json", **headers, "Content-Length": str(len(body))}
    takes = request.get("takes", 0)
    slowly = slow(body, takes) if body is not None and takes else body
    connection.request(request["method"], target, slowly, headers)
    connection.sock.settimeout(left(end))
    answer = connection.getresponse()
    return answer, answer.read()  # with a limit it would not notice that the end is missing


def slow(body: bytes, seconds: float) -> Iterator[bytes]:
    """Give a body in parts, over a time: the first at once, the last at its end."""
    size = max(1, -(-len(body) // PARTS))
    parts = [body[start : start + size] for start in range(0, len(body), size)]
    for number, part in enumerate(parts):
        if number:
            time.sleep(seconds / (len(parts) - 1))
        yield part


def opened(host: str, port: int, end: float) -> socket.socket:
    """Connect to the first address of a host, by a time."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    made = socket.socket(family, kind, protocol)
    try:
        made.settimeout(left(end))
        made.connect(address)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # head and body go apart
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


def noted(answer: http.client.HTTPResponse, said: bytes, source: str) -> str:
    """Return what an answer says at `header:NAME` or `json:PATH`; empty when nothing."""
    kind, _, place = source.partition(":")
    return answer.getheader(place, "") if kind == "header" else found(said, place)


def found(said: bytes, path: str) -> str:
    """Return what stands at a path of keys with dots between them; empty when nothing does."""
    try:
        place = json.loads(said)
        for key in path.split("."):
            place = place[key]
    except (ValueError, LookupError, TypeError):
        return ""
    return str(place)


class Pool:
    """Connections that are kept alive, each used by one request at a time."""

    def __init__(self) -> None:
        self._idle: list[http.client.HTTPConnection] = []
        self._taking = threading.Lock()

    def take(self) -> http.client.HTTPConnection | None:
        """Take the one that was used last, or none: one that the server has closed is over."""
        while True:
            with self._taking:
                if not self._idle:
                    return None
                connection = self._idle.pop()
            if not select.select([connection.sock], [], [], 0)[0]:
                return connection
            connection.close()

    def give(self, connection: http.client.HTTPConnection) -> None:
        """Give one back."""
        with self._taking:
            self._idle.append(connection)


class Stream:
    """One request, sent at a steady rate, each time in a thread of its own."""

    def __init__(self, plan: dict[str, Any], request: dict[str, Any], ended: threading.Event) -> None:
        self.name: str = request["name"]
        self.told = self.missed = 0
        self._plan = plan
        self._request = request
        self._ended = ended
        self._pool = Pool() if request.get("keep_alive") else None
        self._free = threading.BoundedSemaphore(plan["outstanding"])
        self._counting = threading.Lock()
        self._thread = threading.Thread(target=self._pace)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def join(self) -> None:
        """Wait until no more begin, and all are over."""
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
            else:
                self.missed += 1

    def _one(self, number: int) -> None:
        content = f"{self._plan['content']} {self.name} {number}"
        began = now()
        told = send(self._request, content, self._plan["deadline"], self._pool)
        line = {"request": self.name, "number": number, "content": content, "began": began, "ended": now()}
        say({**line, **told})
        with self._counting:
            self.told += 1
        self._free.release()


def main(plan: dict[str, Any]) -> None:
    """Send until a SIGTERM comes, and then wait for what is under way."""
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    threading.stack_size(512 * 1024)  # bytes: there may be many threads, and a resolver wants some
    streams = [Stream(plan, request, ended) for request in plan["requests"]]
    for stream in streams:
        stream.start()
    while not ended.wait(TICK):
        say({"now": now()})
    for stream in streams:
        stream.join()
    missed = {stream.name: stream.missed for stream in streams}
    say({"over": {stream.name: stream.told for stream in streams}, "missed": missed})


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
