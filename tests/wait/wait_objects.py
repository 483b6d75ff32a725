"""A small namespace as the API client gives it, with times in seconds after its beginning."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from kubernetes import client

from kube_acceptance.wait.causes import Cause, causes
from kube_acceptance.wait.situation import situation
from kube_acceptance.wait.workloads import Workloads

BEGAN = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)
CLIENT = client.ApiClient()
MODELS = {"Event": "CoreV1Event"}
DEPLOYMENT = {"kind": "Deployment", "metadata": {"name": "web"}}


def at(seconds: float) -> str:
    return (BEGAN + timedelta(seconds=seconds)).isoformat()


def made(kind: str, **item: Any) -> Any:
    return CLIENT.deserialize(json.dumps({"kind": kind, **item}), MODELS.get(kind, f"V1{kind}"), "application/json")  # type: ignore[no-untyped-call]


def metadata(name: str, owner: str = "", **more: Any) -> dict[str, Any]:
    owners = [{"apiVersion": "v1", "kind": "Owner", "name": owner, "uid": owner, "controller": True}] if owner else []
    return {"name": name, "uid": name, "ownerReferences": owners, "creationTimestamp": at(0), "generation": 1, **more}


def deployment(name: str = "web", revision: str = "1", **status: Any) -> Any:
    meta = metadata(name, annotations={"deployment.kubernetes.io/revision": revision})
    spec = {"replicas": 1, "selector": {}, "template": {}}
    return made("Deployment", metadata=meta, spec=spec, status={"observedGeneration": 1, "replicas": 1, **status})


def replica_set(name: str = "web-1", owner: str = "web", revision: str = "1") -> Any:
    meta = metadata(name, owner, annotations={"deployment.kubernetes.io/revision": revision})
    return made("ReplicaSet", metadata=meta, spec={"selector": {}}, status={"replicas": 1})


def pod(
    name: str = "web-1-a",
    owner: str = "web-1",
    *,
    containers: Sequence[dict[str, Any]] = (),
    init: Sequence[dict[str, Any]] = (),
    conditions: Sequence[dict[str, Any]] = (),
    spec: dict[str, Any] | None = None,
    **meta: Any,
) -> Any:
    full = {"containers": [{"name": one["name"]} for one in containers] or [{"name": "app"}]} | (spec or {})
    status = {
        "phase": "Pending",
        "conditions": list(conditions),
        "containerStatuses": list(containers),
        "initContainerStatuses": list(init),
    }
    return made("Pod", metadata=metadata(name, owner, **meta), spec=full, status=status)


def container(state: dict[str, Any], *, restarts: int = 0, last: dict[str, Any] | None = None, **more: Any) -> Any:
    return {
        "name": "app",
        "image": "shop:1",
        "imageID": "",
        "ready": False,
        "restartCount": restarts,
        "state": state,
        "lastState": last or {},
        **more,
    }


def waiting(reason: str, message: str = "") -> dict[str, Any]:
    return {"waiting": {"reason": reason, "message": message}}


def ended(exit_code: int, when: float, reason: str = "Error") -> dict[str, Any]:
    times = {"startedAt": at(when - 1), "finishedAt": at(when)}
    return {"terminated": {"exitCode": exit_code, "reason": reason, **times}}


def running(since: float) -> dict[str, Any]:
    return {"running": {"startedAt": at(since)}}


def condition(kind: str, status: str, when: float, reason: str = "", message: str = "") -> dict[str, Any]:
    return {"type": kind, "status": status, "lastTransitionTime": at(when), "reason": reason, "message": message}


SANDBOX = condition("PodReadyToStartContainers", "True", 1)
NO_SANDBOX = condition("PodReadyToStartContainers", "False", 1)


def event(about: str, reason: str, message: str, first: float, last: float, count: int = 1, kind: str = "Pod") -> Any:
    involved = {"kind": kind, "name": about, "uid": about}
    if kind == "Pod" and reason in ("Failed", "Unhealthy", "Killing"):
        involved["fieldPath"] = "spec.containers{app}"
    times = {"firstTimestamp": at(first), "lastTimestamp": at(last)}
    return made(
        "Event",
        metadata={"name": f"{about}.{reason}.{last}"},
        involvedObject=involved,
        type="Warning",
        reason=reason,
        message=message,
        count=count,
        **times,
    )


class Namespace:
    """Objects by kind, and what time it is."""

    def __init__(self, *objects: Any, seconds: float, log: str = "") -> None:
        self.objects = objects
        self.seconds = seconds
        self.core = SimpleNamespace(read_namespaced_pod_log=lambda *_, **__: log)

    def items(self, kind: str) -> list[Any]:
        return [one for one in self.objects if one.kind == kind]

    def now(self) -> datetime:
        return BEGAN + timedelta(seconds=self.seconds)

    def causes(self) -> list[Cause]:
        return causes(situation(self.items, self.now, {("Deployment", "web"), ("StatefulSet", "db"), ("Job", "make")}))

    def workloads(self, *objects: dict[str, Any]) -> Workloads:
        return Workloads(self, "shop", objects or (DEPLOYMENT,))  # type: ignore[arg-type]


def namespace(*objects: Any, seconds: float, log: str = "") -> Namespace:
    """With the Deployment web and its ReplicaSet."""
    return Namespace(deployment(), replica_set(), *objects, seconds=seconds, log=log)
