"""What is derived from Services and Ingresses."""

from __future__ import annotations

from typing import Any

import pytest
from deployed import one
from stored import all_of, changed, ids

from kube_acceptance.mutation.operators import ingress, services

SERVICES = all_of(*services.OPERATORS)
INGRESS = all_of(*ingress.OPERATORS)


@pytest.mark.parametrize(
    ("wanted", "unnoticed", "spec"),
    [
        ("selects-nothing.service-hall", "Service hall selects no pods", {"floor": "kube-acceptance-nobody"}),
        (
            "selects-more.service-hall.floor",
            "Service hall also sends requests to the pods of Deployment hall-upstairs",
            {"floor": None},
        ),
        (
            "selects-more.service-hall.app",
            "Service hall also sends requests to pods whose label app is not hall",
            {"app": None},
        ),
    ],
)
def test_a_service_selects_other_pods(wanted: str, unnoticed: str, spec: dict[str, Any]) -> None:
    mutant = one(SERVICES, f"service-{wanted}")
    assert mutant.unnoticed == unnoticed
    selector = changed(mutant)["spec"]["selector"]
    assert {key: selector.get(key) for key in spec} == spec


@pytest.mark.parametrize(
    ("wanted", "unnoticed", "port"),
    [
        ("port-other.service-hall.port-80", "port 80 of Service hall is 81", {"port": 81}),
        (
            "target-nobody.service-hall.port-80",
            "port 80 of Service hall leads to port 9 of the pods, where nothing listens",
            {"targetPort": 9},
        ),
        (
            "target-other.service-hall.port-80-9090",
            "port 80 of Service hall leads to port 9090 of the pods",
            {"targetPort": 9090},
        ),
        (
            "protocol-unsaid.service-hall.port-80",
            "port 80 of Service hall does not say that it speaks http",
            {"appProtocol": None},
        ),
        ("port-unnamed.service-hall.port-80", "port 80 of Service hall is not called http", {"name": None}),
    ],
)
def test_a_port_leads_elsewhere(wanted: str, unnoticed: str, port: dict[str, Any]) -> None:
    mutant = one(SERVICES, f"service-{wanted}")
    assert mutant.unnoticed == unnoticed
    (found,) = changed(mutant)["spec"]["ports"]
    assert {key: found.get(key) for key in port} == port


def test_a_service_without_an_address_is_given_one_with_its_other_type() -> None:
    spec = changed(one(SERVICES, "service-as-nodeport.service-shelves"))["spec"]
    assert spec["type"] == "NodePort"
    assert "clusterIP" not in spec


def test_a_service_is_reached_from_elsewhere() -> None:
    headless = one(SERVICES, "service-headless.service-hall")
    assert headless.takes_away == "the address of Service hall, which is headless"
    assert changed(headless)["spec"]["clusterIP"] == "None"
    unready = one(SERVICES, "service-ready-only.service-shelves")
    assert "publishNotReadyAddresses" not in changed(unready)["spec"]


def test_the_pods_behind_a_service_are_signs_too() -> None:
    assert one(SERVICES, "service-removed.service-hall").signs[:2] == ("hall", "requests failed")


def test_a_name_for_something_elsewhere_is_left_alone() -> None:
    assert [each.id for each in SERVICES if "far" in each.id] == []


def test_an_ingress_is_for_other_hosts() -> None:
    other = one(INGRESS, "ingress-host-other.ingress-gate.rule-1-for-warehouse-example")
    assert other.unnoticed == "Ingress gate serves kube-acceptance.invalid, not warehouse.example"
    assert changed(other)["spec"]["rules"][0]["host"] == "kube-acceptance.invalid"
    everybody = one(INGRESS, "ingress-host-any.ingress-gate.rule-1-for-warehouse-example")
    assert everybody.unnoticed == "Ingress gate serves every host, not warehouse.example alone"
    assert "host" not in changed(everybody)["spec"]["rules"][0]


def test_the_paths_of_an_ingress_are_others() -> None:
    begin = "ingress-"
    assert [each for each in ids(INGRESS, begin) if each.endswith("path-2-list")] == [
        "path-removed.ingress-gate.rule-1-for-warehouse-example-path-2-list",
        "path-moved.ingress-gate.rule-1-for-warehouse-example-path-2-list",
        "path-widened.ingress-gate.rule-1-for-warehouse-example-path-2-list",
        "path-type-other.ingress-gate.rule-1-for-warehouse-example-path-2-list",
        "port-nobody.ingress-gate.rule-1-for-warehouse-example-path-2-list",
    ]
    widened = changed(one(INGRESS, "ingress-path-widened.ingress-gate.rule-1-for-warehouse-example-path-2-list"))
    path = widened["spec"]["rules"][0]["http"]["paths"][1]
    assert (path["path"], path["pathType"]) == ("/", "Prefix")


def test_a_path_leads_to_another_service() -> None:
    mutant = one(INGRESS, "ingress-service-other.ingress-gate.rule-1-for-warehouse-example-path-1-shelves")
    backend = changed(mutant)["spec"]["rules"][0]["http"]["paths"][0]["backend"]
    assert backend == {"service": {"name": "shelves", "port": {"number": 5432}}}


def test_an_ingress_is_not_encrypted() -> None:
    mutant = one(INGRESS, "ingress-tls-removed.ingress-gate.tls-of-warehouse-example")
    assert mutant.takes_away == "the tls of warehouse.example of Ingress gate"
    assert "tls" not in changed(mutant)["spec"]
