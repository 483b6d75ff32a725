"""A mutant that changes the cluster itself, for as long as its run lasts.

What was there before is read first and put back at the end, however the run ends; both ways are waited for, so that the
run meets the cluster without the protection and the next one meets it whole.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import jsonpatch
from jsonpointer import JsonPointerException, resolve_pointer
from kubernetes.client.exceptions import ApiException

from kube_acceptance.cluster import Cluster
from kube_acceptance.console import progress
from kube_acceptance.errors import ConfigurationError
from kube_acceptance.mutation.removal import Alteration, Removal
from kube_acceptance.wait import rollout
from kube_acceptance.wait.until import Seen, eventually

SETTLES_WITHIN = 120.0  # seconds
READERS = {
    "DaemonSet": "read_namespaced_daemon_set",
    "Deployment": "read_namespaced_deployment",
    "StatefulSet": "read_namespaced_stateful_set",
}


@dataclass(frozen=True)
class Workload:
    """A workload of the cluster, and what is to be its specification."""

    kind: str
    namespace: str
    name: str
    spec: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}"


@contextlib.contextmanager
def altered(cluster: Cluster, mutant: Removal, *, alone: Callable[[], bool]) -> Iterator[None]:
    """Without the mutant's protection inside of this block, and whole again after it.

    Args:
        cluster: The cluster.
        mutant: The mutant; one that leaves the cluster as it is does nothing here.
        alone: Whether nobody else uses the cluster.

    Raises:
        ConfigurationError: Others use the cluster, whose runs the change would falsify, or there is nothing to change.
        WaitError: The cluster did not become what it should in time.
    """
    if not mutant.cluster:
        yield
        return
    if not alone():
        raise ConfigurationError(
            f"another run uses the cluster {cluster.name}, and the mutant {mutant.name} would falsify it",
            hint="Wait until it has ended, or name another cluster with --cluster-name.",
        )
    pairs = list(_pairs(cluster, mutant))
    try:
        _put(cluster, [after for _, after in pairs])
        yield
    finally:
        progress(f"the cluster {cluster.name} gets back {mutant.takes_away}")
        _put(cluster, [before for before, _ in pairs])


def must_be_altered(cluster: Cluster, mutant: Removal) -> None:
    """Raise ConfigurationError when the cluster still has the protection: a run would say nothing of the mutant."""
    if not mutant.cluster:
        return
    for now, after in _pairs(cluster, mutant):
        if now != after:
            raise ConfigurationError(
                f"the mutant {mutant.name} changes the cluster itself, and its {now} is whole",
                hint=f"Run  kube-acceptance mutants {mutant.name}  which takes it away and puts it back.",
            )


def _pairs(cluster: Cluster, mutant: Removal) -> Iterator[tuple[Workload, Workload]]:
    """Each workload that a mutant changes, as it is and without the protection."""
    for each in mutant.cluster:
        found = [now for name in each.name if (now := _read(cluster, each, name))]
        if not found:
            names = " or ".join(each.name)
            raise ConfigurationError(
                f"{mutant.file.name}: the cluster has no {each.kind} {names} in {each.namespace}, so nothing changes"
            )
        for now in found:
            yield now, Workload(now.kind, now.namespace, now.name, _patched(now, each.patch, mutant.file.name))


def _patched(now: Workload, patch: list[dict[str, Any]], file: str) -> dict[str, Any]:
    try:
        item = jsonpatch.apply_patch({"spec": now.spec}, [each for each in patch if not _is_there(each, now.spec)])
    except (jsonpatch.JsonPatchException, JsonPointerException) as error:
        raise ConfigurationError(f"{file}: the patch of {now} does not fit: {error}") from error
    spec: dict[str, Any] = item["spec"]
    return spec


def _is_there(step: Mapping[str, Any], spec: Mapping[str, Any]) -> bool:
    """Whether a list ends as it is to be made: whoever looks whether a change was made would make it once more."""
    if step["op"] != "add" or not step["path"].endswith("/-"):
        return False
    found = resolve_pointer({"spec": spec}, step["path"].removesuffix("/-"))
    return isinstance(found, list) and step["value"] in found[-1:]


def _read(cluster: Cluster, wanted: Alteration, name: str) -> Workload | None:
    read = getattr(cluster.apps, READERS[wanted.kind])
    try:
        said = read(name, wanted.namespace, _preload_content=False)
    except ApiException as error:
        if error.status == 404:
            return None
        raise
    return Workload(wanted.kind, wanted.namespace, name, json.loads(said.data)["spec"])


def _put(cluster: Cluster, workloads: Iterable[Workload]) -> None:
    """Give workloads their specifications, all of them before the first wait, which may be interrupted."""
    waits = []
    for one in workloads:
        patch = json.dumps([{"op": "replace", "path": "/spec", "value": one.spec}])
        cluster.kubectl("patch", one.kind, one.name, "--namespace", one.namespace, "--type", "json", "--patch", patch)
        waits.append(one)
    for one in waits:
        eventually(f"{one} to be as it should", partial(_settled, cluster, one), within=SETTLES_WITHIN)


def _settled(cluster: Cluster, one: Workload) -> Seen[None]:
    """Whether the rollout is over, and no pod is left that should be gone."""
    item = getattr(cluster.apps, READERS[one.kind])(one.name, one.namespace)
    lacking = rollout.CHECKS[one.kind](item)
    if lacking != rollout.NO_PODS:
        return Seen(not lacking, lacking or "its rollout is over")
    labels = ",".join(f"{key}={value}" for key, value in item.spec.selector.match_labels.items())
    left = len(cluster.core.list_namespaced_pod(one.namespace, label_selector=labels).items)
    return Seen(not left, f"{left} of its pods are left")
