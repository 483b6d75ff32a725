"""The lives of a release's pods while something goes on: who was there, when each was told to end, and how it did."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from kube_acceptance.release import Release
from kube_acceptance.release.release import COMPONENT, INSTANCE
from kube_acceptance.wait.changes import Mirror

KILLING, STOPPING = "Killing", "Stopping container"  # kubelet's event when a pod is to end; a restart says another
SECOND = 1.0  # the grain of that event's time


class Lives(AbstractContextManager["Lives"]):
    """Watches the pods of a release from now on; what the API server told last of a pod outlives it.

    Args:
        release: The release.
    """

    def __init__(self, release: Release) -> None:
        self._release = release
        self._mirror = Mirror(release.cluster.new_client, release.namespace)
        self._mirror.items("Pod")
        self._mirror.items("Event")

    def __exit__(self, *_: object) -> None:
        self._mirror.close()

    def now(self, component: str) -> list[Any]:
        """The pods of a tier that are there, those that are being deleted too."""
        return [pod for pod in self._mirror.items("Pod") if self._is_of(pod, component)]

    def gone(self, component: str) -> list[Any]:
        """The pods of a tier that have been deleted since it watches, as they were last."""
        return [pod for pod in self._mirror.gone("Pod") if self._is_of(pod, component)]

    def told(self, pod: Any) -> float | None:
        """When kubelet began to stop a pod, in seconds since 1970, rounded down; None when it did not."""
        events = [*self._mirror.items("Event"), *self._mirror.gone("Event")]
        times = [
            event.first_timestamp.timestamp()
            for event in events
            if event.involved_object.uid == pod.metadata.uid and _is_stopping(event)
        ]
        return min(times, default=None)

    def _is_of(self, pod: Any, component: str) -> bool:
        labels = pod.metadata.labels or {}
        return labels.get(INSTANCE) == self._release.name and labels.get(COMPONENT) == component


def _is_stopping(event: Any) -> bool:
    return bool(event.reason == KILLING and str(event.message).startswith(STOPPING) and event.first_timestamp)


def images(pod: Any) -> set[str]:
    """The images that a pod's containers ran, by the runtime's own word."""
    return {str(status.image_id) for status in pod.status.container_statuses or [] if status.image_id}
