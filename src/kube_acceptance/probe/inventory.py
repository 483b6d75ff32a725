"""What there is in the cluster that takes part in a release's connections: workloads, pods, Services, the Ingress."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kubernetes import client
from kubernetes.client.exceptions import ApiException

from kube_acceptance.errors import ProbeError
from kube_acceptance.probe.outcome import PROBED, Protocol
from kube_acceptance.probe.peers import NEVER_READY

CONTROLLER_NAME = "app.kubernetes.io/name"  # as Ingress controllers' charts label their pods and their IngressClass
RELEASE = "app.kubernetes.io/instance"
DEFAULT_CLASS = "ingressclass.kubernetes.io/is-default-class"
# set by controllers, which would take a pod with them for their own
CONTROLLED = ("pod-template-hash", "controller-revision-hash", "controller-uid", "job-name")
CONTROLLED_PREFIXES = ("batch.kubernetes.io/", "apps.kubernetes.io/", "statefulset.kubernetes.io/")


class Inventory:
    """Knows what runs in a release's namespace and what stands around it.

    Args:
        new_client: Makes an API client.
        namespace: The namespace of the release.
        tier_label: The label whose value is a pod's tier.
        tier_labels: The pods' labels of tiers that leave no trace in the cluster, such as hook Jobs that are removed.
        release: The release's name; where the namespace has others besides, theirs are called `TIER of RELEASE`.
    """

    def __init__(
        self,
        new_client: Callable[[], client.ApiClient],
        *,
        namespace: str,
        tier_label: str,
        tier_labels: Mapping[str, Mapping[str, str]],
        release: str = "",
    ) -> None:
        api = new_client()
        self._core: Any = client.CoreV1Api(api)
        self._apps: Any = client.AppsV1Api(api)
        self._batch: Any = client.BatchV1Api(api)
        self._networking: Any = client.NetworkingV1Api(api)
        self._slices: Any = client.DiscoveryV1Api(api)
        self.namespace = namespace
        self.tier_label = tier_label
        self._tier_labels = tier_labels
        self._release = release
        self._pods: list[Any] = []
        self._controllers: list[Any] = []
        self._controller_labels: str | None = None

    def refresh(self) -> None:
        """Take down which pods there are now."""
        self._pods = self._core.list_namespaced_pod(self.namespace).items
        if self._controller_labels is not None:
            found = self._core.list_pod_for_all_namespaces(label_selector=self._controller_labels).items
            self._controllers = [pod for pod in found if _runs(pod) and not _own(pod)]

    def running(self, tier: str | None = None) -> list[Any]:
        """The running pods of a tier, or of all; without the harness's own."""
        return [pod for pod in self._pods if _counts(pod) and tier in (None, self._tier(pod))]

    def services(self) -> list[Any]:
        """The Services of the namespace."""
        found: list[Any] = self._core.list_namespaced_service(self.namespace).items
        return found

    def service(self, name: str, namespace: str = "") -> Any:
        """A Service by its name, of another namespace if one is given; raises ProbeError when there is none."""
        where = namespace or self.namespace
        try:
            return self._core.read_namespaced_service(name, where)
        except ApiException as error:
            if error.status == 404:
                raise ProbeError(f"there is no Service {name} in namespace {where}") from error
            raise

    def authority(self) -> str:
        """The certificate authority of the API server (PEM), as every namespace has it."""
        return str(self._core.read_namespaced_config_map("kube-root-ca.crt", self.namespace).data["ca.crt"])

    def _tier(self, pod: Any) -> str | None:
        return self._called(pod.metadata.labels or {})

    def _called(self, labels: Mapping[str, str]) -> str | None:
        """What a pod's tier is called, by its labels."""
        tier, of = labels.get(self.tier_label), labels.get(RELEASE)
        return f"{tier} of {of}" if tier and self._release and of not in (None, self._release) else tier

    def labels_of(self, tier: str) -> Mapping[str, str]:
        """The labels that a tier's pods have, without those of their controllers.

        Raises:
            ProbeError: There is no such tier.
        """
        known: dict[str, Mapping[str, str]] = dict(self._tier_labels)
        workloads, jobs = self._templates()
        for labels in [one.metadata.labels for one in self._pods + workloads + jobs]:
            if labels and (found := self._called(labels)):
                known.setdefault(found, labels)
        if tier not in known:
            raise ProbeError(
                f"nothing in namespace {self.namespace} is called {tier!r}",
                hint=f"By their label {self.tier_label} there are: {', '.join(sorted(known)) or 'none'}.",
            )
        return without_controllers(known[tier])

    def _templates(self) -> tuple[list[Any], list[Any]]:
        """The templates of the pods that the namespace's workloads make, running or not; and those of its Jobs."""
        workloads = [
            *self._apps.list_namespaced_deployment(self.namespace).items,
            *self._apps.list_namespaced_stateful_set(self.namespace).items,
            *self._apps.list_namespaced_daemon_set(self.namespace).items,
        ]
        jobs = [job.spec for job in self._batch.list_namespaced_job(self.namespace).items]
        jobs += [cron.spec.job_template.spec for cron in self._batch.list_namespaced_cron_job(self.namespace).items]
        templates = [[workload.spec.template for workload in workloads], [job.template for job in jobs]]
        found, of_jobs = ([one for one in some if one.metadata] for some in templates)
        return found, of_jobs

    def declared(self) -> tuple[dict[str, set[tuple[int, Protocol]]], set[str]]:
        """The ports that the containers of each tier declare, and the tiers that only Jobs have."""
        workloads, of_jobs = self._templates()
        declared: dict[str, set[tuple[int, Protocol]]] = {tier: set() for tier in self._tier_labels}
        job_tiers = {tier for job in of_jobs if (tier := self._tier(job))}
        lasting = {tier for one in workloads if (tier := self._tier(one))}
        for one in [*workloads, *of_jobs, *(pod for pod in self._pods if _counts(pod))]:
            if tier := self._tier(one):
                declared.setdefault(tier, set()).update(ports(one.spec))
        return declared, (job_tiers | set(self._tier_labels)) - lasting

    def ingress_controllers(self) -> list[Any]:
        """The running pods behind the IngressClass of the namespace's Ingresses; none where there is no Ingress.

        An IngressClass does not say which pods serve it. By the convention of the controllers' charts both carry the
        same `app.kubernetes.io/name`.

        Raises:
            ProbeError: There is an Ingress, but the convention leads to no pod.
        """
        if self._controller_labels is None:
            ingresses = self._networking.list_namespaced_ingress(self.namespace).items
            if not ingresses:
                return []
            named = next((one.spec.ingress_class_name for one in ingresses if one.spec.ingress_class_name), None)
            classes = self._networking.list_ingress_class().items
            for one in classes:
                default = (one.metadata.annotations or {}).get(DEFAULT_CLASS) == "true"
                if one.metadata.name == named or (named is None and default):
                    name = (one.metadata.labels or {}).get(CONTROLLER_NAME)
                    self._controller_labels = f"{CONTROLLER_NAME}={name}"
                    self.refresh()
        if not self._controllers:
            raise ProbeError(
                "the pods of the Ingress controller are not found",
                hint=f"They must run, and carry the label {CONTROLLER_NAME} of their IngressClass.",
            )
        return self._controllers

    def behind(self, namespace: str, service: str, port: int) -> tuple[tuple[str, ...], int]:
        """The addresses behind a Service that is not the release's, and the port there, as its EndpointSlices say."""
        selector = f"kubernetes.io/service-name={service}"
        slices = self._slices.list_namespaced_endpoint_slice(namespace, label_selector=selector).items
        addresses = {address for one in slices for endpoint in one.endpoints or [] for address in endpoint.addresses}
        names = {one.name for one in self.service(service, namespace).spec.ports if one.port == port}
        ports = [one.port for each in slices for one in each.ports or [] if one.name in names]
        return tuple(sorted(addresses)), next(iter(ports), port)


