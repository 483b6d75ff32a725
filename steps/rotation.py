"""Phrases on the rotation of the database's passwords, which are tried over the network from where they are used."""

from __future__ import annotations

import base64
import itertools
import threading
import time
from dataclasses import dataclass, field

import pytest

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.ingress import Ingress
from kube_acceptance.ledger import Ledger, WriteOutcome
from kube_acceptance.plugin import redactor_key
from kube_acceptance.release import Release
from kube_acceptance.report import note
from kube_acceptance.security import canary
from kube_acceptance.state import pods
from kube_acceptance.vocabulary import assertion, given, must, some, when
from kube_acceptance.wait import Seen, eventually
from steps.database import Database
from steps.todos import create

ROLES = {"password": "todo", "admin-password": "postgres"}  # by the keys of the Secret
OPENED, REFUSED = "opened", "refused"
EVERY = 0.2  # seconds between two todos
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


@dataclass
class Writing:
    """Todos that a thread creates one after the other, and when each was acknowledged."""

    ingress: Ingress
    ledger: Ledger
    acknowledged: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._write, daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Create no more; may be called again."""
        self._ended.set()
        self._thread.join()

    def _write(self) -> None:
        for number in itertools.count():
            before = len(self.ledger.acknowledged())
            create(self.ingress, f"Meanwhile {number} {time.monotonic_ns()}", self.ledger)
            if len(self.ledger.acknowledged()) > before:
                self.acknowledged.append(time.monotonic())
            if self._ended.wait(EVERY):
                return


@given("todos are created all the while", target_fixture="writing")
def written_all_the_while(ingress: Ingress, ledger: Ledger, request: pytest.FixtureRequest) -> Writing:
    writing = Writing(ingress, ledger)
    request.addfinalizer(writing.end)
    return writing


@given('the passwords of the Secret "{name}" open the database from a backend pod', target_fixture="old")
def passwords_open(release: Release, name: str) -> Passwords:
    data = release.cluster.core.read_namespaced_secret(name, release.namespace).data
    old = Passwords(name, {key: base64.b64decode(data[key]).decode() for key in ROLES}, _uids(release))
    _must_all(release, old, OPENED, "the old")
    return old


@when("each of them is replaced in the Secret by a random one", target_fixture="new")
def replaced(release: Release, old: Passwords, writing: Writing, pytestconfig: pytest.Config) -> Passwords:
    some(writing.acknowledged, what="todos created before the rotation")
    values = {key: canary.new(key).value for key in ROLES}
    for value in values.values():
        pytestconfig.stash[redactor_key].add(value)
    body = {"stringData": values}
    release.cluster.core.patch_namespaced_secret(old.secret, release.namespace, body)
    return Passwords(old.secret, values, old.uids)


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


@when("no more todos are created")
def writing_ends(writing: Writing, new: Passwords) -> None:
    writing.end()
    times = writing.acknowledged
    outcomes = [outcome for _, outcome in writing.ledger.writes.values()]
    gap = max((later - earlier for earlier, later in itertools.pairwise(times)), default=0.0)
    other = len(outcomes) - outcomes.count(WriteOutcome.ACKNOWLEDGED)
    note(f"{len(times)} todos acknowledged meanwhile, {other} not; at most {gap:.1f} s between two")


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
