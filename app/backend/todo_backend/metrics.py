"""What Prometheus reads."""

from __future__ import annotations

from fastapi import APIRouter, Response
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    Info,
    PlatformCollector,
    ProcessCollector,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from todo_backend import VERSION

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


class Metrics:
    """The metrics of one process. Labels take values from short lists only, whatever clients send."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        Info("todo_backend_build", "Version that runs", registry=self.registry).info({"version": VERSION})
        self.ready = Gauge("todo_backend_ready", "Whether /readyz last said yes: 1, or 0", registry=self.registry)
        self.in_progress = Gauge("http_requests_in_progress", "Requests being served", registry=self.registry)
        self._requests = Counter(
            "http_requests", "Requests served", ["method", "route", "status"], registry=self.registry
        )
        self._seconds = Histogram(
            "http_request_duration_seconds", "Time to serve a request", ["method", "route"], registry=self.registry
        )

    def served(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request.

        Args:
            method: as the client sent it.
            route: template of the path, such as /api/todos/{todo_id}.
            status: HTTP status of the answer, 0 if the client left before there was one.
            seconds: time from first byte in to last byte out.
        """
        known = method if method in METHODS else "other"
        self._requests.labels(known, route, str(status)).inc()
        self._seconds.labels(known, route).observe(seconds)


def router(metrics: Metrics) -> APIRouter:
    """Make the endpoint that shows these metrics."""
    routes = APIRouter(tags=["metrics"])

    @routes.get("/metrics", response_class=Response)
    async def show() -> Response:
        """Show all metrics in Prometheus' text format."""
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)

    return routes
