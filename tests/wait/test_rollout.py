"""When a workload is rolled out."""

from __future__ import annotations

from types import SimpleNamespace as Object

import pytest

from kube_acceptance.wait import rollout


def deployment(**status: int) -> Object:
    counts: dict[str, int | None] = {
        "updated_replicas": 2,
        "ready_replicas": 2,
        "available_replicas": 2,
        "replicas": 2,
        "terminating_replicas": None,
        "observed_generation": 3,
    }
    return Object(metadata=Object(generation=3), spec=Object(replicas=2), status=Object(**(counts | status)))


@pytest.mark.parametrize(
    ("status", "lack"),
    [
        ({}, ""),
        ({"observed_generation": 2}, "has a change that its controller has not seen yet"),
        ({"updated_replicas": 1}, "has 1 of 2 updated"),
        ({"ready_replicas": 0}, "has 0 of 2 ready"),
        ({"available_replicas": 1}, "has 1 of 2 available"),
        ({"replicas": 3}, "has 3 pods, not 2"),
        ({"replicas": 3, "terminating_replicas": 1}, "has 3 pods, not 2"),
        ({"terminating_replicas": 1}, "has 1 pod that is being deleted"),
        ({"terminating_replicas": 2}, "has 2 pods that are being deleted"),
        ({"terminating_replicas": 0}, ""),
    ],
)
def test_deployment(status: dict[str, int], lack: str) -> None:
    assert rollout.deployment(deployment(**status)) == lack


def test_no_pods_are_not_ready_pods() -> None:
    zero = Object(
        updated_replicas=None,
        ready_replicas=None,
        available_replicas=None,
        replicas=0,
        terminating_replicas=1,
        observed_generation=1,
    )
    item = Object(metadata=Object(generation=1), spec=Object(replicas=0), status=zero)
    assert rollout.deployment(item) == "wants no pods"


@pytest.mark.parametrize(
    ("conditions", "lack", "failed"),
    [([], "is not complete", False), (["Complete"], "", False), (["Failed"], "has failed", True)],
)
def test_job(conditions: list[str], lack: str, failed: bool) -> None:
    item = Object(status=Object(conditions=[Object(type=name, status="True") for name in conditions]))
    assert rollout.job(item) == lack
    assert rollout.failed(item) is failed
