"""A Job of a release run beside it, as several pods at once: what must happen once is started twice."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.release import Release
from kube_acceptance.release.release import COMPONENT
from kube_acceptance.wait import Seen, eventually
from kube_acceptance.wait.changes import changes

JOB_NAME = "batch.kubernetes.io/job-name"
ENDED = ("Succeeded", "Failed")


@dataclass(frozen=True)
class Ended:
    """How a pod of a Job ended: its name, whether well, and its last log lines."""

    pod: str
    succeeded: bool
    said: str


class Together:
    """Pods of a release's Job that are started at once; none is started again when it fails.

    Args:
        release: What would install the Job: it is rendered, and applied to the release's namespace under another name.
        component: The Job's component.
        count: How many pods.

    Raises:
        AcceptanceError: The chart renders no Job of that component.
    """

    def __init__(self, release: Release, component: str, count: int) -> None:
        self._release = release
        self._count = count
        objects = release.chart.render(name=release.name, namespace=release.namespace)
        job = next((item for item in objects if item["kind"] == "Job" and _component(item) == component), None)
        if job is None:
            raise AcceptanceError(f"the chart {release.chart.folder.name} renders no {component} Job")
        self.name = f"{release.name}-{component}-together"
        where = ("--namespace", release.namespace, "--filename", "-")
        release.cluster.kubectl("create", *where, input=json.dumps(multiplied(job, self.name, count)).encode())

    def pods(self) -> list[Any]:
        """Its pods so far."""
        core = self._release.cluster.core
        pods = core.list_namespaced_pod(self._release.namespace, label_selector=f"{JOB_NAME}={self.name}")
        return list(pods.items)

    def failed(self) -> list[Ended]:
        """Those that have failed so far."""
        return [self._ended(pod) for pod in self.pods() if pod.status.phase == "Failed"]

    def wait_for_end(self, within: float) -> list[Ended]:
        """Wait until every pod has ended, and return how, in the order of their names.

        Args:
            within: Seconds.

        Raises:
            WaitError: One had not in time.
        """

        def ended() -> Seen[list[Any]]:
            pods = self.pods()
            said = ", ".join(f"{pod.metadata.name} is {pod.status.phase}" for pod in pods) or "no pod is there"
            met = len(pods) == self._count and all(pod.status.phase in ENDED for pod in pods)
            return Seen(met, said, pods)

        with changes(self._release.cluster.new_client, self._release.namespace) as changed:
            pods = eventually(f"the pods of Job {self.name} to end", ended, within=within, changed=changed) or []
        return sorted((self._ended(pod) for pod in pods), key=lambda one: one.pod)

    def _ended(self, pod: Any) -> Ended:
        name = pod.metadata.name
        said = self._release.logs(name, pod.spec.containers[0].name, lines=5)
        return Ended(name, pod.status.phase == "Succeeded", said.strip())


def multiplied(job: Mapping[str, Any], name: str, count: int) -> dict[str, Any]:
    """A Job's manifest under another name, with so many pods at once that must all end well at the first attempt."""
    several = copy.deepcopy(dict(job))
    several["metadata"]["name"] = name
    several["spec"] |= {"parallelism": count, "completions": count, "backoffLimit": 0}
    return several


def _component(item: Mapping[str, Any]) -> str:
    return str((item["metadata"].get("labels") or {}).get(COMPONENT, ""))
