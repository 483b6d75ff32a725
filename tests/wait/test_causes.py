"""The causes that a namespace tells, from when on they are certain, and what is no cause."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from wait_objects import (
    NO_SANDBOX,
    SANDBOX,
    Namespace,
    condition,
    container,
    deployment,
    ended,
    event,
    made,
    metadata,
    namespace,
    pod,
    replica_set,
    running,
    waiting,
)

from kube_acceptance.errors import WaitError
from kube_acceptance.wait import eventually
from kube_acceptance.wait.causes import telling


def unschedulable(message: str, when: float = 1) -> Any:
    return pod(conditions=[condition("PodScheduled", "False", when, "Unschedulable", message)])


def claim(phase: str = "Pending") -> Any:
    return made("PersistentVolumeClaim", metadata=metadata("data"), spec={}, status={"phase": phase})


def with_claim(**more: Any) -> Any:
    volumes = [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]
    return pod(spec={"containers": [{"name": "app"}], "volumes": volumes}, **more)


def of_claim(reason: str, message: str, first: float, last: float) -> Any:
    return event("data", reason, message, first, last, kind="PersistentVolumeClaim")


def probed(**numbers: int) -> Any:
    """A pod that runs since second 2 and is not ready."""
    spec = {"containers": [{"name": "app", "readinessProbe": {"periodSeconds": 2, "failureThreshold": 3, **numbers}}]}
    ready = condition("Ready", "False", 1)
    return pod(containers=[container(running(2), started=True)], conditions=[SANDBOX, ready], spec=spec)


def refused(message: str, first: float, last: float) -> Any:
    return event("web-1", "FailedCreate", f"Error creating: {message}", first, last, kind="ReplicaSet")


@dataclass
class Fault:
    """Objects that tell of a fault, the second before which it is not certain, and the cause."""

    objects: list[Any]
    certain: float
    cause: str
    log: str = ""


TAKES = "1 Insufficient memory. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling."
FULL = "1 Insufficient memory. preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod."
MOUNT = 'MountVolume.SetUp failed for volume "keys" : secret "keys" not found'
REFUSED_CONNECTION = 'Get "http://10.0.0.1:80/": dial tcp 10.0.0.1:80: connect: connection refused'
QUOTA = 'pods "web-1-a" is forbidden: exceeded quota: small, requested: pods=1, used: pods=1, limited: pods=1'
POD_SECURITY = 'pods "web-1-a" is forbidden: violates PodSecurity "restricted:latest": privileged'

FAULTS = {
    "image pull": Fault(
        [
            pod(
                containers=[container(waiting("ErrImagePull", "shop:1: not found"))],
                conditions=[SANDBOX],
            ),
            event("web-1-a", "Failed", 'Failed to pull image "shop:1": not found', 3, 3),
        ],
        3,
        "the image shop:1 of container app of pod web-1-a cannot be pulled (ErrImagePull)",
    ),
    "image pull through a broken network": Fault(
        [
            pod(containers=[container(waiting("ImagePullBackOff", "i/o timeout"))], conditions=[SANDBOX]),
            event("web-1-a", "Failed", 'Failed to pull image "shop:1": i/o timeout', 3, 14, count=2),
        ],
        14,
        "the image shop:1 of container app of pod web-1-a cannot be pulled (ImagePullBackOff)",
    ),
    "bad configuration": Fault(
        [
            pod(
                containers=[container(waiting("CreateContainerConfigError", 'configmap "x" not found'))],
                conditions=[SANDBOX],
            ),
            event("web-1-a", "Failed", 'Error: configmap "x" not found', 2, 14, count=3),
        ],
        14,
        'container app of pod web-1-a cannot be started: configmap "x" not found',
    ),
    "crash loop": Fault(
        [pod(containers=[container(waiting("CrashLoopBackOff"), restarts=2, last=ended(3, 15))])],
        15,
        "container app of pod web-1-a ended with exit status 3, its last words: Error: no licence",
        log="starting\nError: no licence\nbye\n",
    ),
    "out of memory": Fault(
        [pod(containers=[container(ended(137, 15, "OOMKilled"), restarts=2)])],
        15,
        "container app of pod web-1-a was killed for using more memory than its limit (OOMKilled)",
    ),
    "unschedulable": Fault(
        [unschedulable(f"0/1 nodes are available: {TAKES}")],
        11,
        f"pod web-1-a cannot be scheduled: 0/1 nodes are available: {TAKES}",
    ),
    "full nodes": Fault(
        [unschedulable(f"0/1 nodes are available: {FULL}")],
        31,
        f"pod web-1-a cannot be scheduled: 0/1 nodes are available: {FULL}",
    ),
    "readiness probe": Fault(
        [probed(), event("web-1-a", "Unhealthy", f"Readiness probe failed: {REFUSED_CONNECTION}", 3, 30, count=9)],
        32,
        f"the readiness probe of container app of pod web-1-a fails: {REFUSED_CONNECTION}",
    ),
    "readiness probe that allows more": Fault(
        [
            probed(initialDelaySeconds=20, failureThreshold=10),
            event("web-1-a", "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 404", 3, 30),
        ],
        42,
        "the readiness probe of container app of pod web-1-a fails: HTTP probe failed with statuscode: 404",
    ),
    "liveness probe": Fault(
        [
            pod(containers=[container(waiting("CrashLoopBackOff"), restarts=2, last=ended(137, 15))]),
            event("web-1-a", "Unhealthy", "Liveness probe failed: HTTP probe failed with statuscode: 500", 3, 14, 6),
            event("web-1-a", "Killing", "Container app failed liveness probe, will be restarted", 5, 14, 3),
        ],
        15,
        "container app of pod web-1-a is restarted again and again because its liveness probe fails: "
        "HTTP probe failed with statuscode: 500",
    ),
    "liveness probe of which nothing new is told": Fault(
        [
            pod(containers=[container(waiting("CrashLoopBackOff"), restarts=7, last=ended(137, 400))]),
            event("web-1-a", "Unhealthy", "Liveness probe failed: HTTP probe failed with statuscode: 500", 3, 60, 9),
            event("web-1-a", "Killing", "Container app failed liveness probe, will be restarted", 5, 60, 5),
        ],
        400,
        "container app of pod web-1-a is restarted again and again because its liveness probe fails: "
        "HTTP probe failed with statuscode: 500",
    ),
    "crash after a liveness probe": Fault(
        [
            pod(containers=[container(waiting("CrashLoopBackOff"), restarts=7, last=ended(3, 400))]),
            event("web-1-a", "Killing", "Container app failed liveness probe, will be restarted", 5, 60, 5),
        ],
        400,
        "container app of pod web-1-a ended with exit status 3",
    ),
    "failed mount": Fault(
        [
            pod(containers=[container(waiting("ContainerCreating"))], conditions=[NO_SANDBOX]),
            event("web-1-a", "FailedMount", MOUNT, 1, 16, count=6),
        ],
        16,
        f"a volume of pod web-1-a cannot be mounted: {MOUNT}",
    ),
    "quota": Fault(
        [refused(QUOTA, 1, 1), refused(QUOTA, 2, 14)], 14, f"Deployment web cannot create its pods: {QUOTA}"
    ),
    "admission refusal": Fault(
        [refused(POD_SECURITY, 1, 1)], 1, f"Deployment web cannot create its pods: {POD_SECURITY}"
    ),
    "unbound claim": Fault(
        [
            claim(),
            with_claim(
                conditions=[
                    condition("PodScheduled", "False", 1, "Unschedulable", "unbound immediate PersistentVolumeClaims")
                ]
            ),
            of_claim("ProvisioningFailed", 'storageclass.storage.k8s.io "fast" not found', 1, 16),
        ],
        16,
        'claim data cannot be bound: storageclass.storage.k8s.io "fast" not found',
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_ends_the_wait_once_it_is_certain(name: str) -> None:
    fault = FAULTS[name]
    before = namespace(*fault.objects, seconds=fault.certain - 0.1)
    assert not [cause for cause in before.causes() if cause.certain]
    certain = namespace(*fault.objects, seconds=fault.certain + 2, log=fault.log)
    with pytest.raises(WaitError) as caught:
        eventually("web to be ready", lambda: certain.workloads().look("web", certain.items, certain.now), within=60)
    assert (
        str(caught.value).splitlines()[0] == f"{fault.cause} (waited for web to be ready; given up after 0.0 of 60 s)"
    )
    assert caught.value.certain_for == 2.0


NOT_CERTAIN = {
    "first failure to pull through the network": [
        pod(containers=[container(waiting("ImagePullBackOff", "i/o timeout"))], conditions=[SANDBOX]),
        event("web-1-a", "Failed", 'Failed to pull image "shop:1": i/o timeout', 3, 3),
    ],
    "configuration that was asked for once": [
        pod(
            containers=[container(waiting("CreateContainerConfigError", 'secret "x" not found'))], conditions=[SANDBOX]
        ),
        event("web-1-a", "Failed", 'Error: secret "x" not found', 2, 2),
    ],
    "two crashes": [pod(containers=[container(waiting("CrashLoopBackOff"), restarts=1, last=ended(1, 5))])],
    "the third try is running": [pod(containers=[container(running(20), restarts=2, last=ended(1, 15))])],
    "a node that is coming": [
        unschedulable(f"0/1 nodes are available: {TAKES}"),
        event("web-1-a", "TriggeredScaleUp", "pod triggered scale-up", 2, 2),
    ],
    "a node that is not ready": [
        unschedulable(f"0/1 nodes are available: 1 node(s) had untolerated taint(s). {TAKES}"),
        made(
            "Node", metadata=metadata("one"), spec={"taints": [{"key": "node.kubernetes.io/not-ready", "effect": "x"}]}
        ),
    ],
    "full nodes while a pod goes": [
        unschedulable(f"0/1 nodes are available: {FULL}"),
        pod("old", owner="else", deletionTimestamp="2026-01-01T12:00:00Z"),
    ],
    "a quota while a pod goes": [
        refused(QUOTA, 1, 15),
        pod("old", owner="else", deletionTimestamp="2026-01-01T12:00:00Z"),
    ],
    "a service that is not available yet": [
        probed(),
        event("web-1-a", "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503", 3, 70),
    ],
    "a volume that was late once": [
        pod(containers=[container(waiting("ContainerCreating"))], conditions=[NO_SANDBOX]),
        event("web-1-a", "FailedMount", MOUNT, 1, 2, count=2),
    ],
    "a volume server that does not answer": [
        pod(containers=[container(waiting("ContainerCreating"))], conditions=[NO_SANDBOX]),
        event("web-1-a", "FailedMount", "timed out waiting for the condition", 1, 60),
    ],
}


@pytest.mark.parametrize("name", NOT_CERTAIN)
def test_what_may_pass_is_named_but_does_not_end_the_wait(name: str) -> None:
    told = namespace(*NOT_CERTAIN[name], seconds=90).causes()
    assert told
    assert not any(cause.certain for cause in told)


NO_CAUSE = {
    "a volume that was mounted after all": [
        pod(containers=[container(running(20))], conditions=[SANDBOX]),
        event("web-1-a", "FailedMount", MOUNT, 1, 16),
    ],
    "a quota that was freed": [
        refused(QUOTA, 1, 15),
        event("web-1", "SuccessfulCreate", "Created pod: web-1-a", 16, 16, kind="ReplicaSet"),
    ],
    "a claim that was bound after all": [
        claim("Bound"),
        with_claim(),
        of_claim("ProvisioningFailed", "class not found", 1, 16),
    ],
    "a claim that waits for its first consumer": [
        claim(),
        with_claim(),
        of_claim("ProvisioningFailed", "class not found", 1, 16),
        of_claim("WaitForFirstConsumer", "waiting for first consumer to be created before binding", 17, 17),
    ],
    "an answer from before the restart": [
        probed(),
        event("web-1-a", "Unhealthy", f"Readiness probe failed: {REFUSED_CONNECTION}", 0, 1),
    ],
    "an event about a namesake of the past": [event("web-0-a", "FailedMount", MOUNT, 1, 16)],
    "a pod that is being deleted": [
        pod(containers=[container(waiting("ErrImageNeverPull"))], deletionTimestamp="2026-01-01T12:00:00Z")
    ],
    "a pod of somebody else": [pod("other", owner="other", containers=[container(waiting("ErrImageNeverPull"))])],
    "a pod of the revision before": [
        replica_set("web-0", revision="0"),
        pod("web-0-a", owner="web-0", containers=[container(waiting("ErrImageNeverPull"))]),
    ],
    "a container that runs": [pod(containers=[container(running(2))], conditions=[SANDBOX])],
}


@pytest.mark.parametrize("name", NO_CAUSE)
def test_what_is_no_cause(name: str) -> None:
    assert namespace(*NO_CAUSE[name], seconds=90).causes() == []


def test_of_a_change_that_was_not_seen_yet_the_old_pods_are_no_cause() -> None:
    broken = pod(containers=[container(waiting("ErrImageNeverPull"))], conditions=[SANDBOX])
    unseen = Namespace(deployment(observedGeneration=0), replica_set(), broken, seconds=90)
    assert unseen.causes() == []
    assert [cause.certain for cause in namespace(broken, seconds=90).causes()] == [True]


def test_a_job_has_failed_and_why() -> None:
    status = {"conditions": [condition("Failed", "True", 20, "BackoffLimitExceeded", "the limit")]}
    job = made("Job", metadata=metadata("make"), spec={"template": {}}, status=status)
    [cause, *_] = Namespace(job, seconds=21).causes()
    assert (cause.sentence, cause.certain) == ("Job make has failed: the limit", True)
    failed = pod("make-a", owner="make", containers=[container(ended(2, 19))])
    [cause, *_] = Namespace(job, failed, seconds=21, log="Error: no such table").causes()
    assert cause.sentence == "Job make has failed: container app of pod make-a ended with exit status 2"
    assert cause.of == ("make-a", "app")


def test_a_stateful_set_may_not_create_its_pods() -> None:
    status = {"observedGeneration": 1, "replicas": 0}
    spec = {"selector": {}, "template": {}, "serviceName": "db"}
    item = made("StatefulSet", metadata=metadata("db"), spec=spec, status=status)
    told = event("db", "FailedCreate", f"create Pod db-0 failed error: {POD_SECURITY}", 1, 1, kind="StatefulSet")
    [cause] = Namespace(item, told, seconds=2).causes()
    assert cause.sentence == f"StatefulSet db cannot create its pods: create Pod db-0 failed error: {POD_SECURITY}"
    assert cause.certain


def test_an_init_container_counts_from_its_predecessor() -> None:
    first = {**container(ended(0, 50)), "name": "first"}
    second = {**container(waiting("CreateContainerConfigError", "x")), "name": "app"}
    item = pod(init=[first, second], conditions=[SANDBOX])
    early = event("web-1-a", "Failed", "Error: x", 2, 55)
    assert not namespace(item, early, seconds=56).causes()[0].certain
    late = event("web-1-a", "Failed", "Error: x", 2, 61)
    assert namespace(item, late, seconds=62).causes()[0].certain


def test_the_certain_come_first() -> None:
    pods = [
        pod("web-1-a", containers=[container(ended(1, 5))]),
        pod("web-1-b", containers=[container(waiting("InvalidImageName"))], conditions=[SANDBOX]),
    ]
    assert [cause.certain for cause in namespace(*pods, seconds=9).causes()] == [True, False]


def test_a_full_disk_says_more_than_what_follows_from_it() -> None:
    words = ("PANIC: could not write: No space left on device", "FATAL: terminating", "Error: stopped")
    assert telling(words) == "PANIC: could not write: No space left on device"


def test_a_line_that_calls_itself_harmless_is_not_an_error_by_its_words() -> None:
    started = '{"level": "info", "logger": "uvicorn.error", "message": "Uvicorn running"}'
    waiting = '{"level": "warning", "logger": "shop.health", "message": "Not ready: schema is at 1, 2 is needed"}'
    assert telling([waiting, started]) == waiting
    assert telling([started]) == started
    assert telling(["Error: no licence", waiting, started]) == "Error: no licence"
