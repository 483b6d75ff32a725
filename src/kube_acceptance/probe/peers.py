"""Places of the harness's own: pods with chosen labels, and a container outside the cluster."""

from __future__ import annotations

import contextlib
import json
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

import docker
from docker.errors import DockerException
from kubernetes import client
from kubernetes.client.exceptions import ApiException

from kube_acceptance.api_errors import said_by_api
from kube_acceptance.cluster import RESTRICTED
from kube_acceptance.errors import ProbeError
from kube_acceptance.probe.containers import USER, agent_container, await_running
from kube_acceptance.probe.place import OUTSIDE_PORTS, SERVED_PORT, Nonce, Place, Target
from kube_acceptance.wait import Seen, eventually

CONTAINER = "probe"
TOKEN_FOLDER = "/var/run/secrets/kube-acceptance"  # of a pod that has a token: `token` and `ca.crt`
TOKEN_SECONDS = 600  # the shortest life of a token that there is
# a gate that nobody opens: the pod runs and policies see it, but no Service ever sends it a request
NEVER_READY = "kube-acceptance/never-ready"

ALIVE = ("Pending", "Running")
ENDS_WITHIN = 60.0  # seconds; a pod is given one, and its node may be busy


def kinds_network() -> str:
    """The Docker network of Kind's nodes."""
    return "kind"


class Peers(AbstractContextManager["Peers"]):
    """Makes places when they are asked for, and removes them at the end.

    Args:
        new_client: Makes an API client.
        image: The probe image's reference.
        labels: Labels for what can carry them without taking part in a test: the namespace, the outside container.
        network: Names the Docker network of the cluster's nodes, when one is asked for.
        outside_ports: Where the container outside of the cluster listens.
    """

    def __init__(
        self,
        new_client: Callable[[], client.ApiClient],
        image: str,
        *,
        labels: Mapping[str, str],
        network: Callable[[], str] = kinds_network,
        outside_ports: Sequence[int] = OUTSIDE_PORTS,
    ) -> None:
        self._core: Any = client.CoreV1Api(new_client())
        self._image = image
        self._labels = dict(labels)
        self._network = network
        self._outside_ports = tuple(outside_ports)
        self._pods: list[tuple[str, str]] = []
        self._namespace = ""
        self._engine: docker.DockerClient | None = None
        self._outside: Any = None
        self._outside_target: Target | None = None

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def namespace(self) -> str:
        """A namespace of the harness's own, under the restricted standard and without any policy."""
        if not self._namespace:
            name = f"kube-acceptance-probe-{secrets.token_hex(4)}"
            labels = {**self._labels, **RESTRICTED}
            self._core.create_namespace({"metadata": {"name": name, "labels": labels, **_task()}})
            self._namespace = name
        return self._namespace

    def start(
        self,
        name: str,
        namespace: str,
        labels: Mapping[str, str],
        *,
        ports: Sequence[Mapping[str, Any]] = (),
        account: str = "",
        notes: bool = False,
    ) -> tuple[str, Nonce]:
        """Create a pod and return its name and nonce, without waiting for it.

        Args:
            name: Its role, in a word of a pod's name.
            namespace: Where.
            labels: The pod's labels, and nothing else: policies look at them.
            ports: What its container says of its ports, for policies that name them; nothing listens there by itself.
            account: The service account that it runs under, whose token it is then given; the default one's it is not.
            notes: Whether it answers datagrams, too, and writes down what they say; `received` reads it.

        Raises:
            ProbeError: The API server refuses the pod.
        """
        nonce = Nonce(secrets.token_hex(8))
        pod = f"probe-{name}-{secrets.token_hex(3)}"
        manifest = pod_manifest(pod, labels, self._image, nonce, ports=ports, account=account, notes=notes)
        self.create(namespace, manifest)
        return pod, nonce

    def create(self, namespace: str, manifest: Mapping[str, Any]) -> None:
        """Create a pod, without waiting for it; raises ProbeError when the API server refuses it."""
        try:
            self._core.create_namespaced_pod(namespace, manifest)
        except ApiException as error:
            raise ProbeError(f"no probe pod can be created in namespace {namespace}: {said_by_api(error)}") from error
        self._pods.append((namespace, manifest["metadata"]["name"]))

    def lives(self, namespace: str, pod: str) -> bool:
        """Whether a pod that was started is still there: faults and drains may have ended it."""
        try:
            found = self._core.read_namespaced_pod(pod, namespace)
        except ApiException as error:
            if error.status == 404:
                return False
            raise
        return found.status.phase in ALIVE and not found.metadata.deletion_timestamp

    def end(self) -> None:
        """Delete the pods that were started and live still, and wait until none of them runs.

        Raises:
            WaitError: One runs on.
        """
        alive = [(namespace, pod) for namespace, pod in self._pods if self.lives(namespace, pod)]
        for namespace, pod in alive:
            with contextlib.suppress(ApiException):
                self._core.delete_namespaced_pod(pod, namespace)
        if alive:
            eventually("the probe pods to end", lambda: self._ended(alive), within=ENDS_WITHIN)

    def _ended(self, pods: Sequence[tuple[str, str]]) -> Seen[None]:
        running = [pod for namespace, pod in pods if self._phase(namespace, pod) in ALIVE]
        return Seen(not running, f"{', '.join(running)} runs on" if running else "they have ended")

    def _phase(self, namespace: str, pod: str) -> str:
        try:
            return str(self._core.read_namespaced_pod(pod, namespace).status.phase)
        except ApiException as error:
            if error.status == 404:
                return ""
            raise

    def running(self, name: str, namespace: str, pod: str) -> Place:
        """Wait until a pod that was started runs; raises ProbeError with the reason when it does not."""
        found = await_running(self._core, namespace, pod, CONTAINER)
        return Place(name, namespace, pod, found.metadata.uid, found.status.pod_ip, CONTAINER)

    def outside(self) -> Target:
        """A container on the Docker network of the cluster's nodes, which answers with a nonce and notes datagrams.

        It is made when it is first asked for.

        Raises:
            ProbeError: Docker cannot run it, or it has no address on that network.
        """
        if self._outside_target:
            return self._outside_target
        nonce, network = Nonce(secrets.token_hex(8)), self._network()
        try:
            self._engine = docker.from_env()
            self._outside = self._engine.containers.create(
                self._image,
                agent_arguments("note", nonce, *self._outside_ports),
                name=f"kube-acceptance-outside-{secrets.token_hex(4)}",
                labels=self._labels,
                network=network,
                user=f"{USER}:{USER}",
                read_only=True,
                cap_drop=["ALL"],
                security_opt=["no-new-privileges"],
            )
            self._outside.start()
            for line in self._outside.logs(stream=True, follow=True):
                if line.startswith(b"serving"):
                    break
            self._outside.reload()
            address = self._outside.attrs["NetworkSettings"]["Networks"][network]["IPAddress"]
        except DockerException as error:
            raise ProbeError(f"no container can be run on the Docker network {network}: {error}") from error
        if not address:
            raise ProbeError(f"the outside container ended, or has no address on the Docker network {network}")
        self._outside_target = Target("outside", address, nonce, behind=(address,), received=self._received_outside)
        return self._outside_target

    @property
    def outside_container(self) -> str:
        """The name of the container outside; see `outside`."""
        self.outside()
        return str(self._outside.name)

    def _received_outside(self) -> set[str]:
        try:
            lines = self._outside.logs().splitlines()
        except DockerException as error:
            raise ProbeError(f"the outside container cannot be asked what it received: {error}") from error
        return _said(lines)

    def received(self, namespace: str, pod: str) -> set[str]:
        """The tokens of the datagrams that a pod wrote down; raises ProbeError when it cannot be asked."""
        try:
            log: str = self._core.read_namespaced_pod_log(pod, namespace, container=CONTAINER)
        except ApiException as error:
            raise ProbeError(f"pod {namespace}/{pod} cannot be asked what it received: {said_by_api(error)}") from error
        return _said(line.encode() for line in log.splitlines())

    def close(self) -> None:
        """Remove everything that was made; what is gone already is no error."""
        for namespace, pod in self._pods:
            if namespace != self._namespace:
                with contextlib.suppress(ApiException):
                    self._core.delete_namespaced_pod(pod, namespace)
        if self._namespace:
            with contextlib.suppress(ApiException):
                self._core.delete_namespace(self._namespace)
        if self._outside is not None:
            with contextlib.suppress(DockerException):
                self._outside.remove(force=True)
        if self._engine is not None:
            self._engine.close()
        self._pods, self._namespace, self._engine, self._outside, self._outside_target = [], "", None, None, None


