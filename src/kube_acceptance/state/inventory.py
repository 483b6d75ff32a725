"""All that there is in a namespace, of whatever kind, and what beyond it belongs to it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.release import Release

# what the cluster notes of objects rather than what somebody made, and what is computed when it is asked for
NOTED = ("events", "events.events.k8s.io", "pods.metrics.k8s.io")
# what Kubernetes itself puts into every namespace, a moment after it was made
ALWAYS = frozenset({("ServiceAccount", "default"), ("ConfigMap", "kube-root-ca.crt")})
HELM_NAMESPACE = "meta.helm.sh/release-namespace"

Names = frozenset[tuple[str, str]]


def inventory(release: Release) -> Names:
    """Everything in a release's namespace, by kind and name, and what stands outside of namespaces for its sake.

    The latter are volumes that are claimed from there, and what Helm says it installed for a release there.

    Raises:
        AcceptanceError: Not even what every namespace has was found, so the look has not looked.
    """
    inside = frozenset(_names(_all(release, namespaced=True)))
    if not inside >= ALWAYS:
        raise AcceptanceError(
            f"not even what every namespace has is found in {release.namespace}, so nothing can be said of the rest"
        )
    return inside | frozenset(_names(item for item in _all(release, namespaced=False) if _for(item, release.namespace)))


def _all(release: Release, *, namespaced: bool) -> Iterator[dict[str, Any]]:
    kubectl = release.cluster.kubectl
    said = kubectl("api-resources", f"--namespaced={str(namespaced).lower()}", "--verbs", "list", "--output", "name")
    kinds = [kind for kind in said.stdout.split() if kind not in NOTED]
    where = ["--namespace", release.namespace] if namespaced else []
    listed = json.loads(kubectl("get", ",".join(kinds), *where, "--output", "json").stdout)
    yield from listed["items"]


def _names(items: Any) -> Iterator[tuple[str, str]]:
    return ((item["kind"], item["metadata"]["name"]) for item in items)


def _for(item: dict[str, Any], namespace: str) -> bool:
    claimed = ((item.get("spec") or {}).get("claimRef") or {}).get("namespace")
    annotations = item["metadata"].get("annotations") or {}
    return namespace in (claimed, annotations.get(HELM_NAMESPACE))
