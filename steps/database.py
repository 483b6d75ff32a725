"""Phrases on what the database holds, asked of PostgreSQL itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from kube_acceptance.command import CommandError, Completed
from kube_acceptance.errors import AcceptanceError
from kube_acceptance.release import Release
from kube_acceptance.report import note
from kube_acceptance.state import pods
from kube_acceptance.state.volumes import Claim, claims_of, must_lie_on_claim
from kube_acceptance.vocabulary import assertion, given, must, some, when
from kube_acceptance.wait import Seen, eventually

SERVER = "postgresql"  # its container
# Stopped, so that it does not look at its locks, and end itself before it is killed; the oldest process of a container
# beside the first has the same number in the next one, because it is the first that is started.
GIVE_AWAY_THE_LOCKS = """
set -e
server=$(head -n 1 "$PGDATA/postmaster.pid") other=$(pgrep -o -P 1)
[ "$server" != "$other" ]
kill -STOP "$server"
for lock in "$PGDATA/postmaster.pid" $(find /var/run/postgresql/ /tmp/ -name ".s.PGSQL.*.lock"); do
  sed -i "1s/.*/$other/" "$lock"
done
echo "$server $other"
"""
LOCKED_WITHIN = 60.0  # seconds
LOCKED_FOR = 300  # seconds at most
DURABLE = (
    "fsync",
    "synchronous_commit",
    "full_page_writes",
)  # without one of them a crash may take what was acknowledged


class Database:
    """The release's PostgreSQL, asked by psql in its own pod."""

    def __init__(self, release: Release) -> None:
        self._release = release

    def ask(self, query: str) -> str:
        """What one query answers, without headings."""
        words = ("psql", "--username", "postgres", "--dbname", "todo", "--no-psqlrc", "--tuples-only", "--no-align")
        return self._beside_server(*words, "--command", query).strip()

    def lock(self, table: str) -> None:
        """Lock a table against everybody for some minutes, by a session that goes on after this call."""
        query = f"BEGIN; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep({LOCKED_FOR})"
        # what goes on is a child of the container's first process: where that is PostgreSQL itself, it takes an exit
        # status such as psql's for the crash of a session of its own, and starts anew
        words = f'(psql --username postgres --dbname todo --no-psqlrc --command "{query}" || true) >/dev/null 2>&1 &'
        self._beside_server("sh", "-c", words)
        locked = f"SELECT count(*) FROM pg_locks WHERE relation = '{table}'::regclass AND mode = 'AccessExclusiveLock'"
        eventually(
            f"{table} to be locked",
            lambda: Seen(self.ask(f"{locked} AND granted") == "1", f"{table} is not locked"),
            within=LOCKED_WITHIN,
        )

    def unlock(self, table: str) -> None:
        """End the sessions that lock a table against everybody."""
        locks = f"pg_locks WHERE relation = '{table}'::regclass AND mode = 'AccessExclusiveLock' AND granted"
        if not int(self.ask(f"SELECT count(pg_terminate_backend(pid)) FROM {locks}")):
            raise AcceptanceError(f"{table} was not locked any more")

    def give_away_the_locks(self) -> tuple[str, str]:
        """Stop the server, and let its lock files name another process, of which the next container has one as well.

        Returns:
            The numbers of the server's process, and of the other.
        """
        server, other = self._beside_server("sh", "-c", GIVE_AWAY_THE_LOCKS).split()
        return server, other

    def start_another(self) -> Completed:
        """Start another server on the volume of the one that runs, as its container was started; it should not last."""
        (container,) = (one for one in self._pod().spec.containers if one.name == SERVER)
        script = f"LOG_FOLDER=$(mktemp -d); export LOG_FOLDER; {container.args[0]}"
        try:
            said = self._beside_server("sh", "-c", script)
        except CommandError as error:
            return error.completed
        raise AcceptanceError(f"another server on the database's volume ended as if all were well, and said: {said}")

    def todos(self) -> dict[str, dict[str, object]]:
        """All rows by id; none when there is no such table."""
        if not self.ask("SELECT to_regclass('todos')"):
            return {}
        found = self.ask("SELECT coalesce(json_object_agg(id, row_to_json(todos)), '{}') FROM todos")
        rows: dict[str, dict[str, object]] = json.loads(found)
        return rows

    def settings(self) -> dict[str, str]:
        """The server's settings by name."""
        settings: dict[str, str] = json.loads(self.ask("SELECT json_object_agg(name, setting) FROM pg_settings"))
        return settings

    def overrides(self) -> list[str]:
        """What makes roles or databases less durable than the server, as `name=value`."""
        given = self.ask("SELECT unnest(setconfig) FROM pg_db_role_setting").splitlines()
        return [each for each in given if each.startswith(DURABLE) and not each.endswith("=on")]

    def tables(self) -> set[str]:
        """The tables that are not PostgreSQL's own."""
        names = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        return set(self.ask(names).splitlines())

    def titled(self, title: str) -> list[dict[str, object]]:
        """The rows of a title."""
        return [row for row in self.todos().values() if row["title"] == title]

    def _pod(self) -> Any:
        return pods.serving(self._release, "database")[0]

    def _beside_server(self, *command: str) -> str:
        """Run a command in the server's container; raises CommandError when it fails."""
        return self._release.execute(self._pod().metadata.name, *command, container=SERVER)


