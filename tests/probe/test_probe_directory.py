from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from probe_cluster import DATABASE, TIER, TRAEFIK, Cluster
from probe_objects import pod

from kube_acceptance.errors import ProbeError
from kube_acceptance.probe.directory import Directory, MissingError
from kube_acceptance.probe.inventory import Inventory
from kube_acceptance.probe.outcome import Protocol
from kube_acceptance.probe.peers import NEVER_READY
from kube_acceptance.probe.place import Answer, Certificate, Guest, Nonce, Place, Target

TCP, UDP = Protocol.TCP, Protocol.UDP


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
def peers() -> FakePeers:
    return FakePeers()


@pytest.fixture
def directory(inventory: Inventory, peers: FakePeers) -> Directory:
    made: Any = Directory
    found: Directory = made(inventory, peers)
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
        ("impostor of ingress controller", "elsewhere", TRAEFIK),
    ],
)
def test_the_harness_s_own_places(
    directory: Directory, peers: FakePeers, name: str, namespace: str, labels: dict[str, str]
) -> None:
    directory.start({name, "database", "dns"})
    directory.wait()
    assert [(where, given) for _, where, given in peers.started] == [(namespace, labels)]
    (place,) = directory.places(name)
    assert directory.targets(name, 8080, TCP) == [Target(name, "10.0.9.9", Nonce("nonce-1"), (place,), 8080)]
    directory.start({name})
    assert len(peers.started) == 1
    peers.dead.add("probe-1")
    directory.start({name})
    directory.wait()
    assert directory.places(name)[0].pod == "probe-2"


def test_a_guest_differs_from_pod_to_pod(cluster: Cluster, directory: Directory) -> None:
    cluster.pods.append(pod("database-1", labels=DATABASE, address="10.0.0.4"))
    directory.refresh()
    one, other = directory.targets("probe in database", 9999, TCP)
    assert isinstance(one.proof, Guest)
    assert one.proof != other.proof
    assert one == directory.targets("probe in database", 9999, TCP)[0]


def test_the_harness_s_own_places_listen_on_any_port_when_they_are_probed(directory: Directory) -> None:
    directory.start({"impostor of database"})
    directory.wait()
    for port, protocol in ((5432, TCP), (5432, UDP), (8080, UDP)):
        (target,) = directory.targets("impostor of database", port, protocol)
        assert isinstance(target.proof, Guest)
        assert target.addresses == ("10.0.9.9",)


def test_over_udp_the_agent_listens_in_a_tier_s_pods(directory: Directory) -> None:
    (target,) = directory.targets("database", 5432, UDP)
    assert (isinstance(target.proof, Guest), target.name, target.pod_port) == (True, "database", 5432)


def test_places_that_last_need_no_new_pod(directory: Directory) -> None:
    names = {"database", "probe in database", "backup", "stranger", "ingress controller", "outside"}
    assert sorted(place.pod for place in directory.lasting(names)) == ["database-0", "traefik-0"]


def test_a_service_is_found_by_its_address_and_its_name_and_witnessed_by_its_pods(directory: Directory) -> None:
    address, name = directory.targets("service database", 5432, TCP)
    assert [(one.host, one.by_name, one.pod_port) for one in (address, name)] == [
        ("10.96.0.9", False, 5432),
        ("database.shop.svc", True, 5432),
    ]
    assert [place.pod for place in address.witnesses] == ["database-0"]
    assert address.addresses == ("10.0.0.3",)
    assert directory.targets("service database", 80, TCP)[0].pod_port == 8080


def test_a_service_without_an_address_has_only_a_name(cluster: Cluster, directory: Directory) -> None:
    cluster.services["shop/loose"].spec.selector = {TIER: "database"}
    assert [target.host for target in directory.targets("service loose", 80, TCP)] == ["loose.shop.svc"]


def test_the_cluster_s_own_targets(directory: Directory) -> None:
    (dns,) = directory.targets("dns", 53, UDP)
    assert dns == Target("dns", "", Answer("database.shop", "10.96.0.9"), (), 53, ("10.0.8.1", "10.0.8.2"))
    assert not dns.by_name
    certificate = Certificate("kubernetes.default.svc", "PEM")
    assert directory.targets("kubernetes api", 443, TCP) == [
        Target("kubernetes api", "10.96.0.1", certificate, (), 6443, ("172.18.0.2",))
    ]
    assert directory.targets("outside", 8080, TCP)[0].host == "172.18.0.9"


def test_the_ingress_controller_is_what_its_class_names(cluster: Cluster, directory: Directory) -> None:
    assert [place.pod for place in directory.places("ingress controller")] == ["traefik-0"]
    cluster.controllers.clear()
    directory.refresh()
    with pytest.raises(ProbeError) as caught:
        directory.places("ingress controller")
    assert str(caught.value) == (
        "the pods of the Ingress controller are not found\n"
        "They must run, and carry the label app.kubernetes.io/name of their IngressClass."
    )


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
        ("outside", 80, "outside is reached on port 53 or 8080, not 80"),
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


def test_tiers_of_another_release_in_the_namespace_are_called_by_its_name(cluster: Cluster, peers: FakePeers) -> None:
    made: Any = Inventory
    inventory = made(lambda: None, namespace="shop", tier_label=TIER, tier_labels={}, release="one")
    labels = {**DATABASE, "app.kubernetes.io/instance": "one"}
    cluster.pods += [
        pod("one-database", labels=labels, address="10.0.0.4"),
        pod("two-database", labels={**labels, "app.kubernetes.io/instance": "two"}, address="10.0.0.5"),
    ]
    directory: Any = Directory
    found = directory(inventory, peers)
    found.refresh()
    assert [place.pod for place in found.places("database")] == ["one-database"]
    assert [place.pod for place in found.places("database of two")] == ["two-database"]
