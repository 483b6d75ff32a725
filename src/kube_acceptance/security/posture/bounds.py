"""What a pod may take from its node."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from kubernetes.utils.quantity import parse_quantity

from kube_acceptance.release.objects import unbounded
from kube_acceptance.security.posture.rendered import Container, Rendered
from kube_acceptance.security.posture.rule import rule

TIMES = {"cpu": 50, "memory": 8}
"""How many times its request a container may take: CPU is shared when it is short, memory is not."""


@rule("requests-and-limits")
def requests_and_limits(rendered: Rendered) -> Iterator[str]:
    """Every container requests CPU and memory, and has limits of both."""
    for each in rendered.containers:
        yield from (f"{said}; add it to its resources" for said in unbounded(str(each.workload), each.spec))


@rule("requests-within-limits")
def requests_within_limits(rendered: Rendered) -> Iterator[str]:
    """No container requests more than its limit: the API server refuses such a pod."""
    for each, name, request, limit in _bounded(rendered):
        if _quantity(request) > _quantity(limit):
            yield f"{each} requests {request} of {name}, above its limit of {limit}; lower the request"


@rule("near-limits")
def near_limits(rendered: Rendered) -> Iterator[str]:
    """No container may take many times of what it requests: the scheduler counts requests, and the node has no more."""
    for each, name, request, limit in _bounded(rendered):
        if (most := TIMES.get(name)) and _quantity(limit) > most * _quantity(request):
            requested = f"its request of {request}"
            yield f"{each} may take {limit} of {name}, more than {most} times {requested}; raise the request"


@rule("bounded-scratch-space")
def bounded_scratch_space(rendered: Rendered) -> Iterator[str]:
    """Every emptyDir has a size limit: without one it may fill the node's disk."""
    for where, volume in rendered.volumes:
        if "emptyDir" in volume and not (volume["emptyDir"] or {}).get("sizeLimit"):
            yield f"{where} is an emptyDir without a limit; set its sizeLimit"


def _bounded(rendered: Rendered) -> Iterator[tuple[Container, str, object, object]]:
    """The resources of which a container has both a request and a limit."""
    for each in rendered.containers:
        resources = each.spec.get("resources") or {}
        limits = resources.get("limits") or {}
        for name, request in (resources.get("requests") or {}).items():
            if name in limits:
                yield each, name, request, limits[name]


def _quantity(written: object) -> Decimal:
    amount: Decimal = parse_quantity(written)  # type: ignore[no-untyped-call]
    return amount