@pytest.fixture
def database(release: Release) -> Database:
    """The database of the release that the scenario is about."""
    return Database(release)


@pytest.fixture
def stored(database: Database) -> Callable[[], dict[str, str]]:
    """Reads the titles of all todos by id."""
    return lambda: {key: str(row["title"]) for key, row in database.todos().items()}


@dataclass(frozen=True)
class Identity:
    """What a database keeps as long as it is the same: its claims, and the identifier of its PostgreSQL system."""

    claims: tuple[Claim, ...]
    system: str


@given("the database as it is now", target_fixture="as_it_was")
def database_as_it_is(release: Release, database: Database) -> Identity:
    identity = _identity(release, database)
    note(f"{_claims(identity)}; system identifier {identity.system}")
    return identity


@assertion("the database is the same as before, and durable")
def same_and_durable(release: Release, database: Database, as_it_was: Identity) -> None:
    now = _identity(release, database)
    some(now.claims, what="claims that the database mounts")
    if now.claims != as_it_was.claims:
        raise AcceptanceError(f"the database is on {_claims(now)}; before: {_claims(as_it_was)}")
    if now.system != as_it_was.system:
        raise AcceptanceError(f"the database is another PostgreSQL system: {now.system}, before {as_it_was.system}")
    settings = database.settings()
    must((f"{name} is {settings[name]}, not on" for name in DURABLE if settings[name] != "on"), of="settings")
    must((f"{each} for a role or a database" for each in database.overrides()), of="settings")
    note(must_lie_on_claim(release, "database", settings["data_directory"]))
    note(f"{_claims(now)}; system identifier {now.system}; {', '.join(DURABLE)} on")


@when("the database's server is stopped, and its lock files name a process that its next container has too")
def locks_given_away(database: Database) -> None:
    """What a killed server leaves behind is a number, by which the next one takes another process for a server."""
    server, other = database.give_away_the_locks()
    note(f"the lock files of the server, process {server}, name process {other}")


@assertion("another server on the database's volume does not start, because it is held")
def volume_is_held(database: Database) -> None:
    """Started in the same container, by the container's own command: a lock that ends with its holder refuses it."""
    ended = database.start_another()
    said = ended.stderr.strip()
    if ended.returncode != 1 or "another server holds" not in said:
        raise AcceptanceError(
            f"another server on the database's volume ended with exit status {ended.returncode}, not because it is"
            f" held: {said}"
        )
    note(said)


@when("the database takes these statements within {within:duration}")
def database_takes(database: Database, docstring: str, within: float) -> None:
    def taken() -> Seen[None]:
        try:
            return Seen(True, database.ask(docstring))
        except CommandError as error:  # it may be recovering
            return Seen(False, error.completed.stderr.strip())

    eventually("the database to take the statements", taken, within=within)


@when("the database refuses these statements within {within:duration}")
def database_refuses(database: Database, docstring: str, within: float) -> None:
    eventually("the database to refuse the statements", lambda: _refused(database, docstring), within=within)


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


def _refused(database: Database, statements: str) -> Seen[None]:
    """Once, and for what they say: a server that cannot be asked refuses them too."""
    try:
        database.ask(statements)
        return Seen(False, "they were taken", hopeless=f"the database takes {statements!r}")
    except CommandError as error:
        return Seen("ERROR:" in error.completed.stderr, error.completed.stderr.strip())


def _identity(release: Release, database: Database) -> Identity:
    claims = tuple(claims_of(release, "database"))
    return Identity(claims, database.ask("SELECT system_identifier FROM pg_control_system()"))


def _claims(identity: Identity) -> str:
    return ", ".join(f"claim {one.name} {one.uid}, volume {one.volume}" for one in identity.claims) or "no claim"


def _one(database: Database, title: str) -> dict[str, object]:
    found = database.titled(title)
    if len(found) != 1:
        raise AcceptanceError(f"the database holds {len(found)} todos {title!r}, not 1")
    return found[0]
