"""What service accounts may do: tried by real calls, asked of the authorizer, and held against a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from kubernetes import client

from kube_acceptance.cluster import Cluster
from kube_acceptance.errors import AcceptanceError, ConfigurationError
from kube_acceptance.release import Release
from kube_acceptance.security import requests
from kube_acceptance.security.callers import Account, Callers
from kube_acceptance.security.requests import Call, Said
from kube_acceptance.security.resources import Resources
from kube_acceptance.security.rights import Right, dangerous, parse, wildcards

EVERY = "every account"
DEFAULT = "default"
ASKED_AT_A_TIME = 8
EXPECTED = {"may": True, "may not": False}


@dataclass(frozen=True)
class Row:
    """An account, a right, and whether it should have it."""

    account: Account
    right: Right
    may: bool


@dataclass(frozen=True)
class Verdict:
    """A row, what became of the call (None when there is none to be made) and what the authorizer says."""

    row: Row
    call: Call | None
    review: bool

    def finding(self) -> str:
        """What is wrong, in a sentence that names who is; empty when both are as expected."""
        row, expected = self.row, Said.ALLOWED if self.row.may else Said.DENIED
        said = "allows" if self.review else "denies"
        if self.call is None:
            word = "may" if self.review else "may not"
            wrong = f"{row.account} {word} {row.right}, expected {_word(row.may)} (SubjectAccessReview {said} it)"
            return wrong if self.review != row.may else ""
        if self.call.said is Said.BROKEN:
            return (
                f"whether {row.account} may {row.right} cannot be told: {self.call.why} (SubjectAccessReview {said} it)"
            )
        called = f"its call is {self.call.said}: {self.call.why}"
        if (self.call.said is Said.ALLOWED) != self.review:
            return (
                f"{row.account}: the opinions on {row.right} differ, expected {_word(row.may)}: {called}, but "
                f"SubjectAccessReview {said} it"
            )
        if self.call.said is not expected:
            return (
                f"{row.account} {_word(self.review)} {row.right}, expected {_word(row.may)} ({called}; "
                f"SubjectAccessReview {said} it)"
            )
        return ""


def accounts(release: Release) -> list[str]:
    """The service accounts of a release's namespace, `default` too; that one may be there or not."""
    listed = release.cluster.core.list_namespaced_service_account(release.namespace).items
    return sorted({str(one.metadata.name) for one in listed})


def of_component(release: Release, component: str) -> list[str]:
    """The service accounts of a tier's pods."""
    return sorted({str(pod.spec.service_account_name or DEFAULT) for pod in release.pods(component)})


def rows_of(release: Release, table: Iterable[Mapping[str, str]]) -> list[Row]:
    """The rows that a table `| account | verb | resource | expected |` stands for; every cell may hold several.

    `every account` stands for all that are named in the table.

    Raises:
        ConfigurationError: A cell cannot be read.
        AcceptanceError: An account of the namespace is not in the table, or one in the table is not in the namespace.
    """
    return expand(release.namespace, accounts(release), list(table))


def expand(namespace: str, present: Sequence[str], table: Sequence[Mapping[str, str]]) -> list[Row]:
    """See `rows_of`."""
    named = list(dict.fromkeys(name for row in table for name in _split(row["account"]) if name != EVERY))
    if missing := [name for name in present if name not in named]:
        raise AcceptanceError(f"service account {missing[0]} of namespace {namespace} is in no row of the table")
    if unknown := [name for name in named if name not in present]:
        raise AcceptanceError(
            f"there is no service account {unknown[0]} in namespace {namespace}",
            hint=f"There are: {', '.join(present)}.",
        )
    found = []
    for row in table:
        if row["expected"] not in EXPECTED:
            raise ConfigurationError(f"{row['expected']!r} is not expected of a right: write may or may not")
        rights = list(parse(row["verb"], row["resource"], namespace=namespace))
        for name in _split(row["account"]):
            for account in named if name == EVERY else [name]:
                found += [Row(Account(namespace, account), right, EXPECTED[row["expected"]]) for right in rights]
    return found


def dangerous_rows(release: Release) -> list[Row]:
    """That no account of a release's namespace has a right by which it could take over more than itself."""
    secrets = [one.metadata.name for one in release.cluster.core.list_namespaced_secret(release.namespace).items]
    present = accounts(release)
    if not present:
        raise AcceptanceError(f"namespace {release.namespace} has no service account, so nothing was checked")
    rights = [*dangerous(release.namespace, secrets), *wildcards(release.namespace)]
    return [Row(Account(release.namespace, name), right, may=False) for name in present for right in rights]


def check(cluster: Cluster, callers: Callers, rows: Sequence[Row]) -> list[Verdict]:
    """Try every row by a call from a pod of its account, and ask the authorizer about it.

    Raises:
        ConfigurationError: The API server knows no such right, or no call can be made of it.
        ProbeError: A pod that calls does not start.
    """
    if not rows:
        raise AcceptanceError("there are no rights, so nothing was checked")
    resources = Resources.of(cluster.new_client())
    resolved: list[Row] = []
    asked: dict[Account, list[tuple[int, dict[str, Any]]]] = {}
    for place, row in enumerate(rows):
        if row.right.verb == "*":
            resolved.append(row)
            continue
        right, resource = (row.right, None) if row.right.path else resources.resolve(row.right)
        resolved.append(Row(row.account, right, row.may))
        request = requests.request(right, resource, namespace=row.account.namespace)
        asked.setdefault(row.account, []).append((place, request))
    with ThreadPoolExecutor(max_workers=1) as pool:
        reviewing = pool.submit(_reviews, cluster, resolved)
        replies = callers.call({account: [one for _, one in requests_] for account, requests_ in asked.items()})
        reviews = reviewing.result()
    calls: dict[int, Call] = {}
    for account, places in asked.items():
        for (place, _), reply in zip(places, replies[account], strict=True):
            calls[place] = requests.judge(reply, resolved[place].right, account.user)
    return [Verdict(row, calls.get(place), reviews[place]) for place, row in enumerate(resolved)]


def _reviews(cluster: Cluster, rows: Sequence[Row]) -> list[bool]:
    """Ask the authorizer about every row, over a few connections side by side."""

    def ask(first: int) -> list[bool]:
        api: Any = client.AuthorizationV1Api(cluster.new_client())
        bodies = (row.right.review(row.account.user, row.account.groups) for row in rows[first::ASKED_AT_A_TIME])
        return [bool(api.create_subject_access_review(body).status.allowed) for body in bodies]

    answers = [False] * len(rows)
    with ThreadPoolExecutor(max_workers=ASKED_AT_A_TIME, thread_name_prefix="review") as pool:
        for first, found in enumerate(pool.map(ask, range(ASKED_AT_A_TIME))):
            answers[first::ASKED_AT_A_TIME] = found
    return answers


def _split(cell: str) -> list[str]:
    return [name.strip() for name in cell.split(",") if name.strip()]


def _word(may: bool) -> str:
    return "may" if may else "may not"
