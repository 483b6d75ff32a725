"""Why pods do not become what they should: read from what Kubernetes says of them.

Certain causes cannot recover without somebody changing something, so a wait ends at once; the others are only named
when its time is over. The reasons are kubelet's, the scheduler's and the controllers' own words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

RESTARTS_UNTIL_CERTAIN = 2
TRUST_SCHEDULER_AFTER = 10.0  # seconds: before that a node or a volume may just be on its way

PULL = {"ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName", "RegistryUnavailable"}
CONFIG = {"CreateContainerConfigError", "CreateContainerError", "RunContainerError"}


@dataclass(frozen=True)
class Cause:
    """A likely cause in one sentence, and whether it is certain that nothing will get better by itself."""

    sentence: str
    certain: bool


def causes(
    pods: Iterable[Any],
    events: Iterable[Any],
    *,
    age: Callable[[Any], float],
    last_words: Callable[[Any, str], Sequence[str]] = lambda pod, container: (),
) -> list[Cause]:
    """What keeps pods from being ready, the certain ones first.

    Args:
        pods: Pods, as the API client gives them.
        events: Events of their namespace.
        age: The seconds since a pod was created.
        last_words: The last log lines of a pod's container, for one that died.
    """
    found = [cause for pod in pods for cause in _of_pod(pod, age(pod), last_words)]
    found += _of_events(events)
    return sorted(dict.fromkeys(found), key=lambda cause: not cause.certain)


def _of_pod(pod: Any, age: float, last_words: Callable[[Any, str], Sequence[str]]) -> Iterator[Cause]:
    name = pod.metadata.name
    for condition in pod.status.conditions or []:
        if condition.type == "PodScheduled" and condition.reason == "Unschedulable":
            yield Cause(f"pod {name} cannot be scheduled: {condition.message}", age > TRUST_SCHEDULER_AFTER)
    statuses = [*(pod.status.init_container_statuses or []), *(pod.status.container_statuses or [])]
    for status in statuses:
        where = f"container {status.name} of pod {name}"
        waiting = status.state.waiting if status.state else None
        ended = (status.last_state.terminated if status.last_state else None) or (
            status.state.terminated if status.state else None
        )
        if waiting and waiting.reason in PULL:
            certain = waiting.reason != "ErrImagePull" or not _may_recover(waiting.message or "")
            yield Cause(f"the image {status.image} of {where} cannot be pulled ({waiting.reason})", certain)
        elif waiting and waiting.reason in CONFIG:
            yield Cause(f"{where} cannot be started: {waiting.message or waiting.reason}", True)
        elif ended and ended.exit_code:
            words = _telling(last_words(pod, status.name))
            said = f", its last words: {words}" if words else ""
            how = "was killed for using more memory than its limit (OOMKilled)"
            if ended.reason != "OOMKilled":
                how = f"ended with exit status {ended.exit_code}"
            yield Cause(f"{where} {how}{said}", status.restart_count >= RESTARTS_UNTIL_CERTAIN)


def _of_events(events: Iterable[Any]) -> Iterator[Cause]:
    for event in events:
        if event.type != "Warning":
            continue
        about = f"{event.involved_object.kind} {event.involved_object.name}"
        message = (event.message or "").strip()
        if event.reason == "FailedCreate":
            refused = "forbidden" in message or "denied" in message
            yield Cause(f"{about} cannot create its pods: {message}", refused)
        elif event.reason in ("FailedMount", "FailedAttachVolume"):
            yield Cause(f"a volume of {about} cannot be mounted: {message}", "not found" in message)
        elif event.reason == "ProvisioningFailed":
            yield Cause(f"the volume of {about} cannot be provisioned: {message}", True)
        elif event.reason == "Unhealthy":
            yield Cause(f"a probe of {about} fails: {message}", False)


def _may_recover(message: str) -> bool:
    return any(sign in message for sign in ("timeout", "TLS handshake", "connection reset", "too many requests"))


def _telling(lines: Sequence[str]) -> str:
    """The line that says most: the last that sounds like an error, else the last."""
    told = [line.strip() for line in lines if line.strip()]
    loud = [line for line in told if any(sign in line for sign in ("No space", "rror", "FATAL", "PANIC", "xception"))]
    disk = [line for line in told if "No space left on device" in line]
    return (disk or loud or told or [""])[-1][:300]
