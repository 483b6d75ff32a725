"""Containers of the agent: what they may do, and waiting until they run."""

from __future__ import annotations

import time
from typing import Any

from kubernetes import watch

from kube_acceptance.errors import ProbeError
from kube_acceptance.wait.causes import CONFIG, NEVER_PULLED, PULL

PYTHON = ("python3", "-I", "-S", "-B")  # of the probe image; without what programs of others could put in its way
AGENT = (*PYTHON, "/agent.py")
USER = 65532
# what the restricted Pod Security Standard asks for, and a file system that nobody writes to
SECURITY: dict[str, Any] = {
    "runAsNonRoot": True,
    "runAsUser": USER,
    "runAsGroup": USER,
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}


def agent_container(name: str, image: str, *arguments: str) -> dict[str, Any]:
    """A container that runs the agent, for a pod of the harness's own or as an ephemeral one."""
    return {
        "name": name,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": [*AGENT, *arguments],
        "securityContext": SECURITY,
    }


def await_running(core: Any, namespace: str, pod: str, container: str, *, within: float = 60) -> Any:
    """Wait until a container of a pod runs, and return the pod.

    Args:
        core: A CoreV1Api; its models are too loosely typed to be worth their names here.
        namespace: The pod's namespace.
        pod: The pod's name.
        container: The container's name; an ephemeral one too.
        within: Seconds.

    Raises:
        ProbeError: It did not start in time, or cannot start any more; with the reason.
    """
    where = f"the probe in pod {namespace}/{pod}"
    deadline, said = time.monotonic() + within, "nothing is known of it yet"
    while (left := deadline - time.monotonic()) > 0:
        watcher: Any = watch.Watch  # it has no types
        events = watcher().stream(
            core.list_namespaced_pod,
            namespace,
            field_selector=f"metadata.name={pod}",
            timeout_seconds=max(1, int(left)),
        )
        for event in events:
            seen = event["object"]
            if event["type"] == "DELETED" or seen.metadata.deletion_timestamp:
                raise ProbeError(f"{where} cannot start: the pod was deleted")
            state = container_state(seen, container)
            if state and state.running:
                return seen
            said, hopeless = why_not_running(seen, state)
            if hopeless:
                raise ProbeError(f"{where} cannot start: {said}")
    raise ProbeError(f"{where} did not start within {within:g} s: {said}")


def container_state(pod: Any, container: str) -> Any:
    """The state of a container by its name, ephemeral or not; None when nothing is known of it."""
    statuses = [*(pod.status.container_statuses or []), *(pod.status.ephemeral_container_statuses or [])]
    return next((status.state for status in statuses if status.name == container), None)


def why_not_running(pod: Any, state: Any) -> tuple[str, bool]:
    """What keeps a container from running, and whether that is for good."""
    if pod.status.phase in ("Succeeded", "Failed"):
        return f"the pod has ended ({pod.status.phase})", True
    if state and state.terminated:
        return f"it ended with exit status {state.terminated.exit_code} ({state.terminated.reason})", True
    if state and state.waiting:
        said = ": ".join(filter(None, (state.waiting.reason, state.waiting.message)))
        return said, state.waiting.reason in (*PULL, *NEVER_PULLED, *CONFIG)
    for condition in pod.status.conditions or []:
        if condition.type == "PodScheduled" and condition.status == "False":
            return f"{condition.reason}: {condition.message}", False
    return f"the pod is {pod.status.phase}", False
