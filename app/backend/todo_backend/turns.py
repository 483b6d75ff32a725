"""Connections that do not last: whoever keeps one alive stays with the process behind it, and never meets a new one."""

from __future__ import annotations

import random
from collections.abc import Callable

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

REQUESTS = 8
"""How many requests of the API a connection serves on average."""
API = "/api/"


def _by_chance() -> bool:
    return random.randrange(REQUESTS) == 0


class Turns:
    """ASGI middleware, around all that speaks of connections: by chance an answer of the API is its connection's last.

    A client that keeps connections alive makes new ones all the while, which are spread over all processes there are
    by then. By chance, because a count would have to know when a connection ends.

    Args:
        app: what answers.
        last: says whether an answer is to be the last.
    """

    def __init__(self, app: ASGIApp, last: Callable[[], bool] = _by_chance) -> None:
        self._app = app
        self._last = last

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or not scope["path"].startswith(API) or not self._last():
            await self._app(scope, receive, send)
            return

        async def send_last(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Connection"] = "close"
                del headers["Keep-Alive"]
            await send(message)

        await self._app(scope, receive, send_last)
