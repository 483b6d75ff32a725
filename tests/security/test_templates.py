"""The pods that workloads describe."""

from __future__ import annotations

from typing import Any

import pytest

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.security.templates import specs


def workload(kind: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {"kind": kind, "metadata": {"name": "a"}, "spec": spec}


def test_a_stateful_set_s_pod_has_its_claims() -> None:
    described = {"containers": [{"name": "a"}]}
    item = workload(
        "StatefulSet", {"template": {"spec": described}, "volumeClaimTemplates": [{"metadata": {"name": "data"}}]}
    )
    assert specs([item])["StatefulSet a"]["volumes"] == [
        {"name": "data", "persistentVolumeClaim": {"claimName": "data-a-0"}}
    ]
    assert described == {"containers": [{"name": "a"}]}


def test_every_workload_describes_one() -> None:
    template = {"template": {"spec": {"containers": []}}}
    items = [workload("Job", template), workload("CronJob", {"jobTemplate": {"spec": template}})]
    assert list(specs([*items, {"kind": "ConfigMap", "metadata": {"name": "a"}}])) == ["Job a", "CronJob a"]


def test_none_at_all() -> None:
    with pytest.raises(AcceptanceError) as caught:
        specs([])
    assert caught.value.summary == "the release has no workload, so nothing can be said of its pods"
