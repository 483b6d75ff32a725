"""Workloads that are ready or not, and what a wait says of them."""

from __future__ import annotations

import pytest
from wait_objects import DEPLOYMENT, Namespace, container, deployment, made, metadata, namespace, pod, running

from kube_acceptance.wait.workloads import Workloads

READY = {"updatedReplicas": 1, "readyReplicas": 1, "availableReplicas": 1}
SERVICE = {"kind": "Service", "metadata": {"name": "web"}, "spec": {"selector": {"app": "web"}}}


def said(there: Namespace, *objects: dict[str, object]) -> tuple[bool, str]:
    seen = there.workloads(*objects).look("web", there.items, there.now)
    return seen.met, seen.said


def slices(*, ready: bool) -> object:
    endpoint = {"addresses": ["10.0.0.1"], "conditions": {"ready": ready}}
    meta = metadata("web-x", labels={"kubernetes.io/service-name": "web"})
    return made("EndpointSlice", metadata=meta, addressType="IPv4", endpoints=[endpoint], ports=[{"port": 80}])


def test_ready() -> None:
    there = Namespace(deployment(**READY), slices(ready=True), seconds=1)
    assert said(there, DEPLOYMENT, SERVICE) == (True, "1 workloads ready")


def test_what_is_lacking_is_all_told() -> None:
    there = Namespace(deployment(), slices(ready=False), seconds=1)
    assert said(there, DEPLOYMENT, SERVICE) == (
        False,
        "Deployment web has 0 of 1 updated; Service web has no endpoint that serves",
    )


def test_what_is_not_there_is_not_ready() -> None:
    assert said(Namespace(seconds=1)) == (False, "Deployment web is not there")


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ([{"type": "Ready", "status": "True"}], (True, "1 workloads ready")),
        ([{"type": "Ready", "status": "False"}], (False, "Pod one is Pending and not ready")),
    ],
)
def test_a_pod_alone(conditions: list[dict[str, str]], expected: tuple[bool, str]) -> None:
    there = Namespace(pod("one", owner="", conditions=conditions), seconds=1)
    assert said(there, {"kind": "Pod", "metadata": {"name": "one"}}) == expected


def test_nothing_to_wait_for_is_hopeless() -> None:
    there = Namespace(seconds=1)
    seen = there.workloads(SERVICE).look("release shop", there.items, there.now)
    assert (seen.met, seen.hopeless) == (False, "release shop has no workload at all")


def test_a_failure_tells_the_last_log_lines_of_who_is_not_ready() -> None:
    item = pod(containers=[container(running(1), started=True)])
    there = namespace(item, seconds=9, log="".join(f"line {number}\n" for number in range(15)))
    cause, lines = there.workloads()._explain(there.workloads()._situation(there.items, there.now))
    assert cause == ""
    assert lines == [f"log: web-1-a app: line {number}" for number in range(5, 15)]


def test_without_objects_it_is_about_the_whole_namespace() -> None:
    there = namespace(pod("lonely", owner=""), pod(), pod("old", owner="gone-1"), seconds=1)
    seen = Workloads(there, "shop")._situation(there.items, there.now)  # type: ignore[arg-type]
    assert sorted(one.metadata.name for one in seen.pods) == ["lonely", "old", "web-1-a"]
