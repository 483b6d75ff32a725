from __future__ import annotations

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from kubernetes.client.exceptions import ApiException

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.probe import stage as module
from kube_acceptance.probe.place import Nonce, Place
from kube_acceptance.probe.stage import POD, Pod, Stage, acknowledged, label, tier_pod


class Api:
    """Namespaces with pods, and the policies in them."""

    def __init__(self) -> None:
        self.policies: dict[tuple[str, str], Any] = {}
        self.labels: dict[str, dict[str, str]] = {}
        self.started: list[tuple[str, str, dict[str, str]]] = []
        self.deleted: list[str] = []
        self.namespaces = iter(("here", "there"))

    # the peers, two of them
    def peers(self, *_: Any, labels: dict[str, str], network: object = None) -> Any:
        assert labels == {"run": "1"}
        return SimpleNamespace(
            namespace=next(self.namespaces),
            start=self.start,
            running=self.running,
            received=self.received,
            close=lambda: None,
        )

    def start(self, name: str, namespace: str, labels: dict[str, str], *, notes: bool) -> tuple[str, Nonce]:
        assert notes  # else nobody answers datagrams
        self.started.append((name, namespace, labels))
        pod = f"{name}-{len(self.started)}"
        self.labels[pod] = labels
        return pod, Nonce(pod)

    def received(self, namespace: str, pod: str) -> set[str]:
        return set()

    def running(self, name: str, namespace: str, pod: str) -> Place:
        return Place(name, namespace, pod, f"uid-of-{pod}", "10.0.0.9", "probe")

    # the API
    def replace_namespaced_network_policy(self, name: str, namespace: str, body: Any) -> None:
        if (namespace, name) not in self.policies:
            raise ApiException(status=404)
        self.policies[namespace, name] = body["spec"]

    def create_namespaced_network_policy(self, namespace: str, body: Any) -> None:
        self.policies[namespace, body["metadata"]["name"]] = body["spec"]

    def delete_namespaced_network_policy(self, name: str, namespace: str) -> None:
        del self.policies[namespace, name]

    def read_namespaced_pod(self, name: str, _: str) -> Any:
        return SimpleNamespace(metadata=SimpleNamespace(labels=self.labels[name]))

    def patch_namespaced_pod(self, name: str, _: str, body: Any) -> None:
        self.labels[name] = {**self.labels[name], **body["metadata"]["labels"]}

    def read_namespace(self, _: str) -> Any:
        return SimpleNamespace(metadata=SimpleNamespace(labels=None))

    def patch_namespace(self, name: str, body: Any) -> None:
        self.labels[name] = body["metadata"]["labels"]

    def delete_namespaced_pod(self, name: str, _: str) -> None:
        self.deleted.append(name)


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Api:
    made = Api()
    monkeypatch.setattr(module, "Peers", made.peers)
    monkeypatch.setattr(module, "client", SimpleNamespace(CoreV1Api=lambda _: made, NetworkingV1Api=lambda _: made))
    return made


@pytest.fixture
def stage(api: Api) -> Stage:
    make: Any = Stage
    made: Stage = make(lambda: None, "probe:1", labels={"run": "1"})
    made.run({"server": Pod({}), "client": Pod({"access": "granted"}), "neighbour": Pod({}, elsewhere=True)})
    return made


def fails(call: Callable[[], object]) -> str:
    with pytest.raises(AcceptanceError) as caught:
        call()
    return caught.value.summary


def test_pods_have_their_labels_and_stand_where_they_should(api: Api, stage: Stage) -> None:
    assert api.started == [
        ("server", "here", {POD: "server"}),
        ("client", "here", {POD: "client", "access": "granted"}),
        ("neighbour", "there", {POD: "neighbour"}),
    ]
    assert (stage.has("client"), stage.has("database")) == (True, False)
    assert stage.target("server").witnesses == (stage.place("server"),)


def test_a_policy_is_created_changed_and_deleted(api: Api, stage: Stage) -> None:
    change = stage.set_policy("server", [], "denied")
    chosen = {"podSelector": {"matchLabels": {POD: "server"}}, "policyTypes": ["Ingress"]}
    assert api.policies == {("here", "server"): {**chosen, "ingress": []}}
    assert (change.what, change.asked <= change.acknowledged) == ("denied", True)
    peer = {"podSelector": {"matchLabels": {"access": "granted"}}}
    stage.let_in("server", peer, 8080, "let in")
    ports = [{"protocol": "TCP", "port": 8080}, {"protocol": "UDP", "port": 8080}]
    assert api.policies == {("here", "server"): {**chosen, "ingress": [{"from": [peer], "ports": ports}]}}
    stage.delete_policy("server", "deleted")
    assert api.policies == {}


def test_labels_come_and_go(api: Api, stage: Stage) -> None:
    client, neighbour = stage.place("client"), stage.place("neighbour")
    stage.label_pod(client, "access", None, "loses")
    assert api.labels["client-2"] == {POD: "client", "access": None}
    stage.label_namespace(neighbour, "zone", "trusted", "gets")
    assert api.labels["there"] == {"zone": "trusted"}


def test_what_would_change_nothing_is_refused(stage: Stage) -> None:
    client = stage.place("client")
    assert fails(lambda: stage.label_pod(client, "access", "granted", "gets")) == (
        "pod client-2 has the label access=granted already, so nothing would change"
    )
    assert fails(lambda: stage.label_namespace(client, "zone", None, "loses")) == (
        "namespace here has no label zone, so nothing would change"
    )


def test_a_new_pod_has_the_labels_of_the_old_one_and_another_name(api: Api, stage: Stage) -> None:
    old = stage.place("client")
    stage.replace("client", "replaced")
    assert (api.deleted, api.started[-1]) == ([old.pod], ("client", "here", {POD: "client", "access": "granted"}))
    assert stage.place("client").uid != old.uid


def test_a_pod_that_nobody_ran_is_told_with_those_that_there_are(stage: Stage) -> None:
    with pytest.raises(AcceptanceError) as caught:
        stage.place("database")
    assert str(caught.value) == "no probe pod is called 'database'\nThere are: client, neighbour, server."


def test_a_refused_change_is_told_in_the_servers_words() -> None:
    def refuse() -> None:
        error = ApiException(status=403)
        error.body = json.dumps({"message": "policies are forbidden"})
        raise error

    assert fails(lambda: acknowledged("a policy came", refuse)) == (
        "a policy came: the API server refused it: policies are forbidden"
    )


def test_pods_and_labels_as_features_write_them() -> None:
    assert Pod.parse("access=granted", "other") == Pod({"access": "granted"}, elsewhere=True)
    assert Pod.parse("", "own") == Pod({})
    assert fails(lambda: Pod.parse("", "mine")) == "a probe pod stands in the namespace own or other, not 'mine'"
    assert fails(lambda: label("access")) == "the label 'access' is not KEY=VALUE"


def test_the_pod_of_a_tier_is_the_first_by_name() -> None:
    def pod(name: str) -> Any:
        metadata = SimpleNamespace(name=name, namespace="shop", uid=f"uid-{name}")
        return SimpleNamespace(metadata=metadata, status=SimpleNamespace(pod_ip="10.0.0.1"))

    release: Any = SimpleNamespace(serving_pods=lambda tier: [pod(f"{tier}-b"), pod(f"{tier}-a")])
    assert tier_pod(release, "backend") == Place("backend", "shop", "backend-a", "uid-backend-a", "10.0.0.1")