def without_controllers(labels: Mapping[str, str]) -> dict[str, str]:
    """A pod's labels without those that its controller set, and knows it by."""
    return {
        key: value for key, value in labels.items() if key not in CONTROLLED and not key.startswith(CONTROLLED_PREFIXES)
    }


def _runs(pod: Any) -> bool:
    return pod.status.phase == "Running" and pod.status.pod_ip and not pod.metadata.deletion_timestamp


def _counts(pod: Any) -> bool:
    """Whether a pod is one of the release's that runs."""
    return _runs(pod) and not _own(pod)


def ports(spec: Any) -> list[tuple[int, Protocol]]:
    """The ports that containers declare; Kubernetes knows SCTP as well, which no probe here speaks."""
    declared = [port for container in spec.containers for port in container.ports or []]
    return [
        (port.container_port, Protocol(port.protocol or "TCP")) for port in declared if port.protocol in (None, *PROBED)
    ]


def _own(pod: Any) -> bool:
    """Whether a pod is the harness's: one with a tier's labels is no part of the tier."""
    return any(gate.condition_type == NEVER_READY for gate in pod.spec.readiness_gates or [])


def selects(selector: Mapping[str, str] | None, pod: Any) -> bool:
    """Whether a Service's selector selects a pod; none selects nothing."""
    return bool(selector and selector.items() <= (pod.metadata.labels or {}).items())
