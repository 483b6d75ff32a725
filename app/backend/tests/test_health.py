"""Alive, ready, and answers while the database is not there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from time import monotonic

import pytest
from starlette.testclient import TestClient

from tests.conftest import LogLines, Settle
from tests.postgres import PostgreSQL
from todo_backend import schema
from todo_backend.app import create_app
from todo_backend.db import CONNECT_SECONDS, STATEMENT_SECONDS

READY = {"service": "todo-backend", "status": "ready", "pod": "pod-1"}
ALIVE = {"service": "todo-backend", "status": "ok", "pod": "pod-1"}
AWAY = {"service": "todo-backend", "status": "not ready", "pod": "pod-1", "reason": "database is unreachable"}

LONGEST = CONNECT_SECONDS + STATEMENT_SECONDS + 0.9
"""Seconds that an answer may take: below the five that the frontend waits."""

Outage = Callable[[PostgreSQL], AbstractContextManager[None]]


@pytest.fixture(params=[PostgreSQL.away, PostgreSQL.frozen], ids=["away", "frozen"])
def outage(request: pytest.FixtureRequest, postgres: PostgreSQL) -> Iterator[AbstractContextManager[None]]:
    """Ways for a database not to be there."""
    kind: Outage = request.param
    yield kind(postgres)


def test_ready_and_alive(client: TestClient) -> None:
    for path, body in (("/livez", ALIVE), ("/readyz", READY)):
        answer = client.get(path)
        assert (answer.status_code, answer.json()) == (200, body)


def test_outage(client: TestClient, outage: AbstractContextManager[None]) -> None:
    created = client.post("/api/todos", json={"title": "before"}).json()
    with outage:
        start = monotonic()  # first over a connection that was good
        answer = client.get("/readyz")
        assert (answer.status_code, answer.json()) == (503, AWAY)
        assert monotonic() - start < LONGEST
        start = monotonic()  # then over a new one
        answer = client.post("/api/todos", json={"title": "during"}, headers={"X-Request-ID": "r-1"})
        assert monotonic() - start < LONGEST
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "2"
        assert answer.json() == {
            "error": {
                "code": "database_unavailable",
                "message": "The database cannot be reached at the moment; try again shortly.",
                "request_id": "r-1",
            }
        }
        answer = client.get("/livez")
        assert (answer.status_code, answer.json()) == (200, ALIVE)
    assert client.get("/readyz").json() == READY
    assert client.get("/api/todos").json()["items"] == [created]


def test_readiness_is_a_metric(client: TestClient, postgres: PostgreSQL) -> None:
    client.get("/readyz")
    assert "\ntodo_backend_ready 1.0\n" in client.get("/metrics").text
    with postgres.away():
        client.get("/readyz")
        assert "\ntodo_backend_ready 0.0\n" in client.get("/metrics").text
    client.get("/readyz")


def test_changes_of_readiness_are_logged_once(client: TestClient, postgres: PostgreSQL, log_lines: LogLines) -> None:
    client.get("/readyz")
    with postgres.away():
        client.get("/readyz")
        client.get("/readyz")
    client.get("/readyz")
    client.get("/readyz")
    worse, better = (line for line in log_lines() if line["logger"] == "todo_backend.health")
    assert worse["level"] == "warning"
    assert worse["message"].startswith("Not ready: database is unreachable: ")
    assert "Connection refused" in worse["message"]
    assert (better["level"], better["message"]) == ("info", "Ready again")


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("DROP TABLE alembic_version", "schema is at nothing, 0002 is needed"),
        ("DELETE FROM alembic_version", "schema is at nothing, 0002 is needed"),
        ("UPDATE alembic_version SET version_num = '0000'", "schema is at 0000, 0002 is needed"),
        ("UPDATE alembic_version SET version_num = 'abcdef'", "schema is at abcdef, 0002 is needed"),
    ],
)
def test_a_schema_that_is_not_current(
    own_database: str, settle: Settle, postgres: PostgreSQL, statement: str, reason: str
) -> None:
    client = TestClient(create_app(settle(own_database)))
    assert client.get("/readyz").json() == READY
    postgres.execute(statement, own_database)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {**AWAY, "reason": reason}


def test_a_newer_schema_serves_during_a_rolling_update(own_database: str, settle: Settle, postgres: PostgreSQL) -> None:
    newer = f"{int(schema.head()) + 1:04}"
    postgres.execute(f"UPDATE alembic_version SET version_num = '{newer}'", own_database)
    assert TestClient(create_app(settle(own_database))).get("/readyz").json() == READY


def test_the_answer_keeps_to_itself_how_to_reach_the_database(postgres: PostgreSQL, settle: Settle) -> None:
    with_wrong_password = create_app(settle("postgres", database_password="wrong"))
    answer = TestClient(with_wrong_password).get("/readyz")
    assert (answer.status_code, answer.json()) == (503, AWAY)
