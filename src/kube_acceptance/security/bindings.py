"""Who is given rights: what bindings say, beside what can be tried; and which pods run under which account."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.release import Release
from kube_acceptance.release.objects import pod_templates
from kube_acceptance.security.callers import Account
from kube_acceptance.security.rbac import DEFAULT, accounts

# what Kubernetes itself binds to everybody, each to the role of the same name:
# https://kubernetes.io/docs/reference/access-authn-authz/rbac/#default-roles-and-role-bindings
EVERYBODYS = frozenset(
    {
        "system:basic-user",
        "system:cluster-trust-bundle-discovery",
        "system:discovery",
        "system:public-info-viewer",
        "system:service-account-issuer-discovery",
    }
)


def given(release: Release) -> tuple[list[str], int]:
    """The bindings that give an account of a release's namespace anything, a sentence each, and how many there are.

    Raises:
        AcceptanceError: The cluster has no bindings at all, so they were not seen.
    """
    everything = [item for kind in ("rolebindings", "clusterrolebindings") for item in _all(release, kind)]
    if not everything:
        raise AcceptanceError("the cluster shows no bindings, so nothing was checked")
    ours = [Account(release.namespace, name) for name in accounts(release)]
    return list(findings(everything, ours)), len(everything)


def findings(bindings: Sequence[Mapping[str, Any]], ours: Sequence[Account]) -> Iterator[str]:
    """Say which bindings give some accounts rights, by their names or by groups, beyond Kubernetes' own defaults."""
    namespace = ours[0].namespace
    users = {account.user: account.name for account in ours}
    groups = {*ours[0].groups, "system:unauthenticated"}
    for item in bindings:
        name, role = item["metadata"]["name"], item["roleRef"]["name"]
        if item["kind"] == "ClusterRoleBinding" and name == role and name in EVERYBODYS:
            continue
        for subject in item.get("subjects") or []:
            where = subject.get("namespace") or item["metadata"].get("namespace")
            match subject["kind"]:
                case "ServiceAccount" if where == namespace:
                    whom = f"service account {subject['name']}"
                case "User" if subject["name"] in users:
                    whom = f"service account {users[subject['name']]}"
                case "Group" if subject["name"] in groups:
                    whom = f"the group {subject['name']}"
                case _:
                    continue
            yield f"{item['kind']} {name} gives {whom} the {item['roleRef']['kind']} {role}"


def workload_accounts(release: Release) -> list[str]:
    """What is wrong with the accounts of a release's workloads and pods, a sentence each.

    Every workload has an account of its own, which is not the namespace's default one.
    """
    pods = {pod.metadata.name: str(pod.spec.service_account_name or DEFAULT) for pod in release.pods()}
    return [*shared(release.objects()), *(f"pod {pod} runs under the account {DEFAULT}" for pod in _default(pods))]


def shared(objects: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Say which workloads run under an account that another one has, or under the default one."""
    users: dict[str, list[str]] = {}
    for where, spec in pod_templates(objects):
        users.setdefault(spec.get("serviceAccountName") or DEFAULT, []).append(where)
    if not users:
        yield "the release has no workload, so nothing was checked"
    for account, workloads in users.items():
        if account == DEFAULT:
            yield f"{workloads[0]} runs under the account {DEFAULT}"
        elif len(workloads) > 1:
            yield f"{' and '.join(workloads)} share the service account {account}"


def _default(pods: Mapping[str, str]) -> list[str]:
    return [pod for pod, account in pods.items() if account == DEFAULT]


def _all(release: Release, kind: str) -> list[dict[str, Any]]:
    said = release.cluster.kubectl("get", kind, "--all-namespaces", "--output", "json").stdout
    found: list[dict[str, Any]] = json.loads(said)["items"]
    return found
