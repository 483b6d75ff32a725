"""Pods of a tier, their containers, and what is true inside them."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kube_acceptance.command import CommandError
from kube_acceptance.errors import AcceptanceError, ReleaseError
from kube_acceptance.release import Release
from kube_acceptance.release.release import COMPONENT
from kube_acceptance.state import workloads
from kube_acceptance.wait.rollout import is_ready


@dataclass(frozen=True)
class Container:
    """A container of a pod, and its status as the API gives it; None before kubelet has told any."""

    pod: str
    name: str
    status: Any

    def __str__(self) -> str:
        return f"container {self.name} of pod {self.pod}"


def containers(release: Release, component: str) -> list[Container]:
    """The containers of a tier's pods, without those that only initialise."""
    return [
        Container(pod.metadata.name, container.name, _status(pod, container.name))
        for pod in release.pods(component)
        for container in pod.spec.containers
    ]


def serving(release: Release, component: str = "") -> list[Any]:
    """The running pods of a tier, or of all; raises AcceptanceError when there are none to look at."""
    found = release.serving_pods(component)
    if not found:
        raise AcceptanceError(f"no {component} pod of release {release.name} runs, so nothing can be said of any")
    return found


def running(release: Release, component: str = "") -> list[Container]:
    """The containers of a tier's running pods; never none."""
    return [
        Container(pod.metadata.name, container.name, _status(pod, container.name))
        for pod in serving(release, component)
        for container in pod.spec.containers
    ]


def must_count(release: Release, component: str, count: int, *, ready: bool = False) -> None:
    """Fail unless a tier has so many pods, or so many that are ready.

    Raises:
        AcceptanceError: It has more or fewer, or none are expected of a tier that nothing makes pods for.
    """
    try:
        pods = release.pods(component)
    except ReleaseError:
        pods = []
    if not pods and component not in workloads.components(release):
        known = ", ".join(sorted(workloads.components(release))) or "none"
        raise AcceptanceError(f"nothing makes {component} pods", hint=f"Tiers that something makes pods for: {known}.")
    found = [pod for pod in pods if is_ready(pod)] if ready else pods
    if len(found) != count:
        kind = "ready pods" if ready else "pods"
        raise AcceptanceError(f"the {component} tier has {len(found)} {kind}, not {count}")


def was_ready(pod: Any) -> str:
    """Why it cannot be said of a pod that it has never been ready; empty when it can.

    Kubelet calls a pod not ready before it starts its containers, and dates that anew only after it had been ready.
    """
    name = pod.metadata.name
    if is_ready(pod):
        return f"pod {name} is ready"
    ready = next((one for one in pod.status.conditions or [] if one.type == "Ready"), None)
    statuses = pod.status.container_statuses or []
    if restarted := [status.name for status in statuses if status.restart_count]:
        return f"container {restarted[0]} of pod {name} has restarted, so nobody knows whether the pod was ready before"
    began = [state.started_at for status in statuses if (state := status.state.running or status.state.terminated)]
    if ready and began and ready.last_transition_time > max(began):
        return f"pod {name} was ready until {ready.last_transition_time}"
    return ""


def not_running(found: list[Container]) -> Iterator[str]:
    """The containers that do not run, a sentence each."""
    for container in found:
        if not (container.status and container.status.state.running):
            yield f"{container} does not run: {state(container)}"


def state(container: Container) -> str:
    """The state of a container in a few words."""
    if container.status is None:
        return "nothing is known of it yet"
    now = container.status.state
    if now.running:
        return "running"
    if now.terminated:
        return f"terminated with exit status {now.terminated.exit_code} ({now.terminated.reason})"
    return f"waiting ({now.waiting.reason})" if now.waiting else "unknown"


def waiting_reason(container: Container) -> str:
    """Why a container waits; empty when it does not."""
    waiting = container.status.state.waiting if container.status else None
    return str(waiting.reason) if waiting else ""


def termination(container: Container) -> Any:
    """How a container ended, now or the last time; None when it never did."""
    if container.status is None:
        return None
    last = container.status.last_state.terminated if container.status.last_state else None
    return container.status.state.terminated or last


def nodes(release: Release, component: str) -> set[str]:
    """The nodes that a tier's pods run on."""
    return {str(pod.spec.node_name) for pod in serving(release, component)}


def restarts(release: Release, component: str) -> dict[tuple[str, str], int]:
    """How often kubelet has restarted each container of a tier's pods, by the pod's UID and the container in words."""
    return {
        (str(pod.metadata.uid), f"container {status.name} of pod {pod.metadata.name}"): status.restart_count
        for pod in release.pods(component)
        for status in pod.status.container_statuses or []
    }


