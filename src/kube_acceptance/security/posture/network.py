"""Who may talk to a pod and to whom it may talk, as far as it can be seen in what is rendered.

What NetworkPolicies mean in full, and whether the cluster enforces them, is proved elsewhere; here is asked that none
of the pods is without them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from kube_acceptance.policy.spec import Direction, Spec
from kube_acceptance.release.objects import Workload
from kube_acceptance.security.posture.rendered import Rendered, called, inexact
from kube_acceptance.security.posture.rule import rule

EVERYWHERE = ("0.0.0.0/0", "::/0")


@rule("isolated-ingress")
def isolated_ingress(rendered: Rendered) -> Iterator[str]:
    """Every pod is selected by a NetworkPolicy for what comes in: without one, everybody may talk to it."""
    return _open(rendered, Direction.INGRESS)


@rule("isolated-egress")
def isolated_egress(rendered: Rendered) -> Iterator[str]:
    """Every pod is selected by a NetworkPolicy for what goes out: without one, it may talk to everybody."""
    return _open(rendered, Direction.EGRESS)


@rule("named-peers")
def named_peers(rendered: Rendered) -> Iterator[str]:
    """No NetworkPolicy admits everybody: each of its rules names who, and not all addresses there are."""
    for item in rendered.of("NetworkPolicy"):
        for direction, side in (("ingress", "from"), ("egress", "to")):
            for each in item["spec"].get(direction) or []:
                peers = each.get(side) or []
                blocks = [peer["ipBlock"]["cidr"] for peer in peers if "ipBlock" in peer]
                if not peers or any(block in EVERYWHERE for block in blocks):
                    yield f"{called(item)} has a rule of {direction} that names nobody; name its peers in {side}"


@rule("named-ports")
def named_ports(rendered: Rendered) -> Iterator[str]:
    """Every port of a Service has a name, by which Ingresses and monitoring find it."""
    for item in rendered.of("Service"):
        for port in item["spec"].get("ports") or []:
            if not port.get("name"):
                yield f"{called(item)} has a port {port['port']} without a name; name it"


@rule("served-ports")
def served_ports(rendered: Rendered) -> Iterator[str]:
    """Every port of a Service is one that a container of the chart declares, and so is probed."""
    for item in rendered.of("Service"):
        chosen = [one for one in rendered.containers if _chooses(item["spec"].get("selector"), one.workload, item)]
        declared = {value for one in chosen for port in one.spec.get("ports") or [] for value in _names(port)}
        for port in item["spec"].get("ports") or []:
            if port.get("targetPort", port["port"]) not in declared:
                yield (
                    f"{called(item)} leads its port {port['port']} to {port.get('targetPort', port['port'])}, which no"
                    " container that it selects declares; correct its selector or targetPort, or declare the port"
                )


@rule("exact-selector")
def exact_selector(rendered: Rendered) -> Iterator[str]:
    """A Service selects the pods of one workload, by all labels by which that one knows them itself."""
    for item in rendered.of("Service"):
        chosen = [one for one in rendered.workloads if _chooses(item["spec"].get("selector"), one, item)]
        yield from inexact(item, chosen, item["spec"].get("selector") or (), chooses="selects")


@rule("plain-service")
def plain_service(rendered: Rendered) -> Iterator[str]:
    """A Service serves each request by any of its pods, wherever it comes from."""
    for item in rendered.of("Service"):
        for field, plain in (("sessionAffinity", "None"), ("internalTrafficPolicy", "Cluster")):
            if (value := item["spec"].get(field, plain)) != plain:
                yield f"{called(item)} has {field} {value}; remove it"


@rule("ready-endpoints")
def ready_endpoints(rendered: Rendered) -> Iterator[str]:
    """A Service leads to pods that are ready; one without an address only lists them, as their peers may need."""
    for item in rendered.of("Service"):
        if item["spec"].get("publishNotReadyAddresses") and item["spec"].get("clusterIP") != "None":
            yield f"{called(item)} leads to pods that are not ready; remove publishNotReadyAddresses"


def _open(rendered: Rendered, direction: Direction) -> Iterator[str]:
    policies = [(item, spec) for item in rendered.of("NetworkPolicy") if (spec := _read(item))]
    for workload in rendered.workloads:
        if not any(
            direction in spec.directions and spec.podSelector.matches(workload.labels) and _together(item, workload)
            for item, spec in policies
        ):
            yield f"no NetworkPolicy of {direction} selects the pods of {workload}; add one that denies by default"


def _chooses(selector: Mapping[str, str] | None, workload: Workload, service: Mapping[str, Any]) -> bool:
    return bool(selector and selector.items() <= workload.labels.items() and _together(service, workload))


def _together(item: Mapping[str, Any], workload: Workload) -> bool:
    """Whether both are in one namespace; what names none is in the release's, like everything else of the chart."""
    namespace = item["metadata"].get("namespace") or workload.namespace
    return namespace == (workload.namespace or namespace)


def _read(policy: Mapping[str, Any]) -> Spec | None:
    """What a NetworkPolicy says; None where the API server would refuse it, so that it selects nothing."""
    try:
        return Spec.model_validate(policy["spec"])
    except ValidationError:
        return None


def _names(port: Mapping[str, Any]) -> Iterator[Any]:
    yield port["containerPort"]
    if "name" in port:
        yield port["name"]
