"""What is derived from roles, bindings, ServiceAccounts and the pods that have them."""

from __future__ import annotations

import pytest
from deployed import changed, one, shop

from kube_acceptance.mutation.operators import access


@pytest.mark.parametrize(
    ("wanted", "unnoticed", "field", "value"),
    [
        ("verbs", "Role reads grants every verb on configmaps", "verbs", ["*"]),
        ("resources", "Role reads grants to get every resource", "resources", ["*"]),
        ("apigroups", "Role reads grants to get configmaps of every API group", "apiGroups", ["*"]),
        ("name", "Role reads grants to get configmaps, whatever their names", "resourceNames", None),
    ],
)
def test_a_role_is_widened(wanted: str, unnoticed: str, field: str, value: list[str] | None) -> None:
    mutant = one(access.roles(shop()), f"role-any-{wanted}.role-reads.rule-1")
    assert mutant.unnoticed == unnoticed
    assert changed(mutant)["rules"][0].get(field) == value
    assert mutant.signs == ("reads", "shop-reads", "shop")


def test_a_role_that_grants_all_cannot_be_widened() -> None:
    rule = {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}
    role = {"kind": "ClusterRole", "metadata": {"name": "all"}, "rules": [rule]}
    assert [each.operator for each in access.roles([role])] == ["role-rule-removed"]


def test_a_binding_is_for_everybody_besides() -> None:
    mutant = one(access.bindings(shop()), "binding-for-everybody.rolebinding-shop-reads")
    subjects = changed(mutant)["subjects"]
    assert [each["name"] for each in subjects] == ["system:serviceaccounts", "shop"]
    assert mutant.unnoticed == "every ServiceAccount of the cluster is granted Role reads"


def test_an_account_is_bound_in_the_namespace_of_the_release() -> None:
    mutant = one(access.bindings(shop()), "account-may-view.serviceaccount-till")
    assert mutant.change(shop()) == [*shop(), *mutant.add]
    assert mutant.add[0]["subjects"] == [{"kind": "ServiceAccount", "name": "till", "namespace": "${NAMESPACE}"}]
    assert mutant.unnoticed == "ServiceAccount till may read nearly everything of its namespace"


def test_pods_that_get_no_token_get_one() -> None:
    mutant = one(access.tokens(shop()), "token-mounted.cronjob-till")
    pod = changed(mutant)["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    assert pod["automountServiceAccountToken"] is True
    assert mutant.unnoticed == "every container of the pods of CronJob till holds a token of the API server"


def test_an_account_declines_for_those_alone_that_do_not_decline_themselves() -> None:
    found = [each.object for each in access.tokens(shop()) if each.operator == "token-by-account"]
    assert found == ["ServiceAccount till"]


def test_pods_that_have_a_token_anyway_are_left_alone() -> None:
    guard = [item for item in shop() if item["kind"] == "Pod"]
    assert list(access.tokens(guard)) == []


def test_pods_get_the_default_account_or_anothers() -> None:
    found = {each.id: changed(each) for each in access.accounts(shop()) if each.object == "Deployment shop"}
    assert {name: item["spec"]["template"]["spec"]["serviceAccountName"] for name, item in found.items()} == {
        "account-default.deployment-shop": "default",
        "account-shared.deployment-shop": "till",
    }
