"""Around every request: its id, its log line, its metrics, and an answer whatever happens."""

from __future__ import annotations

import logging
import re
from time import perf_counter
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from todo_backend import errors, logs
from todo_backend.metrics import Metrics

logger = logging.getLogger("todo_backend.access")

ACCEPTABLE_ID = re.compile(r"[A-Za-z0-9_.:=+/-]{1,128}")
"""The same as in the frontend: an id that one of them took and the other did not would end between them."""
QUIET = {"/livez", "/readyz", "/metrics"}
"""Routes that machines ask every few seconds: logged at level debug."""


class Observe:
    """ASGI middleware, to be outside of all that may fail."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        status = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = request_id
            await send(message)

        token = logs.request_id.set(request_id)
        start = perf_counter()
        try:
            with self._metrics.in_progress.track_inprogress():
                await self._app(scope, receive, send_with_id)
        except Exception:
            logger.exception("Unhandled exception")
            if status:  # too late for another answer: let the server cut the connection
                raise
            answer = errors.answer(500, "internal_error", "Something went wrong here; the log says what.")
            await answer(scope, receive, send_with_id)
        finally:
            self._report(scope, status, perf_counter() - start)
            logs.request_id.reset(token)

    def _report(self, scope: Scope, status: int, seconds: float) -> None:
        method, route = scope["method"], getattr(scope.get("route"), "path", "unmatched")
        self._metrics.served(method, route, status, seconds)
        logger.log(
            logging.DEBUG if route in QUIET else logging.INFO,
            "%s %s %d",
            method,
            scope["path"],
            status,
            extra={
                "method": method,
                "path": scope["path"],
                "route": route,
                "status": status,
                "duration_ms": round(seconds * 1000, 2),
            },
        )


def _request_id(scope: Scope) -> str:
    """Take over the client's id if it is harmless in logs and headers, else make one."""
    given = Headers(scope=scope).get("X-Request-ID", "")
    return given if ACCEPTABLE_ID.fullmatch(given) else uuid4().hex
