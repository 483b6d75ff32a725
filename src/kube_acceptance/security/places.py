"""Places where a secret of a namespace may stand: objects, Helm's history, logs, images."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator, Mapping
from typing import Any

from kubernetes.client.exceptions import ApiException

from kube_acceptance.cluster import Cluster
from kube_acceptance.evidence.redact import HELM_RECORD
from kube_acceptance.images import ImageContents
from kube_acceptance.security.canary import Look
from kube_acceptance.security.tree import strings

SECRET = "the Secret"
HISTORY = "Helm's history"
CONFIG_MAPS = "ConfigMaps"
EVENTS = "events"
OTHERS = "other objects"
LOGS = "logs"
LAYERS = "image layers"
CONFIGURATIONS = "image configurations"
ANSWERS = "answers over HTTP"

# what is no object of its own: events under their newer name, and the metrics server's answers
UNWANTED = ("events.events.k8s.io", ".metrics.k8s.io")
PLACE_OF = {"ConfigMap": CONFIG_MAPS, "Event": EVENTS}


def look_at_objects(look: Look, cluster: Cluster, namespace: str, secret: str) -> None:
    """Look through every object of a namespace, and the namespace itself, with their annotations and managed fields.

    Args:
        look: Told what is seen.
        cluster: The cluster.
        namespace: The namespace.
        secret: The Secret in which the canaries must be; its data is a place of its own.
    """
    said = cluster.kubectl("api-resources", "--namespaced", "--verbs=list", "--output=name").stdout.split()
    kinds = ",".join(kind for kind in said if not kind.endswith(UNWANTED))
    options = ("--namespace", namespace, "--output=json", "--show-managed-fields")
    items: list[dict[str, Any]] = json.loads(cluster.kubectl("get", kinds, *options).stdout)["items"]
    items.append(json.loads(cluster.kubectl("get", "namespace", namespace, "--output=json").stdout))
    for item in items:
        name = item["metadata"]["name"]
        where = f"{item['kind']} {name}"
        if item["kind"] == "Secret" and item.get("type") == HELM_RECORD:
            look.at(HISTORY, f"Helm's record {name}", _text(record(item.pop("data"))))
        elif item["kind"] == "Secret" and name == secret:
            look.at(SECRET, where, _text(item.pop("data")))
            where = f"the metadata of {where}"
        look.at(PLACE_OF.get(item["kind"], OTHERS), where, _text(item))


def record(data: Mapping[str, str]) -> Any:
    """What Helm wrote of a revision: its values, manifests and hooks, and the chart.

    Helm writes gzip in base64, which the Secret encodes in base64 once more.
    """
    return json.loads(gzip.decompress(base64.b64decode(base64.b64decode(data["release"]))))


def look_at_logs(look: Look, cluster: Cluster, namespace: str) -> None:
    """Look through all that the containers of a namespace have logged, also before they restarted and of Jobs."""
    for pod in cluster.core.list_namespaced_pod(namespace).items:
        for status in statuses(pod):
            where = f"the log of container {status.name} of pod {pod.metadata.name}"
            if status.restart_count:
                look.at(LOGS, f"{where} before it restarted", _log(cluster, pod, status.name, previous=True))
            if status.state.running or status.state.terminated:
                look.at(LOGS, where, _log(cluster, pod, status.name))


def look_at_image(look: Look, reference: str, image: ImageContents) -> None:
    """Look through an image: every layer, also what later ones hide, and its configuration with its history."""
    look.at(CONFIGURATIONS, f"the configuration of {reference}", _text(image.config))
    for number in range(len(image.layers)):
        look.looked[LAYERS] = look.looked.get(LAYERS, 0) + 1
        before = len(look.seen)
        overlap = max(len(mark) for canary in look.canaries for mark in canary.marks)
        for chunk in image.chunks(number, overlap=overlap):
            look.at(LAYERS, f"layer {number + 1} of {reference}", chunk, count=0)
        look.seen[before:] = dict.fromkeys(look.seen[before:])


def statuses(pod: Any) -> Iterator[Any]:
    """The statuses of all containers of a pod, of whatever kind."""
    status = pod.status
    for several in (status.init_container_statuses, status.container_statuses, status.ephemeral_container_statuses):
        yield from several or []


def _log(cluster: Cluster, pod: Any, container: str, *, previous: bool = False) -> str:
    meta = pod.metadata
    try:
        answer = cluster.core.read_namespaced_pod_log(
            meta.name, meta.namespace, container=container, previous=previous, _preload_content=False
        )
    except ApiException as error:
        if error.status == 404:  # the pod has gone meanwhile
            return ""
        raise
    return bytes(answer.data).decode("utf-8", errors="replace")


def _text(tree: Any) -> str:
    """All keys and strings of a tree as they are meant, not as JSON writes them."""
    return "\n".join(strings(tree))
