"""Policies and pods for the tests of what policies mean."""

from __future__ import annotations

from typing import Any

import yaml

from kube_acceptance.policy import Opinion, Outsider, Pod, Policies
from kube_acceptance.probe import Protocol

TCP, UDP, SCTP = Protocol.TCP, Protocol.UDP, Protocol.SCTP
NAMESPACES = {"shop": {"team": "red"}, "bank": {"team": "blue"}, "zoo": {}}


def policy(spec: str, name: str = "rules", namespace: str = "shop") -> dict[str, Any]:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": namespace},
        "spec": yaml.safe_load(spec),
    }


def pod(name: str, namespace: str = "shop", *, address: str = "", **more: Any) -> Pod:
    """A pod whose label `app` is its name."""
    labels = more.pop("labels", {"app": name})
    return Pod(namespace, name, labels, (address,) if address else (), **more)


WEB = pod("web", address="10.1.0.1", ports={("http", TCP): 80, ("dns", UDP): 53})
API = pod("api", address="10.1.0.2", ports={("http", TCP): 8080, ("both", TCP): 90, ("both", UDP): 91})
BANK_WEB = pod("web", "bank", address="10.1.1.1")
BANK_API = pod("api", "bank", address="10.1.1.2")
ZOO_WEB = pod("web", "zoo", address="10.1.2.1")
INTERNET = Outsider("203.0.113.9")


def opinion(
    *specs: str, source: Any = WEB, target: Any = API, port: int = 80, protocol: Protocol = TCP, namespace: str = "shop"
) -> Opinion:
    objects = [policy(spec, f"p{number}", namespace) for number, spec in enumerate(specs, start=1)]
    return Policies.read(objects, NAMESPACES).opinion(source, target, port, protocol)


def allowed(*specs: str, **connection: Any) -> bool:
    found = opinion(*specs, **connection).outcome
    assert found is not None
    return found == "allowed"
