"""The pod that sends requests: in a namespace of its own, on a node that no fault should strike."""

from __future__ import annotations

import contextlib
import json
import math
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from kubernetes.client.exceptions import ApiException

from kube_acceptance.api_errors import said_by_api
from kube_acceptance.command import CommandError
from kube_acceptance.errors import AcceptanceError, ProbeError
from kube_acceptance.probe.containers import PYTHON, await_running
from kube_acceptance.probe.peers import CONTAINER, Peers, pod_manifest
from kube_acceptance.probe.place import Nonce
from kube_acceptance.release import Release
from kube_acceptance.traffic.opening import isolated, opening
from kube_acceptance.wait.rollout import is_ready

CONTROL_PLANE = "node-role.kubernetes.io/control-plane"
SENDER = "kube-acceptance/sender"  # the label by which a policy knows the pod
TICK = 1.0  # seconds, after which it tells the time again
SILENT = 15.0  # seconds after which a sender that says nothing is looked at; it says something each second
LIVES = 3600  # seconds at most, should nobody be left to end it; by then its log is not full yet, and read whole
OVERLAP = 5  # seconds that are read twice, so that nothing falls between two reads
END = "import os, signal; os.kill(1, signal.SIGTERM)"


class Sender(AbstractContextManager["Sender"]):
    """Starts the pod, reads what it says, and removes it with all that came with it.

    Args:
        release: The release that is asked.
        plans: The requests, as `kube_acceptance.probe.image.sender` is told of them.
        tiers: The tiers that they speak to past an Ingress controller: the pod is let in there.
        every: Seconds between two of each.
        deadline: Seconds that one may take.
        outstanding: How many of each may be under way at most.
        image: The probe image's reference.
        labels: The labels of what this run makes.
        content: What the bodies' contents begin with; the pod's id follows.
    """

    def __init__(
        self,
        release: Release,
        plans: Sequence[Mapping[str, Any]],
        *,
        tiers: Sequence[str],
        every: float,
        deadline: float,
        outstanding: int,
        image: str,
        labels: Mapping[str, str],
        content: str = "Request",
    ) -> None:
        self._release = release
        self._tiers = sorted(set(tiers))
        self._image = image
        self._cluster = release.cluster
        self._peers = Peers(release.cluster.new_client, image, labels=labels)
        self._id = secrets.token_hex(4)
        self._pod = f"probe-sender-{self._id}"
        self._plan = {
            "every": every,
            "deadline": deadline,
            "outstanding": outstanding,
            "content": f"{content} {self._id}",
            "requests": list(plans),
        }
        self._policies: list[str] = []
        self._read = self._spoke = 0.0

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """Let the pod in, start it, and wait until it runs; raises ProbeError when it does not."""
        namespace = self._peers.namespace
        for tier in self._tiers:
            if isolated(self._release, tier):
                self._open(tier, namespace)
        self._peers.create(namespace, self._manifest())
        await_running(self._cluster.core, namespace, self._pod, CONTAINER)
        self._read = self._spoke = time.monotonic()

    def lines(self) -> Iterator[dict[str, Any]]:
        """What the pod has said since the last time, some of it again.

        Raises:
            AcceptanceError: The pod is gone, or has ended without having been told to.
            ApiException: The API server, or the pod's node, does not answer.
        """
        started = time.monotonic()
        since = math.ceil(started - self._read) + OVERLAP
        # as bytes: the client would take a log of one line for JSON, and give it back as Python writes it
        answer = self._cluster.core.read_namespaced_pod_log(
            self._pod, self._peers.namespace, container=CONTAINER, since_seconds=since, _preload_content=False
        )
        found = [json.loads(line) for line in answer.data.splitlines() if line.startswith(b"{") and line.endswith(b"}")]
        if found:
            self._spoke = started
        elif started - self._spoke > SILENT:
            self._must_live()
        self._read = started
        yield from found

    def address(self) -> str:
        """The pod's address."""
        return str(self._cluster.core.read_namespaced_pod(self._pod, self._peers.namespace).status.pod_ip)

    def stop(self) -> str:
        """Tell the pod to begin no more requests; it ends when all are over.

        Returns:
            What went wrong, which may be nothing but its end: the command may be ended with the pod.
        """
        where = ["--namespace", self._peers.namespace, self._pod, "--container", CONTAINER]
        try:
            self._cluster.kubectl("exec", *where, "--", *PYTHON, "-c", END)
        except CommandError as error:
            return error.details[-1] if error.details else error.summary
        return ""

    def close(self) -> None:
        """Remove everything that was made; what is gone already is no error.

        The pod is waited for: until its namespace is emptied it would go on, and what it writes would be taken for
        something that the next scenario had not written.
        """
        try:
            self._peers.end()
        finally:
            for name in self._policies:
                with contextlib.suppress(ApiException):
                    self._cluster.networking.delete_namespaced_network_policy(name, self._release.namespace)
            self._policies = []
            self._peers.close()

    def _open(self, tier: str, namespace: str) -> None:
        name = f"kube-acceptance-sender-{tier}-{self._id}"
        policy = opening(self._release, tier, name=name, namespace=namespace, labels={SENDER: self._id})
        try:
            self._cluster.networking.create_namespaced_network_policy(self._release.namespace, policy)
        except ApiException as error:
            raise ProbeError(f"the sender cannot be let in to the {tier} tier: {said_by_api(error)}") from error
        self._policies.append(name)

    def _manifest(self) -> dict[str, Any]:
        manifest = pod_manifest(self._pod, {SENDER: self._id}, self._image, Nonce(""))
        manifest["spec"]["containers"][0]["command"] = [*PYTHON, "/sender.py", json.dumps(self._plan)]
        nodes = self._cluster.core.list_node().items
        node = out_of_reach(nodes, {pod.spec.node_name for pod in self._release.pods()})
        # by its name past the scheduler, and past every taint: nothing evicts it
        manifest["spec"] |= {"tolerations": [{"operator": "Exists"}], "activeDeadlineSeconds": LIVES}
        manifest["spec"] |= {"nodeName": node} if node else {}
        return manifest

    def _must_live(self) -> None:
        if not self._peers.lives(self._peers.namespace, self._pod):
            raise AcceptanceError(f"the sender's pod {self._pod} has ended, so nothing is known of requests any more")


def out_of_reach(nodes: Sequence[Any], struck: set[str]) -> str:
    """The node for the sender: one that runs no pod of the release, a control plane before others.

    Where all run some, as after a drain, it is a control plane: what strikes a node strikes that of a tier. Empty when
    there is none.

    Args:
        nodes: The cluster's nodes.
        struck: The names of those that run pods of the release.
    """
    ready = [node.metadata for node in nodes if is_ready(node)]
    planes = [one for one in ready if CONTROL_PLANE in (one.labels or {})]
    free = [one for one in ready if one.name not in struck] or planes
    free.sort(key=lambda one: (one not in planes, one.name))
    return free[0].name if free else ""
