"""Who a pod is to the API server, and what it may ask there."""

from __future__ import annotations

from collections.abc import Iterator

from kube_acceptance.security.posture.rendered import Rendered, called
from kube_acceptance.security.posture.rule import rule

# rights by which others are gained: https://kubernetes.io/docs/concepts/security/rbac-good-practices/
VERBS = {"bind", "escalate", "impersonate"}
RESOURCES = {
    *("pods/attach", "pods/ephemeralcontainers", "pods/exec", "pods/portforward"),
    *("nodes/proxy", "serviceaccounts/token", "certificatesigningrequests/approval"),
    *("mutatingwebhookconfigurations", "validatingwebhookconfigurations"),
}
READS = {"get", "list", "watch"}


@rule("own-service-account")
def own_service_account(rendered: Rendered) -> Iterator[str]:
    """Every pod has a ServiceAccount that the chart brings: rights of the default one would be everybody's."""
    brought = {item["metadata"]["name"] for item in rendered.of("ServiceAccount")}
    for workload in rendered.workloads:
        name = workload.spec.get("serviceAccountName") or "default"
        if name == "default" or name not in brought:
            yield (
                f"the pods of {workload} have the ServiceAccount {name}, which the chart does not bring;"
                " render one, and name it in serviceAccountName"
            )


@rule("no-token")
def no_token(rendered: Rendered) -> Iterator[str]:
    """No pod is given a token of the API server."""
    accounts = {item["metadata"]["name"]: item for item in rendered.of("ServiceAccount")}
    for workload in rendered.workloads:
        account = accounts.get(workload.spec.get("serviceAccountName") or "default") or {}
        if workload.spec.get("automountServiceAccountToken", account.get("automountServiceAccountToken")) is not False:
            yield f"the pods of {workload} are given a token; set automountServiceAccountToken to false"
    for where, volume in rendered.volumes:
        if any("serviceAccountToken" in source for source in (volume.get("projected") or {}).get("sources") or []):
            yield f"{where} holds a token of the API server; remove its source serviceAccountToken"


@rule("no-wildcard")
def no_wildcard(rendered: Rendered) -> Iterator[str]:
    """No role grants everything, not even of one kind."""
    for item in rendered.of("Role", "ClusterRole"):
        for granted in item.get("rules") or []:
            for field in ("apiGroups", "resources", "verbs", "nonResourceURLs"):
                if any("*" in each for each in granted.get(field) or []):
                    yield f"{called(item)} grants all {field}; name those that are needed"


@rule("no-secret-reading")
def no_secret_reading(rendered: Rendered) -> Iterator[str]:
    """No role reads Secrets but by their names; a list holds the contents of all."""
    for item in rendered.of("Role", "ClusterRole"):
        for granted in item.get("rules") or []:
            verbs = READS & set(granted.get("verbs") or [])
            if "secrets" in (granted.get("resources") or []) and (
                verbs - {"get"} or (verbs and not granted.get("resourceNames"))
            ):
                yield f"{called(item)} grants to {', '.join(sorted(verbs))} Secrets; mount the ones that are needed"


@rule("no-escalation")
def no_escalation(rendered: Rendered) -> Iterator[str]:
    """No role grants a right by which others are gained."""
    for item in rendered.of("Role", "ClusterRole"):
        for granted in item.get("rules") or []:
            for word in sorted(
                {*(granted.get("verbs") or []), *(granted.get("resources") or [])} & (VERBS | RESOURCES)
            ):
                yield f"{called(item)} grants {word}, by which other rights are gained; remove it"


@rule("namespaced-rights")
def namespaced_rights(rendered: Rendered) -> Iterator[str]:
    """Rights end at the namespace, and are the chart's own: no ClusterRole is granted."""
    for item in rendered.of("ClusterRoleBinding", "RoleBinding"):
        if item["kind"] == "ClusterRoleBinding" or item["roleRef"]["kind"] == "ClusterRole":
            yield f"{called(item)} grants the ClusterRole {item['roleRef']['name']}; grant a Role of the chart"
