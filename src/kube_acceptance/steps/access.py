"""Rights in the Kubernetes API: what the service accounts of tiers may do, and who holds a token."""

from __future__ import annotations

from kube_acceptance.release import Release
from kube_acceptance.state import access
from kube_acceptance.vocabulary import assertion, must, rows


@assertion(
    'the service account of the "{component}" may {verb} "{resource}"',
    example='the service account of the "operator" may list "pods"',
)
def may(release: Release, component: str, verb: str, resource: str) -> None:
    """The API server's authorizer lets it, in the release's namespace."""
    access.must(release, component, verb, resource, may=True)


@assertion(
    'the service account of the "{component}" may not {verb} "{resource}"',
    example='the service account of the "backend" may not get "secrets"',
)
def may_not(release: Release, component: str, verb: str, resource: str) -> None:
    """The API server's authorizer does not let it, while an administrator may and the resource exists."""
    access.must(release, component, verb, resource, may=False)


@assertion("these rights are as expected")
def rights(release: Release, datatable: list[list[str]]) -> None:
    """Every row of `| component | verb | resource | expected |` is as expected: `may` or `may not`."""
    for row in rows(datatable):
        access.must(
            release,
            row["component"],
            row["verb"],
            row["resource"],
            may={"may": True, "may not": False}[row["expected"]],
        )


@assertion('every "{component}" pod holds a token of the Kubernetes API')
def holds_token(release: Release, component: str) -> None:
    """The token of the pod's service account is in its containers, and not empty."""
    must(
        (f"pod {pod} holds no token" for pod, held in access.tokens(release, component).items() if not held), of="pods"
    )


@assertion('no "{component}" pod holds a token of the Kubernetes API')
def holds_no_token(release: Release, component: str) -> None:
    """Who takes over a container finds no token of its service account there."""
    must((f"pod {pod} holds a token" for pod, held in access.tokens(release, component).items() if held), of="pods")
