"""Pods evicted through the API, which asks their disruption budget first."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from kubernetes import client
from kubernetes.client.exceptions import ApiException

from kube_acceptance.api_errors import said_by_api
from kube_acceptance.errors import AcceptanceError, FaultError
from kube_acceptance.release import Release
from kube_acceptance.wait import Seen, eventually
from kube_acceptance.wait.changes import changes

GONE, ANOTHER, KEPT = 404, 409, 429  # what the API server answers to an eviction besides yes
# the API server's words for a budget that is used up; a busy one, and one that is not up to date, answer 429 as well
USED_UP = re.compile(r"The disruption budget (?P<name>\S+) needs \d+ healthy pods and has \d+ currently")


@dataclass(frozen=True)
class Eviction:
    """What the API server answered to one eviction: the pod by name and UID, why it is kept, and by which budget.

    `why` is empty for an eviction that was granted, `budget` also for what was refused for another reason.
    """

    pod: str
    uid: str
    why: str = ""
    budget: str = ""

    @property
    def granted(self) -> bool:
        """Whether the pod may go."""
        return not self.why

    def __str__(self) -> str:
        return f"pod {self.pod}: " + ("granted" if self.granted else f"refused, {self.why}")


def evict(release: Release, pod: str, uid: str) -> Eviction:
    """Ask for the eviction of a pod; one that is gone already counts as granted."""
    body = client.V1Eviction(
        metadata=client.V1ObjectMeta(name=pod, namespace=release.namespace),
        delete_options=client.V1DeleteOptions(preconditions=client.V1Preconditions(uid=uid)),
    )
    try:
        release.cluster.core.create_namespaced_pod_eviction(pod, release.namespace, body)
    except ApiException as error:
        if error.status == KEPT:
            budget = next((match["name"] for cause in _causes(error) if (match := USED_UP.search(cause))), "")
            return Eviction(pod, uid, said_by_api(error), budget)
        if error.status not in (GONE, ANOTHER):
            raise
    return Eviction(pod, uid)


def evict_all(release: Release, component: str) -> list[Eviction]:
    """Ask for the eviction of every running pod of a tier, one right after the other.

    Raises:
        FaultError: Fewer than two run, so that none could be kept.
    """
    doomed = release.serving_pods(component)
    if len(doomed) < 2:
        raise FaultError(f"{len(doomed)} {component} pod of release {release.name} runs, so no budget could keep one")
    return [evict(release, pod.metadata.name, str(pod.metadata.uid)) for pod in doomed]


def must_be_kept(release: Release, asked: Sequence[Eviction], granted: int, budget: str) -> Iterator[str]:
    """Fail unless just so many evictions were granted and a budget refused the others; then what became of the pods.

    Raises:
        AcceptanceError: More or fewer were granted, or another reason kept a pod, or a pod is not what was answered.
    """
    kept = [each for each in asked if not each.granted]
    if len(asked) - len(kept) != granted:
        told = [str(each) for each in asked]
        raise AcceptanceError(
            f"{len(asked) - len(kept)} of {len(asked)} evictions were granted, not {granted}", details=told
        )
    for each in kept:
        if each.budget != budget:
            raise AcceptanceError(f"the eviction of pod {each.pod} was not refused by the budget {budget}: {each.why}")
    there = {str(pod.metadata.uid) for pod in release.pods()}  # without those that are being deleted
    for each in asked:
        if each.granted and each.uid in there:
            raise AcceptanceError(f"the eviction of pod {each.pod} was granted, but it stays")
        if not each.granted and each.uid not in there:
            raise AcceptanceError(f"the eviction of pod {each.pod} was refused, but it goes")
        yield str(each)


def evict_kept(release: Release, asked: Sequence[Eviction], *, within: float) -> list[str]:
    """Ask for the eviction of the pods that were kept until each is granted, as a drain does; returns their names.

    Raises:
        FaultError: None was kept, so that nothing would be asked.
        WaitError: One is kept still; the first line says why.
    """
    left = {each.uid: each.pod for each in asked if not each.granted}
    if not left:
        raise FaultError("no eviction was refused, so there is none to ask for again")
    names = sorted(left.values())

    def look() -> Seen[None]:
        answers = [evict(release, pod, uid) for uid, pod in left.items()]
        for each in answers:
            if each.granted:
                del left[each.uid]
        return Seen(not left, "; ".join(str(each) for each in answers))

    with changes(release.cluster.new_client, release.namespace) as changed:
        eventually(f"the eviction of {', '.join(names)} to be granted", look, within=within, changed=changed)
    return names


def _causes(error: ApiException) -> list[str]:
    try:
        details: Any = json.loads(error.body or "{}").get("details") or {}
    except ValueError:
        return []
    return [f"{cause.get('message', '')}" for cause in details.get("causes") or []]
