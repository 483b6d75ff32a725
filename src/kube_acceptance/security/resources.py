"""The resources that an API server has, by its own discovery."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from kube_acceptance.errors import ConfigurationError
from kube_acceptance.security.rights import NOBODY, RBAC, Right

# https://kubernetes.io/docs/reference/using-api/api-concepts/#aggregated-discovery; one answer for all groups
AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
# https://kubernetes.io/docs/reference/access-authn-authz/authorization/#determine-the-request-verb and the sections on
# privilege escalation and impersonation: verbs that no request has by itself
SPECIAL: Mapping[str, tuple[tuple[str, str], ...]] = {
    "escalate": (("roles", RBAC), ("clusterroles", RBAC)),
    "bind": (("roles", RBAC), ("clusterroles", RBAC)),
    "impersonate": (("users", ""), ("groups", ""), ("serviceaccounts", "")),
}


@dataclass(frozen=True)
class Resource:
    """A resource: where requests for it go, and which verbs it knows."""

    prefix: str
    kind: str
    namespaced: bool
    verbs: frozenset[str]


class Resources:
    """All resources of an API server.

    Args:
        found: By group and plural, with the subresource as in `pods/exec`.
    """

    def __init__(self, found: Mapping[tuple[str, str], Resource]) -> None:
        self._found = found

    @classmethod
    def of(cls, api: Any) -> Resources:
        """Ask an API server (an ApiClient); the preferred version of each group counts."""
        found: dict[tuple[str, str], Resource] = {}
        for path in ("/api", "/apis"):
            asked = api.param_serialize(
                "GET", path, header_params={"Accept": AGGREGATED}, auth_settings=["BearerToken"]
            )
            found.update(_resources(json.loads(api.call_api(*asked).read())["items"]))
        return cls(found)

    def resolve(self, right: Right) -> tuple[Right, Resource]:
        """A right with its true scope, and the resource that it is about.

        Raises:
            ConfigurationError: The API server knows no such resource, or no such verb on it.
        """
        special = SPECIAL.get(right.verb)
        plural = f"{right.resource}/{right.subresource}" if right.subresource else right.resource
        if special and (right.resource, right.group) in special:
            resource = self._found.get((right.group, plural), Resource("", "", False, frozenset()))
            # a binding in a namespace is asked about there, also when it names a ClusterRole
            keeps = resource.namespaced or right.verb == "bind"
            return (right if keeps else replace(right, namespace="")), resource
        known = self._found.get((right.group, plural))
        if known is None or right.verb not in known.verbs:
            dotted = f"{plural} of {right.group}" if right.group else plural
            raise ConfigurationError(
                f"the API server knows no {right.verb} of {dotted}",
                hint="kubectl api-resources --output wide lists the resources with their groups and verbs.",
            )
        if (right.resource, right.group) == ("namespaces", "") and right.verb in ("get", "update", "patch", "delete"):
            # the authorizer takes a namespace to be in itself: a role in it may give it
            return replace(right, namespace=right.name or NOBODY), known
        return (right if known.namespaced else replace(right, namespace="")), known


def _resources(groups: list[dict[str, Any]]) -> Iterator[tuple[tuple[str, str], Resource]]:
    for item in groups:
        group = item.get("metadata", {}).get("name", "")
        for version in reversed(item["versions"]):  # the preferred one is first, and stays
            prefix = f"/apis/{group}/{version['version']}" if group else f"/api/{version['version']}"
            for one in version["resources"]:
                namespaced = one["scope"] == "Namespaced"
                plural = one["resource"]
                kind = one.get("responseKind", {}).get("kind", "")
                yield (group, plural), Resource(prefix, kind, namespaced, frozenset(one["verbs"]))
                for sub in one.get("subresources", []):
                    kind = sub.get("responseKind", {}).get("kind", "")
                    verbs = frozenset(sub["verbs"])
                    yield (group, f"{plural}/{sub['subresource']}"), Resource(prefix, kind, namespaced, verbs)