def uids(release: Release, component: str) -> dict[str, str]:
    """The names of a tier's pods by their UIDs."""
    return {str(pod.metadata.uid): pod.metadata.name for pod in release.pods(component)}


def by_component(release: Release) -> dict[str, dict[str, str]]:
    """The names of all running pods by their UIDs, by tier; never none."""
    found: dict[str, dict[str, str]] = {}
    for pod in serving(release):
        found.setdefault(pod.metadata.labels.get(COMPONENT, ""), {})[str(pod.metadata.uid)] = pod.metadata.name
    return found


def not_just_replaced(
    before: Mapping[str, Mapping[str, str]], now: Mapping[str, Mapping[str, str]], replaced: Sequence[str]
) -> Iterator[str]:
    """What keeps just these tiers from having new pods and all others from having the same, a sentence each.

    Args:
        before: Names of pods by UID, by tier.
        now: Likewise.
        replaced: The tiers that must have new pods.

    Raises:
        AcceptanceError: A tier is to have new pods that had none before.
    """
    for tier in replaced:
        if not before.get(tier):
            raise AcceptanceError(f"no {tier} pod ran before, so none can have been replaced")
    for tier, uids_before in before.items():
        uids_now = now.get(tier, {})
        if not uids_now:
            yield f"no {tier} pod runs any more"
        elif tier in replaced:
            yield from (
                f"{tier} pod {name} is the same as before" for uid, name in uids_now.items() if uid in uids_before
            )
        else:
            yield from (
                f"{tier} pod {name} has been replaced" for uid, name in uids_before.items() if uid not in uids_now
            )
            yield from (f"{tier} pod {name} is new" for uid, name in uids_now.items() if uid not in uids_before)


def environment(release: Release, container: Container) -> dict[str, str]:
    """The environment of a container's first process, as the kernel gives it.

    Raises:
        AcceptanceError: It is empty, so nothing can be said of it.
    """
    said = release.execute(container.pod, "cat", "/proc/1/environ", container=container.name)
    found = dict(line.split("=", 1) for line in said.split("\0") if "=" in line)
    if not found:
        raise AcceptanceError(f"{container} shows no environment, so nothing can be said of it")
    return found


# a process that ends while it is looked at has no user any more
_STATUSES = 'for each in /proc/[0-9]*/status; do cat "$each" 2>/dev/null || [ ! -e "$each" ] || exit 1; done'


def users(release: Release, container: Container) -> set[tuple[str, str]]:
    """The real and effective user of every process of a container, as the kernel tells it; never empty."""
    said = release.execute(container.pod, "sh", "-c", _STATUSES, container=container.name)
    found = {(line.split()[1], line.split()[2]) for line in said.splitlines() if line.startswith("Uid:")}
    if not found:
        raise AcceptanceError(f"{container} shows no process, so nothing can be said of its users")
    return found


def must_be_read_only(release: Release, container: Container, path: str, writable: str) -> None:
    """Fail unless a folder refuses to be written to because it is read-only, while another one takes the same file."""
    for folder, refused in ((writable, False), (path, True)):
        file = f"{folder.rstrip('/')}/kube-acceptance-{'refused' if refused else 'taken'}"
        said = _said(release, container, "sh", "-c", f'touch "{file}" && rm "{file}" && echo written')
        if not refused and said != "written":
            raise AcceptanceError(
                f"{container} cannot write to {folder} either, so nothing can be said of {path}: {said}"
            )
        if refused and "Read-only file system" not in said:
            raise AcceptanceError(f"{path} in {container} is not read-only: {said}")


def run(release: Release, component: str, command: str) -> tuple[int, str]:
    """Run a command in a tier's first pod; returns its exit status and what it printed."""
    pod = serving(release, component)[0]
    where = (pod.metadata.name, pod.spec.containers[0].name)
    try:
        return 0, release.execute(where[0], *shlex.split(command), container=where[1])
    except CommandError as error:
        return error.completed.returncode, error.completed.stdout + error.completed.stderr


def _said(release: Release, container: Container, *command: str) -> str:
    try:
        return release.execute(container.pod, *command, container=container.name).strip()
    except CommandError as error:
        return (error.completed.stderr or error.completed.stdout).strip().partition("\n")[0]


def _status(pod: Any, name: str) -> Any:
    return next((status for status in pod.status.container_statuses or [] if status.name == name), None)
