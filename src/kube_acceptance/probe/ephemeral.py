"""The agent inside pods that run already, as an ephemeral container in their network namespace.

Beside one of their containers it is among that one's processes too, and under its user may look into its files.
"""

from __future__ import annotations

import hashlib
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


def ensure_agent(
    core: Any, place: Place, image: str, *, beside: str = "", identity: tuple[int, int] = (USER, USER)
) -> str:
    """Put the agent into a pod unless it runs there, wait for it, and return its container's name.

    Ephemeral containers cannot be removed: one that is there is used again, and one that has ended is left behind.

    Args:
        core: A CoreV1Api.
        place: The pod.
        image: The probe image.
        beside: The container whose processes the agent is to be among; none if empty.
        identity: The user and group that it runs as.

    Raises:
        ProbeError: The pod is gone, or the agent is refused there, or does not start; with the reason.
    """
    where = f"pod {place.namespace}/{place.pod}"
    try:
        pod = core.read_namespaced_pod(place.pod, place.namespace)
        if pod.metadata.uid != place.uid:
            raise ProbeError(f"{where} was replaced by another of the same name")
        name, present = choose_name(pod, " ".join((image, beside, *map(str, identity))) if beside else image)
        if not present:
            container = agent_container(name, image, "wait")
            if beside:
                user, group = identity
                as_user = {"runAsUser": user, "runAsGroup": group, "runAsNonRoot": user != 0}
                container |= {"targetContainerName": beside, "securityContext": {**SECURITY, **as_user}}
            body = {"spec": {"ephemeralContainers": [container]}}
            core.patch_namespaced_pod_ephemeralcontainers(
                place.pod, place.namespace, body, _content_type="application/strategic-merge-patch+json"
            )
    except ApiException as error:
        raise ProbeError(f"no probe can be put into {where}: {said_by_api(error)}") from error
    await_running(core, place.namespace, place.pod, name)
    return name


def choose_name(pod: Any, kind: str) -> tuple[str, bool]:
    """The name for the agent's container in a pod, and whether it is there already and has not ended.

    The name follows from its kind (its image, and whose it is): two runs that add it at the same time add the same.
    """
    base = f"probe-{hashlib.sha256(kind.encode()).hexdigest()[:8]}"
    taken = {container.name for container in pod.spec.ephemeral_containers or []}
    name, number = base, 1
    while name in taken:
        state = container_state(pod, name)
        if not (state and state.terminated):
            return name, True
        number += 1
        name = f"{base}-{number}"
    return name, False
