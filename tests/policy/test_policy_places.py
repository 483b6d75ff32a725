"""Pods as policies see them: read from the cluster and from templates."""

from __future__ import annotations

from typing import Any

from kubernetes import client
from policy_objects import TCP, UDP

from kube_acceptance.policy import Pod

LIVE: dict[str, Any] = {
    "metadata": {"namespace": "shop", "name": "api-1", "labels": {"app": "api"}},
    "spec": {
        "containers": [
            {"name": "a", "ports": [{"name": "http", "containerPort": 80}, {"containerPort": 81}]},
            {"name": "b", "ports": [{"name": "http", "protocol": "UDP", "containerPort": 82}]},
        ],
        "initContainers": [
            {"name": "once", "ports": [{"name": "once", "containerPort": 83}]},
            {"name": "sidecar", "restartPolicy": "Always", "ports": [{"name": "proxy", "containerPort": 84}]},
        ],
    },
    "status": {"podIP": "10.1.0.9", "podIPs": [{"ip": "10.1.0.9"}, {"ip": "fd00::9"}], "hostIP": "172.18.0.2"},
}


def test_a_live_pod_has_addresses_a_node_and_the_named_ports_of_what_lasts():
    found = Pod.read(LIVE)

    assert (found.namespace, found.name, found.labels) == ("shop", "api-1", {"app": "api"})
    assert (found.addresses, found.node) == (("10.1.0.9", "fd00::9"), ("172.18.0.2",))
    assert found.ports == {("http", TCP): 80, ("http", UDP): 82, ("proxy", TCP): 84}
    assert not found.host_network


def test_a_pod_of_the_api_client_is_read_as_it_is():
    live = client.V1Pod(
        metadata=client.V1ObjectMeta(namespace="shop", name="agent"),
        spec=client.V1PodSpec(containers=[client.V1Container(name="a")], host_network=True),
        status=client.V1PodStatus(pod_ip="172.18.0.2"),
    )

    found = Pod.read(live)

    assert (found.name, found.labels, found.addresses, found.host_network) == ("agent", {}, ("172.18.0.2",), True)


def test_a_template_makes_a_pod_without_addresses():
    found = Pod.of_template("shop", "api", {"metadata": LIVE["metadata"], "spec": LIVE["spec"]})

    assert (found.name, found.labels, found.addresses) == ("api", {"app": "api"}, ())
    assert found.ports[("http", TCP)] == 80
