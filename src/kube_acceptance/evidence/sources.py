"""What is worth knowing of a release that failed, the most telling first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from kube_acceptance.evidence.redact import READ_WITHIN, REDACTED, without_secret_values
from kube_acceptance.release import Release

LOG_LINES = 2000  # of each container
# Secrets are left out: a description would tell their sizes, and nothing that helps
KINDS = (
    "pods,deployments,statefulsets,daemonsets,replicasets,jobs,cronjobs,services,endpointslices,ingresses,"
    "networkpolicies,persistentvolumeclaims,configmaps,serviceaccounts,poddisruptionbudgets,"
    "horizontalpodautoscalers,resourcequotas,limitranges"
)


@dataclass(frozen=True)
class Source:
    """A file of evidence: its name, what it holds, how to read it, and which part is kept when it is too long."""

    file: str
    holds: str
    read: Callable[[], str]
    keep: str = "beginning"


def of_release(release: Release, left: Callable[[], float]) -> list[Source]:
    """Everything about a release and its namespace.

    Args:
        release: The release.
        left: The seconds that are left for all of it.

    Raises:
        Exception: The cluster cannot even list its pods.
    """
    namespace, core = release.namespace, release.cluster.core
    pods = core.list_namespaced_pod(namespace, _request_timeout=_api(left)).items

    kubectl = _kubectl(release, left)

    def helm(*arguments: str) -> str:
        where = ("--namespace", namespace, "--kubeconfig", str(release.cluster.kubeconfig))
        return release.chart.helm(*arguments, *where, timeout=left()).stdout

    def values() -> str:
        return _values(helm("get", "values", release.name, "--all", "--output", "yaml"))

    def manifest() -> str:
        return _manifest(helm("get", "manifest", release.name))

    here = ("--namespace", namespace)
    network = "endpointslices,networkpolicies,services,ingresses"
    return [
        Source(
            "events.txt", "events of the namespace, the oldest first", lambda: _events(core, namespace, left), "end"
        ),
        Source("objects.txt", "the objects, a line each", kubectl("get", KINDS, *here, "-o", "wide", "--show-labels")),
        *_logs(core, pods, left),
        Source("describe.txt", "the objects as kubectl describes them", kubectl("describe", KINDS, *here)),
        Source(
            "network.yaml",
            "endpoints, policies, Services and Ingresses in full",
            kubectl("get", network, *here, "-o", "yaml"),
        ),
        Source("usage-pods.txt", "CPU and memory of the containers", kubectl("top", "pods", *here, "--containers")),
        Source("helm-history.txt", "Helm's revisions", lambda: helm("history", release.name)),
        Source("helm-status.txt", "Helm's status and notes", lambda: helm("status", release.name)),
        Source("helm-values.yaml", "the values, without secret ones", values),
        Source("helm-manifest.yaml", "what Helm installed, without the data of Secrets", manifest),
        Source(
            "versions.txt",
            "versions of client and server, and the images that run",
            lambda: _versions(release, pods, left),
        ),
        Source("objects.yaml", "the objects in full", kubectl("get", KINDS, *here, "-o", "yaml")),
        Source("namespace.txt", "the namespace", kubectl("describe", "namespace", namespace)),
    ]


def of_cluster(release: Release, left: Callable[[], float]) -> list[Source]:
    """What is worth knowing of the cluster that a release is in."""
    kubectl = _kubectl(release, left)
    return [
        Source("nodes.txt", "the nodes as kubectl describes them", kubectl("describe", "nodes")),
        Source("pods-everywhere.txt", "the pods of all namespaces", kubectl("get", "pods", "-A", "-o", "wide")),
        Source("usage-nodes.txt", "CPU and memory of the nodes", kubectl("top", "nodes")),
    ]


def _api(left: Callable[[], float]) -> tuple[float, float]:
    """Seconds to connect and to read, for the API client, which tries four times."""
    return READ_WITHIN[0], min(READ_WITHIN[1], left())


def _kubectl(release: Release, left: Callable[[], float]) -> Callable[..., Callable[[], str]]:
    return lambda *arguments: lambda: release.cluster.kubectl(*arguments, timeout=left()).stdout


def _logs(core: Any, pods: list[Any], left: Callable[[], float]) -> Iterator[Source]:
    for pod in pods:
        spec, status = pod.spec, pod.status
        named = [*(spec.init_containers or []), *spec.containers, *(spec.ephemeral_containers or [])]
        statuses = {
            one.name: one
            for several in (
                status.init_container_statuses,
                status.container_statuses,
                status.ephemeral_container_statuses,
            )
            for one in several or []
        }
        for container in named:
            name = f"logs/{pod.metadata.name}.{container.name}"
            known = statuses.get(container.name)
            if known and known.restart_count:
                read = _log(core, pod, container.name, left, previous=True)
                yield Source(f"{name}.previous.log", "what it said before it restarted", read, "end")
            yield Source(f"{name}.log", "what it says", _log(core, pod, container.name, left), "end")


def _log(
    core: Any, pod: Any, container: str, left: Callable[[], float], *, previous: bool = False
) -> Callable[[], str]:
    def read() -> str:
        answer = core.read_namespaced_pod_log(
            pod.metadata.name,
            pod.metadata.namespace,
            container=container,
            tail_lines=LOG_LINES,
            previous=previous,
            timestamps=True,
            # the client would take a line of JSON for an object, and print that
            _preload_content=False,
            _request_timeout=_api(left),
        )
        return bytes(answer.data).decode("utf-8", errors="replace")

    return read


def _events(core: Any, namespace: str, left: Callable[[], float]) -> str:
    found = core.list_namespaced_event(namespace, _request_timeout=_api(left)).items
    lines = []
    for event in found:
        last = event.series.last_observed_time if event.series else event.last_timestamp
        count = (event.series.count if event.series else event.count) or 1
        when = last or event.event_time or event.metadata.creation_timestamp
        about = f"{event.involved_object.kind} {event.involved_object.name}"
        times = f" ({count} times)" if count > 1 else ""
        lines.append(f"{when:%Y-%m-%d %H:%M:%S} {event.type:7} {about}: {event.reason}: {event.message}{times}")
    return "\n".join(sorted(lines)) + "\n" if lines else "none\n"


def _values(said: str) -> str:
    return str(yaml.safe_dump(without_secret_values(yaml.safe_load(said)), sort_keys=False))


def _manifest(said: str) -> str:
    """The manifest as it was, but for Secrets: those are written anew without their data."""
    documents = []
    for document in said.split("\n---\n"):
        item = yaml.safe_load(document)
        if isinstance(item, dict) and item.get("kind") == "Secret":
            for part in ("data", "stringData"):
                if item.get(part):
                    item[part] = dict.fromkeys(item[part], REDACTED)
            document = yaml.safe_dump(item, sort_keys=False).rstrip()
        documents.append(document)
    return "\n---\n".join(documents)


def _versions(release: Release, pods: list[Any], left: Callable[[], float]) -> str:
    images = {f"{status.image} {status.image_id}" for pod in pods for status in pod.status.container_statuses or []}
    client_and_server = release.cluster.kubectl("version", timeout=left()).stdout
    version = release.chart.helm("version", "--template", "{{.Version}}", timeout=left()).stdout
    return "\n".join([client_and_server.rstrip(), f"Helm: {version.strip()}", "Images:", *sorted(images)]) + "\n"
