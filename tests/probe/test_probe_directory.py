from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest
from kubernetes.client.exceptions import ApiException
from probe_objects import pod

from kube_acceptance.errors import ProbeError
from kube_acceptance.probe import directory as module
from kube_acceptance.probe.directory import Directory, MissingError
from kube_acceptance.probe.peers import NEVER_READY
from kube_acceptance.probe.place import Answer, Certificate, Guest, Nonce, Place, Target

TIER = "app.kubernetes.io/component"
DATABASE = {TIER: "database", "app.kubernetes.io/instance": "shop", "statefulset.kubernetes.io/pod-name": "database-0"}


def items(*found: Any) -> Any:
    return lambda *_: SimpleNamespace(items=list(found))


def workload(labels: dict[str, str]) -> Any:
    return SimpleNamespace(spec=SimpleNamespace(template=SimpleNamespace(metadata=SimpleNamespace(labels=labels))))


def service(name: str, address: str, *ports: tuple[int, Any], selector: dict[str, str] | None = None) -> Any:
    return SimpleNamespace(
        metadata=SimpleNamespace(name=name),
        spec=SimpleNamespace(
            cluster_ip=address,
            selector=selector,
            ports=[SimpleNamespace(port=port, target_port=target) for port, target in ports],
        ),
    )


class Cluster:
    """An API with a namespace `shop`: a database, a backup CronJob, and Services."""

    def __init__(self) -> None:
        self.pods: list[Any] = [pod(labels=DATABASE, ports={"sql": 5432})]
        self.services = {
            "shop/database": service("database", "10.96.0.9", (5432, "sql"), (80, 8080), selector={TIER: "database"}),
            "shop/loose": service("loose", "None", (80, 8080)),
            "default/kubernetes": service("kubernetes", "10.96.0.1", (443, 6443)),
        }
        backup = SimpleNamespace(spec=SimpleNamespace(job_template=workload({TIER: "backup", "job-name": "backup-1"})))
        self.apps = SimpleNamespace(
            list_namespaced_deployment=items(),
            list_namespaced_stateful_set=items(workload(DATABASE)),
            list_namespaced_daemon_set=items(),
        )
        self.batch = SimpleNamespace(list_namespaced_job=items(), list_namespaced_cron_job=items(backup))

    def list_namespaced_pod(self, namespace: str) -> Any:
        assert namespace == "shop"
        return SimpleNamespace(items=self.pods)

    def list_namespaced_service(self, namespace: str) -> Any:
        found = [one for key, one in self.services.items() if key.startswith(f"{namespace}/")]
        return SimpleNamespace(items=found[::-1])

    def read_namespaced_service(self, name: str, namespace: str) -> Any:
        if found := self.services.get(f"{namespace}/{name}"):
            return found
        raise ApiException(status=404)

    def read_namespaced_config_map(self, name: str, namespace: str) -> Any:
        assert (name, namespace) == ("kube-root-ca.crt", "shop")
        return SimpleNamespace(data={"ca.crt": "PEM"})


class FakePeers:
    """Peers that write down what was asked of them."""

    namespace = "elsewhere"

    def __init__(self) -> None:
        self.started: list[tuple[str, str, Mapping[str, str]]] = []
        self.dead: set[str] = set()

    def start(self, name: str, namespace: str, labels: Mapping[str, str]) -> tuple[str, Nonce]:
        self.started.append((name, namespace, labels))
        return f"probe-{len(self.started)}", Nonce(f"nonce-{len(self.started)}")

    def lives(self, namespace: str, pod: str) -> bool:
        return pod not in self.dead

    def running(self, name: str, namespace: str, pod: str) -> Place:
        return Place(name, namespace, pod, f"uid-of-{pod}", "10.0.9.9", "probe")

    def outside(self) -> Target:
        return Target("outside", "172.18.0.9", Nonce("secret"))


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Cluster:
    there = Cluster()
    apis = {"CoreV1Api": there, "AppsV1Api": there.apps, "BatchV1Api": there.batch}
    # in the module's own name space: the client loads itself when it is touched, which takes seconds
    monkeypatch.setattr(
        module, "client", SimpleNamespace(**{name: lambda _, api=api: api for name, api in apis.items()})
    )
    return there


@pytest.fixture
def peers() -> FakePeers:
    return FakePeers()


@pytest.fixture
def directory(cluster: Cluster, peers: FakePeers) -> Directory:
    made: Any = Directory
    found: Directory = made(
        lambda: None, peers, namespace="shop", tier_label=TIER, tier_labels={"migration": {TIER: "migration"}}
    )
    found.refresh()
    return found


