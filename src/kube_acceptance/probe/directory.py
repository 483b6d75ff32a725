"""What the names in the rows stand for, at this moment."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import Any

from kubernetes import client
from kubernetes.client.exceptions import ApiException

from kube_acceptance.errors import ProbeError
from kube_acceptance.probe.peers import NEVER_READY, Peers
from kube_acceptance.probe.place import SERVED_PORT, Answer, Certificate, Guest, Nonce, Place, Target

STRANGER = "stranger"
FOREIGNER = "stranger in another namespace"
IMPOSTOR = "impostor of "
STAND_IN = "stand-in for "
GUEST = "probe in "
SERVICE = "service "
OUTSIDE = "outside"
DNS = "dns"
KUBERNETES_API = "kubernetes api"
# set by controllers, which would take a pod with them for their own
CONTROLLED = ("pod-template-hash", "controller-revision-hash", "controller-uid", "job-name")
CONTROLLED_PREFIXES = ("batch.kubernetes.io/", "apps.kubernetes.io/", "statefulset.kubernetes.io/")


class MissingError(Exception):
    """A name that stands for something that has no running pod at the moment."""


class Directory:
    """Finds places and targets by the names that rows use.

    - `TIER`: every running pod of the namespace whose tier label has that value
    - `stand-in for TIER`: a pod of the harness's own with the tier's labels, as for a Job that is over
    - `stranger`: a pod without labels in the namespace; `stranger in another namespace`
    - `impostor of TIER`: a pod with the tier's labels in another namespace
    - as targets also `service NAME` (by its DNS name), `dns`, `kubernetes api`, `outside` (a container on the cluster's
      Docker network) and `probe in TIER` (the harness's agent in the tier's pods, listening on any free port there, so
      that a policy is seen to tell ports apart); the harness's own places answer on port 8080

    Over UDP, only `dns`, `outside` and the harness's own answer.

    Args:
        new_client: Makes an API client.
        peers: Where places of the harness's own come from.
        namespace: The namespace of the release.
        tier_label: The label whose value is a pod's tier.
        tier_labels: The pods' labels of tiers that leave no trace in the cluster, such as hook Jobs that are removed.
    """

    def __init__(
        self,
        new_client: Callable[[], client.ApiClient],
        peers: Peers,
        *,
        namespace: str,
        tier_label: str,
        tier_labels: Mapping[str, Mapping[str, str]],
    ) -> None:
        api = new_client()
        self._core: Any = client.CoreV1Api(api)
        self._apps: Any = client.AppsV1Api(api)
        self._batch: Any = client.BatchV1Api(api)
        self._peers = peers
        self._namespace = namespace
        self._tier_label = tier_label
        self._tier_labels = tier_labels
        self._started: dict[str, tuple[str, str, Nonce]] = {}
        self._places: dict[str, tuple[Place, Nonce]] = {}
        self._targets: dict[str, Target] = {}
        self._salt = secrets.token_hex(8)
        self._pods: list[Any] = []

    def refresh(self) -> None:
        """Take down which pods there are now."""
        self._pods = self._core.list_namespaced_pod(self._namespace).items

    def prepare(self, names: set[str]) -> None:
        """Create the harness's own pods for all these names at once, so that they start side by side."""
        own = {name: spec for name in sorted(names) if (spec := self._own_pod(name))}
        for name, (where, labels) in own.items():
            if name not in self._started or not self._peers.lives(*self._started[name][:2]):
                self._started[name] = (where, *self._peers.start(_word(name), where, labels))
        for name in own:
            where, pod, nonce = self._started[name]
            self._places[name] = (self._peers.running(name, where, pod), nonce)

    def neutral(self) -> Place:
        """A pod that no policy of the release speaks of."""
        self.prepare({FOREIGNER})
        return self._places[FOREIGNER][0]

    def places(self, name: str) -> list[Place]:
        """The pods that a source stands for.

        Raises:
            MissingError: It has no running pod now.
            ProbeError: There is no such place.
        """
        if name in self._places:
            return [self._places[name][0]]
        pods = [pod for pod in self._pods if self._tier(pod) == name and _runs(pod) and not _own(pod)]
        if pods:
            return [_place(name, pod) for pod in pods]
        if name in (OUTSIDE, DNS, KUBERNETES_API) or name.startswith((SERVICE, GUEST)):
            raise ProbeError(f"{name} can be a target, but no connection can be made from there")
        self._labels_of(name)
        raise MissingError(f"no pod of {name} runs in namespace {self._namespace}")

    def targets(self, name: str, port: int) -> list[Target]:
        """What a target stands for: one for each of a tier's pods.

        Raises:
            MissingError: It has no running pod now.
            ProbeError: There is no such target, or it has no such port.
        """
        if name in self._places:
            place, nonce = self._places[name]
            _only(name, port, SERVED_PORT)
            return [Target(name, place.address, nonce, (place,), SERVED_PORT)]
        if name == OUTSIDE:
            _only(name, port, SERVED_PORT)
            if name not in self._targets:
                self._targets[name] = self._peers.outside()
            return [self._targets[name]]
        if name == DNS:
            _only(name, port, 53)
            return [self._dns()]
        if name == KUBERNETES_API:
            return [self._kubernetes_api(port)]
        if name.startswith(SERVICE):
            return [self._service(name, port)]
        if name.startswith(GUEST):
            places = self.places(name.removeprefix(GUEST))
            return [Target(name, place.address, Guest(f"{self._salt}-{place.uid}"), (place,), port) for place in places]
        return [Target(name, place.address, None, (place,), port) for place in self.places(name)]

    def _own_pod(self, name: str) -> tuple[str, Mapping[str, str]] | None:
        """Where a pod of the harness's own belongs, and its labels; None for names of others."""
        if name == STRANGER:
            return self._namespace, {}
        if name == FOREIGNER:
            return self._peers.namespace, {}
        if name.startswith(IMPOSTOR):
            return self._peers.namespace, self._labels_of(name.removeprefix(IMPOSTOR))
        if name.startswith(STAND_IN):
            return self._namespace, self._labels_of(name.removeprefix(STAND_IN))
        return None

    def _tier(self, pod: Any) -> str | None:
        tier: str | None = (pod.metadata.labels or {}).get(self._tier_label)
        return tier

    def _labels_of(self, tier: str) -> Mapping[str, str]:
        """The labels that a tier's pods have, without those of their controllers.

        Raises:
            ProbeError: There is no such tier.
        """
        known: dict[str, Mapping[str, str]] = dict(self._tier_labels)
        for labels in [pod.metadata.labels for pod in self._pods] + self._templates():
            if labels and (found := labels.get(self._tier_label)):
                known.setdefault(found, labels)
        if tier not in known:
            raise ProbeError(
                f"nothing in namespace {self._namespace} is called {tier!r}",
                hint=f"By their label {self._tier_label} there are: {', '.join(sorted(known)) or 'none'}.",
            )
        return {
            key: value
            for key, value in known[tier].items()
            if key not in CONTROLLED and not key.startswith(CONTROLLED_PREFIXES)
        }

    def _templates(self) -> list[Mapping[str, str]]:
        """The labels of the pods that the namespace's workloads make, running or not."""
        workloads = [
            *self._apps.list_namespaced_deployment(self._namespace).items,
            *self._apps.list_namespaced_stateful_set(self._namespace).items,
            *self._apps.list_namespaced_daemon_set(self._namespace).items,
            *self._batch.list_namespaced_job(self._namespace).items,
        ]
        specs = [workload.spec for workload in workloads]
        specs += [cron.spec.job_template.spec for cron in self._batch.list_namespaced_cron_job(self._namespace).items]
        return [spec.template.metadata.labels or {} for spec in specs if spec.template.metadata]

    def _service(self, name: str, port: int) -> Target:
        service = name.removeprefix(SERVICE)
        found = self._read_service(service, self._namespace)
        ports = [one for one in found.spec.ports or [] if one.port == port]
        if not ports:
            raise ProbeError(f"Service {service} has no port {port}")
        pods = [pod for pod in self._pods if _selects(found.spec.selector, pod) and _runs(pod) and not _own(pod)]
        if not pods:
            raise MissingError(f"no pod of Service {service} runs in namespace {self._namespace}")
        witnesses = tuple(_place(name, pod) for pod in pods)
        return Target(name, f"{service}.{self._namespace}.svc", None, witnesses, _pod_port(ports[0], pods[0]))

    def _dns(self) -> Target:
        """The cluster DNS; it must know a Service of the release, or the API server's where there is none."""
        for service in self._core.list_namespaced_service(self._namespace).items:
            if service.spec.cluster_ip not in (None, "", "None"):
                return Target(DNS, "", Answer(f"{service.metadata.name}.{self._namespace}", service.spec.cluster_ip))
        found = self._read_service("kubernetes", "default")
        return Target(DNS, "", Answer("kubernetes.default", found.spec.cluster_ip))

    def _kubernetes_api(self, port: int) -> Target:
        found = self._read_service("kubernetes", "default")
        _only(KUBERNETES_API, port, found.spec.ports[0].port)
        authority = self._core.read_namespaced_config_map("kube-root-ca.crt", self._namespace).data["ca.crt"]
        return Target(KUBERNETES_API, found.spec.cluster_ip, Certificate("kubernetes.default.svc", authority))

    def _read_service(self, name: str, namespace: str) -> Any:
        try:
            return self._core.read_namespaced_service(name, namespace)
        except ApiException as error:
            if error.status == 404:
                raise ProbeError(f"there is no Service {name} in namespace {namespace}") from error
            raise


