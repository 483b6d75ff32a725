"""Who answers, and how the process ends."""

from __future__ import annotations

import asyncio
import random
import signal

import pytest
import uvicorn
from starlette.testclient import TestClient

from tests.conftest import LogLines, Settle
from tests.postgres import PostgreSQL
from todo_backend.app import create_app
from todo_backend.parting import Parting, Server


@pytest.mark.parametrize(("seconds", "kept"), [(0, None), (3, "timeout=3"), (60, "timeout=14")])
def test_an_answer_says_who_gave_it_and_how_long_to_keep_the_connection(
    shared_database: str, settle: Settle, seconds: float, kept: str | None
) -> None:
    with TestClient(create_app(settle(shared_database), Parting(seconds))) as client:
        for path in ("/livez", "/nothing"):
            headers = client.get(path).headers
            assert (headers["X-Served-By"], headers.get("Keep-Alive"), headers.get("Connection")) == (
                "pod-1",
                kept,
                None,
            )


def test_told_to_end_it_answers_each_connection_once_more(shared_database: str, settle: Settle) -> None:
    parting = Parting(60)
    with TestClient(create_app(settle(shared_database), parting)) as client:
        parting.begin()
        headers = client.get("/livez").headers
    assert (headers["Connection"], "Keep-Alive" in headers) == ("close", False)


def test_while_it_cannot_serve_no_connection_is_kept(
    own_database: str, settle: Settle, postgres: PostgreSQL, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(random, "randrange", lambda _: 1)  # no answer is its connection's last by chance alone
    with TestClient(create_app(settle(own_database))) as client:
        with postgres.away():
            assert client.get("/readyz").headers["Connection"] == "close"
            assert client.get("/api/todos").headers["Connection"] == "close"
        assert client.get("/readyz").status_code == 200
        assert "Connection" not in client.get("/api/todos").headers


def server(parting: Parting) -> Server:
    return Server(uvicorn.Config(lambda: None, log_config=None), parting)


def ticks(one: Server) -> bool:
    return asyncio.run(one.on_tick(1))


def test_the_first_sigterm_lets_it_serve_on(log_lines: LogLines) -> None:
    parting = Parting(60)
    one = server(parting)
    assert not ticks(one)
    one.handle_exit(signal.SIGTERM, None)
    assert (parting.begun, parting.over, one.should_exit) == (True, False, False)
    assert not ticks(one)
    assert not ticks(one)
    assert [line["message"] for line in log_lines()] == ["Told to end: serving on for 60 s"]


def test_it_ends_when_it_has_served_on() -> None:
    one = server(Parting(0))
    one.handle_exit(signal.SIGTERM, None)
    assert ticks(one)


@pytest.mark.parametrize("signals", [[signal.SIGTERM, signal.SIGTERM], [signal.SIGINT]])
def test_what_ends_it_at_once(signals: list[int]) -> None:
    one = server(Parting(60))
    for each in signals:
        one.handle_exit(each, None)
    assert ticks(one)
