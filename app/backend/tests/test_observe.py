"""Request ids, log lines and metrics."""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from tests.conftest import LogLines, Settle
from tests.postgres import PostgreSQL
from todo_backend.app import create_app


@pytest.fixture
def own_client(own_database: str, settle: Settle) -> Iterator[TestClient]:
    """An application whose metrics start at nothing and whose database may be spoilt."""
    with TestClient(create_app(settle(own_database))) as client:
        yield client


def metrics(client: TestClient) -> dict[str, float]:
    lines = client.get("/metrics").text.splitlines()
    samples = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    return {name: float(value) for name, value in samples}


@pytest.mark.parametrize("given", ["abc-123", "A.b_c:9", "a+b/c=", "x" * 128])
def test_a_request_id_is_taken_over(client: TestClient, given: str) -> None:
    assert client.get("/livez", headers={"X-Request-ID": given}).headers["X-Request-ID"] == given


@pytest.mark.parametrize("given", ["", "x" * 129, "a b", 'a"b', "a\tb", "é"])
def test_a_request_id_is_made_where_none_is_fit(client: TestClient, given: str) -> None:
    made = client.get("/livez", headers={b"X-Request-ID": given.encode()}).headers["X-Request-ID"]
    assert re.fullmatch(r"[0-9a-f]{32}", made)


def test_each_request_has_an_id_of_its_own(client: TestClient) -> None:
    assert len({client.get("/livez").headers["X-Request-ID"] for _ in range(5)}) == 5


def test_a_request_is_logged_with_its_id(client: TestClient, log_lines: LogLines) -> None:
    answer = client.post("/api/todos", json={"title": "secret plans"}, headers={"X-Request-ID": "r-1"})
    (line,) = (line for line in log_lines() if line["logger"] == "todo_backend.access")
    duration, timestamp = line.pop("duration_ms"), line.pop("timestamp")
    assert 0 < duration < 5000
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+\+00:00", timestamp)
    assert line == {
        "level": "info",
        "logger": "todo_backend.access",
        "message": "POST /api/todos 201",
        "request_id": "r-1",
        "method": "POST",
        "path": "/api/todos",
        "route": "/api/todos",
        "status": 201,
    }
    assert answer.headers["X-Request-ID"] == "r-1"


def test_probes_are_not_logged(client: TestClient, log_lines: LogLines) -> None:
    for path in ("/livez", "/readyz", "/metrics"):
        assert client.get(path).status_code == 200
    assert [line for line in log_lines() if line["logger"] == "todo_backend.access"] == []


def test_the_unforeseen_is_answered_and_logged_on_one_line(
    own_client: TestClient, own_database: str, postgres: PostgreSQL, log_lines: LogLines
) -> None:
    postgres.execute("DROP TABLE todos", own_database)
    answer = own_client.get("/api/todos", headers={"X-Request-ID": "r-1"})
    assert answer.status_code == 500
    assert answer.headers["X-Request-ID"] == "r-1"
    assert answer.json() == {
        "error": {
            "code": "internal_error",
            "message": "Something went wrong here; the log says what.",
            "request_id": "r-1",
        }
    }
    trace, access = log_lines()
    assert (trace["level"], trace["message"], trace["request_id"]) == ("error", "Unhandled exception", "r-1")
    assert trace["exc_info"].startswith("Traceback (most recent call last):\n")
    assert 'relation "todos" does not exist' in trace["exc_info"]
    assert access["message"] == "GET /api/todos 500"


def test_an_outage_is_logged_on_one_line_without_a_trace(
    client: TestClient, postgres: PostgreSQL, log_lines: LogLines
) -> None:
    with postgres.away():
        client.get("/api/todos", headers={"X-Request-ID": "r-1"})
    (line,) = (line for line in log_lines() if line["logger"] == "todo_backend.errors")
    assert (line["level"], line["request_id"]) == ("warning", "r-1")
    assert line["message"].startswith("Database unavailable: ")
    assert "exc_info" not in line


def test_other_loggers_and_warnings_become_json_too(log_lines: LogLines) -> None:
    logging.getLogger("somebody.else").error("two\nlines %s", "\ud800")
    with warnings.catch_warnings(action="default"):
        warnings.warn("old", DeprecationWarning, stacklevel=1)
    other, warning = log_lines()
    assert (other["logger"], other["message"], other["request_id"]) == ("somebody.else", "two\nlines \ud800", None)
    assert (warning["logger"], warning["level"]) == ("py.warnings", "warning")
    assert "DeprecationWarning: old" in warning["message"]


def test_requests_are_counted_by_route(own_client: TestClient) -> None:
    identifier = own_client.post("/api/todos", json={"title": "x"}).json()["id"]
    for path in (identifier, "nonsense", "00000000-0000-4000-8000-000000000000"):
        own_client.get(f"/api/todos/{path}")
    own_client.get("/nowhere/in/particular")
    own_client.request("BREW", "/api/todos")
    samples = metrics(own_client)
    requests = {name: value for name, value in samples.items() if name.startswith("http_requests_total")}
    assert requests == {
        'http_requests_total{method="POST",route="/api/todos",status="201"}': 1,
        'http_requests_total{method="GET",route="/api/todos/{todo_id}",status="200"}': 1,
        'http_requests_total{method="GET",route="/api/todos/{todo_id}",status="422"}': 1,
        'http_requests_total{method="GET",route="/api/todos/{todo_id}",status="404"}': 1,
        'http_requests_total{method="GET",route="unmatched",status="404"}': 1,
        'http_requests_total{method="other",route="/api/todos",status="405"}': 1,
    }
    assert samples['http_request_duration_seconds_count{method="GET",route="/api/todos/{todo_id}"}'] == 3
    assert samples["http_requests_in_progress"] == 1  # this one
    assert samples['todo_backend_build_info{version="0.2.0"}'] == 1
    assert samples["process_resident_memory_bytes"] > 0


def test_metrics_are_in_prometheus_format(client: TestClient) -> None:
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=")


def test_nothing_asks_a_browser_to_load_from_elsewhere(client: TestClient) -> None:
    assert (client.get("/docs").status_code, client.get("/redoc").status_code) == (404, 404)
    assert client.get("/openapi.json").json()["info"] == {"title": "Todo", "version": "0.2.0"}
