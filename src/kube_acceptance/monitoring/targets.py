"""Which pods Prometheus measures: by identity, because a selector that matches nothing has no target that is down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.monitoring.prometheus import Prometheus
from kube_acceptance.state import pods


@dataclass(frozen=True)
class Tier:
    """The pods of a component that are to be measured: under which job, and at which port."""

    job: str
    component: str
    port: int


def must_measure(prometheus: Prometheus, tiers: Sequence[Tier]) -> list[str]:
    """Fail unless Prometheus reads from each running pod of some tiers and from nothing else, and each answers.

    Args:
        prometheus: Prometheus.
        tiers: The tiers.

    Returns:
        What it measures, a line each, with the pod's UID.

    Raises:
        AcceptanceError: A pod is missing, unknown or silent.
    """
    release = prometheus.inside.release
    expected: dict[tuple[str, str], str] = {}
    for tier in tiers:
        for pod in pods.serving(release, tier.component):
            # it finds itself without a name
            address = "localhost" if tier.component == prometheus.component else pod.status.pod_ip
            expected[tier.job, f"{address}:{tier.port}"] = f"pod {pod.metadata.name} ({pod.metadata.uid})"
    found = {(one["labels"]["job"], one["labels"]["instance"]): one for one in prometheus.targets()}
    ups = {(one.labels["job"], one.labels["instance"]): one.value for one in prometheus.query("up")}
    wrong = [f"Prometheus does not measure {expected[key]} as {_words(key)}" for key in expected.keys() - found.keys()]
    wrong += [
        f"Prometheus measures {_words(key)}, which is no pod that it should" for key in found.keys() - expected.keys()
    ]
    for key in expected.keys() & found.keys():
        if found[key]["health"] != "up":
            wrong.append(f"{expected[key]} is {found[key]['health']}: {found[key]['lastError'] or 'not asked yet'}")
        elif ups.get(key) != 1:
            wrong.append(f"up of {_words(key)} is {ups.get(key)}, not 1")
    wrong += [f"up of {_words(key)} is there, and no such pod" for key in ups.keys() - expected.keys()]
    if wrong:
        raise AcceptanceError(sorted(wrong)[0], details=sorted(wrong)[1:])
    return [f"{_words(key)}: {pod}" for key, pod in sorted(expected.items())]


def _words(key: tuple[str, str]) -> str:
    return f"{key[1]} of the job {key[0]}"
