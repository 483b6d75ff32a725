"""Phrases on what the database holds, asked of PostgreSQL itself."""

from __future__ import annotations

import json

import pytest

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.ledger import Ledger
from kube_acceptance.release import Release
from kube_acceptance.report import note
from kube_acceptance.state.volumes import must_lie_on_claim
from kube_acceptance.vocabulary import assertion, given


class Database:
    """The release's PostgreSQL, asked by psql in its own pod."""

    def __init__(self, release: Release) -> None:
        self._release = release

    def ask(self, query: str) -> str:
        """What one query answers, without headings."""
        pod = self._release.serving_pods("database")[0].metadata.name
        words = ("psql", "--username", "postgres", "--dbname", "todo", "--no-psqlrc", "--tuples-only", "--no-align")
        return self._release.execute(pod, *words, "--command", query).strip()

    def todos(self) -> dict[str, dict[str, object]]:
        """All rows by id."""
        found = self.ask("SELECT coalesce(json_object_agg(id, row_to_json(todos)), '{}') FROM todos")
        rows: dict[str, dict[str, object]] = json.loads(found)
        return rows

    def titled(self, title: str) -> list[dict[str, object]]:
        """The rows of a title."""
        return [row for row in self.todos().values() if row["title"] == title]


@pytest.fixture
def database(release: Release) -> Database:
    """The database of the release that the scenario is about."""
    return Database(release)


@given("the data directory of the database lies on the volume of its claim")
def data_on_claim(release: Release, database: Database) -> None:
    note(must_lie_on_claim(release, "database", database.ask("SHOW data_directory")))


@given("the PostgreSQL system of the database", target_fixture="system")
def system_identifier(database: Database) -> str:
    return database.ask("SELECT system_identifier FROM pg_control_system()")


@assertion("the database is the same PostgreSQL system")
def same_system(database: Database, system: str) -> None:
    now = database.ask("SELECT system_identifier FROM pg_control_system()")
    if now != system:
        raise AcceptanceError(f"the database is another PostgreSQL system: {now}, before {system}")
    note(f"system identifier {now}")


@assertion("the database is at the newest schema revision")
def newest_schema(release: Release, database: Database) -> None:
    pod = release.serving_pods("backend")[0].metadata.name
    newest = release.execute(pod, "python", "-c", "from todo_backend import schema; print(schema.head())").strip()
    current = database.ask("SELECT version_num FROM alembic_version")
    if not newest or current != newest:
        raise AcceptanceError(f"the database is at schema revision {current!r}, the newest is {newest!r}")
    note(f"schema revision {current}")


@assertion('the database holds the todo "{title}"')
def database_holds(database: Database, title: str) -> None:
    _one(database, title)


@assertion('the database holds the todo "{title}" as completed')
def database_holds_completed(database: Database, title: str) -> None:
    if _one(database, title)["completed"] is not True:
        raise AcceptanceError(f"the todo {title!r} is not completed in the database")


@assertion('the database does not hold the todo "{title}"')
def database_does_not_hold(database: Database, title: str) -> None:
    if found := database.titled(title):
        raise AcceptanceError(f"the database still holds {len(found)} todos {title!r}")


@assertion("every acknowledged todo is in the database")
def acknowledged_in_database(database: Database, ledger: Ledger) -> None:
    stored = {key: str(row["title"]) for key, row in database.todos().items()}
    note(f"{ledger.check(stored)} acknowledged todos found, by id and title")


def _one(database: Database, title: str) -> dict[str, object]:
    found = database.titled(title)
    if len(found) != 1:
        raise AcceptanceError(f"the database holds {len(found)} todos {title!r}, not 1")
    return found[0]
