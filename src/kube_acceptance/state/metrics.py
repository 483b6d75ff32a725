"""Metrics: what pods tell Prometheus, and what the cluster's metrics server measures of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from kubernetes import client
from kubernetes.client.exceptions import ApiException

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.release import Release
from kube_acceptance.release.release import INSTANCE
from kube_acceptance.state import pods
from kube_acceptance.state.inside import Inside
from kube_acceptance.state.volumes import quantity

_SAMPLE = re.compile(r"(?P<name>[a-zA-Z_:][\w:]*)(?:\{.*\})? (?P<value>\S+)(?: \d+)?")


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
    measured = _measured(release)
    lines = []
    for pod in pods.serving(release, component):
        for container in pod.spec.containers:
            what = str(pods.Container(pod.metadata.name, container.name, None))
            usage = measured.get((pod.metadata.name, container.name))
            if usage is None:
                raise AcceptanceError(f"the metrics server knows nothing of {what}")
            for resource in ("cpu", "memory"):
                limit = (container.resources.limits or {}).get(resource)
                if limit is None:
                    raise AcceptanceError(f"{what} has no limit of {resource}")
                if quantity(usage[resource]) >= quantity(limit):
                    raise AcceptanceError(f"{what} uses {usage[resource]} {resource}, its limit is {limit}")
            lines.append(f"{what}: {usage['cpu']} CPU, {usage['memory']} memory")
    return lines


def _measured(release: Release) -> dict[tuple[str, str], dict[str, str]]:
    api: Any = client.CustomObjectsApi(release.cluster.new_client())
    try:
        listed = api.list_namespaced_custom_object(
            "metrics.k8s.io", "v1beta1", release.namespace, "pods", label_selector=f"{INSTANCE}={release.name}"
        )
    except ApiException as error:
        raise AcceptanceError(f"the metrics server does not answer ({error.status} {error.reason})") from error
    return {
        (item["metadata"]["name"], container["name"]): container["usage"]
        for item in listed["items"]
        for container in item["containers"]
    }
