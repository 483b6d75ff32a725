"""Sidecar proxies: a release under a mesh's label, with a real proxy before every pod, and what comes through it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

from kube_acceptance import mesh
from kube_acceptance.ingress import Ingress
from kube_acceptance.mesh import Injection
from kube_acceptance.release import Release
from kube_acceptance.report import note
from kube_acceptance.session import Session
from kube_acceptance.vocabulary import assertion, given, must, rows, some


@given(
    'its label "{label}" is "{value}", and the proxy "{image}" is injected into every pod there',
    target_fixture="injection",
    example='its label "istio-injection" is "enabled", and the proxy "traefik:v3.6.12" is injected into every pod '
    "there",
)
def namespace_with_proxies(
    release: Release, session: Session, afterwards: ExitStack, label: str, value: str, image: str
) -> Injection:
    """Pods made from now on get a sidecar at their admission, through which all comes for the ports of the chart."""
    core, namespace = session.cluster.core, release.namespace
    core.patch_namespace(namespace, {"metadata": {"labels": {label: value}}})
    ports = mesh.service_ports(release.chart.render(name=release.name, namespace=namespace))
    injection = Injection(session.cluster, namespace, image=image, ports=ports, labels=session.labels)
    afterwards.callback(injection.close)
    injection.start()
    note(f"ports: {', '.join(map(str, ports))}")
    return injection


@assertion("every pod of the release has a proxy beside its own containers")
def pods_have_proxies(release: Release, injection: Injection) -> None:
    """Every pod has the proxy, also a Job's, and it runs wherever the pod does."""
    injection.must_work()
    found = some(release.pods(), what="pods")
    must(mesh.without_proxy(found), of="pods")
    note(f"{len(found)} pods")


@assertion(
    'what the Ingress is asked for at "{path}" comes through the proxies of these tiers',
    example='what the Ingress is asked for at "/api/orders?by=${RUN}" comes through the proxies of these tiers',
)
def comes_through_proxies(
    release: Release, injection: Injection, ingress: Ingress, datatable: list[list[str]], path: str
) -> None:
    """By the kernel's count of connections into every pod of a table `| tier |`, and by the logs of HTTP proxies."""
    ingress.request("GET", path).raise_for_status()
    wrong: list[str] = []
    for row in rows(datatable):
        found = some(mesh.carried(release, row["tier"], injection.ports), what="ports")
        note("; ".join(map(str, found)))
        wrong += mesh.must_carry(found, path)
    must(wrong, of="proxies")


@assertion("every port of the Services it renders names its application protocol")
def ports_name_protocols(objects: list[Mapping[str, Any]]) -> None:
    """A mesh reads `appProtocol`; without it, it takes a port for plain TCP or guesses."""
    services = [item for item in objects if item["kind"] == "Service"]
    ports = [(item["metadata"]["name"], port) for item in services for port in item["spec"].get("ports") or []]
    some(ports, what="ports of Services")
    must(
        (
            f"port {port['port']} of Service {name} names no appProtocol"
            for name, port in ports
            if not port.get("appProtocol")
        ),
        of="ports",
    )
    note(f"{len(ports)} ports")
