from __future__ import annotations

import pytest
from probe_cluster import DATABASE, TIER, Cluster, workload
from probe_objects import pod

from kube_acceptance.errors import ProbeError
from kube_acceptance.probe.endpoints import known_endpoints
from kube_acceptance.probe.inventory import Inventory


def test_the_known_endpoints_are_derived_from_the_cluster(inventory: Inventory) -> None:
    known = known_endpoints(inventory)
    assert known.sources == (
        "database",
        "stand-in for backup",
        "stand-in for migration",
        "stranger",
        "stranger in another namespace",
        "impostor of backup",
        "impostor of database",
        "impostor of migration",
        "ingress controller",
        "impostor of ingress controller",
    )
    assert " ".join(str(one).replace(" ", "_") for one in known.targets).split() == [
        *("database:5432", "database:5432/UDP", "probe_in_database:8080"),
        *("service_database:5432", "service_database:80"),
        *("stand-in_for_backup:8080", "stand-in_for_backup:8080/UDP"),
        *("stand-in_for_migration:8080", "stand-in_for_migration:8080/UDP"),
        *("stranger:8080", "stranger:8080/UDP"),
        *("stranger_in_another_namespace:8080", "stranger_in_another_namespace:8080/UDP"),
        *("impostor_of_backup:8080", "impostor_of_backup:8080/UDP"),
        *("impostor_of_database:5432", "impostor_of_database:5432/UDP"),
        *("impostor_of_migration:8080", "impostor_of_migration:8080/UDP"),
        "ingress_controller:8000",
        *("impostor_of_ingress_controller:8000", "impostor_of_ingress_controller:8000/UDP"),
        *("dns:53", "dns:53/UDP", "kubernetes_api:443", "outside:53", "outside:53/UDP"),
        *("outside:8080", "outside:8080/UDP"),
    ]
    assert known.release == {
        *("database", "probe in database", "service database"),
        *("stand-in for backup", "stand-in for migration"),
    }


def test_nobody_is_paired_with_itself(cluster: Cluster, inventory: Inventory) -> None:
    def to_itself() -> list[str]:
        return [str(target) for source, target in known_endpoints(inventory).pairs if source == "database"][:3]

    assert to_itself() == ["stand-in for backup:8080", "stand-in for backup:8080/UDP", "stand-in for migration:8080"]
    cluster.pods.append(pod("database-1", labels=DATABASE, address="10.0.0.4", ports={"sql": 5432}))
    inventory.refresh()
    assert to_itself() == ["database:5432", "database:5432/UDP", "probe in database:8080"]


def test_a_port_that_a_tier_serves_over_udp_is_no_endpoint(cluster: Cluster, inventory: Inventory) -> None:
    cluster.pods = [pod(labels={TIER: "resolver"}, ports={"dns": 53}, protocol="UDP")]
    cluster.pods += [pod(labels={TIER: "proxy"}, ports={"proxy": 8080}, protocol="TCP")]
    inventory.refresh()
    targets = [str(target) for target in known_endpoints(inventory).targets]
    assert [one for one in targets if "resolver" in one or "proxy" in one] == [
        *("proxy:8080", "proxy:8080/UDP", "probe in proxy:8081"),
        "probe in resolver:8080",
        *("impostor of proxy:8080", "impostor of proxy:8080/UDP"),
        *("impostor of resolver:53", "impostor of resolver:53/UDP"),
    ]


def test_a_release_without_an_ingress_has_no_ingress_controller(cluster: Cluster, inventory: Inventory) -> None:
    cluster.ingresses.clear()
    assert not [source for source in known_endpoints(inventory).sources if "ingress" in source]


def test_a_tier_whose_pods_are_all_gone_is_known(cluster: Cluster, inventory: Inventory) -> None:
    cluster.pods.clear()
    inventory.refresh()
    assert known_endpoints(inventory).sources[0] == "database"


def test_a_job_s_labels_on_a_lasting_workload_make_it_a_tier(cluster: Cluster, inventory: Inventory) -> None:
    cluster.apps.list_namespaced_deployment = lambda _: cluster.items(workload({TIER: "backup"}))
    assert "backup" in known_endpoints(inventory).sources


def test_a_namespace_without_tiers_has_no_endpoints(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster.pods.clear()
    cluster.apps.list_namespaced_stateful_set = lambda _: cluster.items()
    cluster.batch.list_namespaced_cron_job = lambda _: cluster.items()
    empty = Inventory(lambda: None, namespace="shop", tier_label=TIER, tier_labels={})  # type: ignore[arg-type, return-value]
    with pytest.raises(ProbeError) as caught:
        known_endpoints(empty)
    assert caught.value.summary == f"nothing in namespace shop has the label {TIER}: no tier is known"
