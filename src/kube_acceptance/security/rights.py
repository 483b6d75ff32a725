"""A right: a verb on a resource, as tables write it and as the API server's authorizer understands it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kube_acceptance.errors import ConfigurationError

NOBODY = "kube-acceptance-nobody"  # the name of an object that does not exist
EVERY_NAMESPACE = "every namespace"
RBAC = "rbac.authorization.k8s.io"
_RESOURCE = re.compile(
    r"(?P<resource>[a-z][a-z0-9]*)(?P<group>(?:\.[a-z0-9-]+)*)(?:/(?P<subresource>[a-z]+))?"
    r"(?: named (?P<name>[^\s/]+))?(?: in (?P<where>every namespace|[a-z0-9-]+))?"
)


@dataclass(frozen=True)
class Right:
    """A verb on a resource, or on a path such as /version.

    `resource` is its plural, `group` empty for the core group; without a `name` it is about no object in particular;
    `namespace` is empty for every namespace and for what has none.
    """

    verb: str
    resource: str = ""
    group: str = ""
    subresource: str = ""
    name: str = ""
    namespace: str = ""
    path: str = ""

    def __str__(self) -> str:
        if self.path:
            return f"{self.verb} {self.path}"
        dotted = f"{self.resource}.{self.group}" if self.group else self.resource
        return f"{self.verb} {dotted}{self._sub}" + (f" named {self.name}" if self.name else "") + self._where

    @property
    def _sub(self) -> str:
        return f"/{self.subresource}" if self.subresource else ""

    @property
    def _where(self) -> str:
        return f" in {self.namespace}" if self.namespace not in ("", self.name, NOBODY) else ""

    def review(self, user: str, groups: list[str]) -> dict[str, Any]:
        """The SubjectAccessReview that asks whether a user has it."""
        if self.path:
            asked: dict[str, Any] = {"nonResourceAttributes": {"verb": self.verb, "path": self.path}}
        else:
            attributes = {
                "namespace": self.namespace,
                "verb": self.verb,
                "group": self.group,
                "resource": self.resource,
                "subresource": self.subresource,
                "name": self.name,
            }
            asked = {"resourceAttributes": {key: value for key, value in attributes.items() if value}}
        return {"spec": {"user": user, "groups": groups, **asked}}

    def denial(self, user: str) -> str:
        """The API server's words when the authorizer denies it to a user; they say what the server understood."""
        if self.path:
            return f'User "{user}" cannot {self.verb} path "{self.path}"'
        scope = f'in the namespace "{self.namespace}"' if self.namespace else "at the cluster scope"
        resource = f'resource "{self.resource}{self._sub}" in API group "{self.group}"'
        return f'User "{user}" cannot {self.verb} {resource} {scope}'


def parse(verbs: str, resources: str, *, namespace: str) -> Iterator[Right]:
    """The rights that two cells of a table stand for: every verb on every resource.

    A resource is written as `secrets`, `deployments.apps`, `pods/exec`, `secrets named NAME`, `secrets in NAMESPACE`,
    `secrets in every namespace`, or as a path such as `/version`.

    Args:
        verbs: Verbs, separated by commas.
        resources: Resources, separated by commas.
        namespace: The namespace that is meant where none is written.

    Raises:
        ConfigurationError: A resource is written in no such way.
    """
    for resource in resources.split(","):
        for verb in verbs.split(","):
            yield _parse(verb.strip(), resource.strip(), namespace)


def _parse(verb: str, resource: str, namespace: str) -> Right:
    if resource.startswith("/"):
        return Right(verb, path=resource)
    match = _RESOURCE.fullmatch(resource)
    if not match or not verb:
        raise ConfigurationError(
            f"{verb or 'no verb'} {resource!r} is no right",
            hint="Write a resource as secrets, deployments.apps, pods/exec, secrets named NAME, secrets in NAMESPACE, "
            "secrets in every namespace or /path.",
        )
    where = match["where"] or namespace
    return Right(
        verb,
        match["resource"],
        match["group"].removeprefix("."),
        match["subresource"] or "",
        match["name"] or "",
        "" if where == EVERY_NAMESPACE else where,
    )


# what lets an account take over others, the namespace or the cluster:
# https://kubernetes.io/docs/concepts/security/rbac-good-practices/#privilege-escalation-risks
_DANGEROUS = (
    ("get, list, watch", "secrets"),
    ("get, list, watch", "secrets in every namespace, secrets in kube-system"),
    ("create, update, patch, delete", "secrets"),
    ("create", "pods, deployments.apps, statefulsets.apps, daemonsets.apps, jobs.batch, cronjobs.batch"),
    ("get, create", "pods/exec, pods/attach, pods/portforward"),
    ("patch, update", "pods/ephemeralcontainers"),
    ("create", "serviceaccounts/token"),
    ("impersonate", "users, groups, serviceaccounts"),
    ("escalate, bind", f"roles.{RBAC}, clusterroles.{RBAC}"),
    ("create, update, patch, delete", f"roles.{RBAC}, rolebindings.{RBAC}"),
    ("create, update, patch, delete", f"clusterroles.{RBAC}, clusterrolebindings.{RBAC}"),
    ("get, list, update, patch, delete", "nodes"),
    ("get, create", "nodes/proxy"),
    ("create", "tokenreviews.authentication.k8s.io, subjectaccessreviews.authorization.k8s.io"),
    ("create", "persistentvolumes"),
    ("delete, patch", "networkpolicies.networking.k8s.io"),
    ("create, patch", "mutatingwebhookconfigurations.admissionregistration.k8s.io"),
    ("create, patch", "validatingwebhookconfigurations.admissionregistration.k8s.io"),
    ("create", "certificatesigningrequests.certificates.k8s.io"),
)
# no call can be made of them, only asked about
_WILDCARDS = (Right("*", "*", "*"), Right("*", path="/*"))


def dangerous(namespace: str, secrets: list[str]) -> list[Right]:
    """The rights by which an account could take over more than itself.

    Args:
        namespace: The namespace of the accounts.
        secrets: The Secrets there: a role may give one of them by its name alone.
    """
    found = [right for verbs, what in _DANGEROUS for right in parse(verbs, what, namespace=namespace)]
    # by its own name, as a role in it may give it
    found += parse("patch, update, delete", f"namespaces named {namespace}", namespace=namespace)
    found += [Right("get", "secrets", name=name, namespace=namespace) for name in secrets]
    return found


def wildcards(namespace: str) -> list[Right]:
    """Everything there is, in a namespace, in the cluster, and on every path."""
    everything, every_path = _WILDCARDS
    return [Right("*", everything.resource, everything.group, namespace=namespace), everything, every_path]
