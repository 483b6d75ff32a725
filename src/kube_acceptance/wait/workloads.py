"""Workloads of a namespace: the wait until they are ready, and what keeps them from it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from kubernetes.client.exceptions import ApiException

from kube_acceptance.cluster import Cluster
from kube_acceptance.wait import rollout
from kube_acceptance.wait.causes import Cause, causes, telling
from kube_acceptance.wait.changes import mirrored
from kube_acceptance.wait.situation import Situation, last, situation
from kube_acceptance.wait.until import Seen, consistently, eventually

SERVICE_OF_SLICE = "kubernetes.io/service-name"
EVENTS_TOLD = 10
LOG_LINES_TOLD = 10
LOG_LINES_READ = 20
NO_LOG = "unable to retrieve container logs"  # kubelet says it in place of the log, while a container is replaced
CONTAINERS_TOLD = 3  # whose last log lines a failure prints


class Workloads:
    """Objects of a namespace that shall become ready: those of a release, or any Deployment, pod or Service.

    Args:
        cluster: The cluster.
        namespace: The namespace.
        objects: The objects, as manifests; of them workloads, pods and Services are waited for. With none, the causes
            are those of the whole namespace.
    """

    def __init__(self, cluster: Cluster, namespace: str, objects: Iterable[Mapping[str, Any]] = ()) -> None:
        self._cluster = cluster
        self._namespace = namespace
        known = {*rollout.CHECKS, "Service"}
        self._objects = [item for item in objects if item["kind"] in known]

    def wait_until_ready(self, what: str, *, within: float) -> None:
        """Wait until every workload is rolled out and every Service with a selector has endpoints that serve.

        Args:
            what: Their name, as in "waited for … to be ready".
            within: Seconds.

        Raises:
            WaitError: Not in time, or something cannot recover; the first line names the likely cause.
        """
        with mirrored(self._cluster.new_client, self._namespace) as mirror:
            eventually(
                f"{what} to be ready",
                lambda: self.look(what, mirror.items, mirror.now),
                within=within,
                changed=mirror.changed,
                explain=lambda: self._explain(self._situation(mirror.items, mirror.now)),
            )

    def must_stay_ready(self, what: str, *, lasting: float) -> None:
        """Watch that every workload stays rolled out and every Service keeps endpoints that serve.

        Args:
            what: Their name, as in "… being ready held for only 3 s".
            lasting: Seconds.

        Raises:
            WaitError: They did not; the first line says when and what was lacking.
        """
        with mirrored(self._cluster.new_client, self._namespace) as mirror:
            consistently(
                f"{what} being ready",
                lambda: self.look(what, mirror.items, mirror.now),
                lasting=lasting,
                changed=mirror.changed,
            )

    def causes(self) -> list[Cause]:
        """What keeps the workloads from being ready, the certain causes first, with the last words of containers."""
        with mirrored(self._cluster.new_client, self._namespace) as mirror:
            return self._spoken(causes(self._situation(mirror.items, mirror.now)))

    def look(self, what: str, items: Callable[[str], Sequence[Any]], now: Callable[[], datetime]) -> Seen[None]:
        """Look once: what is still lacking, and whether that is hopeless.

        Args:
            what: The objects' name.
            items: Reads the objects of a kind.
            now: Tells the time by the cluster's clock.
        """
        workloads = [item for item in self._objects if item["kind"] != "Service"]
        if not workloads:
            return Seen(False, f"{what} has no workload", hopeless=f"{what} has no workload at all")
        lacking = [lack for item in self._objects if (lack := self._lack(item, items))]
        if not lacking:
            return Seen(True, f"{len(workloads)} workloads ready")
        seen = self._situation(items, now)
        hopeless = next((cause for cause in causes(seen) if cause.certain), None)
        if hopeless is None:
            return Seen(False, "; ".join(lacking))
        for_seconds = (seen.now - hopeless.since).total_seconds() if hopeless.since else 0.0
        return Seen(False, "; ".join(lacking), hopeless=self._spoken([hopeless])[0].sentence, certain_for=for_seconds)

    def _lack(self, item: Mapping[str, Any], items: Callable[[str], Sequence[Any]]) -> str:
        kind, name = str(item["kind"]), str(item["metadata"]["name"])
        if kind == "Service":
            return _unserved(item, items) if item["spec"].get("selector") else ""
        found = next((one for one in items(kind) if one.metadata.name == name), None)
        lack = rollout.CHECKS[kind](found) if found else "is not there"
        return f"{kind} {name} {lack}" if lack else ""

    def _situation(self, items: Callable[[str], Sequence[Any]], now: Callable[[], datetime]) -> Situation:
        return situation(items, now, {(str(item["kind"]), str(item["metadata"]["name"])) for item in self._objects})

    # ---- words

    def _explain(self, seen: Situation) -> tuple[str, list[str]]:
        found = self._spoken(causes(seen))
        recent = sorted(seen.events, key=last)[-EVENTS_TOLD:]
        return (found[0].sentence if found else ""), [
            *(f"cause: {cause.sentence}" for cause in found[1:]),
            *(_told(event) for event in recent),
            *self._logs([cause.of for cause in found if cause.of] or _unready(seen)),
        ]

    def _spoken(self, found: Iterable[Cause]) -> list[Cause]:
        """The causes, with the last words of the containers that they are about."""
        spoken = []
        for cause in found:
            words = telling(self._last_lines(*cause.of)) if cause.of else ""
            said = f"{cause.sentence}, its last words: {words}" if words else cause.sentence
            spoken.append(dataclasses.replace(cause, sentence=said))
        return spoken

    def _logs(self, containers: Iterable[tuple[str, str]]) -> Iterable[str]:
        for pod, container in list(dict.fromkeys(containers))[:CONTAINERS_TOLD]:
            for line in self._last_lines(pod, container)[-LOG_LINES_TOLD:]:
                yield f"log: {pod} {container}: {line}"

    def _last_lines(self, pod: str, container: str) -> list[str]:
        """The last log lines of a container; of its run before this one, if this one has said nothing."""
        for previous in (False, True):
            try:
                said: str = self._cluster.core.read_namespaced_pod_log(
                    pod, self._namespace, container=container, tail_lines=LOG_LINES_READ, previous=previous
                )
            except ApiException:
                continue  # it has not started (yet), or there was none before
            if said and not said.startswith(NO_LOG):
                return said.splitlines()
        return []


def _unserved(service: Mapping[str, Any], items: Callable[[str], Sequence[Any]]) -> str:
    name = service["metadata"]["name"]
    return "" if serving(name, items("EndpointSlice")) else f"Service {name} has no endpoint that serves"


def serving(service: str, slices: Iterable[Any]) -> list[Any]:
    """The endpoints of a Service that serve, from the EndpointSlices of its namespace."""
    mine = [one for one in slices if (one.metadata.labels or {}).get(SERVICE_OF_SLICE) == service]
    return [one for each in mine for one in each.endpoints or [] if one.conditions.ready and each.ports]


def _unready(seen: Situation) -> list[tuple[str, str]]:
    return [
        (pod.metadata.name, status.name)
        for pod in seen.pods
        for status in pod.status.container_statuses or []
        if not status.ready
    ]


def _told(event: Any) -> str:
    times = f" ({event.count} times)" if (event.count or 1) > 1 else ""
    about = f"{event.involved_object.kind} {event.involved_object.name}"
    return f"event: {last(event):%H:%M:%S} {about}: {event.reason}: {(event.message or '').strip()}{times}"
