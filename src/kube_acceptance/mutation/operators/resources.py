"""What containers are given of their node, and what they may take.

Quantities: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/. No mutant requests more
than the limit, which the API server would refuse.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kubernetes.utils.quantity import parse_quantity

from kube_acceptance.mutation.derived import Concern, Derived
from kube_acceptance.mutation.operators import Object
from kube_acceptance.mutation.operators.place import containers, of_kind, pods

FACTOR = 100
NAMES = ("cpu", "memory", "ephemeral-storage")
_QUANTITY = re.compile(r"(\d+)([A-Za-z]*)")


def requests_and_limits(objects: Sequence[Object]) -> Iterator[Derived]:
    """Each limit removed and raised, each request removed and understated, and the limit of memory as low as can be."""
    for container in containers(objects):
        resources = container.value.get("resources") or {}
        limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
        for name, limit in _known(limits):
            signs = [f"limit of {name}", f"{name} limit"]
            takes_away = f"the {name} limit of {container}"
            yield container.derive(
                "limit-removed",
                Concern.RESOURCES,
                part=name,
                takes_away=takes_away,
                unnoticed=f"{container} may take all {name} of its node",
                patch=[container.remove("resources", "limits", name)],
                signs=signs,
            )
            # what is not requested is requested up to the limit, and no node has a hundred times as much
            if name in requests and (raised := _times(limit, FACTOR)):
                yield container.derive(
                    "limit-raised",
                    Concern.RESOURCES,
                    part=name,
                    takes_away=f"{takes_away} of {limit}, which is {raised}",
                    unnoticed=f"{container} may take {raised} of {name}, not {limit}",
                    patch=[container.put("resources", "limits", name, value=raised)],
                    signs=signs,
                )
            request = requests.get(name)
            if name == "memory" and request is not None and not _same(request, limit):
                yield container.derive(
                    "limit-lowered",
                    Concern.RESOURCES,
                    part=name,
                    takes_away=f"the room between what {container} requests of memory and its limit",
                    unnoticed=f"{container} has a memory limit of {request}, all that it requests, not {limit}",
                    patch=[container.put("resources", "limits", name, value=request)],
                    signs=signs,
                )
        for name, request in _known(requests):
            # what is not requested and has a limit is requested up to the limit
            if name not in limits or not _same(request, limits[name]):
                instead = f"{limits[name]} of {name}, its limit" if name in limits else f"nothing of {name}"
                yield container.derive(
                    "request-removed",
                    Concern.RESOURCES,
                    part=name,
                    takes_away=f"the {name} request of {container}",
                    unnoticed=f"{container} requests {instead}, not {request}",
                    patch=[container.remove("resources", "requests", name)],
                )
            if less := _part(request):
                yield container.derive(
                    "request-understated",
                    Concern.RESOURCES,
                    part=name,
                    takes_away=f"nearly all of the {name} request of {container}",
                    unnoticed=f"{container} requests {less} of {name}, not {request}",
                    patch=[container.put("resources", "requests", name, value=less)],
                )


def scratch_space(objects: Sequence[Object]) -> Iterator[Derived]:
    """The size limit of each emptyDir removed."""
    for pod in pods(objects):
        for index, volume in enumerate(pod.value.get("volumes") or []):
            if (volume.get("emptyDir") or {}).get("sizeLimit"):
                place = pod.within(f"volume {volume['name']}", "volumes", index, value=volume)
                yield place.derive(
                    "scratch-unbounded",
                    Concern.RESOURCES,
                    takes_away=f"the sizeLimit of {place}",
                    unnoticed=f"{place} may fill the disk of its node",
                    patch=[place.remove("emptyDir", "sizeLimit")],
                    signs=[place.part],
                )


def quotas(objects: Sequence[Object]) -> Iterator[Derived]:
    """Each ResourceQuota and LimitRange removed."""
    for quota in of_kind(objects, "ResourceQuota", "LimitRange"):
        yield quota.derive(
            "quota-removed",
            Concern.RESOURCES,
            takes_away=f"{quota}",
            unnoticed=f"the namespace has no {quota}",
            signs=["quota"] if quota.item["kind"] == "ResourceQuota" else [],
        )


def _known(amounts: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """The amounts of what may be requested and limited differently; devices and huge pages may not."""
    return [(name, amounts[name]) for name in NAMES if name in amounts]


def _times(quantity: object, factor: int) -> str:
    """A quantity so many times; empty where it is not a whole number of its unit."""
    match = _QUANTITY.fullmatch(str(quantity))
    return f"{int(match[1]) * factor}{match[2]}" if match else ""


def _part(quantity: object) -> str:
    """A hundredth of a quantity, but one of its unit at least; empty where that is not less."""
    match = _QUANTITY.fullmatch(str(quantity))
    if not match or int(match[1]) <= 1:
        return ""
    return f"{max(1, int(match[1]) // FACTOR)}{match[2]}"


def _same(one: object, other: object) -> bool:
    return bool(parse_quantity(one) == parse_quantity(other))  # type: ignore[no-untyped-call]


OPERATORS = (requests_and_limits, scratch_space, quotas)
