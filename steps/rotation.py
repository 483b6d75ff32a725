"""Phrases on the rotation of the database's passwords, which are tried over the network from where they are used."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field

import pytest

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.plugin import redactor_key
from kube_acceptance.release import Release
from kube_acceptance.report import note
from kube_acceptance.security import canary
from kube_acceptance.state import pods
from kube_acceptance.vocabulary import assertion, given, must, when
from kube_acceptance.wait import Seen, eventually
from steps.database import Database

ROLES = {"password": "todo", "admin-password": "postgres"}  # by the keys of the Secret
OPENED, REFUSED = "opened", "refused"
ANSWERS_WITHIN = 60.0  # seconds

# the password comes by the standard input; what is opened says by its own address which server it is
TRY = """
import os, sys, psycopg
where = {key: os.environ["DATABASE_" + key.upper()] for key in ("host", "port")}
try:
    given = dict(dbname=os.environ["DATABASE_NAME"], user=sys.argv[1], password=sys.stdin.read(), connect_timeout=5)
    with psycopg.connect(**where, **given) as connection:
        print("opened", connection.execute("SELECT host(inet_server_addr())").fetchone()[0])
except psycopg.OperationalError as error:
    failed = " ".join(str(error).split())
    print("refused" if "password authentication failed for user" in failed else f"broken: {failed}")
"""


@dataclass(frozen=True)
class Passwords:
    """The values of a Secret by key, and the names of the pods that ran at that time, by their UIDs."""

    secret: str
    values: dict[str, str] = field(repr=False)
    uids: dict[str, str]


@given('the passwords of the Secret "{name}" open the database from a backend pod', target_fixture="old")
def passwords_open(release: Release, name: str) -> Passwords:
    data = release.cluster.core.read_namespaced_secret(name, release.namespace).data
    old = Passwords(name, {key: base64.b64decode(data[key]).decode() for key in ROLES}, _uids(release))
    _must_all(release, old, OPENED, "the old")
    return old


@when("each of them is replaced in the Secret by a random one", target_fixture="new")
def replaced(release: Release, old: Passwords, pytestconfig: pytest.Config) -> Passwords:
    values = {key: canary.new(key).value for key in ROLES}
    for value in values.values():
        pytestconfig.stash[redactor_key].add(value)
    body = {"stringData": values}
    release.cluster.core.patch_namespaced_secret(old.secret, release.namespace, body)
    return Passwords(old.secret, values, old.uids)


@when('another Secret "{name}" holds a random one for each of them', target_fixture="new")
def in_another_secret(release: Release, old: Passwords, pytestconfig: pytest.Config, name: str) -> Passwords:
    values = {key: canary.new(key).value for key in ROLES}
    for value in values.values():
        pytestconfig.stash[redactor_key].add(value)
    body = {"metadata": {"name": name}, "stringData": values}
    release.cluster.core.create_namespaced_secret(release.namespace, body)
    return Passwords(name, values, old.uids)


@assertion("the new passwords open the database from a backend pod")
def new_open(release: Release, new: Passwords) -> None:
    _must_all(release, new, OPENED, "the new")


@assertion("the old passwords are refused there")
def old_refused(release: Release, old: Passwords, new: Passwords) -> None:
    _must_all(release, old, REFUSED, "the old")
    _must_all(release, new, OPENED, "the new")  # the control


@when("the open sessions of the application are ended", target_fixture="since")
def sessions_ended(database: Database) -> str:
    since = database.ask("SELECT now()")
    ended = database.ask("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'todo'")
    if not int(ended):
        raise AcceptanceError("the application had no open session, so none could be ended")
    note(f"{ended} sessions ended")
    return since


@assertion("every backend pod has opened another one")
def sessions_opened(release: Release, database: Database, since: str) -> None:
    query = f"SELECT host(client_addr) FROM pg_stat_activity WHERE usename = 'todo' AND backend_start > '{since}'"
    clients = set(database.ask(query).split())
    found = {pod.metadata.name: pod.status.pod_ip for pod in pods.serving(release, "backend")}
    must((f"pod {name} has opened no session since" for name, ip in found.items() if ip not in clients), of="pods")


@assertion("no pod has been replaced")
def same_pods(release: Release, old: Passwords) -> None:
    now = _uids(release)
    must((f"pod {name} is gone" for uid, name in old.uids.items() if uid not in now), of="pods")


def _uids(release: Release) -> dict[str, str]:
    return {pod.metadata.uid: pod.metadata.name for pod in pods.serving(release)}


def _must_all(release: Release, passwords: Passwords, outcome: str, which: str) -> None:
    for key, value in passwords.values.items():
        if (found := _try(release, ROLES[key], value)) != outcome:
            raise AcceptanceError(f"{which} {key} is {found} by the database, not {outcome}")


def _try(release: Release, role: str, password: str) -> str:
    """Whether the database lets a role in from a backend pod: `opened` or `refused`; what is broken is tried again."""

    def look() -> Seen[str]:
        [database] = release.serving_pods("database")
        pod = release.serving_pods("backend")[0].metadata.name
        words = ("exec", "--stdin", "--namespace", release.namespace, pod, "--", "python", "-c", TRY, role)
        said = release.cluster.kubectl(*words, input=password.encode()).stdout.strip()
        outcome = OPENED if said == f"{OPENED} {database.status.pod_ip}" else said
        return Seen(outcome in (OPENED, REFUSED), said, outcome)

    return str(eventually("the database to let a role in or not", look, within=ANSWERS_WITHIN))
