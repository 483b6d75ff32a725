"""How containers end when they are told to: by themselves, or killed when their time was over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kube_acceptance.errors import FaultError
from kube_acceptance.fault.containers import KILLED
from kube_acceptance.release import Release
from kube_acceptance.wait import Seen, eventually
from kube_acceptance.wait.changes import mirrored
from kube_acceptance.wait.rollout import is_ready

MAY_TAKE = 0.75  # of the time until it is killed, so that a busy machine does not kill it


@dataclass(frozen=True)
class Ending:
    """How a container ended after its pod was deleted.

    Attributes:
        where: The container, in words.
        code: Its exit status; None when nobody told of its end.
        seconds: From the deletion of the pod to its end, a pre-stop action included.
        grace: The seconds that it had.
    """

    where: str
    code: int | None
    seconds: float
    grace: float


def end_pods(release: Release, *, within: float) -> list[Ending]:
    """Delete the running pods of a release, see how their containers end, and wait until as many others are ready.

    The API server tells with a pod's deletion what the pod was last, which no later look could find out.

    Args:
        release: The release.
        within: Seconds for all of it.

    Raises:
        FaultError: No pod runs.
        WaitError: They did not end, or were not replaced.
    """
    doomed = {str(pod.metadata.uid): pod.metadata.name for pod in release.serving_pods()}
    if not doomed:
        raise FaultError(f"no pod of release {release.name} runs, so none can be told to end")
    with mirrored(release.cluster.new_client, release.namespace) as mirror:
        mirror.items("Pod")

        def look() -> Seen[list[Any]]:
            last = [pod for pod in mirror.gone("Pod") if pod.metadata.uid in doomed]
            new = [pod for pod in release.serving_pods() if pod.metadata.uid not in doomed and is_ready(pod)]
            done = len(last) == len(doomed) and len(new) >= len(doomed)
            return Seen(done, f"{len(last)} of {len(doomed)} pods have ended, and {len(new)} others are ready", last)

        told = mirror.now()
        for name in doomed.values():
            release.cluster.core.delete_namespaced_pod(name, release.namespace)
        last = eventually(f"{len(doomed)} pods to end and be replaced", look, within=within, changed=mirror.changed)
    return [ending for pod in last or () for ending in endings(pod, told)]


def endings(pod: Any, told: datetime) -> Iterator[Ending]:
    """How the containers of a pod ended that has been deleted, by its last state.

    Args:
        pod: The pod as it was last.
        told: When its deletion was asked for. Its own times say nothing of that any more: kubelet deletes it once
            again, without any grace, when its containers have ended.
    """
    grace = float(pod.spec.termination_grace_period_seconds or 0)
    statuses = {status.name: status for status in pod.status.container_statuses or []}
    for container in pod.spec.containers:
        where = f"container {container.name} of pod {pod.metadata.name}"
        status = statuses.get(container.name)
        ended = status.state.terminated if status else None
        if ended is None or ended.finished_at is None:
            yield Ending(where, None, 0.0, grace)
        else:
            seconds = max(0.0, (ended.finished_at - told).total_seconds())  # it is told in whole seconds
            yield Ending(where, int(ended.exit_code), seconds, grace)


def not_by_itself(found: Iterable[Ending]) -> Iterator[str]:
    """The containers that did not end by themselves with a quarter of their time to spare, a sentence each."""
    for each in found:
        if each.code is None:
            yield f"nobody told how {each.where} ended, so nothing can be said of it"
        elif each.code == KILLED:
            yield f"{each.where} did not end when it was told to: it was killed after {each.seconds:.0f} s"
        elif each.seconds > each.grace * MAY_TAKE:
            yield f"{each.where} took {each.seconds:.0f} s of {each.grace:.0f} s to end: soon it would have been killed"
