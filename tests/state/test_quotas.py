"""Quotas that hold, and what the cluster itself requests."""

from __future__ import annotations

import json
from decimal import Decimal
from types import SimpleNamespace as Object
from typing import Any

import pytest
from kubernetes.client.exceptions import ApiException

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.state import objects
from kube_acceptance.state.quotas import grant, must_hold, of_cluster

MIB = 1024**2


def pod(name: str, cpu: str = "", *, phase: str = "Running", owner: str = "", namespace: str = "shop") -> Any:
    requests = {"cpu": cpu, "memory": "64Mi"} if cpu else {}
    container = {"name": "app", "resources": {"requests": requests}}
    owners = [Object(kind="DaemonSet", name=owner)] if owner else []
    return Object(
        metadata=Object(name=name, namespace=namespace, owner_references=owners),
        status=Object(phase=phase),
        plain={"spec": {"containers": [container]}, "status": {"phase": phase}},
    )


class Core:
    """An API server that refuses the greedy pod with some words, or lets it in."""

    def __init__(self, refusal: str, *pods: Any) -> None:
        self.refusal = refusal
        self.pods = pods
        self.made: list[tuple[str, Any]] = []

    def create_namespaced_pod(self, namespace: str, body: Any, *, dry_run: str) -> None:
        assert dry_run == "All"
        self.made.append((namespace, body))
        if self.refusal:
            error = ApiException(status=403, reason="Forbidden")
            error.body = json.dumps({"message": self.refusal})
            raise error

    def create_namespaced_resource_quota(self, namespace: str, body: Any) -> None:
        self.made.append((namespace, body))

    def list_namespace(self, *, label_selector: str) -> Any:
        return Object(items=[Object(metadata=Object(name="shop"))])

    def list_pod_for_all_namespaces(self) -> Any:
        return Object(items=list(self.pods))


def release(core: Core) -> Any:
    client = Object(sanitize_for_serialization=lambda one: one.plain)
    cluster = Object(core=core, new_client=lambda: client)
    return Object(name="shop", namespace="shop", cluster=cluster, pods=lambda: list(core.pods))


def used(monkeypatch: pytest.MonkeyPatch, **amounts: str) -> None:
    given = {"cpu": "300m", "memory": "192Mi", **amounts}
    status = {
        "hard": {"requests.cpu": "1", "requests.memory": "1Gi"},
        "used": {f"requests.{name}": amount for name, amount in given.items()},
    }
    monkeypatch.setattr(objects, "read", lambda release, kind, name: {"status": status})


def test_a_quota_bounds_what_is_requested() -> None:
    core = Core("")
    grant(release(core), "1", "1Gi", labels={"a": "b"})
    spec = {"hard": {"requests.cpu": "1", "requests.memory": "1Gi"}}
    assert core.made == [("shop", {"metadata": {"name": "kube-acceptance", "labels": {"a": "b"}}, "spec": spec})]


def test_a_quota_holds_when_it_counts_every_pod_and_refuses_what_goes_beyond(monkeypatch: pytest.MonkeyPatch) -> None:
    used(monkeypatch)
    core = Core("exceeded quota: x", pod("a", "100m"), pod("b", "200m"), pod("done", "2", phase="Succeeded"))
    said = must_hold(release(core))
    assert said == "300m CPU and 192Mi of memory are requested, 700m and 832Mi are left"
    requests = core.made[0][1]["spec"]["containers"][0]["resources"]["requests"]
    assert {name: Decimal(amount) for name, amount in requests.items()} == {
        "cpu": Decimal("1.7"),
        "memory": Decimal(832 * MIB + 1),
    }


def test_a_quota_that_counts_less_than_there_is_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    used(monkeypatch, cpu="299m")
    with pytest.raises(AcceptanceError) as caught:
        must_hold(release(Core("exceeded quota: x", pod("a", "300m"))))
    assert str(caught.value) == "the quota counts 299m of cpu, the release's pods request 300m"


def test_a_quota_that_lets_more_in_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    used(monkeypatch)
    with pytest.raises(AcceptanceError) as caught:
        must_hold(release(Core("", pod("a", "100m"))))
    assert str(caught.value) == "a pod beyond the quota is let in, so it says nothing of what fits"


def test_another_refusal_says_nothing_of_the_quota(monkeypatch: pytest.MonkeyPatch) -> None:
    used(monkeypatch)
    with pytest.raises(AcceptanceError) as caught:
        must_hold(release(Core("violates PodSecurity", pod("a", "100m"))))
    assert str(caught.value) == "a pod beyond the quota is refused for another reason: violates PodSecurity"


def test_the_cluster_itself_is_what_no_run_has_made_and_one_pod_of_each_daemon_set() -> None:
    found = of_cluster(
        release(
            Core(
                "",
                pod("ours", "1"),
                pod("dns", "100m", namespace="kube-system"),
                pod("net-1", "50m", owner="net", namespace="kube-system"),
                pod("net-2", "50m", owner="net", namespace="kube-system"),
                pod("proxy", namespace="kube-system"),
                pod("over", "1", phase="Failed", namespace="kube-system"),
            )
        ).cluster
    )
    assert {one.what: one.cpu for one in found} == {
        "kube-system/dns": Decimal("0.1"),
        "kube-system/net": Decimal("0.05"),
        "kube-system/proxy": Decimal(0),
    }
