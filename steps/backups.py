"""Phrases on backups: what an archive holds, and releases that begin with one."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator

import pytest

from kube_acceptance.command import CommandError
from kube_acceptance.errors import AcceptanceError
from kube_acceptance.fixtures import install
from kube_acceptance.ingress import Ingress
from kube_acceptance.plugin import redactor_key
from kube_acceptance.release import Release
from kube_acceptance.report import note
from kube_acceptance.session import PROBE, Session
from kube_acceptance.state import cron_jobs, pods
from kube_acceptance.state import files as claims
from kube_acceptance.state.files import Files
from kube_acceptance.vocabulary import assertion, given, must, rows, some, when
from kube_acceptance.wait import Seen, eventually
from steps.database import Database

ARCHIVE = re.compile(r"todo-\d{8}T\d{6}Z\.dump")
CHECKSUM = ".sha256"
USER = 70  # of the database's image, which makes the archives
PRIVATE = 0o600
WITHIN = 60.0  # seconds

Rows = dict[str, dict[str, object]]

# what could be torn on the way through SQL, COPY, JSON, files and shells
TITLES = (
    "Grüße, 日本語, עברית, 🦆🏳️‍🌈, e\u0301",
    "'single' \"double\" `back` $HOME ${x} $(id) %s \\' \\\\ ; -- DROP TABLE todos;",
    "a\ttab, a\nline, a\r\nline of Windows, a \\n that is none, \\. and \\N",
    "<b>&amp;</b>",
    "NULL",
    "🦆" * 200,  # the longest
)


# ---------------------------------------------------------------- todos


@given("todos of every kind were created through the Ingress, one of them completed")
def every_kind(ingress: Ingress) -> None:
    for title in TITLES:
        answer = ingress.request("POST", "/api/todos", json={"title": title})
        if answer.status_code != 201 or answer.json()["title"] != title:
            raise AcceptanceError(f"the todo {title!r} was not created: {answer.status_code} {answer.text[:300]}")
    completed = ingress.request("PATCH", f"/api/todos/{answer.json()['id']}", json={"completed": True})
    if completed.json().get("completed") is not True:
        raise AcceptanceError(f"the last todo was not completed: {completed.status_code} {completed.text[:300]}")


@given("the todos of the database as they are now", target_fixture="remembered")
def todos_as_they_are(database: Database) -> Rows:
    found = database.todos()
    some(found, what="todos in the database")
    note(f"{len(found)} todos")
    return found


@assertion("the database holds just those todos, the same in every column")
def just_those_todos(database: Database, remembered: Rows) -> None:
    now = database.todos()
    must(_differences(remembered, now), of="todos")
    note(f"{len(now)} todos, the same in {len(next(iter(now.values())))} columns")


@assertion("the database holds no table at all", trouble=True)
def no_table(database: Database) -> None:
    must((f"the database holds the table {name}" for name in sorted(database.tables())), of="tables")


@assertion("every table of the database belongs to the application's role")
def belongs_to_role(database: Database) -> None:
    owners = dict(
        line.split("|")
        for line in database.ask(
            "SELECT relname, relowner::regrole FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        ).splitlines()
    )
    some(owners, what="tables and indexes")
    must((f"{name} belongs to {owner}, not to todo" for name, owner in owners.items() if owner != "todo"), of="tables")
    note(f"{', '.join(sorted(owners))} belong to todo")


@assertion("the database itself refuses a todo without a title")
def empty_title_refused(database: Database) -> None:
    try:
        database.ask("INSERT INTO todos (id, title) VALUES (gen_random_uuid(), '')")
    except CommandError as error:
        if "ck_todos_title_not_empty" not in error.completed.stderr:
            raise AcceptanceError(f"it is refused for another reason: {error}", details=error.details) from error
        note(error.details[0])
        return
    raise AcceptanceError("the database takes a todo without a title")


def _differences(before: Rows, now: Rows) -> Iterator[str]:
    for key in before.keys() | now.keys():
        old, new = before.get(key), now.get(key)
        if old is None:
            yield f"the todo {key} is too much: {new}"
        elif new is None:
            yield f"the todo {key} is missing: {old}"
        elif old != new:
            yield f"the todo {key} is another than before: {new}, before {old}"


# ---------------------------------------------------------------- archives


@assertion("every archive among these files is private and has its checksum, and nothing else is there")
def archives_are_sound(files: Files) -> None:
    found = [name for name in files.found if ARCHIVE.fullmatch(name)]
    some(found, what="archives")
    must(_unsound(files), of="files")
    note(f"{len(found)} archives")


def _unsound(files: Files) -> Iterator[str]:
    for name, each in sorted(files.found.items()):
        archive = name.removesuffix(CHECKSUM)
        if not ARCHIVE.fullmatch(archive):
            yield f"{name} is neither an archive nor its checksum"
            continue
        if (each.mode, each.user) != (PRIVATE, USER):
            yield f"{name} has the mode {each.mode:o} and belongs to {each.user}, not {PRIVATE:o} and {USER}"
        if name != archive:
            if archive not in files.found:
                yield f"{name} is there without its archive"
            continue
        if name + CHECKSUM not in files.found:
            yield f"the archive {name} has no checksum beside it"
        elif files.found[name + CHECKSUM].content.decode() != checksum(each.content, name):
            yield f"the archive {name} does not match its checksum"


def checksum(content: bytes, name: str) -> str:
    """What `sha256sum` would write of a file."""
    return f"{hashlib.sha256(content).hexdigest()}  {name}\n"


@assertion('the newest of them has at least {size:d} bytes, and holds the todo "{title}"')
def archive_holds(release: Release, files: Files, size: int, title: str) -> None:
    name = newest(files)
    content = files.found[name].content
    if len(content) < size:
        raise AcceptanceError(f"the archive {name} has {len(content)} bytes, fewer than {size}")
    lines = _read(release, content, "--list").splitlines()
    entries = [line for line in lines if not line.startswith(";")]
    must((f"the archive {name} has no {each}" for each in CONTENT if not any(each in e for e in entries)), of="parts")
    told = _read(release, content, "--data-only", "--table=todos").splitlines()
    held = [line for line in told if title in line.split("\t")]
    if len(held) != 1:
        raise AcceptanceError(f"the archive {name} holds {len(held)} todos {title!r}, not 1", details=told[:20])
    note(f"{name}: {len(content)} bytes, {len(entries)} entries")


CONTENT = ("TABLE public todos todo", "TABLE DATA public todos todo", "TABLE DATA public alembic_version todo")


def newest(files: Files) -> str:
    """The name of the newest archive; raises AcceptanceError when there is none."""
    return max(some((name for name in files.found if ARCHIVE.fullmatch(name)), what="archives"))


def _read(release: Release, archive: bytes, *options: str) -> str:
    """What PostgreSQL's own program reads in an archive."""
    pod = pods.serving(release, "database")[0].metadata.name
    where = ("--namespace", release.namespace, pod, "--container", "postgresql")
    words = ("exec", "--stdin", *where, "--", "pg_restore", *options, "--file=-")
    return release.cluster.kubectl(*words, input=archive).stdout


