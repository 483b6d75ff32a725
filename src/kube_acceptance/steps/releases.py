"""Phrases on a release in a cluster: its pods, containers, Services and Jobs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from kubernetes.client.exceptions import ApiException
from pytest_bdd import given, parsers, then

from kube_acceptance import trace
from kube_acceptance.errors import AcceptanceError
from kube_acceptance.release import Release
from kube_acceptance.report import note
from kube_acceptance.session import Session
from kube_acceptance.steps.charts import unbounded
from kube_acceptance.steps.phrases import must, rows, some

ENFORCE = "pod-security.kubernetes.io/enforce"
SERVE_WITHIN = 30.0  # seconds


@given("the chart is installed", target_fixture="release")
def installed(shared_release: Release, session: Session) -> Release:
    session.focus = shared_release
    return shared_release


@given("the chart is installed in a namespace of its own", target_fixture="release")
def installed_alone(own_release: Release, session: Session) -> Release:
    session.focus = own_release
    return own_release


@then("every workload is rolled out with no old pod left")
def rolled_out(release: Release) -> None:
    release.wait_until_ready(SERVE_WITHIN)
    note(f"{len(release.serving_pods())} pods serve")


@then("every Service has endpoints that serve")
def services_have_endpoints(release: Release) -> None:
    services = [item for item in release.objects() if item["kind"] == "Service" and item["spec"].get("selector")]
    for service in some(services, what="Services"):
        name = service["metadata"]["name"]  # type: ignore[index]
        endpoints = some(release.endpoints(name), what=f"serving endpoints of Service {name}")
        note(f"Service {name}: {len(endpoints)} endpoints")


@then("no container has restarted")
def no_restarts(release: Release) -> None:
    statuses = [(pod, status) for pod in release.pods() for status in pod.status.container_statuses or []]
    some(statuses, what="containers")
    must(
        (
            f"container {status.name} of pod {pod.metadata.name} has restarted {status.restart_count} times"
            for pod, status in statuses
            if status.restart_count
        ),
        of="containers",
    )


@then("every container of its pods requests CPU and memory, and has limits of both")
def running_containers_are_bounded(release: Release) -> None:
    found = some(_containers(release), what="containers")
    must(
        (problem for where, container in _containers(release) for problem in unbounded(where, container)),
        of="containers",
    )
    note(f"{len(found)} containers")


@then("every container of these tiers has startup, readiness and liveness probes")
def probed(release: Release, datatable: list[list[str]]) -> None:
    must((problem for row in rows(datatable) for problem in _unprobed(release, row["tier"])), of="containers")


def _unprobed(release: Release, component: str) -> Iterator[str]:
    found = some(_containers(release, component), what=f"{component} containers")
    note(f"{component}: {len(found)} containers")
    for where, container in _containers(release, component):
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            if not container.get(probe):
                yield f"container {container['name']} of {where} has no {probe}"


@then("every object of the release names a task that exists")
def objects_name_tasks(release: Release, documents: trace.Trace) -> None:
    objects = release.live_objects()
    must(trace.task_findings(objects, documents), of="objects")
    note(f"{len(objects)} objects")


@then(parsers.parse('the namespace enforces the "{standard}" Pod Security Standard'))
def namespace_enforces(release: Release, standard: str) -> None:
    labels = release.cluster.core.read_namespace(release.namespace).metadata.labels
    if labels.get(ENFORCE) != standard:
        raise AcceptanceError(f"namespace {release.namespace} enforces {labels.get(ENFORCE)!r}, not {standard!r}")


@then("every pod of the release is admitted to it")
def pods_are_admitted(release: Release) -> None:
    wanted = sum(
        item["spec"].get("replicas", 1)
        for item in release.live_objects()
        if item["kind"] in ("Deployment", "StatefulSet")
    )
    running = release.serving_pods()
    if not wanted or len(running) < wanted:
        raise AcceptanceError(f"{len(running)} pods run, {wanted} are wanted")
    note(f"{len(running)} pods run")


@then("a privileged pod is refused there")
def privileged_pod_is_refused(release: Release) -> None:
    pod: dict[str, Any] = {
        "metadata": {"generateName": "refused-"},
        "spec": {"containers": [{"name": "it", "image": "alpine:3.23", "securityContext": {"privileged": True}}]},
    }
    try:
        release.cluster.core.create_namespaced_pod(release.namespace, pod, dry_run="All")
    except ApiException as error:
        said = json.loads(error.body or "{}").get("message", "")
        if error.status != 403 or "violates PodSecurity" not in said:
            raise AcceptanceError(f"the pod was refused for another reason: {said}") from error
        note(said)
        return
    raise AcceptanceError(f"namespace {release.namespace} takes a privileged pod")


@then(parsers.parse('the "{component}" Job has completed'))
def job_completed(release: Release, component: str) -> None:
    completed = release.job_completed_at(component)
    note(f"completed at {completed:%H:%M:%S}")


@then(parsers.parse('no "{component}" pod was ready before the "{job}" Job said "{words}"'))
def ready_after_job(release: Release, component: str, job: str, words: str) -> None:
    said = release.said_at(job, words)
    ready = {pod.metadata.name: _ready_since(pod) for pod in release.serving_pods(component)}
    some(ready, what=f"{component} pods")
    # the API server's times are whole seconds
    early = {name: since for name, since in ready.items() if since < said.replace(microsecond=0)}
    must((f"pod {name} was ready at {since}, before {said}" for name, since in early.items()), of="pods")
    note(f"said at {said:%H:%M:%S.%f}, pods ready from {min(ready.values()):%H:%M:%S}")


def _ready_since(pod: Any) -> datetime:
    since: datetime = next(one.last_transition_time for one in pod.status.conditions if one.type == "Ready")
    return since


def _containers(release: Release, component: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    serialise: Any = release.cluster.new_client().sanitize_for_serialization
    for pod in release.pods(component):
        for container in [*(pod.spec.init_containers or []), *pod.spec.containers]:
            yield f"pod {pod.metadata.name}", serialise(container)
