"""The agent inside pods that run already, as an ephemeral container in their network namespace.

It may join the processes of one of their containers, too.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from kubernetes.client.exceptions import ApiException

from kube_acceptance.api_errors import said_by_api
from kube_acceptance.errors import ProbeError
from kube_acceptance.probe.containers import (
    SECURITY,
    USER,
    agent_container,
    await_running,
    container_state,
)
from kube_acceptance.probe.place import Place


@dataclass(frozen=True, slots=True)
class Joined:
    """A container whose processes the agent sees, and whose user it is: the kernel shows a user's files to that user.

    It is never root, whom the restricted Pod Security Standard refuses: beside root it is its own user, and sees less.
    """

    container: str
    user: int
    group: int

    @property
    def fields(self) -> dict[str, Any]:
        """The fields of the agent's container that make it join."""
        as_whom = {"runAsUser": self.user or USER, "runAsGroup": self.group}
        return {"targetContainerName": self.container, "securityContext": {**SECURITY, **as_whom}}


def ensure_agent(core: Any, place: Place, image: str, *, joined: Joined | None = None) -> str:
    """Put the agent into a pod unless it runs there, wait for it, and return its container's name.

    Ephemeral containers cannot be removed: one that is there is used again, and one that has ended is left behind.

    Args:
        core: A CoreV1Api.
        place: The pod.
        image: The probe image.
        joined: The container whose processes it is to see.

    Raises:
        ProbeError: The pod is gone, or the agent is refused there, or does not start; with the reason.
    """
    where = f"pod {place.namespace}/{place.pod}"
    try:
        pod = core.read_namespaced_pod(place.pod, place.namespace)
        if pod.metadata.uid != place.uid:
            raise ProbeError(f"{where} was replaced by another of the same name")
        name, present = choose_name(pod, image, joined)
        if not present:
            container = agent_container(name, image, "wait") | (joined.fields if joined else {})
            body = {"spec": {"ephemeralContainers": [container]}}
            core.patch_namespaced_pod_ephemeralcontainers(
                place.pod, place.namespace, body, _content_type="application/strategic-merge-patch+json"
            )
    except ApiException as error:
        raise ProbeError(f"no probe can be put into {where}: {said_by_api(error)}") from error
    await_running(core, place.namespace, place.pod, name)
    return name


def choose_name(pod: Any, image: str, joined: Joined | None = None) -> tuple[str, bool]:
    """The name for the agent's container in a pod, and whether it is there already and has not ended.

    The name follows from the image and what it joins: two runs that add it at the same time add the same.
    """
    what = f"{image} {joined}" if joined else image
    base = f"probe-{hashlib.sha256(what.encode()).hexdigest()[:8]}"
    taken = {container.name for container in pod.spec.ephemeral_containers or []}
    name, number = base, 1
    while name in taken:
        state = container_state(pod, name)
        if not (state and state.terminated):
            return name, True
        number += 1
        name = f"{base}-{number}"
    return name, False
