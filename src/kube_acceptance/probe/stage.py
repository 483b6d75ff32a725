"""Pods of the harness's own whose policies, labels and lives change, each at a time that is taken down."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from kubernetes import client
from kubernetes.client.exceptions import ApiException

from kube_acceptance.api_errors import said_by_api
from kube_acceptance.errors import ConfigurationError, ProbeError
from kube_acceptance.probe.outcome import Protocol
from kube_acceptance.probe.peers import Peers, kinds_network
from kube_acceptance.probe.place import SERVED_PORT, Nonce, Place, Target
from kube_acceptance.probe.series import Change

if TYPE_CHECKING:
    from kube_acceptance.release import Release

POD = "kube-acceptance/pod"  # the label that holds a pod's role on the stage, by which policies choose it


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod to run: its labels, and whether it stands in the other namespace."""

    labels: Mapping[str, str]
    elsewhere: bool = False

    @classmethod
    def parse(cls, chosen: str, namespace: str) -> Pod:
        """Read a pod as features write it: a label or none, in the namespace `own` or `other`.

        Raises:
            ConfigurationError: It cannot be read.
        """
        if namespace not in ("own", "other"):
            raise ConfigurationError(f"a probe pod stands in the namespace own or other, not {namespace!r}")
        return cls(dict([label(chosen)]) if chosen else {}, namespace == "other")


def label(written: str) -> tuple[str, str]:
    """Read a label as features write it: `key=value`.

    Raises:
        ConfigurationError: It is none.
    """
    key, sign, value = written.partition("=")
    if not (key and sign):
        raise ConfigurationError(f"the label {written!r} is not KEY=VALUE")
    return key, value


def tier_pod(release: Release, tier: str) -> Place:
    """One of a tier's running pods, the first by name.

    Raises:
        ReleaseError: None runs.
    """
    pod = min(release.serving_pods(tier), key=lambda one: str(one.metadata.name))
    return Place(tier, pod.metadata.namespace, pod.metadata.name, pod.metadata.uid, pod.status.pod_ip)


class Stage(AbstractContextManager["Stage"]):
    """Pods in two namespaces of the harness's own, and what is changed about them.

    Args:
        new_client: Makes an API client.
        image: The probe image's reference.
        labels: Labels for the namespaces, by which orphans are found.
        network: Names the cluster's Docker network.
    """

    def __init__(
        self,
        new_client: Callable[[], client.ApiClient],
        image: str,
        *,
        labels: Mapping[str, str] | None = None,
        network: Callable[[], str] = kinds_network,
    ) -> None:
        api = new_client()
        self._core: Any = client.CoreV1Api(api)
        self._policies: Any = client.NetworkingV1Api(api)
        self._here = Peers(new_client, image, labels=labels or {}, network=network)
        self._there = Peers(new_client, image, labels=labels or {})
        self._specs: dict[str, Pod] = {}
        self._pods: dict[str, tuple[Place, Nonce]] = {}

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Remove the namespaces and all in them."""
        self._here.close()
        self._there.close()

    def run(self, pods: Mapping[str, Pod]) -> None:
        """Run pods, started side by side."""
        started = {}
        for name, pod in pods.items():
            self._specs[name] = pod
            peers = self._there if pod.elsewhere else self._here
            started[name] = (peers, *peers.start(name, peers.namespace, {POD: name, **pod.labels}, notes=True))
        for name, (peers, pod_name, nonce) in started.items():
            self._pods[name] = peers.running(name, peers.namespace, pod_name), nonce

    def has(self, name: str) -> bool:
        """Whether a pod of that name is on the stage."""
        return name in self._pods

    def place(self, name: str) -> Place:
        """A pod as a source."""
        return self._pod(name)[0]

    def target(self, name: str) -> Target:
        """A pod as a target."""
        place, nonce = self._pod(name)
        received = partial(self._here.received, place.namespace, place.pod)
        return Target(name, place.address, nonce, (place,), SERVED_PORT, received=received)

    def outside(self) -> Target:
        """The container on the cluster's Docker network."""
        return self._here.outside()

    # ---- changes

    def set_policy(self, pod: str, ingress: list[dict[str, Any]], what: str) -> Change:
        """Create the policy of a pod, or change it if it is there: what it lets in, and nothing else."""
        place = self.place(pod)
        body = {
            "metadata": {"name": pod, "annotations": {"kube-acceptance/task": "T-507"}},
            "spec": {"podSelector": {"matchLabels": {POD: pod}}, "policyTypes": ["Ingress"], "ingress": ingress},
        }

        def call() -> None:
            try:
                self._policies.replace_namespaced_network_policy(pod, place.namespace, body)
            except ApiException as error:
                if error.status != 404:
                    raise
                self._policies.create_namespaced_network_policy(place.namespace, body)

        return acknowledged(what, call)

    def let_in(self, pod: str, peer: dict[str, Any], port: int, what: str) -> Change:
        """Set the policy of a pod to let in just what a peer says, on one port of TCP and UDP."""
        ports = [{"protocol": protocol, "port": port} for protocol in (Protocol.TCP, Protocol.UDP)]
        return self.set_policy(pod, [{"from": [peer], "ports": ports}], what)

    def delete_policy(self, pod: str, what: str) -> Change:
        """Delete the policy of a pod."""
        namespace = self.place(pod).namespace
        return acknowledged(what, lambda: self._policies.delete_namespaced_network_policy(pod, namespace))

    def label_pod(self, place: Place, key: str, value: str | None, what: str) -> Change:
        """Give a pod a label, or take it away where the value is None.

        Raises:
            ProbeError: That would change nothing.
        """
        pod = self._core.read_namespaced_pod(place.pod, place.namespace)
        _must_change(f"pod {place.pod}", pod.metadata.labels, key, value)
        body = {"metadata": {"labels": {key: value}}}
        return acknowledged(what, lambda: self._core.patch_namespaced_pod(place.pod, place.namespace, body))

    def label_namespace(self, place: Place, key: str, value: str | None, what: str) -> Change:
        """Give a pod's namespace a label, or take it away; see `label_pod`."""
        found = self._core.read_namespace(place.namespace)
        _must_change(f"namespace {place.namespace}", found.metadata.labels, key, value)
        body = {"metadata": {"labels": {key: value}}}
        return acknowledged(what, lambda: self._core.patch_namespace(place.namespace, body))

    def replace(self, name: str, what: str) -> Change:
        """Delete a pod, and run another one in its place, with the labels that it was given at first."""
        place = self.place(name)
        change = acknowledged(what, lambda: self._core.delete_namespaced_pod(place.pod, place.namespace))
        self.run({name: self._specs[name]})
        return change

    def _pod(self, name: str) -> tuple[Place, Nonce]:
        if name not in self._pods:
            known = ", ".join(sorted(self._pods)) or "none"
            raise ProbeError(f"no probe pod is called {name!r}", hint=f"There are: {known}.")
        return self._pods[name]


def acknowledged(what: str, call: Callable[[], object]) -> Change:
    """Make a change, and take down when the API server was asked and when it acknowledged.

    Raises:
        ProbeError: It refused; with its own words.
    """
    asked = time.monotonic()
    try:
        call()
    except ApiException as error:
        raise ProbeError(f"{what}: the API server refused it: {said_by_api(error)}") from error
    return Change(what, asked, time.monotonic())


def _must_change(what: str, labels: Mapping[str, str] | None, key: str, value: str | None) -> None:
    if (labels or {}).get(key) == value:
        has = f"has the label {key}={value} already" if value is not None else f"has no label {key}"
        raise ProbeError(f"{what} {has}, so nothing would change")
