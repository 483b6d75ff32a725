"""What all pods request at once: replicas, autoscalers, surges, sidecars, and what nobody knows."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.release.capacity import beyond, demands, pod_requests, totals


def container(cpu: str = "100m", memory: str = "64Mi", **more: Any) -> dict[str, Any]:
    return {"name": "app", "resources": {"requests": {"cpu": cpu, "memory": memory}}, **more}


def workload(kind: str, *containers: Any, **spec: Any) -> dict[str, Any]:
    template = {"spec": {"containers": list(containers) or [container()]}}
    inner = {"template": template, **spec}
    return {"kind": kind, "metadata": {"name": "web"}, "spec": inner}


def pods(item: dict[str, Any], *others: dict[str, Any]) -> int:
    return demands([item, *others])[0].pods


@pytest.mark.parametrize(
    ("spec", "count"),
    [
        ({}, 2),
        ({"replicas": 2, "strategy": {"rollingUpdate": {"maxSurge": 1}}}, 3),
        ({"replicas": 2, "strategy": {"rollingUpdate": {"maxSurge": 0}}}, 2),
        ({"replicas": 5, "strategy": {"rollingUpdate": {"maxSurge": "50%"}}}, 8),
        ({"replicas": 5}, 7),
        ({"replicas": 5, "strategy": {"type": "Recreate"}}, 5),
    ],
)
def test_a_deployment_has_its_replicas_and_those_that_an_upgrade_adds(spec: dict[str, Any], count: int) -> None:
    assert pods(workload("Deployment", **spec)) == count


def test_an_autoscaler_makes_it_as_many_as_it_may() -> None:
    target = {"kind": "Deployment", "name": "web"}
    autoscaler = {
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "web"},
        "spec": {"scaleTargetRef": target, "maxReplicas": 5},
    }
    strategy = {"rollingUpdate": {"maxSurge": 1}}
    assert pods(workload("Deployment", strategy=strategy), autoscaler) == 6
    target["name"] = "other"
    assert pods(workload("Deployment", strategy=strategy), autoscaler) == 2


def test_jobs_count_as_if_they_ran_all_the_time() -> None:
    job = workload("Job", parallelism=3)
    assert pods(job) == 3
    assert pods({"kind": "CronJob", "metadata": {"name": "web"}, "spec": {"jobTemplate": {"spec": job["spec"]}}}) == 3
    assert pods(workload("StatefulSet", replicas=2)) == 2
    assert pods({"kind": "Pod", "metadata": {"name": "web"}, "spec": {"containers": [container()]}}) == 1


def test_what_depends_on_the_nodes_is_not_known() -> None:
    with pytest.raises(AcceptanceError) as caught:
        demands([workload("DaemonSet")])
    assert str(caught.value) == "how many pods DaemonSet web has depends on the cluster's nodes"


def test_a_pod_requests_what_its_containers_do_together_or_more_while_one_initialises() -> None:
    first, sidecar = container("700m"), container("300m", restartPolicy="Always")
    assert pod_requests({"containers": [container(), container()]}, "cpu") == Decimal("0.2")
    assert pod_requests({"containers": [container()], "initContainers": [first]}, "cpu") == Decimal("0.7")
    assert pod_requests({"containers": [container()], "initContainers": [sidecar, first]}, "cpu") == Decimal("1.0")
    assert pod_requests({"containers": [container()], "initContainers": [first, sidecar]}, "cpu") == Decimal("0.7")
    assert pod_requests({"containers": [container()], "overhead": {"cpu": "50m"}}, "cpu") == Decimal("0.15")


def test_a_limit_without_a_request_is_one() -> None:
    limited = {"name": "app", "resources": {"limits": {"cpu": "2", "memory": "64Mi"}}}
    assert pod_requests({"containers": [limited]}, "cpu") == 2


def test_a_container_that_requests_nothing_may_take_anything() -> None:
    spec = {"containers": [{"name": "app"}]}
    with pytest.raises(AcceptanceError) as caught:
        pod_requests(spec, "cpu")
    assert str(caught.value) == "container app requests no cpu, so nobody knows what fits"
    assert pod_requests(spec, "cpu", strict=False) == 0


def test_what_goes_beyond_is_told_by_resource() -> None:
    found = demands([workload("Deployment", replicas=3, strategy={"rollingUpdate": {"maxSurge": 1}})])
    assert str(found[0]) == "Deployment web: 4 × 100m CPU and 64Mi, 400m and 256Mi together"
    assert totals(found) == (Decimal("0.4"), Decimal(256 * 1024**2))
    assert list(beyond(found, "400m", "256Mi")) == []
    assert list(beyond(found, "399m", "255Mi")) == [
        "all pods together request 400m CPU, more than 399m",
        "all pods together request 256Mi of memory, more than 255Mi",
    ]