def _said(lines: Iterable[bytes]) -> set[str]:
    """What datagrams said, in the lines of an agent that notes them."""
    return {json.loads(line)[1] for line in lines if line.startswith(b"[")}


def agent_arguments(command: str, nonce: Nonce, *ports: int) -> list[str]:
    """The agent's arguments that make it answer with a nonce."""
    return [command, "--port", ",".join(map(str, ports)), "--nonce", nonce.text]


def pod_manifest(
    name: str,
    labels: Mapping[str, str],
    image: str,
    nonce: Nonce,
    *,
    ports: Sequence[Mapping[str, Any]] = (),
    account: str = "",
    notes: bool = False,
) -> dict[str, Any]:
    """A pod of the harness's own: small, restricted, never ready, and gone within a second when deleted."""
    command = "note" if notes else "serve"
    container = agent_container(CONTAINER, image, *agent_arguments(command, nonce, SERVED_PORT))
    if ports:
        container["ports"] = [dict(port) for port in ports]
    container["resources"] = {
        "requests": {"cpu": "5m", "memory": "32Mi"},  # forty at a time fit a node of two processors, beside releases
        "limits": {"cpu": "500m", "memory": "96Mi"},
    }
    if account:
        container["volumeMounts"] = [{"name": "token", "mountPath": TOKEN_FOLDER, "readOnly": True}]
    return {
        "metadata": {"name": name, "labels": dict(labels), **_task()},
        "spec": {
            **(_identity(account) if account else {}),
            "containers": [container],
            "readinessGates": [{"conditionType": NEVER_READY}],
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "restartPolicy": "Never",
            "terminationGracePeriodSeconds": 1,
        },
    }


def _identity(account: str) -> dict[str, Any]:
    """A service account and its token: bound to the pod, for the API server's own audience, for as short as can be."""
    token = {"serviceAccountToken": {"path": "token", "expirationSeconds": TOKEN_SECONDS}}
    authority = {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}}
    return {
        "serviceAccountName": account,
        "securityContext": {"fsGroup": USER},
        "volumes": [{"name": "token", "projected": {"sources": [token, authority]}}],
    }


def _task() -> dict[str, Any]:
    return {"annotations": {"kube-acceptance/task": "T-507"}}
