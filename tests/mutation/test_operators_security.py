"""What is derived from security contexts."""

from __future__ import annotations

from typing import Any

import pytest
from deployed import changed, one, shop

from kube_acceptance.mutation.derived import Derived
from kube_acceptance.mutation.operators import security

WEB = "deployment-shop.container-web"


def all_of() -> list[Derived]:
    return [each for operator in security.OPERATORS for each in operator(shop())]


def pod_of(mutant: Derived) -> dict[str, Any]:
    spec: dict[str, Any] = changed(mutant)["spec"]["template"]["spec"]
    return spec


@pytest.mark.parametrize(
    ("wanted", "becomes", "context"),
    [
        ("user-root", "runs as root", {"runAsUser": 0, "runAsNonRoot": False}),
        ("escalation-allowed", "may gain privileges", {"allowPrivilegeEscalation": True}),
        ("privileged", "is privileged", {"privileged": True, "allowPrivilegeEscalation": True}),
        ("capabilities-kept", "keeps the runtime's capabilities", {"capabilities": {}}),
        ("capability-added", "has NET_ADMIN", {"capabilities": {"drop": ["ALL"], "add": ["NET_ADMIN"]}}),
        ("root-writable", "can write to its image", {"readOnlyRootFilesystem": False}),
        ("apparmor-unconfined", "may do what no appArmorProfile forbids", {"appArmorProfile": {"type": "Unconfined"}}),
        ("group-root", "runs in root's group", {"runAsGroup": 0}),
    ],
)
def test_a_container_is_weakened(wanted: str, becomes: str, context: dict[str, Any]) -> None:
    mutant = one(all_of(), f"{wanted}.{WEB}")
    before = shop()[8]["spec"]["template"]["spec"]["containers"][0]["securityContext"]
    assert mutant.unnoticed == f"container web of Deployment shop {becomes}"
    assert pod_of(mutant)["containers"][0]["securityContext"] == {**before, **context}


@pytest.mark.parametrize(
    ("wanted", "container", "field"),
    [
        ("escalation-unsaid", "web", "allowPrivilegeEscalation"),
        ("root-not-protected", "web", "readOnlyRootFilesystem"),
        ("apparmor-unsaid", "web", "appArmorProfile"),
        ("root-not-excluded", "clock", "runAsNonRoot"),
        ("seccomp-unsaid", "clock", "seccompProfile"),
    ],
)
def test_a_field_of_a_container_is_not_said(wanted: str, container: str, field: str) -> None:
    mutant = one(all_of(), f"{wanted}.deployment-shop.container-{container}")
    (found,) = (each for each in pod_of(mutant)["containers"] if each["name"] == container)
    assert field not in found["securityContext"]


@pytest.mark.parametrize(
    ("wanted", "becomes", "fields"),
    [
        ("node-network-shared", "share the node's network", {"hostNetwork": True}),
        ("node-pid-shared", "share the node's processes", {"hostPID": True}),
        ("node-ipc-shared", "share the node's IPC", {"hostIPC": True}),
        ("processes-shared", "share their processes", {"shareProcessNamespace": True}),
    ],
)
def test_pods_share_what_was_their_own(wanted: str, becomes: str, fields: dict[str, Any]) -> None:
    mutant = one(all_of(), f"{wanted}.deployment-shop")
    assert mutant.unnoticed == f"the pods of Deployment shop {becomes}"
    assert pod_of(mutant) == {**shop()[8]["spec"]["template"]["spec"], **fields}


def test_a_field_of_pods_counts_where_a_container_has_none_of_its_own() -> None:
    item = shop()[8]
    pod = item["spec"]["template"]["spec"]
    pod["initContainers"] = []
    pod["containers"] = pod["containers"][1:]
    found = {each.id for each in security.pod_security([item])}
    assert "root-allowed.deployment-shop.container-clock" in found
    assert "root-allowed.deployment-shop" not in found
    assert "root-allowed.deployment-shop" in {each.id for each in all_of()}


def test_a_namespace_that_would_refuse_the_pods_enforces_nothing_and_that_is_no_sign_of_them() -> None:
    refused = one(all_of(), f"privileged.{WEB}")
    assert refused.namespace == {"pod-security.kubernetes.io/enforce": "privileged"}
    assert refused.signs == ("the pods of Deployment shop", "container web")
    admitted = one(all_of(), f"root-writable.{WEB}")
    assert admitted.namespace == {}
    assert admitted.signs == ("shop", "container web")


def test_a_port_becomes_the_nodes() -> None:
    mutant = one(security.host_ports(shop()), "port-of-node.deployment-shop.container-web-port-8080-tcp")
    assert pod_of(mutant)["containers"][0]["ports"] == [{"name": "http", "containerPort": 8080, "hostPort": 8080}]
    assert mutant.unnoticed == "port 8080/TCP of container web of Deployment shop is a port of the node too"


def test_pods_that_say_nothing_can_still_be_weakened() -> None:
    found = {each.operator for each in all_of() if each.object == "Pod guard"}
    assert found == {
        *("privileged", "capability-added", "node-folder-mounted"),
        *("node-network-shared", "node-pid-shared", "node-ipc-shared"),
    }
