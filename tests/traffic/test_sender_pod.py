"""Where the sender runs, how it is let in, and what is left of it."""

from __future__ import annotations

import json
from types import SimpleNamespace as Object
from typing import Any

import pytest
from kubernetes.client.exceptions import ApiException

from kube_acceptance.errors import AcceptanceError, ProbeError
from kube_acceptance.traffic import Request
from kube_acceptance.traffic import sender as module
from kube_acceptance.traffic.opening import isolated
from kube_acceptance.traffic.sender import Sender, out_of_reach

CONTROL_PLANE = {"node-role.kubernetes.io/control-plane": ""}
PLANS = [Request("api", "http://api/orders").plan(), Request("web", "http://door/orders").plan()]


def node(name: str, labels: dict[str, str] | None = None, *, ready: str = "True") -> Any:
    return Object(
        metadata=Object(name=name, labels=labels), status=Object(conditions=[Object(type="Ready", status=ready)])
    )


@pytest.mark.parametrize(
    ("nodes", "struck", "chosen"),
    [
        ([node("a-worker"), node("head", CONTROL_PLANE)], {"a-worker"}, "head"),
        ([node("a-worker"), node("head", CONTROL_PLANE)], set(), "head"),
        ([node("one"), node("two"), node("head", CONTROL_PLANE)], {"one", "head"}, "two"),
        ([node("one"), node("head", CONTROL_PLANE, ready="Unknown")], set(), "one"),
        ([node("one"), node("head", CONTROL_PLANE)], {"one", "head"}, "head"),
        ([node("only")], {"only"}, ""),
    ],
)
def test_the_sender_keeps_out_of_reach(nodes: list[Any], struck: set[str], chosen: str) -> None:
    assert out_of_reach(nodes, struck) == chosen


def policy(*types: str, **labels: str) -> dict[str, Any]:
    spec = {"podSelector": {"matchLabels": labels}, "policyTypes": list(types)}
    metadata = {"name": "p", "namespace": "shop"}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata, "spec": spec}


class Cluster:
    """Two nodes, a release's pods, and what is made and removed."""

    def __init__(self, *policies: dict[str, Any]) -> None:
        self.made: dict[str, Any] = {}
        self.removed: list[str] = []
        self.log = b""
        self.since = 0
        self.policies = list(policies)
        self.refuse = False
        self.new_client = object
        self.core = self.networking = self

    def list_node(self) -> Any:
        return Object(items=[node("worker"), node("head", CONTROL_PLANE)])

    def list_namespaced_network_policy(self, namespace: str) -> Any:
        return Object(items=self.policies)

    def create_namespaced_network_policy(self, namespace: str, body: Any) -> None:
        if self.refuse:
            raise ApiException(status=403, reason="Forbidden")
        self.made[f"{namespace} policy"] = body

    def delete_namespaced_network_policy(self, name: str, namespace: str) -> None:
        self.removed.append(f"{namespace}/{name}")

    def read_namespaced_pod_log(self, pod: str, namespace: str, *, since_seconds: int, **_: object) -> Any:
        self.since = since_seconds
        return Object(data=self.log)


class Peers:
    """The harness's own places, of which nothing is made."""

    namespace = "harness"
    alive = True

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster

    def create(self, namespace: str, manifest: Any) -> None:
        self.cluster.made[f"{namespace} pod"] = manifest

    def lives(self, namespace: str, pod: str) -> bool:
        return self.alive

    def end(self) -> None:
        self.cluster.removed.append("pods")

    def close(self) -> None:
        self.cluster.removed.append("peers")


def sender(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> Sender:
    monkeypatch.setattr(module, "Peers", lambda *_, **__: Peers(cluster))
    monkeypatch.setattr(module, "await_running", lambda *_: None)
    pods = [Object(spec=Object(node_name="worker"), metadata=Object(labels={"app.kubernetes.io/component": "api"}))]
    release: Any = Object(cluster=cluster, namespace="shop", name="shop", pods=lambda component="": pods)
    return Sender(
        release, PLANS, tiers=["api", "api"], every=0.2, deadline=5, outstanding=9, image="probe:1", labels={}
    )


def test_a_pod_on_the_control_plane_that_a_policy_lets_in(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = Cluster(policy("Ingress", **{"app.kubernetes.io/component": "api"}))
    with sender(cluster, monkeypatch) as one:
        one.start()
        pod = cluster.made["harness pod"]
        assert (pod["spec"]["nodeName"], pod["spec"]["tolerations"]) == ("head", [{"operator": "Exists"}])
        command = pod["spec"]["containers"][0]["command"]
        assert command[-2] == "/sender.py"
        plan = json.loads(command[-1])
        assert (plan["every"], plan["outstanding"], plan["requests"]) == (0.2, 9, PLANS)
        spec = cluster.made["shop policy"]["spec"]
        assert spec["podSelector"]["matchLabels"]["app.kubernetes.io/component"] == "api"
        [peer] = spec["ingress"][0]["from"]
        assert peer["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "harness"}
        assert peer["podSelector"]["matchLabels"] == pod["metadata"]["labels"]
    assert cluster.removed == ["pods", f"shop/{cluster.made['shop policy']['metadata']['name']}", "peers"]


@pytest.mark.parametrize(
    "others",
    [[], [policy("Egress", **{"app.kubernetes.io/component": "api"})], [policy("Ingress", app="other")]],
)
def test_a_tier_that_nothing_isolates_is_not_isolated_by_letting_in(
    monkeypatch: pytest.MonkeyPatch, others: list[dict[str, Any]]
) -> None:
    cluster = Cluster(*others)
    one = sender(cluster, monkeypatch)
    one.start()
    assert "shop policy" not in cluster.made
    assert not isolated(one._release, "api")


def test_a_policy_that_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = Cluster(policy("Ingress"))
    cluster.refuse = True
    with pytest.raises(ProbeError) as caught:
        sender(cluster, monkeypatch).start()
    assert str(caught.value) == "the sender cannot be let in to the api tier: Forbidden"


def test_lines_are_read_from_a_point_in_time_and_halves_are_left(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = Cluster()
    one = sender(cluster, monkeypatch)
    one.start()
    cluster.log = b'{"now": 1}\n{"now": 2}\n{"no'
    assert [line["now"] for line in one.lines()] == [1, 2]
    assert cluster.since in (5, 6)


def test_a_sender_that_has_ended_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SILENT", -1.0)
    cluster = Cluster()
    one = sender(cluster, monkeypatch)
    one.start()
    assert list(one.lines()) == []  # it lives, and the machine is slow
    monkeypatch.setattr(Peers, "alive", False)
    with pytest.raises(AcceptanceError) as caught:
        list(one.lines())
    assert str(caught.value) == f"the sender's pod {one._pod} has ended, so nothing is known of requests any more"
