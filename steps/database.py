"""Phrases on what the database holds, asked of PostgreSQL itself."""

from __future__ import annotations

import json

import pytest

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.ledger import Ledger
from kube_acceptance.release import Release
from kube_acceptance.report import note
from kube_acceptance.state.volumes import must_lie_on_claim
from kube_acceptance.vocabulary import assertion, given, when
from kube_acceptance.wait import Seen, eventually

BACKUP_WITHIN = 60.0  # seconds
LOCKED_FOR = 300  # seconds at most


class Database:
    """The release's PostgreSQL, asked by psql in its own pod."""

    def __init__(self, release: Release) -> None:
        self._release = release

    def ask(self, query: str) -> str:
        """What one query answers, without headings."""
        pod = self._release.serving_pods("database")[0].metadata.name
        words = ("psql", "--username", "postgres", "--dbname", "todo", "--no-psqlrc", "--tuples-only", "--no-align")
        return self._release.execute(pod, *words, "--command", query).strip()

    def lock(self, table: str) -> None:
        """Lock a table against everybody for some minutes, by a session that goes on after this call."""
        pod = self._release.serving_pods("database")[0].metadata.name
        query = f"BEGIN; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep({LOCKED_FOR})"
        words = f'psql --username postgres --dbname todo --no-psqlrc --command "{query}" >/dev/null 2>&1 &'
        self._release.execute(pod, "sh", "-c", words)
        locked = f"SELECT count(*) FROM pg_locks WHERE relation = '{table}'::regclass AND mode = 'AccessExclusiveLock'"
        eventually(
            f"{table} to be locked",
            lambda: Seen(self.ask(f"{locked} AND granted") == "1", f"{table} is not locked"),
            within=BACKUP_WITHIN,
        )

    def unlock(self, table: str) -> None:
        """End the sessions that lock a table against everybody."""
        locks = f"pg_locks WHERE relation = '{table}'::regclass AND mode = 'AccessExclusiveLock' AND granted"
        if not int(self.ask(f"SELECT count(pg_terminate_backend(pid)) FROM {locks}")):
            raise AcceptanceError(f"{table} was not locked any more")

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


@when("a backup is made, and another one waits for the database")
def backups(release: Release, database: Database) -> None:
    """One has come to its end and logged all it has to say; the processes of the other run and can be looked at."""
    jobs = [f"{release.name}-backup-{which}" for which in ("made", "waiting")]
    _start_backup(release, jobs[0])
    eventually("a backup to be made", lambda: _made(release, jobs[0]), within=BACKUP_WITHIN)
    database.lock("todos")
    _start_backup(release, jobs[1])
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pg_dump' AND wait_event_type = 'Lock'"
    eventually(
        "another backup to wait for the database",
        lambda: Seen((found := database.ask(waiting)) == "1", f"{found} backups wait for the locked table"),
        within=BACKUP_WITHIN,
    )


def _start_backup(release: Release, job: str) -> None:
    from_schedule = f"--from=cronjob/{release.name}-backup"
    release.cluster.kubectl("create", "job", "--namespace", release.namespace, from_schedule, job)


def _made(release: Release, job: str) -> Seen[None]:
    status = release.cluster.batch.read_namespaced_job(job, release.namespace).status
    failed = f"Job {job} has failed" if status.failed else ""
    return Seen(bool(status.succeeded), failed or f"Job {job} runs", hopeless=failed)


@assertion("every acknowledged todo is in the database")
def acknowledged_in_database(database: Database, ledger: Ledger) -> None:
    stored = {key: str(row["title"]) for key, row in database.todos().items()}
    note(f"{ledger.check(stored)} acknowledged todos found, by id and title")


def _one(database: Database, title: str) -> dict[str, object]:
    found = database.titled(title)
    if len(found) != 1:
        raise AcceptanceError(f"the database holds {len(found)} todos {title!r}, not 1")
    return found[0]
