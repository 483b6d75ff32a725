"""What a cluster lacks, as Kubernetes itself says it of what would need it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NoReturn

import pytest

from kube_acceptance.cluster.provider import Provider
from kube_acceptance.errors import ClusterError

LACKS: Mapping[str, str] = {
    "no storage class is set": "default storage class",
    "could not find the requested resource (get pods.metrics.k8s.io)": "metrics API",
}
"""What there is not, by what the claim's controller and the autoscaler's say then."""


def leave_out(provider: Provider, said: str) -> None:
    """End the scenario whose failure says that the cluster lacks something, where that is not the run's to bring.

    Args:
        provider: Who runs the cluster.
        said: The failure.
    """
    for sign, what in LACKS.items():
        if sign in said:
            provider.lack(f"{provider.kind} has no {what}: {said}")


def not_run(reason: str, *, strict: bool) -> NoReturn:
    """End the scenario, which needs what the cluster has not.

    Args:
        reason: What that is.
        strict: Whether it fails then, instead of being left out.

    Raises:
        ClusterError: It fails.
    """
    if strict:
        raise ClusterError(reason)
    pytest.skip(reason)
