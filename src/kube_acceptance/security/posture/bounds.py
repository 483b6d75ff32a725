"""What a pod may take from its node."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from kubernetes.utils.quantity import parse_quantity

from kube_acceptance.release.objects import unbounded
from kube_acceptance.security.posture.rendered import Rendered
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
    for each in rendered.containers:
        resources = each.spec.get("resources") or {}
        limits = resources.get("limits") or {}
        for name, amount in (resources.get("requests") or {}).items():
            if name in limits and _quantity(amount) > _quantity(limits[name]):
                yield f"{each} requests {amount} of {name}, above its limit of {limits[name]}; lower the request"


@rule("near-limits")
def near_limits(rendered: Rendered) -> Iterator[str]:
    """No container may take many times of what it requests: the scheduler counts requests, and the node has no more."""
    for each in rendered.containers:
        resources = each.spec.get("resources") or {}
        requests = resources.get("requests") or {}
        for name, limit in (resources.get("limits") or {}).items():
            most = TIMES.get(name)
            if most and name in requests and _quantity(limit) > most * _quantity(requests[name]):
                requested = f"more than {most} times its request of {requests[name]}"
                yield f"{each} may take {limit} of {name}, {requested}; raise the request"


@rule("bounded-scratch-space")
def bounded_scratch_space(rendered: Rendered) -> Iterator[str]:
    """Every emptyDir has a size limit: without one it may fill the node's disk."""
    for where, volume in rendered.volumes:
        if "emptyDir" in volume and not (volume["emptyDir"] or {}).get("sizeLimit"):
            yield f"{where} is an emptyDir without a limit; set its sizeLimit"


def _quantity(written: object) -> Decimal:
    amount: Decimal = parse_quantity(written)  # type: ignore[no-untyped-call]
    return amount
