"""A release in a cluster that is only told of."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from types import SimpleNamespace as Some
from typing import Any

from kubernetes.client.exceptions import ApiException

PASSWORD = "correct horse/battery+staple"
ENCODED = base64.b64encode(PASSWORD.encode()).decode()
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
MANIFEST = f"""---
kind: Secret
metadata: {{name: web}}
data: {{password: {ENCODED}}}
---
kind: Deployment
metadata: {{name: web}}
"""
HELM = {
    ("get", "values"): "replicas: 2\ndatabase: {password: not in any Secret, user: web}\n",
    ("get", "manifest"): MANIFEST,
    ("history", "web"): "REVISION  STATUS\n1         deployed\n",
    ("status", "web"): f"STATUS: deployed\nNOTES: log in with {PASSWORD}\n",
    ("version", "--template"): "v4.3",
}


def container(name: str, restarts: int = 0) -> Any:
    return Some(name=name, restart_count=restarts, image=f"{name}:1", image_id=f"sha256:{name}")


def pod(name: str, *, restarts: int = 0, ready: bool = True, phase: str = "Running") -> Any:
    return Some(
        metadata=Some(name=name, namespace="shared-1"),
        spec=Some(init_containers=[container("setup")], containers=[container("web")], ephemeral_containers=None),
        status=Some(
            phase=phase,
            conditions=[Some(type="Ready", status=str(ready))],
            init_container_statuses=[container("setup")],
            container_statuses=[container("web", restarts)],
            ephemeral_container_statuses=None,
        ),
    )


def event(message: str, *, minute: int, count: int = 1) -> Any:
    return Some(
        series=None,
        last_timestamp=NOON.replace(minute=minute),
        event_time=None,
        count=count,
        type="Warning",
        reason="BackOff",
        message=message,
        involved_object=Some(kind="Pod", name="web-1"),
        metadata=Some(creation_timestamp=NOON),
    )


class Core:
    """The API, as far as evidence asks it."""

    def __init__(self, pods: list[Any]) -> None:
        self.pods = pods
        self.logs = {"setup": "migrated\n", "web": f"connecting with {PASSWORD}\n"}

    def list_namespaced_secret(self, namespace: str, **_: Any) -> Any:
        record = Some(type="helm.sh/release.v1", data={"release": base64.b64encode(b"replicas: 2").decode()})
        return Some(items=[record, Some(type="Opaque", data={"password": ENCODED, "username": "d2Vic2l0ZQ=="})])

    def list_namespaced_pod(self, namespace: str, **_: Any) -> Any:
        return Some(items=self.pods)

    def list_namespaced_event(self, namespace: str, **_: Any) -> Any:
        return Some(items=[event("again", minute=2, count=7), event(f"first {PASSWORD}", minute=1)])

    def read_namespaced_pod_log(self, pod: str, namespace: str, *, container: str, previous: bool, **_: Any) -> Any:
        if container not in self.logs:
            error = ApiException(status=400, reason="Bad Request")
            error.body = '{"message": "container is waiting to start"}'
            raise error
        return Some(data=(b"before: " if previous else b"") + self.logs[container].encode())


class Release:
    """A release by the name of web."""

    name = "web"

    def __init__(self, *pods: Any, namespace: str = "shared-1") -> None:
        self.namespace = namespace
        self.core = Core(list(pods) or [pod("web-1")])
        self.cluster = Some(name="dev", core=self.core, kubectl=self._kubectl, kubeconfig="kubeconfig")
        self.chart = Some(helm=lambda *arguments, timeout: Some(stdout=HELM[arguments[:2]]))

    def causes(self) -> list[Any]:
        return [Some(sentence="container web of pod web-1 crashes again and again")]

    def _kubectl(self, *arguments: str, timeout: float) -> Any:
        return Some(stdout=f"kubectl {' '.join(arguments[:2])}\nPASSWORD={PASSWORD}\n")
