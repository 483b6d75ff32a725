"""What a pod may take from its node."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from kubernetes.utils.quantity import parse_quantity

from kube_acceptance.release.objects import unbounded
from kube_acceptance.security.posture.rendered import Rendered
from kube_acceptance.security.posture.rule import rule


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


@rule("bounded-scratch-space")
def bounded_scratch_space(rendered: Rendered) -> Iterator[str]:
    """Every emptyDir has a size limit: without one it may fill the node's disk."""
    for where, volume in rendered.volumes:
        if "emptyDir" in volume and not (volume["emptyDir"] or {}).get("sizeLimit"):
            yield f"{where} is an emptyDir without a limit; set its sizeLimit"


def _quantity(written: object) -> Decimal:
    amount: Decimal = parse_quantity(written)  # type: ignore[no-untyped-call]
    return amount
