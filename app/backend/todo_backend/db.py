"""Connections to PostgreSQL that never wait long."""

from __future__ import annotations

from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.pq import TransactionStatus
from sqlalchemy import URL, Engine, NullPool, create_engine, event
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import ConnectionPoolEntry

from todo_backend import SERVICE
from todo_backend.settings import Settings

CONNECT_SECONDS = 2
STATEMENT_SECONDS = 2

UNAVAILABLE = (OperationalError, InterfaceError, PoolTimeout)
"""What SQLAlchemy raises when the database cannot serve just now."""

Result = TypeVar("Result")


class ImpatientConnection(psycopg.Connection[Any]):
    """A connection that gives up when the server does not answer a statement in time.

    The server's own statement_timeout is of no help against a server that is frozen or cut off: there the
    kernel keeps the socket open and the answer never comes.
    """

    def wait(self, gen: PQGen[Result], interval: float = 0.1, timeout: float | None = None) -> Result:
        """Wait for the server as psycopg does, for at most STATEMENT_SECONDS unless `timeout` says otherwise.

        Raises:
            psycopg.OperationalError: no answer in time; the connection is closed, as its state is unknown.
        """
        try:
            return super().wait(gen, interval, STATEMENT_SECONDS if timeout is None else timeout)
        except psycopg.OperationalError:
            if self.pgconn.transaction_status == TransactionStatus.ACTIVE:
                self.close()
            raise


def serving_engine(settings: Settings) -> Engine:
    """Make the engine that serves requests: pooled, and bounded in time at every step."""
    options = f"-c timezone=UTC -c statement_timeout={STATEMENT_SECONDS}s"
    engine = create_engine(
        _url(settings),
        pool_size=5,
        max_overflow=5,
        pool_timeout=CONNECT_SECONDS,
        pool_pre_ping=True,
        connect_args={"connect_timeout": CONNECT_SECONDS, "options": options},
    )
    _connect_with(ImpatientConnection, engine, settings)
    return engine


def migrating_engine(settings: Settings) -> Engine:
    """Make the engine for migrations: one connection at a time, and statements may take as long as they need."""
    engine = create_engine(
        _url(settings),
        poolclass=NullPool,
        connect_args={"connect_timeout": CONNECT_SECONDS, "options": "-c timezone=UTC"},
    )
    _connect_with(psycopg.Connection, engine, settings)
    return engine


def reason(error: BaseException) -> str:
    """Say in one line, for the log, why the database could not serve."""
    cause = getattr(error, "orig", None) or error
    return " ".join(str(cause).split())


def _url(settings: Settings) -> URL:
    return URL.create(
        "postgresql+psycopg",
        username=settings.database_user,
        host=settings.database_host,
        port=settings.database_port,
        database=settings.database_name,
        query={"application_name": SERVICE},
    )


def _connect_with(connection_class: type[psycopg.Connection[Any]], engine: Engine, settings: Settings) -> None:
    """Open the engine's connections as `connection_class`, with the password as it is at that moment."""

    @event.listens_for(engine, "do_connect")
    def connect(
        dialect: Dialect, entry: ConnectionPoolEntry, args: list[Any], parameters: dict[str, Any]
    ) -> psycopg.Connection[Any]:
        try:
            password = settings.read_password()
        except OSError as error:
            raise psycopg.OperationalError(f"cannot read the database password: {error}") from error
        return connection_class.connect(*args, **{**parameters, "password": password})
