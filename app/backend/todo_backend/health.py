"""Is the process alive, and can it serve?"""

from __future__ import annotations

import logging

from fastapi import APIRouter, Response
from sqlalchemy import Engine

from todo_backend import SERVICE, db, schema
from todo_backend.metrics import Metrics
from todo_backend.schemas import Health

logger = logging.getLogger(__name__)


class Readiness:
    """Finds out whether requests can be served, logs each change and shows it among the metrics."""

    def __init__(self, engine: Engine, metrics: Metrics) -> None:
        self._engine = engine
        self._metrics = metrics
        self._needed = schema.head()
        self._last: str | None = None

    @property
    def doubtful(self) -> bool:
        """Whether requests could not be served when it was last looked."""
        return self._last is not None

    def obstacle(self) -> str | None:
        """Say why requests cannot be served; None if they can."""
        obstacle, cause = self._look()
        self._metrics.ready.set(obstacle is None)
        if obstacle != self._last:
            if obstacle:
                logger.warning("Not ready: %s", cause)
            else:
                logger.info("Ready again")
            self._last = obstacle
        return obstacle

    def _look(self) -> tuple[str | None, str | None]:
        try:
            with self._engine.connect() as connection:
                obstacle = schema.problem(schema.current(connection), self._needed)
        except db.UNAVAILABLE as error:
            # The cause names hosts and users: it belongs in the log and not in the answer.
            return "database is unreachable", f"database is unreachable: {db.reason(error)}"
        return obstacle, obstacle


def router(readiness: Readiness, pod: str) -> APIRouter:
    """Make the health endpoints of one process.

    Args:
        readiness: what decides about /readyz.
        pod: name that the process goes by.
    """
    routes = APIRouter(tags=["health"])

    @routes.get("/livez", response_model_exclude_none=True)
    async def livez() -> Health:
        """Tell that the process answers; independent of the database, as a restart would not mend that."""
        return Health(service=SERVICE, status="ok", pod=pod)

    @routes.get("/readyz", response_model_exclude_none=True, responses={503: {"model": Health}})
    def readyz(response: Response) -> Health:
        """Tell whether the database is reachable and its schema current."""
        obstacle = readiness.obstacle()
        if obstacle is None:
            return Health(service=SERVICE, status="ready", pod=pod)
        response.status_code = 503
        return Health(service=SERVICE, status="not ready", pod=pod, reason=obstacle)

    return routes