def test_a_tier_is_its_running_pods(cluster: Cluster, directory: Directory) -> None:
    own = pod("probe-1", labels=DATABASE, gates=(NEVER_READY,))
    cluster.pods += [
        pod("database-1", labels=DATABASE, address="10.0.0.4"),
        pod("database-2", labels=DATABASE, phase="Pending"),
        pod("database-3", labels=DATABASE, deleted="now"),
        pod("database-4", labels=DATABASE, address=None),
        pod("other-0", labels=None),
        own,
    ]
    directory.refresh()
    assert [place.pod for place in directory.places("database")] == ["database-0", "database-1"]
    assert [(target.host, target.pod_port) for target in directory.targets("database", 5432, TCP)] == [
        ("10.0.0.3", 5432),
        ("10.0.0.4", 5432),
    ]


def test_a_tier_without_a_running_pod_is_missing(cluster: Cluster, directory: Directory) -> None:
    cluster.pods.clear()
    directory.refresh()
    with pytest.raises(MissingError, match=r"^no pod of database runs in namespace shop$"):
        directory.targets("database", 5432, TCP)
    with pytest.raises(MissingError, match=r"^no pod of Service database runs in namespace shop$"):
        directory.targets("service database", 5432, TCP)


def test_a_tier_that_nobody_knows_is_an_error(directory: Directory) -> None:
    with pytest.raises(ProbeError) as caught:
        directory.places("databse")
    assert str(caught.value) == (
        f"nothing in namespace shop is called 'databse'\nBy their label {TIER} there are: backup, database, migration."
    )


@pytest.mark.parametrize(
    ("name", "namespace", "labels"),
    [
        ("stranger", "shop", {}),
        ("stranger in another namespace", "elsewhere", {}),
        ("impostor of database", "elsewhere", {TIER: "database", "app.kubernetes.io/instance": "shop"}),
        ("stand-in for backup", "shop", {TIER: "backup"}),
        ("stand-in for migration", "shop", {TIER: "migration"}),
    ],
)
def test_the_harness_s_own_places(
    directory: Directory, peers: FakePeers, name: str, namespace: str, labels: dict[str, str]
) -> None:
    directory.prepare({name, "database", "dns"})
    assert [(where, given) for _, where, given in peers.started] == [(namespace, labels)]
    (place,) = directory.places(name)
    assert directory.targets(name, 8080, TCP) == [Target(name, "10.0.9.9", Nonce("nonce-1"), (place,), 8080)]
    directory.prepare({name})
    assert len(peers.started) == 1
    peers.dead.add("probe-1")
    directory.prepare({name})
    assert directory.places(name)[0].pod == "probe-2"


def test_a_guest_differs_from_pod_to_pod(cluster: Cluster, directory: Directory) -> None:
    cluster.pods.append(pod("database-1", labels=DATABASE, address="10.0.0.4"))
    directory.refresh()
    one, other = directory.targets("probe in database", 9999, TCP)
    assert isinstance(one.proof, Guest)
    assert one.proof != other.proof
    assert one == directory.targets("probe in database", 9999, TCP)[0]


def test_a_service_is_found_by_its_name_and_witnessed_by_its_pods(directory: Directory) -> None:
    (target,) = directory.targets("service database", 5432, TCP)
    assert (target.host, target.pod_port) == ("database.shop.svc", 5432)
    assert [place.pod for place in target.witnesses] == ["database-0"]
    assert directory.targets("service database", 80, TCP)[0].pod_port == 8080


def test_the_cluster_s_own_targets(directory: Directory) -> None:
    assert directory.targets("dns", 53, TCP) == [Target("dns", "", Answer("database.shop", "10.96.0.9"))]
    certificate = Certificate("kubernetes.default.svc", "PEM")
    assert directory.targets("kubernetes api", 443, TCP) == [Target("kubernetes api", "10.96.0.1", certificate)]
    assert directory.targets("outside", 8080, TCP)[0].host == "172.18.0.9"


def test_dns_must_know_the_api_server_where_there_is_no_service(cluster: Cluster, directory: Directory) -> None:
    del cluster.services["shop/database"]
    assert directory.targets("dns", 53, TCP)[0].proof == Answer("kubernetes.default", "10.96.0.1")


@pytest.mark.parametrize(
    ("name", "port", "text"),
    [
        ("service database", 1, "Service database has no port 1/TCP"),
        ("service nothing", 80, "there is no Service nothing in namespace shop"),
        ("dns", 5353, "dns is reached on port 53, not 5353"),
        ("kubernetes api", 6443, "kubernetes api is reached on port 443, not 6443"),
        ("outside", 80, "outside is reached on port 8080, not 80"),
    ],
)
def test_targets_that_do_not_exist_are_errors(directory: Directory, name: str, port: int, text: str) -> None:
    with pytest.raises(ProbeError) as caught:
        directory.targets(name, port, TCP)
    assert caught.value.summary == text


@pytest.mark.parametrize("name", ["outside", "dns", "kubernetes api", "service database", "probe in database"])
def test_targets_are_no_sources(directory: Directory, name: str) -> None:
    with pytest.raises(ProbeError) as caught:
        directory.places(name)
    assert caught.value.summary == f"{name} can be a target, but no connection can be made from there"