@assertion("of all archives just the newest {count:d} are left, which are the same as before")
def newest_left(release: Release, session: Session, files: Files, job: cron_jobs.Ended, count: int) -> None:
    now = claims.read(release, session.images[PROBE].reference, files.claim, files.user)
    written = re.findall(f"backup written: ({ARCHIVE.pattern})", job.log)
    known = {name for name in files.found if ARCHIVE.fullmatch(name)} | set(written)
    expected = set(sorted(known)[-count:])
    left = {name for name in now.found if ARCHIVE.fullmatch(name)}
    must((f"the archive {name} is left" for name in sorted(left - expected)), of="archives")
    must((f"the archive {name} is gone" for name in sorted(expected - left)), of="archives")
    must((each for each in claims.differences(files, now) if "is another" in each), of="files")
    archives_are_sound(now)
    if len(known) <= count:
        raise AcceptanceError(f"there were only {len(known)} archives, so none had to go")
    note(f"of {', '.join(sorted(known))} the newest {count} are left")


@given("it lies on its claim as these archives, too")
def laid_beside(release: Release, session: Session, files: Files, datatable: list[list[str]]) -> None:
    whole = files.found[newest(files)].content
    made = {row["archive"]: (CHANGES[row["content"]](whole), row["checksum"]) for row in rows(datatable)}
    contents = {name: content for name, (content, _) in made.items()}
    for name, (content, of) in made.items():
        if of != "none":
            contents[name + CHECKSUM] = checksum({"whole": whole, "this": content}[of], name).encode()
    claims.write(release, session.images[PROBE].reference, files.claim, files.user, contents)


CHANGES: dict[str, Callable[[bytes], bytes]] = {
    "whole": lambda content: content,
    "cut short": lambda content: content[:-50],  # bytes, of the last table's rows
    "one byte longer": lambda content: content + b"\n",
}


# ---------------------------------------------------------------- backups and restores under way


@when("a backup is made, and another one waits for the database")
def backups(release: Release, database: Database) -> None:
    """One has come to its end and logged all it has to say; the processes of the other run and can be looked at."""
    cron_jobs.must_complete(release, cron_jobs.start(release, f"{release.name}-backup"), within=WITHIN)
    start_waiting(release, database)


@when("a backup waits for the database", target_fixture="waiting")
def one_waits(release: Release, database: Database) -> str:
    return start_waiting(release, database)


@when("that backup has failed within {within:duration}", target_fixture="job")
def waiting_one_fails(release: Release, waiting: str, within: float) -> cron_jobs.Ended:
    return cron_jobs.must_fail(release, waiting, within=within)


def start_waiting(release: Release, database: Database) -> str:
    """Start a backup while its table is locked, so that it runs until the lock goes; returns the Job's name."""
    database.lock("todos")
    job = cron_jobs.start(release, f"{release.name}-backup")
    _await_waiting(database, "a backup", "pg_dump")
    return job


def _await_waiting(database: Database, what: str, program: str) -> None:
    waiting = f"SELECT count(*) FROM pg_stat_activity WHERE application_name = '{program}' AND wait_event_type = 'Lock'"
    eventually(
        f"{what} to wait for the database",
        lambda: Seen((found := database.ask(waiting)) == "1", f"{found} sessions of {program} wait for a lock"),
        within=WITHIN,
    )


@when("a restore waits for the database")
def restore_waits(release: Release, database: Database) -> None:
    """Its processes run and can be looked at: what the database remembers of restores is locked."""
    database.lock("pg_shdescription")
    release.upgrade({"restore.archive": "any.dump"})
    _await_waiting(database, "a restore", "psql")


@when('the chart is installed there, to restore the newest archive of the claim "{claim}"')
def installed_with_archive(release: Release, files: Files, pytestconfig: pytest.Config, claim: str) -> None:
    archive = newest(files)
    release.chart = release.chart.using(**{"backup.existingClaim": claim, "restore.archive": archive})
    install(release, pytestconfig.stash[redactor_key])
    note(f"installed with {archive}")
