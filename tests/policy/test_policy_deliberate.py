"""Whether a rule was written for a connection: it says just this port, and who by pods or addresses."""

from __future__ import annotations

from typing import Any

import pytest

from kube_acceptance.policy import Pod, Policies
from kube_acceptance.probe.outcome import Protocol

WEB = {"podSelector": {"matchLabels": {"app": "web"}}}
EVERY_POD: dict[str, Any] = {"podSelector": {}}
EVERY_NAMESPACE: dict[str, Any] = {"namespaceSelector": {}}
PORT = {"port": 5432}


@pytest.mark.parametrize(
    ("peers", "ports", "deliberate"),
    [
        ([WEB], [PORT], True),
        ([{**EVERY_NAMESPACE, **WEB}], [PORT], True),
        ([EVERY_POD, WEB], [PORT], True),
        ([{"ipBlock": {"cidr": "10.0.0.0/24"}}], [PORT], True),
        ([WEB], [{"port": 5432, "endPort": 5432}], True),
        ([WEB], [], False),
        ([WEB], [{"protocol": "TCP"}], False),
        ([WEB], [{"port": 5000, "endPort": 6000}], False),
        ([EVERY_POD], [PORT], False),
        ([EVERY_NAMESPACE, WEB], [PORT], False),
        ([{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "shop"}}}], [PORT], False),
        ([{"ipBlock": {"cidr": "0.0.0.0/0"}}], [PORT], False),
        ([], [PORT], False),
    ],
)
def test_what_is_written_for_a_connection(peers: list[Any], ports: list[Any], deliberate: bool) -> None:
    policy = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "db", "namespace": "shop"},
        "spec": {"podSelector": {"matchLabels": {"app": "db"}}, "ingress": [{"from": peers, "ports": ports}]},
    }
    web, db = (Pod("shop", name, {"app": name}, (f"10.0.0.{n}",)) for n, name in enumerate(("web", "db"), 1))
    found = Policies.read([policy], {}).opinion(web, db, 5432, Protocol.TCP).ingress.allowed_by
    assert found
    assert found.deliberate is deliberate
