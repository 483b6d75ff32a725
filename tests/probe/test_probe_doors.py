"""The Ingress controller, as pods of the cluster find it."""

from __future__ import annotations

from types import SimpleNamespace as Object
from typing import Any

import pytest

from kube_acceptance.errors import ProbeError
from kube_acceptance.probe import doors
from kube_acceptance.probe.doors import ingress_inside

LABELS = {"app": "door"}


def port(container: int, host: int | None = None) -> Any:
    return Object(container_port=container, host_port=host)


def found(monkeypatch: pytest.MonkeyPatch, *ports: Any, services: tuple[Any, ...] = (), none: bool = False) -> str:
    pod = Object(
        metadata=Object(name="door-0", namespace="ingress", labels=LABELS),
        spec=Object(containers=[Object(ports=list(ports) or None)]),
        status=Object(pod_ip="10.0.0.9"),
    )
    inventory = Object(ingress_controllers=lambda: [] if none else [pod])
    monkeypatch.setattr(doors, "Inventory", lambda *_, **__: inventory)
    core = Object(list_namespaced_service=lambda namespace: Object(items=list(services)))
    release: Any = Object(cluster=Object(new_client=object, core=core), namespace="shop")
    return ingress_inside(release)


def service(name: str, number: int, selector: dict[str, str] | None) -> Any:
    return Object(metadata=Object(name=name), spec=Object(selector=selector, ports=[Object(port=number)]))


def test_by_its_service(monkeypatch: pytest.MonkeyPatch) -> None:
    others = service("other", 80, {"app": "other"}), service("metrics", 9100, LABELS), service("none", 80, None)
    assert found(monkeypatch, services=(*others, service("door", 80, LABELS))) == "http://door.ingress.svc"


def test_by_its_pod_where_it_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert found(monkeypatch, port(8080), port(8000, 80)) == "http://10.0.0.9:8000"
    assert found(monkeypatch, port(8080), port(80)) == "http://10.0.0.9:80"


def test_a_controller_without_a_door(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ProbeError) as caught:
        found(monkeypatch, port(8080))
    assert str(caught.value) == (
        "nothing says on which port the Ingress controller ingress/door-0 serves HTTP\n"
        "It needs a Service with the port 80, or a container port with the host port 80."
    )


def test_no_ingress(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ProbeError) as caught:
        found(monkeypatch, none=True)
    assert str(caught.value) == "there is no Ingress in namespace shop, so no controller serves one"
