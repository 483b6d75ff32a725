"""The proxy put into every pod of a namespace at its admission, and every connection to the pod led through it.

What meshes do: the sidecar is a native one (KEP-753), so that Jobs end in spite of it, and the way through it is made
in the pod's own network namespace from its node, as a mesh's CNI plugin does it, so that no container needs a
capability. No container of the pod's own starts before: the proxy's startup probe asks at a port that leads nowhere
until then.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from kubernetes import client
from kubernetes.client.exceptions import ApiException

from kube_acceptance.cluster import Cluster
from kube_acceptance.cluster.owner import RUN_LABEL
from kube_acceptance.cluster.runtime import PID, name_on_node
from kube_acceptance.command import CommandError
from kube_acceptance.errors import AcceptanceError, ProbeError
from kube_acceptance.mesh import proxy
from kube_acceptance.mesh.cel import written
from kube_acceptance.mesh.ports import Port

CONTAINER = "mesh-proxy"
LOOKS = 0.3  # seconds between two looks at the namespace's pods
STARTS_WITHIN = 120  # looks of the startup probe, one a second
# the pod's sandbox and its containers share the network namespace that the rules are for
_LEAD = (
    f"set -e\n{PID}\n"
    + r"""
shift
nat() { nsenter --target "$pid" --net iptables --wait --table nat "$@"; }
for each; do
  set -- PREROUTING --protocol tcp --dport "${each%:*}" --jump REDIRECT --to-ports "${each#*:}"
  nat --check "$@" 2>/dev/null || nat --append "$@"
