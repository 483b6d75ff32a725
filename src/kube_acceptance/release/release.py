"""A release in a cluster."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from kubernetes.client.exceptions import ApiException

from kube_acceptance.cluster import Cluster
from kube_acceptance.errors import AcceptanceError, ReleaseError, WaitError
from kube_acceptance.manifests import read_manifests
from kube_acceptance.release.chart import Chart
from kube_acceptance.report.observer import waited
from kube_acceptance.wait.causes import Cause
from kube_acceptance.wait.workloads import Workloads, serving

COMPONENT = "app.kubernetes.io/component"
INSTANCE = "app.kubernetes.io/instance"
ROLLBACK = "--rollback-on-failure"
HELM_OVERHEAD = 30.0  # seconds that Helm may take beside its waiting, on a machine that many work on
HELM_TIMEOUT = 180.0  # seconds


class Release:
    """A chart installed under a name in a namespace.

    Args:
        cluster: The cluster.
        chart: The chart with its values.
        name: The release's name.
        namespace: Its namespace; it must exist.
        post_renderer: Further arguments and environment for Helm that change what the chart renders (mutants).
    """

    def __init__(
        self,
        cluster: Cluster,
        chart: Chart,
        *,
        name: str,
        namespace: str,
        post_renderer: tuple[Sequence[str], Mapping[str, str]] = ((), {}),
    ) -> None:
        self.cluster = cluster
        self.chart = chart
        self.name = name
        self.namespace = namespace
        self._post_renderer = post_renderer
        self._charts: dict[int, Chart] = {}

    def install(self) -> None:
        """Install or upgrade, without Helm's own waiting: `wait_until_ready` is stricter and knows causes.

        Raises:
            ReleaseError: Helm refused; the first line is its reason.
        """
        arguments, env = self._post_renderer
        self._helm("upgrade", self.name, str(self.chart.folder), "--install", *arguments, with_values=True, env=env)

    def _helm(self, verb: str, *arguments: str, **options: Any) -> str:
        where = ["--namespace", self.namespace, "--kubeconfig", str(self.cluster.kubeconfig)]
        return self.chart.helm(verb, *arguments, *where, timeout=HELM_TIMEOUT, **options).stdout

    def upgrade(self, values: Mapping[str, Any]) -> int:
        """Upgrade with further values, by dotted path, without waiting; returns the new revision.

        Raises:
            ReleaseError: Helm refused, and the next upgrade is without these values; the first line is its reason.
        """
        return self.upgrade_by(self.chart.using(**values))

    def upgrade_by(self, chart: Chart) -> int:
        """Upgrade by another chart or other values; otherwise like `upgrade`."""
        with self._using(chart):
            self.install()
        return self.revision()

    def upgrade_or_roll_back(self, values: Mapping[str, Any], *, within: float) -> None:
        """Have Helm itself upgrade, wait, and roll back by itself what is not ready in time.

        Args:
            values: Further values, by dotted path; they are gone when Helm has rolled back.
            within: Seconds that Helm waits, before and after the rollback each.

        Raises:
            ReleaseError: Helm refused, or has rolled back; the first line is its reason.
        """
        # Helm 3 calls it so; Helm 4 keeps the old name for a while, with a warning
        flag = "--atomic" if self.chart.helm_version.startswith("3.") else ROLLBACK
        arguments, env = self._post_renderer
        words = [self.name, str(self.chart.folder), flag, "--timeout", f"{within:.0f}s", *arguments]
        with self._using(self.chart.using(**values)):
            self._helm("upgrade", *words, with_values=True, env=env)

    def must_roll_back(self, values: Mapping[str, Any], *, within: float) -> str:
        """Have Helm upgrade in vain; returns what it says. See `upgrade_or_roll_back`.

        Raises:
            ReleaseError: Helm took it for a success, refused for another reason, or took much longer than it was given.
        """
        began = time.monotonic()
        try:
            self.upgrade_or_roll_back(values, within=within)
        except ReleaseError as error:
            took, allowed = time.monotonic() - began, 2 * within + HELM_OVERHEAD
            if "rolled back" not in error.summary:
                raise ReleaseError(f"Helm has not rolled back: {error.summary}", details=error.details) from error
            if took > allowed:
                raise ReleaseError(f"Helm took {took:.0f} s to give up and roll back, not {allowed:.0f} s") from error
            waited("Helm to give up and to roll back", took, allowed)
            return error.summary
        raise ReleaseError(f"Helm took the upgrade of release {self.name} for a success")

    @contextlib.contextmanager
    def _using(self, chart: Chart) -> Iterator[None]:
        """Go by another chart from here on, unless Helm refuses it."""
        before, self.chart = self._keep_chart(), chart
        try:
            yield
        except ReleaseError:
            self.chart = before
            raise

    def _keep_chart(self) -> Chart:
        """Remember by which chart and values the newest revision came to be: a rollback to it brings them back."""
        with contextlib.suppress(AcceptanceError):  # nothing is installed yet
            self._charts.setdefault(self.revision(), self.chart)
        return self.chart

    def upgrade_to(self, other: Release) -> int:
        """Upgrade to what another release of the same name and namespace would install; returns the new revision.

        Raises:
            ReleaseError: Helm refused; the first line is its reason.
        """
        self.chart, self._post_renderer = other.chart, other._post_renderer
        self.install()
        return self.revision()

    def rollback(self, revision: int) -> int:
        """Roll back to a revision, without waiting; returns the new revision.

        Raises:
            ReleaseError: There is no such revision, or Helm refused.
        """
        self._keep_chart()
        self._helm("rollback", self.name, str(revision))
        self.chart = self._charts.get(revision, self.chart)
        return self.revision()

    def uninstall(self) -> list[dict[str, Any]]:
        """Uninstall without waiting, and return the objects that the release had."""
        objects = self.objects()
        self._helm("uninstall", self.name)
        return objects

    def revision(self) -> int:
        """The newest revision."""
        return max(int(one["revision"]) for one in self.history())

    def is_as_installed(self) -> bool:
        """Whether Helm knows it by its first revision, and by no other."""
        try:
            return self.revision() == 1
        except AcceptanceError:  # it was uninstalled
            return False

    def notes(self) -> str:
        """What the chart's notes say."""
        return self._helm("get", "notes", self.name)

    def all_values(self) -> dict[str, Any]:
        """The values that the release runs with, defaults too."""
        values: dict[str, Any] = json.loads(self._helm("get", "values", self.name, "--all", "--output", "json"))
        return values

    def objects(self) -> list[dict[str, Any]]:
        """The objects that Helm installed, from the release's own record."""
        found = read_manifests(self._helm("get", "manifest", self.name))
        if not found:
            raise ReleaseError(f"release {self.name} in namespace {self.namespace} has no objects")
        return found

    def live_objects(self) -> list[dict[str, Any]]:
        """The release's objects as the cluster holds them now; raises CommandError when one is missing."""
        manifest = self._helm("get", "manifest", self.name).encode()
        where = ["--namespace", self.namespace, "--filename", "-", "--output", "json"]
        found: dict[str, Any] = json.loads(self.cluster.kubectl("get", *where, input=manifest).stdout)
        objects: list[dict[str, Any]] = found["items"] if found["kind"] == "List" else [found]
        return objects

    def ingress_host(self, *, installed: bool = True) -> str:
        """The first host of the release's Ingress; raises ReleaseError when it has none.

        Args:
            installed: Whether it is installed; otherwise it is the host that its chart renders.
        """
        objects = self.objects() if installed else self.chart.render(name=self.name, namespace=self.namespace)
        for item in objects:
            if item["kind"] == "Ingress":
                return str(item["spec"]["rules"][0]["host"])
        raise ReleaseError(f"release {self.name} has no Ingress")

    def job_completed_at(self, component: str) -> datetime:
        """When the Job of a component had completed; raises ReleaseError when there is none or it has not."""
        selector = f"{INSTANCE}={self.name},{COMPONENT}={component}"
        jobs = self.cluster.batch.list_namespaced_job(self.namespace, label_selector=selector).items
        times = [job.status.completion_time for job in jobs if job.status.completion_time]
        if not times:
            raise ReleaseError(f"release {self.name} has no {component} Job that has completed")
        completed: datetime = max(times)
        return completed

    def said_at(self, component: str, words: str) -> datetime:
        """When a component's pods first logged some words, by the container runtime's clock.

        Raises:
            ReleaseError: None of them did.
        """
        for pod in self.pods(component):
            logged: str = self.cluster.core.read_namespaced_pod_log(pod.metadata.name, self.namespace, timestamps=True)
            for line in logged.splitlines():
                if words in line:
                    # nanoseconds, of which Python reads microseconds
                    return datetime.fromisoformat(line.split()[0][:26].rstrip("Z") + "+00:00")
        raise ReleaseError(f"no {component} pod of release {self.name} has logged {words!r}")

    def history(self) -> list[dict[str, Any]]:
        """The revisions of the release."""
        revisions: list[dict[str, Any]] = json.loads(self._helm("history", self.name, "--output", "json"))
        return revisions

    def pods(self, component: str = "") -> list[Any]:
        """The pods of the release that are not being deleted; of one component (a tier) when it is named.

        Raises:
            ReleaseError: There are none.
        """
        selector = f"{INSTANCE}={self.name}" + (f",{COMPONENT}={component}" if component else "")
        listed = self.cluster.core.list_namespaced_pod(self.namespace, label_selector=selector).items
        found = [pod for pod in listed if pod.metadata.deletion_timestamp is None]
        if not found:
            raise ReleaseError(f"release {self.name} has no {component} pod in namespace {self.namespace}")
        return found

    def serving_pods(self, component: str = "") -> list[Any]:
        """The pods that run and are not Jobs' (those end); raises ReleaseError when there are none."""
        return [pod for pod in self.pods(component) if pod.status.phase == "Running"]

    def execute(self, pod: str, *command: str, container: str = "", timeout: float = 30) -> str:
        """Run a command in a pod and return what it printed; raises CommandError when it fails."""
        where = ["--container", container] if container else []
        done = self.cluster.kubectl("exec", "--namespace", self.namespace, pod, *where, "--", *command, timeout=timeout)
        return done.stdout

    def logs(self, pod: str, container: str, *, lines: int, previous: bool = False) -> str:
        """The last log lines of a container; empty when it has none (yet)."""
        try:
            said: str = self.cluster.core.read_namespaced_pod_log(
                pod, self.namespace, container=container, tail_lines=lines, previous=previous
            )
        except ApiException:
            return ""
        return said

    def wait_until_ready(self, within: float) -> None:
        """Wait until every workload is rolled out and every Service has endpoints that serve.

        Args:
            within: Seconds.

        Raises:
            WaitError: Not in time, or something cannot recover; the first line names the likely cause.
        """
        self._workloads().wait_until_ready(f"release {self.name}", within=within)

    def must_fail(self, within: float, words: str) -> str:
        """Wait in vain until every workload is rolled out, and return why that cannot become true.

        Args:
            within: Seconds.
            words: What the first line of the failure must say.

        Raises:
            ReleaseError: It became ready, or could still become so, or fails for another reason.
        """
        try:
            self.wait_until_ready(within)
        except WaitError as error:
            if error.certain_for is None:
                raise ReleaseError(
                    f"release {self.name} is not ready, but has not failed for good: {error.summary}",
                    details=error.details,
                ) from error
            if words not in error.summary:
                raise ReleaseError(
                    f"release {self.name} has failed for another reason: {error.summary}", details=error.details
                ) from error
            return error.summary
        raise ReleaseError(f"release {self.name} became ready, though it should have failed")

    def causes(self) -> list[Cause]:
        """What keeps the release's workloads from being ready, the certain causes first."""
        return self._workloads().causes()

    def explain(self) -> tuple[str, list[str]]:
        """Why a wait for what the release does may have been in vain: `explain` of `wait.eventually`.

        Returns:
            No cause for the first line, because none need be why; and the possible ones, a line each. None where nobody
            can be asked: it may have been uninstalled.
        """
        try:
            return "", [f"possible cause: {cause.sentence}" for cause in self.causes()]
        except (AcceptanceError, ApiException):
            return "", []

    def _workloads(self) -> Workloads:
        return Workloads(self.cluster, self.namespace, self.objects())

    def endpoints(self, service: str) -> list[Any]:
        """The endpoints of a Service that serve."""
        return serving(service, self.cluster.discovery.list_namespaced_endpoint_slice(self.namespace).items)
