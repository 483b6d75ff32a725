"""A cluster that is only described, and the opinions on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from kubernetes import client
from kubernetes.client.exceptions import ApiException

from kube_acceptance.policy.agreement import Agreement
from kube_acceptance.policy.described import Described, DescribedPeers
from kube_acceptance.policy.meanings import agreement, one_sided
from kube_acceptance.policy.places import Pod
from kube_acceptance.probe import Reachability

TIER = "app.kubernetes.io/component"


def workload(kind: str, name: str, port: int | str = 0, **spec: Any) -> dict[str, Any]:
    ports = [{"name": "main", "containerPort": port}] if port else []
    template = {"metadata": {"labels": {TIER: name}}, "spec": {"containers": [{"name": "it", "ports": ports}]}}
    return {
        "kind": kind,
        "metadata": {"name": f"shop-{name}"},
        "spec": {"selector": {"matchLabels": {TIER: name}}, "template": template, **spec},
    }


def policy(name: str, *peers: dict[str, Any], port: int | str = "main") -> dict[str, Any]:
    spec = {
        "podSelector": {"matchLabels": {TIER: name}},
        "ingress": [{"from": list(peers), "ports": [{"port": port}]}] if peers else [],
    }
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": f"shop-{name}"},
        "spec": spec,
    }


def of(tier: str) -> dict[str, Any]:
    return {"podSelector": {"matchLabels": {TIER: tier}}}


def shop() -> list[dict[str, Any]]:
    return [
        workload("Deployment", "web", 3000, replicas=3),
        workload("StatefulSet", "db", 5432, replicas=1),
        workload("Job", "migration"),
        {
            "kind": "Service",
            "metadata": {"name": "shop-db"},
            "spec": {"selector": {TIER: "db"}, "ports": [{"port": 5000, "targetPort": "main"}]},
        },
        policy("db", of("web"), of("migration")),
        policy("web"),
    ]


def opinions(objects: list[dict[str, Any]], *rows: tuple[str, str, str]) -> Agreement:
    cluster = Described(objects, "shop")
    with Reachability(lambda: cluster, namespace="shop", image="", peers=DescribedPeers(cluster)) as looking:
        expected = looking.complete(rows)
        return agreement(lambda: cluster, looking.connections(expected), expected)


RIGHT = [
    ("web, stand-in for migration", "db:5432, service shop-db", "allowed"),
    ("web", "all others, stand-in for migration", "allowed"),
    ("db, stand-in for migration", "all others", "allowed"),
    ("db", "stand-in for migration", "allowed"),
    ("all others", "all others, stand-in for migration", "allowed"),
    ("anything else", "anything else", "blocked"),
]


def test_a_table_that_the_policies_mean() -> None:
    found = opinions(shop(), *RIGHT)
    found.check()
    assert {case.row.source for case in found.cases} >= {"web", "stranger", "impostor of db"}
    assert all(case.meant and case.meant.outcome for case in found.cases)


def test_a_service_is_judged_by_the_pods_behind_it_and_their_named_port() -> None:
    [case] = [case for case in opinions(shop(), *RIGHT).cases if str(case.row) == "web -> service shop-db:5000"]
    assert case.meant
    assert case.meant.because == "NetworkPolicy shop-db lets shop-web-0 in to shop-db-0 (ingress rule 1)"


def test_a_rule_that_is_missing_is_the_policy_s_fault() -> None:
    objects = [*shop()[:4], policy("db", of("migration")), policy("web")]
    first = opinions(objects, *RIGHT).disputes[0]
    assert first.sentence == (
        "the policy is wrong: web -> db:5432 is blocked, expected allowed: NetworkPolicy shop-db isolates shop-db-0, "
        "and no rule of it lets shop-web-0 in on port 5432; no cluster was asked"
    )


def test_a_rule_for_a_whole_namespace_was_not_written_for_a_stranger() -> None:
    objects = [*shop()[:4], policy("db", {"podSelector": {}}), policy("web")]
    assert opinions(objects, *RIGHT).disputes[0].sentence == (
        "the policy is wrong: stranger -> db:5432 is allowed, expected blocked: NetworkPolicy shop-db lets "
        "probe-stranger in to shop-db-0 (ingress rule 1), by a rule that speaks of more than that; no cluster was asked"
    )


def test_a_rule_that_names_who_and_the_port_is_meant() -> None:
    rows = [("db", "web:3000", "blocked"), *RIGHT]
    objects = [*shop()[:5], policy("web", of("db"))]
    assert [each.sentence for each in opinions(objects, *rows).disputes] == [
        "the expectation is wrong: db -> web:3000 is allowed, expected blocked: NetworkPolicy shop-web lets shop-db-0 "
        "in to shop-web-0 (ingress rule 1), written for it; no cluster was asked"
    ]


def test_a_port_that_nothing_declares_cannot_be_expected() -> None:
    first = opinions(shop(), ("web", "probe in db:8080", "allowed"), *RIGHT).disputes[0]
    assert first.sentence == (
        "the expectation is wrong: web -> probe in db:8080 is blocked, expected allowed: probe in db declares no port "
        "8080, and NetworkPolicy shop-db isolates shop-db-0, and no rule of it lets shop-web-0 in on port 8080; "
        "no cluster was asked"
    )


def outward(name: str, *peers: dict[str, Any], port: int | str = "main") -> dict[str, Any]:
    """A policy of a tier that says as well whom it may connect to."""
    one = policy(name)
    ports = [{"port": port}] if port else []
    one["spec"] |= {
        "policyTypes": ["Ingress", "Egress"],
        "egress": [{"to": list(peers), "ports": ports}] if peers else [],
    }
    return one


def both_ends(db: dict[str, Any], web: dict[str, Any]) -> list[str]:
    """What is not blocked by both ends of web and db, of which one may connect to the other."""
    cluster = Described([*shop()[:2], db, web], "shop")
    rows = [("web", "db:5432", "allowed"), ("anything else", "anything else", "blocked")]

    def own(pod: Pod) -> bool:
        return pod.namespace == "shop" and pod.labels.get(TIER) in ("db", "web")

    def strangers(pod: Pod) -> Iterator[Pod]:
        yield replace(pod, name=f"not {pod.name}", labels={TIER: f"not-{pod.labels.get(TIER)}"})

    with Reachability(lambda: cluster, namespace="shop", image="", peers=DescribedPeers(cluster)) as looking:
        expected = looking.complete(rows)
        connections = looking.connections(expected)
        found = one_sided(lambda: cluster, connections, expected, own, strangers)
        return list(dict.fromkeys(found))


WOULD = "would let it"
DB_IN = {"policyTypes": ["Ingress", "Egress"], "egress": []}


def test_each_end_blocks_by_itself() -> None:
    db = policy("db", of("web"), port=5432)
    db["spec"] |= DB_IN
    assert both_ends(db, outward("web", of("db"), port=5432)) == []


@pytest.mark.parametrize(
    ("db", "web", "said"),
    [
        (
            policy("db", {"podSelector": {}}, port=5432),
            outward("web", of("db"), port=5432),
            f"not shop-web-0 -> shop-db-0:5432: pod shop-db-0 {WOULD} in: NetworkPolicy shop-db does (ingress rule 1)",
        ),
        (
            policy("db", of("web"), port=5432),
            outward("web", {"podSelector": {}}, port=5432),
            f"shop-web-0 -> not shop-db-0:5432: pod shop-web-0 {WOULD} out: "
            "NetworkPolicy shop-web does (egress rule 1)",
        ),
        (
            policy("db", of("web"), port=5432),
            outward("web", of("db"), port=""),
            "shop-web-0 -> shop-db-0:1: pod shop-web-0 would let it out: NetworkPolicy shop-web does (egress rule 1)",
        ),
        (
            policy("db", of("web"), port=5432),
            policy("web"),
            "shop-web-0 -> shop-db-0:1: pod shop-web-0 would let it out: no NetworkPolicy isolates it",
        ),
    ],
    ids=["anybody comes in", "out to anybody", "out to any port", "nothing said of what goes out"],
)
def test_what_only_the_other_end_blocks(db: dict[str, Any], web: dict[str, Any], said: str) -> None:
    db["spec"] |= DB_IN
    assert said in both_ends(db, web)


@pytest.fixture
def core() -> Any:
    return client.CoreV1Api(Described(shop(), "shop", [{"kind": "Namespace", "metadata": {"name": "around"}}]))


def test_what_is_rendered_is_found_where_it_would_be(core: Any) -> None:
    names = [pod.metadata.name for pod in core.list_namespaced_pod("shop").items]
    assert names == ["shop-web-0", "shop-web-1", "shop-db-0"]
    assert [one.metadata.name for one in core.list_namespaced_pod("shop", label_selector=f"{TIER}=db").items] == [
        "shop-db-0"
    ]
    assert {one.metadata.name for one in core.list_namespace().items} == {"around", "default", "kube-system", "shop"}
    assert core.read_namespaced_service("shop-db", "shop").spec.cluster_ip.startswith("10.96.")


def test_what_is_not_rendered_is_not_there(core: Any) -> None:
    with pytest.raises(ApiException) as caught:
        core.read_namespaced_service("none", "shop")
    assert caught.value.status == 404


def test_a_described_cluster_is_not_written_to(core: Any) -> None:
    with pytest.raises(NotImplementedError, match=r"^DELETE /api/v1/namespaces/shop$"):
        core.delete_namespace("shop")
