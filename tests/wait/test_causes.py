"""The causes that pods and events tell."""

from __future__ import annotations

from types import SimpleNamespace as Object
from typing import Any

import pytest

from kube_acceptance.wait.causes import Cause, causes


def state(**kinds: Any) -> Object:
    return Object(waiting=kinds.get("waiting"), terminated=kinds.get("terminated"), running=kinds.get("running"))


def pod(*statuses: Object, conditions: tuple[Object, ...] = ()) -> Object:
    return Object(
        metadata=Object(name="web-1"),
        status=Object(conditions=list(conditions), init_container_statuses=None, container_statuses=list(statuses)),
    )


def container(*, waiting: Object | None = None, ended: Object | None = None, restarts: int = 0) -> Object:
    return Object(
        name="app",
        image="shop:1",
        restart_count=restarts,
        state=state(waiting=waiting),
        last_state=state(terminated=ended),
    )


def told(*pods: Object, events: tuple[Object, ...] = (), age: float = 0, words: tuple[str, ...] = ()) -> list[Cause]:
    return causes(pods, events, age=lambda _: age, last_words=lambda *_: words)


def event(reason: str, message: str) -> Object:
    return Object(type="Warning", reason=reason, message=message, involved_object=Object(kind="Pod", name="web-1"))


@pytest.mark.parametrize(("reason", "message", "certain"), [
    ("ImagePullBackOff", "", True),
    ("ErrImageNeverPull", "", True),
    ("ErrImagePull", "not found", True),
    ("ErrImagePull", "i/o timeout", False),
])  # fmt: skip
def test_image_pull(reason: str, message: str, certain: bool) -> None:
    [cause] = told(pod(container(waiting=Object(reason=reason, message=message))))
    assert cause == Cause(f"the image shop:1 of container app of pod web-1 cannot be pulled ({reason})", certain)


def test_bad_configuration() -> None:
    waiting = Object(reason="CreateContainerConfigError", message='secret "x" not found')
    assert told(pod(container(waiting=waiting))) == [
        Cause('container app of pod web-1 cannot be started: secret "x" not found', True)
    ]


def test_crash_with_its_last_words() -> None:
    ended = Object(exit_code=1, reason="Error")
    [cause] = told(pod(container(ended=ended, restarts=2)), words=("starting", "Error: no config", "bye"))
    assert cause == Cause("container app of pod web-1 ended with exit status 1, its last words: Error: no config", True)


def test_one_crash_is_not_certain() -> None:
    [cause] = told(pod(container(ended=Object(exit_code=1, reason="Error"), restarts=1)))
    assert not cause.certain


def test_a_full_disk_says_more_than_what_follows_from_it() -> None:
    words = ("PANIC: could not write: No space left on device", "FATAL: terminating", "Error: stopped")
    [cause] = told(pod(container(ended=Object(exit_code=1, reason="Error"), restarts=2)), words=words)
    assert cause.sentence.endswith("its last words: PANIC: could not write: No space left on device")


def test_out_of_memory() -> None:
    [cause] = told(pod(container(ended=Object(exit_code=137, reason="OOMKilled"), restarts=2)))
    assert cause.sentence == "container app of pod web-1 was killed for using more memory than its limit (OOMKilled)"


@pytest.mark.parametrize(("age", "certain"), [(1, False), (11, True)])
def test_unschedulable(age: float, certain: bool) -> None:
    condition = Object(type="PodScheduled", reason="Unschedulable", message="0/1 nodes are available")
    [cause] = told(pod(conditions=(condition,)), age=age)
    assert cause == Cause("pod web-1 cannot be scheduled: 0/1 nodes are available", certain)


def test_admission_refusal() -> None:
    [cause] = told(events=(event("FailedCreate", "pods is forbidden: violates PodSecurity"),))
    assert cause == Cause("Pod web-1 cannot create its pods: pods is forbidden: violates PodSecurity", True)


def test_the_certain_come_first() -> None:
    events = (event("Unhealthy", "refused"), event("FailedMount", 'configmap "x" not found'))
    assert [cause.certain for cause in told(events=events)] == [True, False]


def test_nothing_is_wrong() -> None:
    assert told(pod(container())) == []
