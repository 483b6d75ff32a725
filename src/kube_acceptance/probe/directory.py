"""What the names in the rows stand for, at this moment."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import Any

from kubernetes import client
from kubernetes.client.exceptions import ApiException

from kube_acceptance.errors import ProbeError
from kube_acceptance.probe.endpoints import Endpoint, Endpoints
from kube_acceptance.probe.outcome import Protocol
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
INGRESS = "ingress controller"
CONTROLLER_NAME = "app.kubernetes.io/name"  # as Ingress controllers' charts label their pods and their IngressClass
DEFAULT_CLASS = "ingressclass.kubernetes.io/is-default-class"
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
    - `ingress controller`: every running pod behind the IngressClass of the namespace's Ingresses
    - `impostor of TIER`, `impostor of ingress controller`: a pod with the same labels in another namespace
    - as targets also `service NAME` (by its address and, where it is allowed, by its DNS name as well), `dns`,
      `kubernetes api`, `outside` (a container on the cluster's Docker network) and `probe in TIER` (the harness's agent
      in the tier's pods, listening on any free port there, so that a policy is seen to tell ports apart); the harness's
      own places answer on any port

    Over UDP `dns`, `outside` and the harness's own answer; in a tier's pods the harness's agent listens.

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
        self._networking: Any = client.NetworkingV1Api(api)
        self._slices: Any = client.DiscoveryV1Api(api)
        self._peers = peers
        self._namespace = namespace
        self._tier_label = tier_label
        self._tier_labels = tier_labels
        self._started: dict[str, tuple[str, str, Nonce]] = {}
        self._places: dict[str, tuple[Place, Nonce]] = {}
        self._wanted: set[str] = set()
        self._outside: Target | None = None
        self._found: dict[tuple[str, int, Protocol], list[Target]] = {}
        self._salt = secrets.token_hex(8)
        self._pods: list[Any] = []
        self._controllers: list[Any] = []
        self._controller_labels: str | None = None

    def refresh(self) -> None:
        """Take down which pods there are now, and forget what was found behind names."""
        self._found.clear()
        self._pods = self._core.list_namespaced_pod(self._namespace).items
        if self._controller_labels is not None:
            found = self._core.list_pod_for_all_namespaces(label_selector=self._controller_labels).items
            self._controllers = [pod for pod in found if _runs(pod) and not _own(pod)]

    def endpoints(self) -> Endpoints:
        """Every endpoint that there is: what a complete table of connections must speak of.

        The tiers are those of the namespace's workloads and pods, with the ports that their containers declare; Jobs
        and CronJobs, whose pods come and go, have stand-ins. Where a tier serves TCP the same port over UDP is an
        endpoint as well, and so is one port more, which it does not declare. A port that a tier itself serves over UDP
        is none: its program could not prove what it received.

        Raises:
            ProbeError: There is no tier, or the Ingress controller is not found.
        """
        declared, jobs = self._declared()
        if not declared:
            raise ProbeError(
                f"nothing in namespace {self._namespace} has the label {self._tier_label}: no tier is known"
            )
        tiers = sorted(set(declared) - jobs)
        found: list[Endpoint] = []
        for tier in tiers:
            taken = {port for port, _ in declared[tier]}
            found += [one for one in _both(tier, declared[tier]) if _probed(one, declared[tier])]
            found.append(Endpoint(f"{GUEST}{tier}", next(n for n in range(SERVED_PORT, 65536) if n not in taken)))
        for service in self._core.list_namespaced_service(self._namespace).items:
            if service.spec.cluster_ip not in (None, "", "None") and service.spec.selector:
                name = f"{SERVICE}{service.metadata.name}"
                found += [Endpoint(name, port.port) for port in service.spec.ports if port.protocol == Protocol.TCP]
        for job in sorted(jobs):
            found += _both(f"{STAND_IN}{job}", declared[job])
        release = {endpoint.name for endpoint in found}
        for stranger in (STRANGER, FOREIGNER):
            found += _both(stranger, set())
        for tier in sorted(declared):
            found += _both(f"{IMPOSTOR}{tier}", declared[tier])
        controllers = self._ingress_controllers()
        served = {port for pod in controllers for port in _ports(pod.spec)}
        if controllers:
            found += [Endpoint(INGRESS, port, protocol) for port, protocol in sorted(served)]
            found += _both(f"{IMPOSTOR}{INGRESS}", served)
        found += [Endpoint(DNS, 53), Endpoint(DNS, 53, Protocol.UDP)]
        found += [Endpoint(KUBERNETES_API, self._read_service("kubernetes", "default").spec.ports[0].port)]
        found += _both(OUTSIDE, set())
        targets_only = (DNS, KUBERNETES_API, OUTSIDE)
        names = dict.fromkeys(endpoint.name for endpoint in found)
        return Endpoints(
            sources=tuple(name for name in names if name not in targets_only and not name.startswith((GUEST, SERVICE))),
            targets=tuple(found),
            release=frozenset(release),
            themselves=self._themselves(tiers) | {(name, name) for name in names if name not in tiers},
        )

    def _themselves(self, tiers: list[str]) -> frozenset[tuple[str, str]]:
        """Which tiers are one pod: what it says to itself passes no policy. Through a Service each may reach itself."""
        services = self._core.list_namespaced_service(self._namespace).items
        pods = {tier: [pod for pod in self._pods if self._tier(pod) == tier and _counts(pod)] for tier in tiers}
        through = {
            (tier, f"{SERVICE}{service.metadata.name}")
            for tier, its_pods in pods.items()
            for service in services
            if any(_selects(service.spec.selector, pod) for pod in its_pods)
        }
        single = {(tier, name) for tier in tiers if len(pods[tier]) < 2 for name in (tier, f"{GUEST}{tier}")}
        return frozenset(through | single)

    def start(self, names: set[str]) -> None:
        """Create the harness's own pods for all these names at once, so that they start side by side; see `wait`."""
        self._wanted = {name for name in names if name == OUTSIDE}
        for name in sorted(names):
            if spec := self._own_pod(name):
                self._wanted.add(name)
                if name not in self._started or not self._peers.lives(*self._started[name][:2]):
                    self._started[name] = (spec[0], *self._peers.start(_word(name), *spec))

    def wait(self) -> None:
        """Wait until all that was started runs; may go on in a thread while other methods are called."""
        if OUTSIDE in self._wanted and not self._outside:
            self._outside = self._peers.outside()
        for name in self._wanted - {OUTSIDE}:
            where, pod, nonce = self._started[name]
            self._places[name] = (self._peers.running(name, where, pod), nonce)

    def lasting(self, names: set[str]) -> list[Place]:
        """The places among these names that are there already, and not the harness's own."""
        tiers = {self._tier(pod) for pod in self._pods if _counts(pod)}
        found = [name.removeprefix(GUEST) for name in names]
        return [place for name in found if name in tiers or name == INGRESS for place in self.places(name)]

    def neutral(self) -> Place:
        """A pod that no policy of the release speaks of."""
        self.start({FOREIGNER})
        self.wait()
        return self._places[FOREIGNER][0]

    def places(self, name: str) -> list[Place]:
        """The pods that a source stands for.

        Raises:
            MissingError: It has no running pod now.
            ProbeError: There is no such place.
        """
        if name in self._places:
            return [self._places[name][0]]
        if name == INGRESS:
            return [_place(name, pod) for pod in self._ingress_controllers()]
        pods = [pod for pod in self._pods if self._tier(pod) == name and _counts(pod)]
        if pods:
            return [_place(name, pod) for pod in pods]
        if name in (OUTSIDE, DNS, KUBERNETES_API) or name.startswith((SERVICE, GUEST)):
            raise ProbeError(f"{name} can be a target, but no connection can be made from there")
        self._labels_of(name)
        raise MissingError(f"no pod of {name} runs in namespace {self._namespace}")

    def targets(self, name: str, port: int, protocol: Protocol) -> list[Target]:
        """What a target stands for: one for each of a tier's pods, and for a Service its address and its name.

        Raises:
            MissingError: It has no running pod now.
            ProbeError: There is no such target, or it has no such port.
        """
        key = (name, port, protocol)
        if key not in self._found:
            self._found[key] = self._find(*key)
        return self._found[key]

    def _find(self, name: str, port: int, protocol: Protocol) -> list[Target]:
        if name in self._places:
            place, nonce = self._places[name]
            if (port, protocol) != (SERVED_PORT, Protocol.TCP):  # there the agent listens when it is probed
                return [self._guest(name, place, port)]
            return [Target(name, place.address, nonce, (place,), SERVED_PORT)]
        if name == OUTSIDE:
            _only(name, port, SERVED_PORT)
            self._outside = self._outside or self._peers.outside()
            return [self._outside]
        if name == DNS:
            _only(name, port, 53)
            return [self._dns()]
        if name == KUBERNETES_API:
            return [self._kubernetes_api(port)]
        if name.startswith(SERVICE):
            return self._service(name, port, protocol)
        if name.startswith(GUEST) or protocol is Protocol.UDP:
            return [self._guest(name, place, port) for place in self.places(name.removeprefix(GUEST))]
        return [Target(name, place.address, None, (place,), port) for place in self.places(name)]

    def _guest(self, name: str, place: Place, port: int) -> Target:
        return Target(name, place.address, Guest(f"{self._salt}-{place.uid}"), (place,), port)

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
        if tier == INGRESS:
            known[INGRESS] = self._ingress_controllers()[0].metadata.labels
        workloads, jobs = self._templates()
        for labels in [one.metadata.labels for one in self._pods + workloads + jobs]:
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

    def _templates(self) -> tuple[list[Any], list[Any]]:
        """The templates of the pods that the namespace's workloads make, running or not; and those of its Jobs."""
        workloads = [
            *self._apps.list_namespaced_deployment(self._namespace).items,
            *self._apps.list_namespaced_stateful_set(self._namespace).items,
            *self._apps.list_namespaced_daemon_set(self._namespace).items,
        ]
        jobs = [job.spec for job in self._batch.list_namespaced_job(self._namespace).items]
        jobs += [cron.spec.job_template.spec for cron in self._batch.list_namespaced_cron_job(self._namespace).items]
        templates = [[workload.spec.template for workload in workloads], [job.template for job in jobs]]
        found, of_jobs = ([one for one in some if one.metadata] for some in templates)
        return found, of_jobs

    def _declared(self) -> tuple[dict[str, set[tuple[int, Protocol]]], set[str]]:
        """The ports that the containers of each tier declare, and the tiers that only Jobs have."""
        workloads, of_jobs = self._templates()
        declared: dict[str, set[tuple[int, Protocol]]] = {tier: set() for tier in self._tier_labels}
        job_tiers = {tier for job in of_jobs if (tier := self._tier(job))}
        lasting = {tier for one in workloads if (tier := self._tier(one))}
        for one in [*workloads, *of_jobs, *(pod for pod in self._pods if _counts(pod))]:
            if tier := self._tier(one):
                declared.setdefault(tier, set()).update(_ports(one.spec))
        return declared, (job_tiers | set(self._tier_labels)) - lasting

    def _ingress_controllers(self) -> list[Any]:
        """The running pods behind the IngressClass of the namespace's Ingresses; none where there is no Ingress.

        An IngressClass does not say which pods serve it. By the convention of the controllers' charts both carry the
        same `app.kubernetes.io/name`.

        Raises:
            ProbeError: There is an Ingress, but the convention leads to no pod.
        """
        if self._controller_labels is None:
            ingresses = self._networking.list_namespaced_ingress(self._namespace).items
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

    def _service(self, name: str, port: int, protocol: Protocol) -> list[Target]:
        service = name.removeprefix(SERVICE)
        found = self._read_service(service, self._namespace)
        ports = [one for one in found.spec.ports or [] if (one.port, one.protocol) == (port, protocol)]
        if not ports:
            raise ProbeError(f"Service {service} has no port {port}/{protocol}")
        pods = [pod for pod in self._pods if _selects(found.spec.selector, pod) and _counts(pod)]
        if not pods:
            raise MissingError(f"no pod of Service {service} runs in namespace {self._namespace}")
        witnesses = tuple(_place(name, pod) for pod in pods)
        hosts = [found.spec.cluster_ip] if found.spec.cluster_ip not in (None, "", "None") else []
        hosts.append(f"{service}.{self._namespace}.svc")
        return [Target(name, host, None, witnesses, _pod_port(ports[0], pods[0])) for host in hosts]

    def _dns(self) -> Target:
        """The cluster DNS; it must know a Service of the release, or the API server's where there is none."""
        behind, pod_port = self._behind("kube-system", "kube-dns", 53)
        for service in self._core.list_namespaced_service(self._namespace).items:
            if service.spec.cluster_ip not in (None, "", "None"):
                known = Answer(f"{service.metadata.name}.{self._namespace}", service.spec.cluster_ip)
                return Target(DNS, "", known, (), pod_port, behind)
        known = Answer("kubernetes.default", self._read_service("kubernetes", "default").spec.cluster_ip)
        return Target(DNS, "", known, (), pod_port, behind)

    def _kubernetes_api(self, port: int) -> Target:
        found = self._read_service("kubernetes", "default")
        _only(KUBERNETES_API, port, found.spec.ports[0].port)
        authority = self._core.read_namespaced_config_map("kube-root-ca.crt", self._namespace).data["ca.crt"]
        behind, pod_port = self._behind("default", "kubernetes", port)
        certificate = Certificate("kubernetes.default.svc", authority)
        return Target(KUBERNETES_API, found.spec.cluster_ip, certificate, (), pod_port, behind)

    def _behind(self, namespace: str, service: str, port: int) -> tuple[tuple[str, ...], int]:
        """The addresses behind a Service that is not the release's, and the port there, as its EndpointSlices say."""
        selector = f"kubernetes.io/service-name={service}"
        slices = self._slices.list_namespaced_endpoint_slice(namespace, label_selector=selector).items
        addresses = {address for one in slices for endpoint in one.endpoints or [] for address in endpoint.addresses}
        names = {one.name for one in self._read_service(service, namespace).spec.ports if one.port == port}
        ports = [one.port for each in slices for one in each.ports or [] if one.name in names]
        return tuple(sorted(addresses)), next(iter(ports), port)

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


def _counts(pod: Any) -> bool:
    """Whether a pod is one of the release's that runs."""
    return _runs(pod) and not _own(pod)


def _ports(spec: Any) -> list[tuple[int, Protocol]]:
    """The ports that containers declare; Kubernetes knows SCTP as well, which no probe here speaks."""
    declared = [port for container in spec.containers for port in container.ports or []]
    return [
        (port.container_port, Protocol(port.protocol or "TCP"))
        for port in declared
        if port.protocol in (None, *Protocol)
    ]


def _probed(endpoint: Endpoint, declared: set[tuple[int, Protocol]]) -> bool:
    """Whether a tier's endpoint can prove itself: over TCP where it serves, over UDP where only TCP is served."""
    return (endpoint.port, Protocol.TCP) in declared and (
        endpoint.protocol is Protocol.TCP or (endpoint.port, Protocol.UDP) not in declared
    )


def _both(name: str, declared: set[tuple[int, Protocol]]) -> list[Endpoint]:
    """Endpoints on each declared port, or where the harness's own listen, over both protocols."""
    ports = sorted({port for port, _ in declared}) or [SERVED_PORT]
    return [Endpoint(name, port, protocol) for port in ports for protocol in Protocol]


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
