"""The pods of a suite while they run: the reports of those that are done, and what those that are lost had begun."""

from __future__ import annotations

import contextlib
import json
import shutil
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import urllib3.exceptions
from kubernetes import client, watch
from kubernetes.client.exceptions import ApiException

from kube_acceptance.cluster import Cluster
from kube_acceptance.cluster.silence import silence
from kube_acceptance.command import CommandError
from kube_acceptance.console import progress
from kube_acceptance.errors import ClusterError
from kube_acceptance.machines import job
from kube_acceptance.report.recorder import BEGUN

INDEX = "batch.kubernetes.io/job-completion-index"
RETURNS_WITHIN = 300.0  # seconds: the pods work on while an API server is replaced
FETCHED_WITHIN = 300.0  # seconds for the reports of one shard
AT_LEAST_EVERY = 10  # seconds: what no pod tells, the Job does


class Pods:
    """The pods of one Job.

    Args:
        cluster: The cluster.
        namespace: The Job's namespace.
        shards: How many of its pods there must be reports of.
        folder: Where the reports and what is left of lost pods go, a folder a pod.
        changed: Waits until something may have become of the pods, given their list; for tests.
    """

    def __init__(
        self,
        cluster: Cluster,
        namespace: str,
        *,
        shards: int,
        folder: Path,
        changed: Callable[[Any], None] | None = None,
    ) -> None:
        self._cluster = cluster
        self._namespace = namespace
        self._shards = shards
        self._folder = folder
        self._changed = changed or self._until_change
        self._numbers: dict[str, int] = {}
        self._fetched: dict[int, Path] = {}
        self._lost: dict[str, Path] = {}

    def reports(self) -> list[Path]:
        """Wait until each shard has reports or the Job has given up; the folders of reports and of lost attempts.

        A cluster that vanishes is told, and leaves what was there until then.

        Raises:
            ClusterError: The Job cannot be seen any more.
        """
        while True:
            try:
                # before the pods: what they do until the Job has ended is seen
                over = self._over()
                listed = self._cluster.core.list_namespaced_pod(self._namespace, label_selector=f"job-name={job.NAME}")
            except urllib3.exceptions.HTTPError:
                if not (why := silence(self._cluster.name, self._cluster.kubeconfig, RETURNS_WITHIN)):
                    continue
                progress(why)
                self._look({})
                return [*self._fetched.values(), *self._lost.values()]
            self._look({each.metadata.name: each for each in listed.items})
            if len(self._fetched) == self._shards or over:
                return [*self._fetched.values(), *self._lost.values()]
            self._changed(listed)

    def last_words(self, lines: int = 15) -> list[str]:
        """The last lines of the log of a pod that was lost."""
        for log in (self._folder / f"{name}.log" for name in self._lost):
            if log.is_file():
                return log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]
        return []

    def _look(self, pods: Mapping[str, Any]) -> None:
        for name, pod in pods.items():
            if name not in self._numbers and pod.status.phase in ("Running", "Succeeded", "Failed"):
                self._numbers[name] = int(pod.metadata.annotations[INDEX]) + 1
                progress(f"shard {self._numbers[name]} of {self._shards} runs in pod {name}")
                threading.Thread(target=self._follow, args=[name], daemon=True).start()
            if name in self._numbers and self._numbers[name] not in self._fetched and _is_ready(pod):
                self._fetch(name)
        for name, number in self._numbers.items():
            ended = name not in pods or pods[name].status.phase == "Failed"
            if ended and name not in self._lost and self._fetched.get(number) != self._folder / name:
                self._lose(name, number)

    def _fetch(self, name: str) -> None:
        target = self._folder / name
        shutil.rmtree(target, ignore_errors=True)
        where = ("--namespace", self._namespace, "--container", job.CONTAINER)
        try:
            self._cluster.kubectl("cp", *where, f"{name}:{job.REPORTS}", str(target), timeout=FETCHED_WITHIN)
            # whether the pod then ends well is no matter: what it has is here
            self._fetched[self._numbers[name]] = target
            self._cluster.kubectl("exec", *where, name, "--", "sh", "-c", f"echo > {job.FETCHED}")
        except CommandError as error:
            progress(f"pod {name}: {error.summary}")
            return
        progress(f"shard {self._numbers[name]} of {self._shards} has ended; {len(self._fetched)} have")

    def _lose(self, name: str, number: int) -> None:
        """Keep what a pod had begun, as its log told it."""
        target = self._lost[name] = self._folder / f"{name}-lost"
        target.mkdir(parents=True, exist_ok=True)
        log = self._folder / f"{name}.log"
        said = log.read_text(encoding="utf-8", errors="replace").splitlines() if log.is_file() else []
        begun = [line.removeprefix(job.BEGUN) for line in said if line.startswith(job.BEGUN)]
        lines = [json.dumps([number, self._shards]), *begun]
        (target / BEGUN).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        what = f"{len(begun)} scenario{'' if len(begun) == 1 else 's'}"
        progress(f"shard {number} of {self._shards}: pod {name} is lost after it had begun {what}")

    def _follow(self, name: str) -> None:
        # a pod that is lost takes its log along, so it is kept as it is written; without it, less is known
        core: Any = client.CoreV1Api(self._cluster.new_client())
        with (
            contextlib.suppress(ApiException, urllib3.exceptions.HTTPError, OSError),
            (self._folder / f"{name}.log").open("wb", buffering=0) as file,
        ):
            answer = core.read_namespaced_pod_log(name, self._namespace, follow=True, _preload_content=False)
            for part in answer.stream(amt=None):
                file.write(part)

    def _over(self) -> bool:
        try:
            status = self._cluster.batch.read_namespaced_job(job.NAME, self._namespace).status
        except ApiException as error:
            raise ClusterError(f"the Job of the suite cannot be seen any more: {error.reason}") from error
        return any(each.type in ("Complete", "Failed") and each.status == "True" for each in status.conditions or ())

    def _until_change(self, listed: Any) -> None:
        seen: Any = watch.Watch()  # type: ignore[no-untyped-call]
        with contextlib.suppress(ApiException, urllib3.exceptions.HTTPError):
            for _ in seen.stream(
                self._cluster.core.list_namespaced_pod,
                self._namespace,
                resource_version=listed.metadata.resource_version,
                timeout_seconds=AT_LEAST_EVERY,
            ):
                seen.stop()


def _is_ready(pod: Any) -> bool:
    return any(each.type == "Ready" and each.status == "True" for each in pod.status.conditions or ())
