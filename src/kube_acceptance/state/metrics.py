"""Metrics: what pods tell Prometheus, and what the cluster's metrics server measures of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from kubernetes import client
from kubernetes.client.exceptions import ApiException

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.release import Release
from kube_acceptance.release.quantities import quantity
from kube_acceptance.release.release import INSTANCE
from kube_acceptance.state import pods
from kube_acceptance.state.inside import Inside

_SAMPLE = re.compile(r"(?P<name>[a-zA-Z_:][\w:]*)(?:\{.*\})? (?P<value>\S+)(?: \d+)?")
_DURATION = re.compile(r"([\d.]+)(ms|[hms])")
_UNITS = {"h": "hours", "m": "minutes", "s": "seconds", "ms": "milliseconds"}


@dataclass(frozen=True)
class Reading:
    """A metric of a tier's pods at one moment: its sum over all of its labels, by the UIDs of the pods."""

    metric: str
    component: str
    port: int
    values: dict[str, float]


def read(inside: Inside, metric: str, component: str, port: int) -> Reading:
    """Read a metric from `/metrics` of each of a tier's pods, from inside of the pod.

    Raises:
        AcceptanceError: A pod does not answer, or has no such metric.
    """
    serving = pods.serving(inside.release, component)
    values = {}
    for pod, answer in zip(serving, inside.get(component, f"http://localhost:{port}/metrics"), strict=True):
        samples = [match for line in answer.body.splitlines() if (match := _SAMPLE.fullmatch(line))]
        found = [float(match["value"]) for match in samples if match["name"] == metric]
        if answer.status != 200 or not found:
            raise AcceptanceError(
                f"pod {pod.metadata.name} tells no metric {metric} on port {port}"
                f" (status {answer.status}, {len(samples)} samples)"
            )
        values[str(pod.metadata.uid)] = sum(found)
    return Reading(metric, component, port, values)


def must_have_grown(before: Reading, now: Reading, least: float) -> float:
    """Fail unless a metric has grown by at least so much; returns by how much.

    Raises:
        AcceptanceError: It has not, or other pods run now, so that the two cannot be compared.
    """
    if before.values.keys() != now.values.keys():
        raise AcceptanceError(f"other {now.component} pods run than before, so {now.metric} cannot be compared")
    grown = sum(now.values.values()) - sum(before.values.values())
    if grown < least:
        raise AcceptanceError(f"{now.metric} of the {now.component} pods has grown by {grown:g}, less than {least:g}")
    return grown


def must_be_below_limits(release: Release, component: str) -> list[str]:
    """Fail unless the metrics server knows CPU and memory of every container of a tier, each below its limit.

    Returns:
        What each container uses, a line each.
    """
    known = measured(release)
    lines = []
    for pod in pods.serving(release, component):
        for container in pod.spec.containers:
            what = str(pods.Container(pod.metadata.name, container.name, None))
            found = known.get((pod.metadata.name, container.name))
            if found is None:
                raise AcceptanceError(f"the metrics server knows nothing of {what}")
            usage = found.usage
            for resource in ("cpu", "memory"):
                limit = (container.resources.limits or {}).get(resource)
                if limit is None:
                    raise AcceptanceError(f"{what} has no limit of {resource}")
                if quantity(usage[resource]) >= quantity(limit):
                    raise AcceptanceError(f"{what} uses {usage[resource]} {resource}, its limit is {limit}")
            lines.append(f"{what}: {usage['cpu']} CPU, {usage['memory']} memory")
    return lines


@dataclass(frozen=True)
class Measured:
    """What the metrics server last measured of a container: CPU over a window of time that ended then, and memory.

    Attributes:
        time: The end of the window.
        window: Its length.
        usage: Quantities as Kubernetes writes them, `cpu` and `memory`.
    """

    time: datetime
    window: timedelta
    usage: Mapping[str, str]


def measured(release: Release) -> dict[tuple[str, str], Measured]:
    """What the metrics server last measured of the release's containers, by pod and container.

    Raises:
        AcceptanceError: It does not answer.
    """
    api: Any = client.CustomObjectsApi(release.cluster.new_client())
    try:
        listed = api.list_namespaced_custom_object(
            "metrics.k8s.io", "v1beta1", release.namespace, "pods", label_selector=f"{INSTANCE}={release.name}"
        )
    except ApiException as error:
        if error.status == 404:
            release.cluster.provider.lack(f"{release.cluster.provider.kind} has no metrics API")
        raise AcceptanceError(f"the metrics server does not answer ({error.status} {error.reason})") from error
    return {
        (item["metadata"]["name"], container["name"]): Measured(
            datetime.fromisoformat(item["timestamp"]), _duration(item["window"]), container["usage"]
        )
        for item in listed["items"]
        for container in item["containers"]
    }


def _duration(text: str) -> timedelta:
    """A time as Go writes it, such as `1m2.5s`."""
    return sum((timedelta(**{_UNITS[unit]: float(number)}) for number, unit in _DURATION.findall(text)), timedelta())
