"""A cluster that is only described: what rendered objects would become, for whoever reads a cluster through its API.

So the names in a table stand for the same without a cluster as with one. Every workload has its pods, and addresses are
made up: those of pods and Services lie in Kind's own ranges, those of the API server and the outside on its network.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import urllib3
from kubernetes import client
from kubernetes.client.rest import RESTResponse

from kube_acceptance.probe import Expectation, Reachability
from kube_acceptance.probe.containers import AGENT
from kube_acceptance.probe.observe import Cell
from kube_acceptance.probe.peers import CONTAINER, Peers, pod_manifest
from kube_acceptance.probe.place import Nonce, Place, Target

API_SERVER = "172.18.0.2"
OUTSIDE = "172.18.0.200"
ELSEWHERE = "kube-acceptance-probe"
CA = {"ca.crt": "no certificate"}
SEVERAL = 2  # pods of a workload that has more, or that an autoscaler may give more
CLUSTER_WIDE = ("Namespace", "IngressClass")
_PATH = re.compile(r"/apis?(/[^/]+)+?(/namespaces/(?P<namespace>[^/]+))?/(?P<kind>[a-z]+)(/(?P<name>[^/]+))?")
# as kubeadm and most others make them
DNS_LABELS = {"k8s-app": "kube-dns"}
DNS_PORTS: Sequence[Mapping[str, Any]] = [
    {"name": "dns", "port": 53, "protocol": "UDP"},
    {"name": "dns-tcp", "port": 53, "protocol": "TCP"},
]
API_PORTS: Sequence[Mapping[str, Any]] = [{"name": "https", "port": 443, "targetPort": 6443}]


class Described(client.ApiClient):
    """An API client that answers from objects: it lists them by namespace and labels, and reads one by its name.

    Args:
        objects: The rendered objects of a release.
        namespace: Where the release is.
        surroundings: The objects of what stands around it, such as the Ingress controller.
    """

    def __init__(
        self, objects: Iterable[Mapping[str, Any]], namespace: str, surroundings: Iterable[Mapping[str, Any]] = ()
    ) -> None:
        super().__init__()
        self._numbers = itertools.count(2)
        self._objects: list[dict[str, Any]] = []
        dns = [{"containerPort": port["port"], "protocol": port["protocol"]} for port in DNS_PORTS]
        pod = {"metadata": {"labels": DNS_LABELS}, "spec": {"containers": [{"name": "coredns", "ports": dns}]}}
        resolver = self.add_pod("kube-system", "coredns", pod)
        own = [
            *_service("kube-dns", "kube-system", DNS_PORTS, resolver),
            *_service("kubernetes", "default", API_PORTS, API_SERVER),
            {"kind": "ConfigMap", "metadata": {"name": "kube-root-ca.crt", "namespace": namespace}, "data": CA},
        ]
        for item in (*own, *surroundings):
            self._take(item, "default")
        for item in objects:
            self._take(item, namespace)
        named = {item["metadata"]["name"] for item in self._objects if item["kind"] == "Namespace"}
        for name in {item["metadata"].get("namespace", "") for item in self._objects} - named - {""}:
            self._objects.append({"kind": "Namespace", "metadata": {"name": name}})

    def add_pod(self, namespace: str, name: str, pod: Mapping[str, Any]) -> str:
        """Add a pod that runs, and return its address."""
        number = next(self._numbers)
        address = f"10.244.{number // 250}.{number % 250}"
        metadata = {**(pod.get("metadata") or {}), "name": name, "namespace": namespace, "uid": name}
        status = {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}]}
        self._objects.append({"kind": "Pod", "metadata": metadata, "spec": pod["spec"], "status": status})
        return address

    def call_api(self, method: str, url: str, *_: Any, **__: Any) -> RESTResponse:
        """What the API client asks in place of a server."""
        parts = urlsplit(url)
        match = _PATH.fullmatch(parts.path)
        if method != "GET" or not match:
            raise NotImplementedError(f"{method} {parts.path}")
        found = [item for item in self._objects if _plural(item["kind"]) == match["kind"]]
        if match["namespace"]:
            found = [item for item in found if item["metadata"].get("namespace") == match["namespace"]]
        if match["name"]:
            one = next((item for item in found if item["metadata"]["name"] == match["name"]), None)
            return _answer(200, one) if one else _answer(404, {"reason": "NotFound"})
        wanted = [each.split("=") for each in parse_qs(parts.query).get("labelSelector", [""])[0].split(",") if each]
        labelled = [item for item in found if _has(item["metadata"].get("labels") or {}, wanted)]
        return _answer(200, {"items": labelled})

    def _take(self, item: Mapping[str, Any], namespace: str) -> None:
        metadata = dict(item["metadata"])
        if item["kind"] not in CLUSTER_WIDE:
            metadata.setdefault("namespace", namespace)
        spec = dict(item.get("spec") or {})
        if item["kind"] == "Service":
            number = next(self._numbers)
            spec.setdefault("clusterIP", f"10.96.{number // 250}.{number % 250}")
            spec["ports"] = [{"protocol": "TCP", **port} for port in spec.get("ports") or []]
        self._objects.append({**item, "metadata": metadata, **({"spec": spec} if spec else {})})
        if item["kind"] in ("Deployment", "StatefulSet", "DaemonSet"):
            for number in range(min(SEVERAL, spec.get("replicas", SEVERAL))):
                self.add_pod(metadata["namespace"], f"{metadata['name']}-{number}", spec["template"])


class DescribedPeers(Peers):
    """Places of the harness's own in a cluster that is only described.

    Args:
        cluster: The cluster.
    """

    def __init__(self, cluster: Described) -> None:
        self._cluster = cluster
        self._addresses: dict[str, str] = {}

    @property
    def namespace(self) -> str:
        """A namespace without any policy."""
        return ELSEWHERE

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
        """Add a pod, and return its name and nonce."""
        pod, nonce = f"probe-{name}", Nonce(name)
        manifest = pod_manifest(pod, labels, AGENT[0], nonce, ports=ports, account=account, notes=notes)
        self._addresses[pod] = self._cluster.add_pod(namespace, pod, manifest)
        return pod, nonce

    def lives(self, namespace: str, pod: str) -> bool:
        """Nothing ends here."""
        return True

    def running(self, name: str, namespace: str, pod: str) -> Place:
        """The pod as a place."""
        return Place(name, namespace, pod, pod, self._addresses[pod], CONTAINER)

    def outside(self) -> Target:
        """A host outside the cluster."""
        return Target("outside", OUTSIDE, Nonce("outside"), behind=(OUTSIDE,))

    def close(self) -> None:
        """There is nothing to remove."""


class Expected(NamedTuple):
    """What a table expects of a cluster that is only described, and who is connected for each of its rows."""

    new_client: Callable[[], Described]
    connections: Mapping[Expectation, Sequence[Cell]]
    rows: Sequence[Expectation]


def expected(cluster: Described, table: Sequence[tuple[str, str, str]], *, namespace: str) -> Expected:
    """What a complete table expects of a described cluster, for whoever says what the policies mean.

    Args:
        cluster: The cluster.
        table: The rows: from, to and what is expected.
        namespace: Where the release is.

    Raises:
        ProbeError: The table speaks of what is not there, or is not complete.
    """
    with Reachability(lambda: cluster, namespace=namespace, image="", peers=DescribedPeers(cluster)) as looking:
        rows = looking.complete(table)
        return Expected(lambda: cluster, looking.connections(rows), rows)


def _plural(kind: str) -> str:
    word = kind.lower()
    return f"{word[:-1]}ies" if word.endswith("y") else f"{word}es" if word.endswith("s") else f"{word}s"


def _has(labels: Mapping[str, str], wanted: Iterable[list[str]]) -> bool:
    return all(labels.get(key) == value for key, value in wanted)


def _answer(status: int, body: Mapping[str, Any]) -> RESTResponse:
    headers = {"content-type": "application/json"}
    return RESTResponse(urllib3.HTTPResponse(json.dumps(body).encode(), headers, status))


def _service(name: str, namespace: str, ports: Sequence[Mapping[str, Any]], address: str) -> Iterator[dict[str, Any]]:
    """A Service of the cluster itself and what stands behind it."""
    of_slice = {"kubernetes.io/service-name": name}
    endpoints = {"addressType": "IPv4", "endpoints": [{"addresses": [address]}], "ports": _inside(ports)}
    yield {"kind": "Service", "metadata": {"name": name, "namespace": namespace}, "spec": {"ports": ports}}
    yield {
        "kind": "EndpointSlice",
        "metadata": {"name": name, "namespace": namespace, "labels": of_slice},
        **endpoints,
    }


def _inside(ports: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Ports of a Service as those behind it."""
    return [{"name": port["name"], "port": port.get("targetPort", port["port"])} for port in ports]
