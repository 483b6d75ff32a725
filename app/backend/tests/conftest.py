"""What the tests share: one PostgreSQL, a migrated database for each test, and the application over it."""

from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest
from pydantic import SecretStr
from starlette.testclient import TestClient

from tests.postgres import PASSWORD, USER, PostgreSQL, running
from todo_backend import logs
from todo_backend.app import create_app
from todo_backend.migrate import migrate
from todo_backend.settings import Settings

logging.getLogger("httpx2").setLevel(logging.WARNING)  # the test client's own lines

Settle = Callable[..., Settings]
LogLines = Callable[[], list[dict[str, Any]]]


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgreSQL]:
    """A server that all tests share."""
    with running() as server:
        yield server


@pytest.fixture(scope="session")
def settle(postgres: PostgreSQL) -> Settle:
    """Make settings for a database of the server; keywords replace single ones."""

    def make(database: str, **changes: Any) -> Settings:
        values: dict[str, Any] = {
            "database_host": "127.0.0.1",
            "database_port": postgres.port,
            "database_name": database,
            "database_user": USER,
            "database_password": SecretStr(PASSWORD),
            "pod_name": "pod-1",
        }
        return Settings(**{**values, **changes})

    return make


@pytest.fixture(scope="session")
def new_database(postgres: PostgreSQL) -> Callable[[], str]:
    """Create one more empty database and return its name."""
    numbers = count(1)

    def create() -> str:
        name = f"test_{next(numbers)}"
        postgres.execute(f"CREATE DATABASE {name}")
        return name

    return create


@pytest.fixture
def empty_database(new_database: Callable[[], str]) -> str:
    """Name of a database that was never migrated."""
    return new_database()


@pytest.fixture
def own_database(empty_database: str, settle: Settle) -> str:
    """Name of a migrated database that the test may spoil."""
    migrate(settle(empty_database))
    return empty_database


@pytest.fixture(scope="session")
def shared_database(new_database: Callable[[], str], settle: Settle) -> str:
    """Name of a migrated database whose schema no test changes."""
    name = new_database()
    migrate(settle(name))
    return name


@pytest.fixture(scope="session")
def shared_client(shared_database: str, settle: Settle) -> Iterator[TestClient]:
    """The application over the shared database."""
    with TestClient(create_app(settle(shared_database))) as client:
        yield client


@pytest.fixture
def client(shared_client: TestClient, postgres: PostgreSQL, shared_database: str) -> TestClient:
    """The application, without todos."""
    postgres.execute("TRUNCATE todos", shared_database)
    return shared_client


@pytest.fixture
def restored_logging(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever the test does to logging is undone after it."""
    monkeypatch.setattr("sys.excepthook", sys.excepthook)
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    logging.captureWarnings(False)
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def log_lines(restored_logging: None) -> LogLines:
    """Log as the process does, and return all lines parsed."""
    stream = io.StringIO()
    logs.configure()
    (handler,) = logging.getLogger().handlers
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(stream)
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