done
"""
)


class Injection(AbstractContextManager["Injection"]):
    """Injects a proxy into every pod that is made in a namespace, until it is closed.

    Args:
        cluster: The cluster.
        namespace: The namespace.
        image: The proxy's image, a Traefik that the nodes have.
        ports: The ports whose connections come through it.
        labels: The labels of what this run makes.
    """

    def __init__(
        self, cluster: Cluster, namespace: str, *, image: str, ports: Sequence[Port], labels: Mapping[str, str]
    ) -> None:
        self.ports = list(ports)
        self._cluster = cluster
        self._namespace = namespace
        self._image = image
        self._labels = dict(labels)
        self._name = f"kube-acceptance-{CONTAINER}-{namespace}"
        self._ended = threading.Event()
        self._led: set[str] = set()
        self._trouble: Exception | None = None
        self._thread = threading.Thread(target=self._lead_all, daemon=True)

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """From here on pods are made with the proxy.

        Raises:
            ProbeError: The API server does not take the policy that injects it.
        """
        self._cluster.provider.must_be_own("its admission of pods")
        core = self._cluster.core
        data = {proxy.FILE: proxy.settings(self.ports)}
        core.create_namespaced_config_map(self._namespace, {"metadata": {"name": CONTAINER}, "data": data})
        api = self._cluster.admission
        metadata = {"name": self._name, "labels": self._labels}
        try:
            api.create_mutating_admission_policy({"metadata": metadata, "spec": self._policy()})
            api.create_mutating_admission_policy_binding({"metadata": metadata, "spec": {"policyName": self._name}})
        except ApiException as error:
            raise ProbeError(f"no proxy can be injected: {error.reason}", details=[str(error.body)]) from error
        self._thread.start()

    def must_work(self) -> None:
        """Raise AcceptanceError when a pod's connections could not be led through its proxy."""
        if self._trouble:
            raise AcceptanceError(f"connections could not be led through a proxy: {self._trouble}")

    def close(self) -> None:
        """Inject no more; what has a proxy keeps it."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()
        remove(self._cluster, self._name)

    # ---- the way through the proxy

    def _lead_all(self) -> None:
        core = client.CoreV1Api(self._cluster.new_client())
        while not self._ended.wait(LOOKS):
            try:
                for pod in core.list_namespaced_pod(self._namespace).items:
                    self._lead(pod)
            except (ApiException, CommandError, OSError) as error:
                # a pod may go while it is looked at: what lasts is told by whoever waits for it
                self._trouble = error
            else:
                self._trouble = None

    def _lead(self, pod: Any) -> None:
        for status in pod.status.init_container_statuses or []:
            if status.name == CONTAINER and status.state.running and status.container_id not in self._led:
                ways = [f"{port.number}:{port.before}" for port in self.ports]
                name = name_on_node(status.container_id)
                self._cluster.provider.on_node(pod.spec.node_name, "sh", "-s", name, *ways, input=_LEAD.encode())
                self._led.add(status.container_id)

    # ---- what is injected

    def _policy(self) -> dict[str, Any]:
        volume = {"name": CONTAINER, "configMap": {"name": CONTAINER, "defaultMode": 0o444}}
        container, volumes = written(self._container()), written(volume)
        expression = (
            "(has(object.spec.initContainers)"
            f' ? [JSONPatch{{op: "add", path: "/spec/initContainers/0", value: {container}}}]'
            f' : [JSONPatch{{op: "add", path: "/spec/initContainers", value: [{container}]}}])'
            " + (has(object.spec.volumes)"
            f' ? [JSONPatch{{op: "add", path: "/spec/volumes/-", value: {volumes}}}]'
            f' : [JSONPatch{{op: "add", path: "/spec/volumes", value: [{volumes}]}}])'
        )
        return {
            "failurePolicy": "Fail",
            "reinvocationPolicy": "Never",
            "matchConstraints": {
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": self._namespace}},
                "resourceRules": [
                    {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}
                ],
            },
            "mutations": [{"patchType": "JSONPatch", "jsonPatch": {"expression": expression}}],
        }

    def _container(self) -> dict[str, Any]:
        return {
            "name": CONTAINER,
            "image": self._image,
            "imagePullPolicy": "IfNotPresent",
            "restartPolicy": "Always",
            "args": proxy.arguments(self.ports),
            "startupProbe": {
                "tcpSocket": {"port": self.ports[0].number},
                "periodSeconds": 1,
                "failureThreshold": STARTS_WITHIN,
            },
            "resources": {
                "requests": {"cpu": "10m", "memory": "32Mi"},
                "limits": {"cpu": "1", "memory": "128Mi"},
            },
            "securityContext": {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "runAsNonRoot": True,
                "capabilities": {"drop": ["ALL"]},
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "volumeMounts": [{"name": CONTAINER, "mountPath": proxy.FOLDER, "readOnly": True}],
        }


def remove(cluster: Cluster, name: str) -> None:
    """Remove the policy of an injection; what is gone already is no error."""
    for kind in ("mutatingadmissionpolicybinding", "mutatingadmissionpolicy"):
        cluster.kubectl("delete", kind, name, "--ignore-not-found")


def left(cluster: Cluster, of: Callable[[Mapping[str, str]], bool]) -> list[str]:
    """The names of injections whose labels are those of certain runs.

    Args:
        cluster: The cluster.
        of: Whether labels are those of such a run.
    """
    try:
        found = cluster.admission.list_mutating_admission_policy(label_selector=RUN_LABEL).items
    except ApiException as error:
        if error.status == 404:  # clusters before Kubernetes 1.36 have no such policies, so nothing can be left
            return []
        raise
    return [item.metadata.name for item in found if of(item.metadata.labels)]


def without_proxy(pods: Sequence[Any]) -> list[str]:
    """The pods that have no proxy which runs beside their own containers, a sentence each."""
    found = []
    for pod in pods:
        statuses = [one for one in pod.status.init_container_statuses or [] if one.name == CONTAINER]
        if not statuses:
            found.append(f"pod {pod.metadata.name} has no proxy")
        elif pod.status.phase == "Running" and not statuses[0].state.running:
            found.append(f"the proxy of pod {pod.metadata.name} does not run")
    return found
