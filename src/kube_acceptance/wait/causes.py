"""Why workloads do not become what they should: read from what Kubernetes says of them.

A cause is certain from the moment on at which it cannot pass without somebody changing something; a wait then ends at
once. The others are only named when its time is over. Reasons are kubelet's, the scheduler's and the controllers' own
words. What a cause says is read from the state of now: an event alone accuses nobody, since it outlives its reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from kube_acceptance.wait.situation import LONG_AGO, Situation, first, is_owned, last

# What is missing may be on its way: objects that are applied together come one after the other, and controllers bring a
# new namespace its service account and root certificates a moment later. So it is certain when it has been tried again
# in vain so much later; kubelet, controllers and scheduler do that by themselves, at least every 15 s in the beginning.
SETTLES_WITHIN = timedelta(seconds=10)
# Nodes that are merely full: other pods end. Where no pod's end would help, the scheduler calls preemption not helpful.
FREED_WITHIN = timedelta(seconds=30)
# A definite wrong answer to a readiness probe, at least for so long, and for as long as the probe's own numbers say.
ANSWERS_WITHIN = timedelta(seconds=30)
# Failures in a row after which a container is not just early: kubelet then backs off for 20 s and more. One that dies
# because another is not there yet is started twice more before that, within some 15 s.
FAILURES = 3
# How a container ends that kubelet ended: 128 and the number of SIGKILL or SIGTERM
BY_SIGNAL = (137, 143)
# A pull that failed for reasons of the network is tried again by kubelet after 10 s.
PULLS = 2

PULL = ("ErrImagePull", "ImagePullBackOff", "RegistryUnavailable")
NEVER_PULLED = ("ErrImageNeverPull", "InvalidImageName")
CONFIG = ("CreateContainerConfigError", "CreateContainerError", "RunContainerError")
# a registry's definite answers
NO_SUCH_IMAGE = re.compile("not found|manifest unknown|unauthorized|denied|forbidden|no basic auth")
MISSING = re.compile("not found|references non-existent")
# of HTTP's answers (RFC 9110, 15.5 and 15.6) those that do not ask to come again later
DEFINITE_ANSWER = re.compile(r"statuscode: (4(?!08|25|29)\d\d|50[015])|connection refused")
# a line of JSON that calls itself harmless, whatever words are in it: what uvicorn does is logged by uvicorn.error
AT_EASE = re.compile(r'"(level|severity|levelname)": ?"(info|debug|trace)"', re.IGNORECASE)
# taints that Kubernetes itself puts on nodes and takes away again
PASSING_TAINTS = "node.kubernetes.io/"
CORDONED = "node.kubernetes.io/unschedulable"


@dataclass(frozen=True)
class Cause:
    """A likely cause in one sentence, and whether it is certain that nothing will get better by itself.

    `since` is when that became certain; `of` is the pod and the container that it is about, where it is about one.
    """

    sentence: str
    certain: bool
    since: datetime | None = field(default=None, compare=False)
    of: tuple[str, str] | None = None


def causes(now: Situation) -> list[Cause]:
    """What keeps workloads from being ready, the certain ones first; what others follow from comes before those."""
    found = [
        *(cause for claim in now.claims for cause in _of_claim(claim, now)),
        *(cause for kind, item in now.workloads for cause in _of_creation(kind, item, now)),
        *(cause for kind, item in now.workloads if kind == "Job" for cause in _of_job(item, now)),
        *(cause for pod in now.pods for cause in of_pod(pod, now)),
    ]
    return sorted(dict.fromkeys(found), key=lambda cause: not cause.certain)


def of_pod(pod: Any, now: Situation) -> Iterator[Cause]:
    """What keeps one pod from being ready."""
    yield from _of_scheduling(pod, now)
    yield from _of_mounting(pod, now)
    statuses = [*(pod.status.init_container_statuses or []), *(pod.status.container_statuses or [])]
    for status in statuses:
        yield from _of_container(pod, status, now)


def _cause(sentence: str, since: datetime | None, now: Situation, of: tuple[str, str] | None = None) -> Cause:
    certain = since is not None and since <= now.now
    return Cause(sentence, certain, since if certain else None, of)


# ---------------------------------------------------------------- volumes claimed


def _of_claim(claim: Any, now: Situation) -> Iterator[Cause]:
    # a claim that waits for its first consumer is unbound because the pod is not scheduled, not the other way round:
    # only what the claim's own controllers say last of it counts
    about = f"claim {claim.metadata.name} cannot be bound"
    if claim.status.phase == "Lost":
        yield _cause(f"{about}: its volume is lost", LONG_AGO, now)
    told = now.told(
        claim, "ProvisioningFailed", "FailedBinding", "WaitForFirstConsumer", "Provisioning", "ExternalProvisioning"
    )
    if claim.status.phase == "Pending" and told and told[-1].reason in ("ProvisioningFailed", "FailedBinding"):
        message = _message(told[-1])
        definite = told[-1].reason == "FailedBinding" or MISSING.search(message)
        yield _cause(f"{about}: {message}", _again(told[-1:]) if definite else None, now)


# ---------------------------------------------------------------- pods that are not created


def _of_creation(kind: str, item: Any, now: Situation) -> Iterator[Cause]:
    for creator in [one for one in now.sets if is_owned(one, item)] if kind == "Deployment" else [item]:
        told = now.told(creator, "FailedCreate", "SuccessfulCreate")
        successes = [last(event) for event in told if event.reason == "SuccessfulCreate"]
        failures = [
            event for event in told if event.reason == "FailedCreate" and last(event) > max([LONG_AGO, *successes])
        ]
        if failures:
            message = _message(failures[-1]).removeprefix("Error creating: ")
            since = _refused(message, failures, now)
            yield _cause(f"{kind} {item.metadata.name} cannot create its pods: {message}", since, now)


def _refused(message: str, failures: Sequence[Any], now: Situation) -> datetime | None:
    """When a refusal of the API server is certain."""
    if "violates PodSecurity" in message or "denied the request" in message or "is invalid" in message:
        return first(failures[0])  # the pod itself would have to be another one
    if "exceeded quota" in message and now.going:
        return None
    return _again(failures) if "forbidden" in message or MISSING.search(message) else None


def _of_job(job: Any, now: Situation) -> Iterator[Cause]:
    for condition in job.status.conditions or []:
        if condition.type == "Failed" and condition.status == "True":
            why = next((cause for pod in now.pods if is_owned(pod, job) for cause in of_pod(pod, now)), None)
            said = why.sentence if why else condition.message or condition.reason or ""
            of = why.of if why else None
            sentence = f"Job {job.metadata.name} has failed" + (f": {said}" if said else "")
            yield _cause(sentence, condition.last_transition_time, now, of)


# ---------------------------------------------------------------- pods that do not start


def _of_scheduling(pod: Any, now: Situation) -> Iterator[Cause]:
    for condition in pod.status.conditions or []:
        if condition.type == "PodScheduled" and condition.reason == "Unschedulable":
            message = str(condition.message)
            since = _unschedulable(pod, message, condition.last_transition_time, now)
            yield _cause(f"pod {pod.metadata.name} cannot be scheduled: {message}", since, now)


def _unschedulable(pod: Any, message: str, since: datetime, now: Situation) -> datetime | None:
    """When it is certain that no node takes a pod."""
    if "unbound immediate" in message:
        return None  # the claim is the cause, or on its way
    coming = now.told(pod, "TriggeredScaleUp", "Nominated")  # by the cluster autoscaler and by Karpenter
    if coming and last(coming[-1]) >= since:
        return None
    if "taint" in message and any(_passing(node) for node in now.nodes()):
        return None
    full = "No preemption victims found" in message or "Preemption is not helpful" not in message
    if full and not MISSING.search(message):
        return None if now.going else since + FREED_WITHIN
    return since + SETTLES_WITHIN


def _passing(node: Any) -> bool:
    """Whether a node is just not right now: not ready, no network yet, under pressure."""
    keys = [taint.key for taint in node.spec.taints or []]
    return any(key.startswith(PASSING_TAINTS) and key != CORDONED for key in keys)


def _of_mounting(pod: Any, now: Situation) -> Iterator[Cause]:
    started = _condition(pod, "PodReadyToStartContainers")
    statuses = [*(pod.status.init_container_statuses or []), *(pod.status.container_statuses or [])]
    if (started and started.status == "True") or not all(one.state and one.state.waiting for one in statuses):
        return  # volumes are mounted before anything starts
    told = now.told(pod, "FailedMount", "FailedAttachVolume", "FailedCreatePodSandBox")
    if told:
        message = _message(told[-1])
        if told[-1].reason == "FailedCreatePodSandBox":
            yield _cause(f"the sandbox of pod {pod.metadata.name} cannot be created: {message}", None, now)
        else:
            began = started.last_transition_time if started else pod.metadata.creation_timestamp
            since = _again(told[-1:], began) if MISSING.search(message) else None
            yield _cause(f"a volume of pod {pod.metadata.name} cannot be mounted: {message}", since, now)


# ---------------------------------------------------------------- containers


def _of_container(pod: Any, status: Any, now: Situation) -> Iterator[Cause]:
    of = (pod.metadata.name, status.name)
    where = f"container {status.name} of pod {pod.metadata.name}"
    waiting = status.state.waiting if status.state else None
    ended = (status.state.terminated if status.state else None) or (
        status.last_state.terminated if status.last_state else None
    )
    if waiting and waiting.reason in (*PULL, *NEVER_PULLED):
        sentence = f"the image {status.image} of {where} cannot be pulled ({waiting.reason})"
        yield _cause(sentence, _unpullable(pod, status, waiting, now), now)
    elif waiting and waiting.reason in CONFIG:
        message = waiting.message or waiting.reason
        began = _could_start(pod, status)
        told = [one for one in now.told(pod, "Failed", container=status.name) if message in _message(one)]
        # the user that may not run it is the image's, and will not change
        since = began if "runAsNonRoot" in message else _again(told, began)
        yield _cause(f"{where} cannot be started: {message}", since, now, of)
    elif ended and ended.exit_code:
        yield _cause(_end(pod, status, ended, where, now), _gave_up(status, ended), now, of)
    elif status.state and status.state.running and not status.ready and status.started:
        yield from _of_readiness(pod, status, where, now)


def _unpullable(pod: Any, status: Any, waiting: Any, now: Situation) -> datetime | None:
    """When it is certain that an image will not come."""
    told = [event for event in now.told(pod, "Failed", container=status.name) if "Failed to pull" in _message(event)]
    if waiting.reason in NEVER_PULLED or NO_SUCH_IMAGE.search(waiting.message or ""):
        return first(told[0]) if told else _could_start(pod, status)
    return last(told[-1]) if sum(event.count or 1 for event in told) >= PULLS else None


def _could_start(pod: Any, status: Any) -> datetime:
    """From when on a container could have been started: its sandbox stood, its predecessors and itself had ended."""
    ready = _condition(pod, "PodReadyToStartContainers") or _condition(pod, "PodScheduled")
    states = [one.state for one in pod.status.init_container_statuses or []] + [status.last_state]
    ends = [state.terminated.finished_at for state in states if state and state.terminated]
    times: list[datetime | None] = [ready and ready.last_transition_time, *ends, pod.metadata.creation_timestamp]
    return max(time for time in times if time)


def _gave_up(status: Any, ended: Any) -> datetime | None:
    """When a container had failed too often in a row; not while it is being tried again."""
    tried = (status.restart_count or 0) + 1
    running = status.state and status.state.running
    finished: datetime | None = ended.finished_at
    return finished if tried >= FAILURES and not running else None


def _end(pod: Any, status: Any, ended: Any, where: str, now: Situation) -> str:
    if ended.reason == "OOMKilled":
        return f"{where} was killed for using more memory than its limit (OOMKilled)"
    killed = [one for one in now.told(pod, "Killing", container=status.name) if "probe" in _message(one)]
    # of a pod that it has told 25 things of, kubelet tells one in five minutes (the spam filter of client-go's event
    # recorder): what a signal ended since was ended as kubelet last said
    if killed and (ended.exit_code in BY_SIGNAL or (ended.started_at and last(killed[-1]) >= ended.started_at)):
        which = "startup" if "startup probe" in _message(killed[-1]) else "liveness"
        answer = _answer(pod, status.name, which, now)
        return f"{where} is restarted again and again because its {which} probe fails" + (
            f": {answer}" if answer else ""
        )
    return f"{where} ended with exit status {ended.exit_code}"


def _of_readiness(pod: Any, status: Any, where: str, now: Situation) -> Iterator[Cause]:
    """A container that runs and is not ready.

    An answer is definite when it does not say "not yet". It counts from when the container started or was last ready,
    for as long as its probe's own numbers allow: what takes longer than initialDelaySeconds + failureThreshold ×
    periodSeconds to start should have a startup probe (Kubernetes documentation, "Configure Liveness, Readiness and
    Startup Probes").
    """
    probe = next((one.readiness_probe for one in pod.spec.containers if one.name == status.name), None)
    answer = _answer(pod, status.name, "readiness", now, after=status.state.running.started_at)
    if probe is None or not answer:
        return
    ready = _condition(pod, "Ready")
    since = max(time for time in (status.state.running.started_at, ready and ready.last_transition_time) if time)
    allowed = timedelta(
        seconds=(probe.initial_delay_seconds or 0) + (probe.failure_threshold or 3) * (probe.period_seconds or 10)
    )
    certain = since + max(allowed, ANSWERS_WITHIN) if DEFINITE_ANSWER.search(answer) else None
    yield _cause(f"the readiness probe of {where} fails: {answer}", certain, now, (pod.metadata.name, status.name))


def _answer(pod: Any, container: str, which: str, now: Situation, after: datetime = LONG_AGO) -> str:
    """What a container last answered to one of its probes."""
    start = f"{which.capitalize()} probe failed: "
    told = [one for one in now.told(pod, "Unhealthy", container=container) if _message(one).startswith(start)]
    return _message(told[-1]).removeprefix(start) if told and last(told[-1]) >= after else ""


# ---------------------------------------------------------------- words


def _again(told: Sequence[Any], began: datetime = LONG_AGO) -> datetime | None:
    """When something had last been tried in vain, if that was long enough after the first time (since it began)."""
    if not told:
        return None
    latest = max(last(event) for event in told)
    since = max(began, min(first(event) for event in told))
    return latest if latest - since >= SETTLES_WITHIN else None


def _condition(pod: Any, name: str) -> Any:
    return next((one for one in pod.status.conditions or [] if one.type == name), None)


def _message(event: Any) -> str:
    return (event.message or "").strip().removeprefix("(combined from similar events): ")


def telling(lines: Sequence[str]) -> str:
    """The line of a log that says most: the last that sounds like an error, else the last that is more than news."""
    told = [line.strip() for line in lines if line.strip()]
    grave = [line for line in told if not AT_EASE.search(line)]
    loud = [line for line in grave if any(sign in line for sign in ("No space", "rror", "FATAL", "PANIC", "xception"))]
    disk = [line for line in told if "No space left on device" in line]
    return (disk or loud or grave or told or [""])[-1][:300]
