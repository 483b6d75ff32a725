"""What service accounts may do, asked of the API server's own authorizer."""

from __future__ import annotations

from typing import Any

from kubernetes import client

from kube_acceptance.errors import AcceptanceError, ConfigurationError
from kube_acceptance.release import Release
from kube_acceptance.state import pods

TOKENS = "/var/run/secrets/kubernetes.io/serviceaccount/token"


def accounts(release: Release, component: str) -> set[str]:
    """The service accounts of a tier's pods."""
    return {str(pod.spec.service_account_name or "default") for pod in release.pods(component)}


def must(release: Release, component: str, verb: str, resource: str, *, may: bool) -> None:
    """Fail unless the accounts of a tier may (or may not) do something in the release's namespace.

    That a verb and a resource exist is asked first, and an administrator may do it: otherwise everybody may not.

    Raises:
        ConfigurationError: The API server knows no such verb on such a resource.
        AcceptanceError: It is otherwise; the sentence names the account.
    """
    name, _, group = resource.partition(".")
    known = release.cluster.kubectl("api-resources", "--output", "name", f"--verbs={verb}").stdout.split()
    if resource not in known:
        raise ConfigurationError(
            f"the API server knows no {verb} of {resource}",
            hint="kubectl api-resources --output name lists the resources.",
        )
    namespace = release.namespace
    if not _allowed(release, "kubernetes-admin", ["system:masters", "system:authenticated"], verb, name, group):
        raise AcceptanceError(f"not even an administrator may {verb} {resource}, so nothing can be said of others")
    for account in sorted(accounts(release, component)):
        groups = ["system:serviceaccounts", f"system:serviceaccounts:{namespace}", "system:authenticated"]
        allowed = _allowed(release, f"system:serviceaccount:{namespace}:{account}", groups, verb, name, group)
        if allowed != may:
            word = "may" if allowed else "may not"
            raise AcceptanceError(f"service account {account} of the {component} tier {word} {verb} {resource}")


def tokens(release: Release, component: str) -> dict[str, bool]:
    """Whether the first container of each of a tier's pods holds a token of the Kubernetes API, by the pod's name."""
    return {
        pod.metadata.name: _holds_token(release, pod.metadata.name, pod.spec.containers[0].name)
        for pod in pods.serving(release, component)
    }


def _holds_token(release: Release, pod: str, container: str) -> bool:
    said = release.execute(pod, "sh", "-c", f"test -s {TOKENS} && echo held || echo none", container=container).strip()
    if said not in ("held", "none"):
        raise AcceptanceError(f"pod {pod} does not say whether it holds a token: {said}")
    return said == "held"


def _allowed(release: Release, user: str, groups: list[str], verb: str, resource: str, group: str) -> bool:
    body: dict[str, Any] = {
        "spec": {
            "user": user,
            "groups": groups,
            "resourceAttributes": {
                "namespace": release.namespace,
                "verb": verb,
                "resource": resource,
                "group": group,
            },
        }
    }
    api: Any = client.AuthorizationV1Api(release.cluster.new_client())
    review = api.create_subject_access_review(body)
    return bool(review.status.allowed)
