"""The process as it runs in production."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.postgres import PASSWORD, PostgreSQL

ROOT = Path(__file__).parent.parent


def environment(**more: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **more}


def healthcheck(port: int) -> tuple[int, str]:
    ended = subprocess.run(
        [sys.executable, "-m", "todo_backend.healthcheck"],
        capture_output=True,
        text=True,
        env=environment(PORT=str(port)),
        timeout=20,
    )
    return ended.returncode, ended.stderr


class Server:
    """A server process on a free port, whose lines must all be JSON."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        self._process = process
        self.lines: list[dict[str, Any]] = []
        for line in process.stdout:
            self.lines.append(json.loads(line))
            if running := re.search(r"running on http://0\.0\.0\.0:(\d+)", self.lines[-1]["message"]):
                self.port = int(running[1])
                self.url = f"http://127.0.0.1:{self.port}"
                return
        raise AssertionError(f"the server did not start: {self.lines}")

    def ask_to_stop(self) -> None:
        """Send what asks a process to end."""
        self._process.send_signal(signal.SIGTERM)

    def wait(self) -> int:
        """Wait for the end and return the exit status."""
        rest, _ = self._process.communicate(timeout=15)
        self.lines += map(json.loads, rest.splitlines())
        return self._process.returncode


@pytest.fixture
def server(own_database: str, postgres: PostgreSQL, tmp_path: Path) -> Iterator[Server]:
    """A running server."""
    password = tmp_path / "password"
    password.write_text(PASSWORD)
    variables = environment(
        PORT="0",
        DATABASE_HOST="127.0.0.1",
        DATABASE_PORT=str(postgres.port),
        DATABASE_NAME=own_database,
        DATABASE_USER="todo",
        DATABASE_PASSWORD_FILE=str(password),
        LOG_LEVEL="debug",
    )
    with subprocess.Popen(
        [sys.executable, "-m", "todo_backend"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=variables,
    ) as process:
        yield Server(process)
        process.kill()


def test_every_line_is_json_whatever_happens(server: Server, postgres: PostgreSQL, own_database: str) -> None:
    with httpx2.Client(base_url=server.url) as client:
        created = client.post("/api/todos", json={"title": "x"})
        assert created.status_code == 201
        assert "Server" not in created.headers
        assert client.get("/readyz").status_code == 200
        postgres.execute("DROP TABLE todos", own_database)
        assert client.get("/api/todos").status_code == 500
        with postgres.away():
            assert client.get("/api/todos").status_code == 503
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(b"this is not HTTP\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 400 ")
    assert healthcheck(server.port) == (0, "")
    server.ask_to_stop()
    assert server.wait() in (0, -signal.SIGTERM)
    assert healthcheck(server.port) == (1, "/livez does not answer: [Errno 111] Connection refused\n")

    for line in server.lines:
        assert {"timestamp", "level", "logger", "message", "request_id"} <= set(line)
    messages = [line["message"] for line in server.lines]
    assert {"POST /api/todos 201", "GET /readyz 200", "GET /api/todos 500", "GET /api/todos 503"} <= set(messages)
    assert {"Invalid HTTP request received.", "Application shutdown complete."} <= set(messages)
    assert [line["message"] for line in server.lines if "exc_info" in line] == ["Unhandled exception"]
    assert PASSWORD not in str(server.lines)


def test_a_request_under_way_is_finished_before_the_end(
    server: Server, postgres: PostgreSQL, own_database: str
) -> None:
    postgres.execute(
        "CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN PERFORM pg_advisory_xact_lock(1), pg_sleep(1); RETURN NEW; END $$",
        own_database,
    )
    postgres.execute("CREATE TRIGGER slow BEFORE INSERT ON todos FOR EACH ROW EXECUTE FUNCTION linger()", own_database)
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(httpx2.post, f"{server.url}/api/todos", json={"title": "x"})
        while not postgres.execute("SELECT 1 FROM pg_locks WHERE locktype = 'advisory'", own_database):
            assert not answer.done()
        server.ask_to_stop()
        assert answer.result(10).status_code == 201
    assert server.wait() in (0, -signal.SIGTERM)
    assert postgres.execute("SELECT count(*) FROM todos", own_database) == [(1,)]


def test_a_wrong_environment_ends_the_process_with_one_clear_line() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "todo_backend"], capture_output=True, text=True, env=environment(), timeout=20
    )
    assert (ended.returncode, ended.stderr) == (1, "")
    line = json.loads(ended.stdout)
    assert (line["level"], line["message"]) == (
        "critical",
        "The environment is not usable: DATABASE_HOST: Field required; DATABASE_NAME: Field required; "
        "DATABASE_USER: Field required.",
    )


def test_an_uncaught_exception_is_one_json_line() -> None:
    program = "from todo_backend import logs; logs.configure(); 1 / 0"
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=environment(), timeout=20
    )
    assert (ended.returncode, ended.stderr) == (1, "")
    line = json.loads(ended.stdout)
    assert (line["level"], line["message"]) == ("critical", "Uncaught exception")
    assert line["exc_info"].endswith("ZeroDivisionError: division by zero")
