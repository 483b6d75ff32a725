"""Phrases on migrations of the schema: what they add, what they leave, and that of several at once one migrates."""

from __future__ import annotations

import json

import requests

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.ingress import Ingress
from kube_acceptance.release import Release
from kube_acceptance.report import note
from kube_acceptance.session import Session
from kube_acceptance.state.jobs import Ended, Together
from kube_acceptance.vocabulary import assertion, given, must, some, when
from kube_acceptance.wait import Seen, eventually
from steps.database import Database

Rows = dict[str, dict[str, object]]

MIGRATED, NOTHING = "Migrated the schema", "Nothing to migrate"
STARTED_WITHIN = ENDED_WITHIN = 60.0  # seconds


@given("the rows of the todos", target_fixture="rows_before")
def rows_before(database: Database) -> Rows:
    return database.todos()


@assertion("each of these rows is there, and has what it had in every column")
def rows_kept(database: Database, rows_before: Rows) -> None:
    now = database.todos()
    some(rows_before, what="rows of before")
    must((f"the todo {key} is gone" for key in rows_before if key not in now), of="rows")
    must((_changed(key, row, now[key]) for key, row in rows_before.items() if _changed(key, row, now[key])), of="rows")
    note(f"{len(rows_before)} rows as before, of {len(now)}")


@assertion('the table of todos has the column "{column}"')
def has_column(database: Database, column: str) -> None:
    if column not in (found := _columns(database)):
        raise AcceptanceError(f"the table of todos has no column {column}", details=sorted(found))
    note(f"{column} {found[column]}")


@assertion('the table of todos has no column "{column}"')
def has_no_column(database: Database, column: str) -> None:
    found = _columns(database)
    if "title" not in found or column in found:
        raise AcceptanceError(f"the columns of the table of todos are {', '.join(sorted(found)) or 'none'}")


@assertion('the database is at the schema revision "{revision}"')
def at_schema_revision(database: Database, revision: str) -> None:
    if (found := database.ask("SELECT version_num FROM alembic_version")) != revision:
        raise AcceptanceError(f"the database is at the schema revision {found}, not {revision}")


@when('somebody adds the column "{column}" to the table of todos by hand')
def add_column(database: Database, column: str) -> None:
    database.ask(f"ALTER TABLE todos ADD COLUMN {column} text")


@when('somebody drops the column "{column}" again')
def drop_column(database: Database, column: str) -> None:
    database.ask(f"ALTER TABLE todos DROP COLUMN {column}")


@when('a todo "{title}" that is due on "{day}" is created through the Ingress')
def create_due(ingress: Ingress, title: str, day: str) -> None:
    _must_be(201, ingress.request("POST", "/api/todos", json={"title": title, "due_on": day}))


@when('the todo "{title}" is completed through the Ingress')
def complete(ingress: Ingress, database: Database, title: str) -> None:
    [row] = some(database.titled(title), what=f"todos {title!r}")
    _must_be(200, ingress.request("PATCH", f"/api/todos/{row['id']}", json={"completed": True}))


@assertion('the database holds the todo "{title}" as due on "{day}"')
def holds_due(database: Database, title: str, day: str) -> None:
    found = [row.get("due_on") for row in database.titled(title)]
    if found != [day]:
        raise AcceptanceError(f"the todo {title!r} is due on {found}, not on {day}")


@when("{count:d} migrations to this version are started together while the todos are locked", target_fixture="together")
def start_together(session: Session, release: Release, database: Database, count: int) -> Together:
    """Each is in the middle of its work when the table is let go: they would collide if they did not wait in turn."""
    database.lock("todos")
    together = Together(session.new_release(release.namespace), "migration", count)
    eventually(
        f"{count} migrations to wait in the database",
        lambda: _all_wait(database, together, count),
        within=STARTED_WITHIN,
    )
    return together


@when("the todos are unlocked, and the migrations end", target_fixture="ended")
def unlock(database: Database, together: Together) -> list[Ended]:
    database.unlock("todos")
    return together.wait_for_end(ENDED_WITHIN)


@assertion("one of them has migrated the schema, each other found nothing to migrate, and all succeeded", timed=False)
def one_migrated(ended: list[Ended]) -> None:
    said = {one.pod: _message(one.said) for one in ended}
    must((f"pod {one.pod} failed: {said[one.pod]}" for one in ended if not one.succeeded), of="migrations")
    migrated = [pod for pod, words in said.items() if words.startswith(MIGRATED)]
    others = [pod for pod, words in said.items() if words.startswith(NOTHING)]
    if len(migrated) != 1 or len(migrated) + len(others) != len(ended):
        raise AcceptanceError(f"{len(migrated)} of {len(ended)} migrations have migrated", details=said.values())
    note("; ".join(said.values()))


def _all_wait(database: Database, together: Together, count: int) -> Seen[None]:
    """Whether each migration's session waits for a lock; sessions are told by the addresses of their pods."""
    waiting = "SELECT host(client_addr), wait_event FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    events = dict(line.split("|") for line in database.ask(waiting).splitlines())
    pods = {pod.metadata.name: events.get(pod.status.pod_ip) for pod in together.pods()}
    said = ", ".join(f"{name} waits for {event or 'no lock'}" for name, event in pods.items()) or "no migration runs"
    met = len(pods) == count and all(pods.values())
    if met:
        note(said)
    failed = [f"pod {one.pod} failed: {_message(one.said)}" for one in together.failed()]
    return Seen(met, said, hopeless=failed[0] if failed else "")


def _columns(database: Database) -> dict[str, str]:
    query = "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 'todos'"
    return dict(line.split("|") for line in database.ask(query).splitlines())


def _changed(key: str, before: dict[str, object], now: dict[str, object]) -> str:
    other = {column: (value, now.get(column)) for column, value in before.items() if now.get(column) != value}
    return f"the todo {key} is another one than before: {other}" if other else ""


def _message(said: str) -> str:
    """What the last line of a log says; the application's lines are JSON."""
    last = (said.splitlines() or [""])[-1]
    try:
        return str(json.loads(last)["message"])
    except (ValueError, KeyError, TypeError):
        return last


def _must_be(status: int, response: requests.Response) -> None:
    if response.status_code != status:
        raise AcceptanceError(f"the Ingress answers {response.status_code}, not {status}: {response.text[:200]}")
