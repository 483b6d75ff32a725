"""Passwords that change, statements that take too long, connections that run out."""

from __future__ import annotations

from pathlib import Path
from time import monotonic

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from tests.conftest import Settle
from tests.postgres import PASSWORD, PostgreSQL
from todo_backend import db


def test_the_password_is_read_whenever_a_connection_is_made(
    postgres: PostgreSQL, settle: Settle, tmp_path: Path
) -> None:
    file = tmp_path / "password"
    postgres.execute("CREATE ROLE rotated LOGIN PASSWORD 'first'")
    engine = db.serving_engine(
        settle("postgres", database_user="rotated", database_password=None, database_password_file=file)
    )
    with pytest.raises(OperationalError) as missing:
        engine.connect()
    assert db.reason(missing.value) == (
        f"cannot read the database password: [Errno 2] No such file or directory: '{file}'"
    )
    for password in ("first", "second"):
        postgres.execute(f"ALTER ROLE rotated PASSWORD '{password}'")
        file.write_text(f"{password}\n")
        engine.dispose()
        with engine.connect() as connection:
            assert connection.scalar(text("SELECT current_user")) == "rotated"
    engine.dispose()


def test_statements_are_cut_short_and_the_connection_stays_good(shared_database: str, settle: Settle) -> None:
    engine = db.serving_engine(settle(shared_database))
    start = monotonic()
    with pytest.raises(OperationalError), engine.connect() as connection:
        connection.execute(text("SELECT pg_sleep(60)"))
    assert monotonic() - start < db.STATEMENT_SECONDS + 0.9
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT 1")) == 1
    engine.dispose()


def test_migrations_may_take_their_time(shared_database: str, settle: Settle) -> None:
    with db.migrating_engine(settle(shared_database)).connect() as connection:
        assert connection.scalar(text("SHOW statement_timeout")) == "0"
        assert type(connection.connection.driver_connection) is psycopg.Connection


def test_the_server_sees_who_connects_and_times_are_utc(shared_database: str, settle: Settle) -> None:
    engine = db.serving_engine(settle(shared_database))
    with engine.connect() as connection:
        assert connection.execute(
            text("SELECT current_setting('application_name'), current_setting('timezone')")
        ).one() == ("todo-backend", "UTC")
    engine.dispose()


def test_running_out_of_connections_is_an_outage_too(shared_database: str, settle: Settle) -> None:
    engine = db.serving_engine(settle(shared_database))
    held = [engine.connect() for _ in range(10)]
    with pytest.raises(db.UNAVAILABLE) as error:
        engine.connect()
    assert db.reason(error.value).startswith("QueuePool limit of size 5 overflow 5 reached")
    for connection in held:
        connection.close()
    engine.dispose()


def test_no_reason_and_no_setting_shows_the_password(settle: Settle, postgres: PostgreSQL) -> None:
    settings = settle("does_not_exist")
    with pytest.raises(OperationalError) as error:
        db.serving_engine(settings).connect()
    assert "does_not_exist" in db.reason(error.value)
    assert "\n" not in db.reason(error.value)
    assert PASSWORD not in f"{error.value} {settings!r} {settings.model_dump_json()}"
