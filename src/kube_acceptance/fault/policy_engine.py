"""The cluster's policy engine, stopped for a while: then nothing enforces network policies."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from typing import Any

from kube_acceptance.cluster import Cluster
from kube_acceptance.cluster.owner import RUN_LABEL
from kube_acceptance.errors import FaultError
from kube_acceptance.wait import Seen, eventually

NAMESPACE = "kube-system"
ENGINES = ("kindnet", "kube-network-policies")
"""The DaemonSets of Kind's own node image, and of this project's."""
NOWHERE = "kube-acceptance/nowhere"
"""A label that no node has."""
OURS = "kube-acceptance/"
"""How the labels of what runs make begin."""
WITHIN = 60.0  # seconds


def stop(cluster: Cluster, *, labels: Mapping[str, str], afterwards: contextlib.ExitStack) -> str:
    """Have no node run the policy engine; without its pods the kernel lets through what they would have judged.

    Args:
        cluster: The cluster.
        labels: Those of what this run makes; the engine carries them until it is started again.
        afterwards: Is given what starts it again, however the scenario ends.

    Returns:
        What was stopped.

    Raises:
        FaultError: There is no engine that is known.
        WaitError: Its pods do not go.
    """
    cluster.provider.must_be_own("its policy engine")
    engines = {each.metadata.name: each for each in cluster.apps.list_namespaced_daemon_set(NAMESPACE).items}
    name = next((each for each in ENGINES if each in engines), "")
    if not name:
        raise FaultError(f"there is no policy engine that is known among the DaemonSets {', '.join(engines)}")
    afterwards.callback(start, cluster, name)
    # first, or it would be given half a minute to end, which it does not when it is told to
    wanted = ",".join("=".join(pair) for pair in engines[name].spec.selector.match_labels.items())
    cluster.core.delete_collection_namespaced_pod(NAMESPACE, label_selector=wanted, grace_period_seconds=1)
    _patch(cluster, name, labels=labels, selector="true")
    _until(cluster, name, "be gone", lambda status: not status.current_number_scheduled + status.number_misscheduled)
    return f"DaemonSet {name} is stopped"


def start(cluster: Cluster, name: str) -> None:
    """Have every node run it again.

    Args:
        cluster: The cluster.
        name: The engine's DaemonSet.

    Raises:
        WaitError: It is not ready on each.
    """
    _patch(cluster, name)
    _until(cluster, name, "be ready", lambda status: 0 < status.desired_number_scheduled == status.number_ready)
    labels = cluster.apps.read_namespaced_daemon_set(name, NAMESPACE).metadata.labels or {}
    _patch(cluster, name, labels={key: None for key in labels if key.startswith(OURS)})


def left(cluster: Cluster, of: Callable[[Mapping[str, str]], bool]) -> list[str]:
    """The names of engines that runs have stopped and not started again, whose labels are of a certain kind."""
    found = cluster.apps.list_namespaced_daemon_set(NAMESPACE, label_selector=RUN_LABEL).items
    return [each.metadata.name for each in found if of(each.metadata.labels)]


def _patch(
    cluster: Cluster, name: str, *, labels: Mapping[str, str | None] | None = None, selector: str | None = None
) -> None:
    nodes = {"template": {"spec": {"nodeSelector": {NOWHERE: selector}}}}
    cluster.apps.patch_namespaced_daemon_set(
        name, NAMESPACE, {"metadata": {"labels": dict(labels or {})}, "spec": nodes}
    )


def _until(cluster: Cluster, name: str, what: str, met: Callable[[Any], bool]) -> None:
    def look() -> Seen[None]:
        engine = cluster.apps.read_namespaced_daemon_set(name, NAMESPACE)
        status = engine.status
        seen = status.observed_generation == engine.metadata.generation and met(status)
        return Seen(seen, f"{status.number_ready} of {status.current_number_scheduled} pods are ready")

    eventually(f"the pods of DaemonSet {name} to {what}", look, within=WITHIN)
