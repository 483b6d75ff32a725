"""Looks of several observers, each begun a while after the other."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Pace:
    """Called before the connections of a look are made, it waits until the last such call is long enough ago.

    What gets through does so within the first moments of a look, the rest of which is waiting for what does not: looks
    that begin together take each other's CPU time when it is measured, and none of them counts.

    Args:
        seconds: From one call's return to the next's.
        now: The time in seconds.
        sleep: Waits so many seconds.
    """

    def __init__(
        self,
        seconds: float,
        *,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._seconds, self._now, self._sleep = seconds, now, sleep
        self._lock = threading.Lock()
        self._next = now()

    def __call__(self) -> None:
        """Wait for one's turn."""
        with self._lock:
            turn = max(self._next, self._now())
            self._next = turn + self._seconds
        self._sleep(max(0.0, turn - self._now()))
