"""What is derived from NetworkPolicies."""

from __future__ import annotations

from typing import Any

import pytest
from deployed import changed, one, shop

from kube_acceptance.mutation.operators import policies

RULE = "networkpolicy-shop.rule-1-of-ingress"
ON = "on 80/TCP and 443/TCP"


def test_a_policy_is_removed() -> None:
    mutant = one(policies.policies(shop()), "policy-removed.networkpolicy-shop")
    said = "NetworkPolicy shop, which says who may connect to the pods of Deployment shop, and whom they may connect to"
    assert mutant.takes_away == said
    assert mutant.unnoticed == f"there is no {said}"
    assert mutant.signs == ("shop", "shop ->", "-> shop", "-> probe in shop")
    assert [item["metadata"]["name"] for item in mutant.change(shop()) if item["kind"] == "NetworkPolicy"] == [
        "nothing"
    ]


def test_only_a_policy_that_selects_some_can_select_all() -> None:
    found = {each.id for each in policies.policies(shop())}
    assert "policy-selects-all.networkpolicy-shop" in found
    assert "policy-selects-all.networkpolicy-nothing" not in found


def test_each_of_two_directions_is_dropped_and_an_only_one_is_not() -> None:
    found = [each for each in policies.policies(shop()) if each.operator == "policy-direction-dropped"]
    assert {each.part: changed(each)["spec"]["policyTypes"] for each in found} == {
        "ingress": ["Egress"],
        "egress": ["Ingress"],
    }
    assert {each.object for each in found} == {"NetworkPolicy shop"}


@pytest.mark.parametrize(
    ("wanted", "unnoticed", "rule"),
    [
        (
            "policy-rule-for-any-port",
            "the pods of CronJob till or pods with app=door in namespaces with name=street may connect to"
            " the pods of Deployment shop on any port",
            {"ports": None},
        ),
        ("policy-rule-for-anybody", f"any address may connect to the pods of Deployment shop {ON}", {"from": None}),
    ],
)
def test_a_rule_is_widened(wanted: str, unnoticed: str, rule: dict[str, Any]) -> None:
    mutant = one(policies.rules(shop()), f"{wanted}.{RULE}")
    before = shop()[0]["spec"]["ingress"][0]
    assert mutant.unnoticed == unnoticed
    assert changed(mutant)["spec"]["ingress"] == [{key: before[key] for key in before if key not in rule}]


def test_a_rule_that_is_gone_says_what_nobody_may_do_any_more() -> None:
    mutant = one(policies.rules(shop()), "policy-rule-removed.networkpolicy-shop.rule-1-of-egress")
    assert mutant.unnoticed == (
        "the rule is gone by which the pods of Deployment shop may connect to 192.0.2.0/24 on 25/TCP"
    )
    assert changed(mutant)["spec"]["egress"] == []


@pytest.mark.parametrize(
    ("wanted", "who", "peer"),
    [
        ("policy-peer-any-pod.{}-peer-1", "every pod of the namespace", {"podSelector": {}}),
        (
            "policy-peer-label-dropped.{}-peer-1-floor",
            "a pod whose label floor is not one",
            {"podSelector": {"matchLabels": {"app": "till"}}},
        ),
        (
            "policy-peer-any-namespace.{}-peer-1",
            "a pod like the named ones in any namespace",
            {"podSelector": {"matchLabels": {"app": "till", "floor": "one"}}, "namespaceSelector": {}},
        ),
        (
            "policy-peer-any-pod.{}-peer-2",
            "every pod of a namespace that the rule names",
            {"podSelector": {}, "namespaceSelector": {"matchLabels": {"name": "street"}}},
        ),
    ],
)
def test_a_peer_is_widened(wanted: str, who: str, peer: dict[str, Any]) -> None:
    mutant = one(policies.peers(shop()), wanted.format(RULE))
    assert mutant.unnoticed == f"{who} may connect to the pods of Deployment shop {ON}"
    assert peer in changed(mutant)["spec"]["ingress"][0]["from"]


def test_an_address_is_widened() -> None:
    place = "networkpolicy-shop.rule-1-of-egress-peer-1"
    wide = one(policies.peers(shop()), f"policy-address-any.{place}")
    assert changed(wide)["spec"]["egress"][0]["to"][0]["ipBlock"]["cidr"] == "0.0.0.0/0"
    whole = one(policies.peers(shop()), f"policy-exception-removed.{place}-except-1")
    assert whole.unnoticed == "the pods of Deployment shop may connect to 192.0.2.128/25 on 25/TCP"


def test_a_policy_that_the_api_server_would_refuse_is_left_alone() -> None:
    item = {"kind": "NetworkPolicy", "metadata": {"name": "odd"}, "spec": {"podSelector": {}, "ingress": "all"}}
    assert [each for operator in policies.OPERATORS for each in operator([item])] == []
