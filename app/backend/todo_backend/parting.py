"""How the process ends: told to, it serves on for a while, so that nobody's request meets a closed door.

Whoever spreads requests over several processes learns a little later than this one that it is to end, and may hold
connections to it that it would go on using: each of them is answered, and told that it was the last.
"""

from __future__ import annotations

import logging
import signal
import time
from collections.abc import Callable
from types import FrameType

import uvicorn
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

logger = logging.getLogger(__name__)

KEEP_ALIVE_SECONDS = 15
"""How long an idle connection is kept: longer than clients keep theirs, so that none asks on one that is closed."""


class Parting:
    """Whether the process has been told to end, and when it does.

    Args:
        seconds: how long it serves on.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._until: float | None = None

    @property
    def begun(self) -> bool:
        """Whether it has been told to end."""
        return self._until is not None

    @property
    def over(self) -> bool:
        """Whether it has served on for long enough."""
        return self._until is not None and time.monotonic() >= self._until

    def begin(self) -> None:
        """Tell it to end."""
        self._until = time.monotonic() + self.seconds


class Connections:
    """ASGI middleware, around all that answers: says who did, and what becomes of the connection.

    A connection that is idle for longer than the process serves on must not be used again: the header Keep-Alive asks
    clients for that. While requests cannot be served no connection is kept either, or those who have one would go on
    asking here, where another process may be able to.

    Args:
        app: what serves.
        parting: whether it has been told to end.
        doubtful: tells whether requests cannot be served.
        name: name that the process goes by.
    """

    def __init__(self, app: ASGIApp, parting: Parting, doubtful: Callable[[], bool], name: str) -> None:
        self._app = app
        self._parting = parting
        self._doubtful = doubtful
        self._name = name
        self._idle = min(int(parting.seconds), KEEP_ALIVE_SECONDS - 1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["X-Served-By"] = self._name
                if self._parting.begun or self._doubtful():
                    headers["Connection"] = "close"
                elif self._idle:
                    headers["Keep-Alive"] = f"timeout={self._idle}"
            await send(message)

        await self._app(scope, receive, send_with_headers)


class Server(uvicorn.Server):
    """The server, which a SIGTERM ends by and by; a second one, or a SIGINT, ends it at once.

    Args:
        config: uvicorn's.
        parting: what the first SIGTERM begins.
    """

    def __init__(self, config: uvicorn.Config, parting: Parting) -> None:
        super().__init__(config)
        self._parting = parting
        self._said = False

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take a signal."""
        if sig == signal.SIGTERM and not self._parting.begun:
            self._parting.begin()
        else:
            super().handle_exit(sig, frame)

    async def on_tick(self, counter: int) -> bool:
        """Say, several times a second, whether to end now."""
        if self._parting.begun and not self._said:
            self._said = True  # here, because a signal may come in the middle of another line
            logger.info("Told to end: serving on for %g s", self._parting.seconds)
        return await super().on_tick(counter) or self._parting.over
