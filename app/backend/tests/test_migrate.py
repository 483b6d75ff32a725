"""Migrations: complete, repeatable, one at a time, all or nothing."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import DBAPIError, OperationalError

from tests.conftest import Settle
from tests.postgres import PASSWORD, PostgreSQL
from todo_backend import db, migrate, schema
from todo_backend.models import Base
from todo_backend.settings import Settings


def revisions(postgres: PostgreSQL, database: str) -> list[tuple[object, ...]]:
    return postgres.execute("SELECT version_num FROM alembic_version", database)


def at_revision(settings: Settings, revision: str) -> None:
    """Migrate a database as a version did that was made for an older schema."""
    with db.migrating_engine(settings).begin() as connection:
        config = schema.alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def test_migrating_again_changes_nothing(empty_database: str, settle: Settle, postgres: PostgreSQL) -> None:
    settings = settle(empty_database)
    assert migrate.migrate(settings) == "Migrated the schema from nothing to 0002."
    postgres.execute("INSERT INTO todos (id, title) VALUES (gen_random_uuid(), 'kept')", empty_database)
    assert migrate.migrate(settings) == "Nothing to migrate: the schema is at 0002, 0002 is needed."
    assert postgres.execute("SELECT title FROM todos", empty_database) == [("kept",)]
    assert revisions(postgres, empty_database) == [("0002",)]


def test_of_two_at_once_one_migrates_and_the_other_waits(
    empty_database: str, settle: Settle, postgres: PostgreSQL
) -> None:
    together = Barrier(4)

    def run(_: int) -> str:
        together.wait(10)
        return migrate.migrate(settle(empty_database))

    with ThreadPoolExecutor(together.parties) as pool:
        outcomes = sorted(pool.map(run, range(together.parties)))
    assert outcomes == ["Migrated the schema from nothing to 0002."] + [
        "Nothing to migrate: the schema is at 0002, 0002 is needed."
    ] * (together.parties - 1)
    assert revisions(postgres, empty_database) == [("0002",)]


def test_a_newer_schema_is_left_alone(own_database: str, settle: Settle, postgres: PostgreSQL) -> None:
    postgres.execute("UPDATE alembic_version SET version_num = '0003'", own_database)
    assert migrate.migrate(settle(own_database)) == "Nothing to migrate: the schema is at 0003, 0002 is needed."
    assert revisions(postgres, own_database) == [("0003",)]


def test_a_failed_migration_leaves_nothing_behind(empty_database: str, settle: Settle, postgres: PostgreSQL) -> None:
    postgres.execute("CREATE TABLE other (x int); CREATE INDEX ix_todos_newest_first ON other (x)", empty_database)
    with pytest.raises(DBAPIError, match="already exists"):
        migrate.migrate(settle(empty_database))
    assert postgres.execute("SELECT relname FROM pg_class WHERE relname IN ('todos', 'alembic_version')") == []


def test_a_newer_version_adds_what_the_older_can_ignore(
    empty_database: str, settle: Settle, postgres: PostgreSQL
) -> None:
    at_revision(settle(empty_database), "0001")
    postgres.execute("INSERT INTO todos (id, title) VALUES (gen_random_uuid(), 'kept')", empty_database)
    before = postgres.execute("SELECT id, title, completed, created_at, updated_at FROM todos", empty_database)
    assert migrate.migrate(settle(empty_database)) == "Migrated the schema from 0001 to 0002."
    columns = "id, title, completed, created_at, updated_at, due_on"
    assert postgres.execute(f"SELECT {columns} FROM todos", empty_database) == [(*before[0], None)]
    postgres.execute("INSERT INTO todos (id, title) VALUES (gen_random_uuid(), 'as of old')", empty_database)


def test_a_failed_migration_leaves_the_schema_where_it_was(
    empty_database: str, settle: Settle, postgres: PostgreSQL
) -> None:
    at_revision(settle(empty_database), "0001")
    postgres.execute("ALTER TABLE todos ADD COLUMN due_on text", empty_database)
    with pytest.raises(DBAPIError, match='column "due_on" of relation "todos" already exists'):
        migrate.migrate(settle(empty_database))
    assert revisions(postgres, empty_database) == [("0001",)]


def test_the_migrations_make_what_the_models_say(shared_database: str, settle: Settle) -> None:
    with db.migrating_engine(settle(shared_database)).connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, Base.metadata) == []


def test_pages_come_from_an_index(own_database: str, postgres: PostgreSQL) -> None:
    postgres.execute(
        "INSERT INTO todos (id, title) SELECT gen_random_uuid(), n FROM generate_series(1, 2000) n", own_database
    )
    postgres.execute("ANALYZE todos", own_database)
    plan = postgres.execute("EXPLAIN SELECT * FROM todos ORDER BY created_at DESC, id DESC LIMIT 20", own_database)
    assert "ix_todos_newest_first" in str(plan)


def test_revisions_are_four_digits_that_count_upwards() -> None:
    newest_first = [script.revision for script in ScriptDirectory.from_config(schema.alembic_config()).walk_revisions()]
    assert all(re.fullmatch(r"\d{4}", revision) for revision in newest_first)
    assert newest_first == sorted(newest_first, reverse=True)


@pytest.fixture
def environment(
    restored_logging: None,
    monkeypatch: pytest.MonkeyPatch,
    postgres: PostgreSQL,
    empty_database: str,
    tmp_path: Path,
) -> pytest.MonkeyPatch:
    """The environment of a Job that migrates an empty database."""
    (tmp_path / "password").write_text(PASSWORD)
    monkeypatch.setenv("DATABASE_HOST", "127.0.0.1")
    monkeypatch.setenv("DATABASE_PORT", str(postgres.port))
    monkeypatch.setenv("DATABASE_NAME", empty_database)
    monkeypatch.setenv("DATABASE_USER", "todo")
    monkeypatch.setenv("DATABASE_PASSWORD_FILE", str(tmp_path / "password"))
    return monkeypatch


@pytest.mark.usefixtures("environment")
def test_the_command_says_what_it_did(capsys: pytest.CaptureFixture[str]) -> None:
    assert migrate.main() == 0
    line = json.loads(capsys.readouterr().out)
    assert (line["level"], line["message"]) == ("info", "Migrated the schema from nothing to 0002.")


@pytest.mark.usefixtures("environment")
def test_a_database_that_does_not_come(postgres: PostgreSQL, capsys: pytest.CaptureFixture[str]) -> None:
    with postgres.away():
        assert migrate.main(patience=0.5) == 1
    line = json.loads(capsys.readouterr().out)
    assert line["level"] == "critical"
    assert line["message"].startswith("The schema was not migrated: connection failed: ")
    assert "Connection refused" in line["message"]


@pytest.mark.usefixtures("environment")
def test_a_database_that_comes_late(postgres: PostgreSQL) -> None:
    with ThreadPoolExecutor() as pool:
        with postgres.away():
            status = pool.submit(migrate.main)
            with pytest.raises(TimeoutError):
                status.result(0.5)
        assert status.result(20) == 0


@pytest.mark.usefixtures("environment")
def test_one_connection_is_all_that_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    connected: list[object] = []
    connect = psycopg.Connection.connect

    def counted(*args: Any, **parameters: Any) -> psycopg.Connection[Any]:
        connected.append(None)
        return connect(*args, **parameters)

    monkeypatch.setattr(psycopg.Connection, "connect", counted)
    assert migrate.main() == 0
    assert len(connected) == 1


@pytest.mark.usefixtures("environment")
def test_a_migration_that_never_ends(
    postgres: PostgreSQL, empty_database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with psycopg.connect(
        host="127.0.0.1", port=postgres.port, user="todo", password=PASSWORD, dbname=empty_database
    ) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s)", [migrate.LOCK])
        assert migrate.main(patience=0.5) == 1
    line = json.loads(capsys.readouterr().out)
    assert line["message"] == "The schema was not migrated: canceling statement due to lock timeout"


def test_a_wrong_environment(environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    environment.delenv("DATABASE_HOST")
    environment.delenv("DATABASE_NAME")
    assert migrate.main() == 1
    line = json.loads(capsys.readouterr().out)
    assert (line["level"], line["message"]) == (
        "critical",
        "The environment is not usable: DATABASE_HOST: Field required; DATABASE_NAME: Field required.",
    )


def test_errors_of_the_database_are_raised_to_the_caller(postgres: PostgreSQL, settle: Settle) -> None:
    with pytest.raises(OperationalError):
        migrate.migrate(settle("does_not_exist"), patience=0.2)
