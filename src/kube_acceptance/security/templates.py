"""The pods that a release's workloads describe, whether they run now or not."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.release import Release
from kube_acceptance.release.objects import pod_templates

Spec = dict[str, Any]


def of_release(release: Release) -> dict[str, Spec]:
    """The pods of a release as the cluster holds their workloads now; see `specs`."""
    return specs(release.live_objects())


def specs(objects: Iterable[Mapping[str, Any]]) -> dict[str, Spec]:
    """The specifications of the pods that workloads describe, by the workloads' kinds and names; a copy each.

    A StatefulSet gives its first pod the claims of its templates; without them the pod would be refused for a volume
    that it mounts and does not have.

    Raises:
        AcceptanceError: There are none, so nothing could be said of any.
    """
    items = list(objects)
    found = {where: copy.deepcopy(dict(spec)) for where, spec in pod_templates(items)}
    for item in items:
        name = item["metadata"]["name"]
        for claim in (item.get("spec") or {}).get("volumeClaimTemplates") or []:
            volume = {"name": claim["metadata"]["name"]}
            volume["persistentVolumeClaim"] = {"claimName": f"{volume['name']}-{name}-0"}
            found[f"{item['kind']} {name}"].setdefault("volumes", []).append(volume)
    if not found:
        raise AcceptanceError("the release has no workload, so nothing can be said of its pods")
    return found
