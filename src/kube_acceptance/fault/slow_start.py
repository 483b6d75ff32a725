"""A container that starts slowly: held as it begins, for longer than its liveness probe alone would let it."""

from __future__ import annotations

import contextlib
from functools import partial
from typing import Any

from kube_acceptance.errors import FaultError
from kube_acceptance.fault.hang import Hung, go_on, stop
from kube_acceptance.release import Release
from kube_acceptance.wait import Seen, consistently, eventually
from kube_acceptance.wait.changes import mirrored

BEGINS_WITHIN = 60.0  # seconds until the new pod's container runs


def start_slowly(release: Release, component: str, *, lasting: float, afterwards: contextlib.ExitStack) -> Hung:
    """Delete a pod of a tier, and hold the container of the one that takes its place as it starts, for a time.

    Args:
        release: The release.
        component: The tier.
        lasting: Seconds; longer than the liveness probe would take to find it dead, shorter than the startup probe has.
        afterwards: Is given what lets it go on, however the scenario ends.

    Raises:
        FaultError: There is no pod, the time would show nothing, or the container had started already.
        WaitError: No new container runs, or it was restarted meanwhile.
    """
    pods = release.serving_pods(component)
    container = pods[0].spec.containers[0]
    _must_show_something(container, lasting)
    known = {str(pod.metadata.uid) for pod in pods}
    with mirrored(release.cluster.new_client, release.namespace) as mirror:
        mirror.items("Pod")
        release.cluster.core.delete_namespaced_pod(pods[0].metadata.name, release.namespace)

        def begun() -> Seen[tuple[Any, Any]]:
            for pod in release.pods(component):
                for status in pod.status.container_statuses or []:
                    if str(pod.metadata.uid) not in known and status.state.running:
                        return Seen(True, f"container {status.name} of pod {pod.metadata.name} runs", (pod, status))
            return Seen(False, "no container of a new pod runs")

        began = eventually("a new container to run", begun, within=BEGINS_WITHIN, changed=mirror.changed)
        assert began is not None
        hung = stop(release, *began, afterwards=afterwards)
        probed = bool(container.startup_probe)
        if _has_started(_status(release, hung), probed):
            raise FaultError(f"{hung.where} had started before it could be held, so nothing was slow")
        starting = partial(_starting, release, hung, probed)
        consistently(f"{hung.where} starting, never restarted", starting, lasting=lasting)
    go_on(release, hung)
    return hung


def must_have_started_once(release: Release, hung: Hung) -> str:
    """Fail unless the container is the one that was held, started and ready now; returns that in words."""
    status = _status(release, hung)
    if status.container_id != hung.container or status.restart_count != hung.restarts:
        raise FaultError(f"{hung.where} has been restarted {status.restart_count - hung.restarts} times")
    if not status.ready:
        raise FaultError(f"{hung.where} is not ready yet")
    return f"{hung.where} is ready, restarts {status.restart_count}"


def _must_show_something(container: Any, lasting: float) -> None:
    liveness, startup = container.liveness_probe, container.startup_probe
    patience = liveness.failure_threshold * max(liveness.period_seconds, liveness.timeout_seconds)
    if patience >= lasting:
        raise FaultError(f"a liveness probe waits for {patience} s, so a start that takes {lasting:g} s shows nothing")
    # without a startup probe it is the liveness probe's to restart it, which is what must not happen
    if startup and (most := startup.failure_threshold * startup.period_seconds) <= lasting:
        raise FaultError(f"a startup probe waits for {most} s at least, so a start may not take {lasting:g} s")


def _starting(release: Release, hung: Hung, probed: bool) -> Seen[None]:
    status = _status(release, hung)
    if status.restart_count > hung.restarts or status.container_id != hung.container:
        return Seen(False, f"{hung.where} was restarted")
    return Seen(not _has_started(status, probed), f"{hung.where} is started: {status.started}, ready: {status.ready}")


def _has_started(status: Any, probed: bool) -> bool:
    """Whether a container has started; without a startup probe `started` is said of whatever runs."""
    return bool(status.ready or (probed and status.started))


def _status(release: Release, hung: Hung) -> Any:
    pod = release.cluster.core.read_namespaced_pod(hung.pod, release.namespace)
    return next(each for each in pod.status.container_statuses if each.name == hung.name)
