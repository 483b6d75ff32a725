from __future__ import annotations

from typing import Any

import pytest

from kube_acceptance.errors import AcceptanceError, ConfigurationError
from kube_acceptance.security import bindings, rbac
from kube_acceptance.security.callers import Account, trusted
from kube_acceptance.security.rbac import Row, Verdict, expand
from kube_acceptance.security.requests import Call, Said
from kube_acceptance.security.rights import Right

TILL = Account("shop", "till")
READ = Right("get", "secrets", namespace="shop")
ALLOWED, DENIED, BROKEN = Call(Said.ALLOWED, "200"), Call(Said.DENIED, "403"), Call(Said.BROKEN, "the call timed out")


def table(*lines: str) -> list[dict[str, str]]:
    return [dict(zip(("account", "verb", "resource", "expected"), line.split(" | "), strict=True)) for line in lines]


def test_rows_are_every_right_of_every_account() -> None:
    rows = expand("shop", ["default", "till"], table("till, default | get | /version | may", "till | get | pods | may"))
    assert [(row.account.name, str(row.right), row.may) for row in rows] == [
        ("till", "get /version", True),
        ("default", "get /version", True),
        ("till", "get pods in shop", True),
    ]


def test_every_account_is_every_one_that_the_table_names() -> None:
    lines = table(
        "till | get | /version | may", "default | get | /version | may", "every account | get | pods | may not"
    )
    assert [row.account.name for row in expand("shop", ["default", "till"], lines)] == ["till", "default"] * 2


@pytest.mark.parametrize(
    ("present", "said"),
    [
        (["default", "till"], "service account default of namespace shop is in no row of the table"),
        ([], "there is no service account till in namespace shop"),
    ],
)
def test_the_table_names_just_the_accounts_that_there_are(present: list[str], said: str) -> None:
    with pytest.raises(AcceptanceError) as caught:
        expand("shop", present, table("till | get | pods | may not", "every account | get | secrets | may not"))
    assert caught.value.summary == said


def test_what_is_expected_is_may_or_may_not() -> None:
    with pytest.raises(ConfigurationError, match=r"^'perhaps' is not expected of a right: write may or may not$"):
        expand("shop", ["till"], table("till | get | pods | perhaps"))


@pytest.mark.parametrize(
    ("may", "call", "review", "said"),
    [
        (True, ALLOWED, True, ""),
        (False, DENIED, False, ""),
        (False, None, False, ""),
        (
            False,
            ALLOWED,
            True,
            "service account till may get secrets in shop, expected may not (its call is allowed: 200; "
            "SubjectAccessReview allows it)",
        ),
        (
            True,
            DENIED,
            False,
            "service account till may not get secrets in shop, expected may (its call is denied: 403; "
            "SubjectAccessReview denies it)",
        ),
        (
            False,
            DENIED,
            True,
            "service account till: the opinions on get secrets in shop differ, expected may not: its call is denied: "
            "403, but "
            "SubjectAccessReview allows it",
        ),
        (
            True,
            DENIED,
            True,
            "service account till: the opinions on get secrets in shop differ, expected may: its call is denied: 403, "
            "but SubjectAccessReview allows it",
        ),
        (
            False,
            BROKEN,
            False,
            "whether service account till may get secrets in shop cannot be told: the call timed out "
            "(SubjectAccessReview denies it)",
        ),
        (
            False,
            None,
            True,
            "service account till may get secrets in shop, expected may not (SubjectAccessReview allows it)",
        ),
    ],
)
def test_both_opinions_must_be_as_the_table_says(may: bool, call: Call | None, review: bool, said: str) -> None:
    assert Verdict(Row(TILL, READ, may), call, review).finding() == said


def whoami(name: str) -> dict[str, Any]:
    return {"status": 201, "body": f'{{"status": {{"userInfo": {{"username": "system:serviceaccount:shop:{name}"}}}}}}'}


def test_calls_count_between_two_controls_that_name_the_account() -> None:
    replies = [{"status": 403, "body": ""}]
    assert trusted({"before": whoami("till"), "replies": replies, "after": whoami("till")}, TILL) == replies
    for when, said in (("before", "it is system:serviceaccount:shop:default"), ("after", "401")):
        other = whoami("default") if when == "before" else {"status": 401, "body": ""}
        found = trusted({"before": whoami("till"), "replies": replies, "after": whoami("till"), when: other}, TILL)
        assert found == [{"failed": f"asked who it is {when} the calls, the API server did not name it: {said}"}]


def test_no_row_is_a_failure() -> None:
    nothing: Any = None
    with pytest.raises(AcceptanceError, match=r"^there are no rights, so nothing was checked$"):
        rbac.check(nothing, nothing, [])


EVERYBODY = "system:authenticated"


def binding(of: str, called: str, role: str, /, **subject: str) -> dict[str, Any]:
    metadata = {"name": called, **({"namespace": "shop"} if of == "RoleBinding" else {})}
    reference = {"kind": "ClusterRole", "name": role}
    return {"kind": of, "metadata": metadata, "roleRef": reference, "subjects": [subject]}


@pytest.mark.parametrize(
    ("item", "said"),
    [
        (
            binding("RoleBinding", "b", "view", kind="ServiceAccount", name="till", namespace="shop"),
            "RoleBinding b gives service account till the ClusterRole view",
        ),
        (
            binding("ClusterRoleBinding", "b", "view", kind="User", name="system:serviceaccount:shop:till"),
            "ClusterRoleBinding b gives service account till the ClusterRole view",
        ),
        (
            binding("ClusterRoleBinding", "b", "view", kind="Group", name=EVERYBODY),
            "ClusterRoleBinding b gives the group system:authenticated the ClusterRole view",
        ),
        (
            binding("ClusterRoleBinding", "system:discovery", "admin", kind="Group", name="system:unauthenticated"),
            "ClusterRoleBinding system:discovery gives the group system:unauthenticated the ClusterRole admin",
        ),
        (
            binding(
                "ClusterRoleBinding", "system:discovery", "system:discovery", kind="Group", name="system:authenticated"
            ),
            "",
        ),
        (binding("RoleBinding", "b", "view", kind="ServiceAccount", name="till", namespace="other"), ""),
        (binding("ClusterRoleBinding", "b", "view", kind="Group", name="system:serviceaccounts:other"), ""),
        (binding("ClusterRoleBinding", "cluster-admin", "cluster-admin", kind="Group", name="system:masters"), ""),
    ],
)
def test_bindings_that_reach_the_accounts_are_told(item: dict[str, Any], said: str) -> None:
    assert list(bindings.findings([item], [TILL, Account("shop", "default")])) == ([said] if said else [])


def deployment(name: str, account: str = "") -> dict[str, Any]:
    spec = {"containers": [], **({"serviceAccountName": account} if account else {})}
    return {"kind": "Deployment", "metadata": {"name": name}, "spec": {"template": {"spec": spec}}}


def test_each_workload_has_an_account_of_its_own() -> None:
    assert list(bindings.shared([deployment("a", "a"), deployment("b", "b")])) == []
    assert list(bindings.shared([deployment("a", "a"), deployment("b", "a")])) == [
        "Deployment a and Deployment b share the service account a"
    ]
    assert list(bindings.shared([deployment("a")])) == ["Deployment a runs under the account default"]
    assert list(bindings.shared([])) == ["the release has no workload, so nothing was checked"]