def _place(name: str, pod: Any) -> Place:
    return Place(name, pod.metadata.namespace, pod.metadata.name, pod.metadata.uid, pod.status.pod_ip)


def _runs(pod: Any) -> bool:
    return pod.status.phase == "Running" and pod.status.pod_ip and not pod.metadata.deletion_timestamp


def _own(pod: Any) -> bool:
    """Whether a pod is the harness's: one with a tier's labels is no part of the tier."""
    return any(gate.condition_type == NEVER_READY for gate in pod.spec.readiness_gates or [])


def _selects(selector: Mapping[str, str] | None, pod: Any) -> bool:
    return bool(selector and selector.items() <= (pod.metadata.labels or {}).items())


def _pod_port(port: Any, pod: Any) -> int:
    """The pods' port behind a Service's port, which may be told by its name."""
    target = port.target_port
    target = getattr(target, "actual_instance", target)
    if isinstance(target, int):
        return target
    for container in pod.spec.containers:
        for one in container.ports or []:
            if one.name == target:
                return int(one.container_port)
    return int(port.port)


def _only(name: str, port: int, served: int) -> None:
    if port != served:
        raise ProbeError(f"{name} is reached on port {served}, not {port}")


def _word(name: str) -> str:
    return name.replace(" ", "-").lower()[:30].strip("-")
