"""Phrases of the example project whose image comes to the cluster through a registry."""

from pytest_bdd import then

from kube_acceptance.errors import AcceptanceError


@then("every pod runs an image by a digest of the registry")
def by_digest(release, settings):
    for pod in release.serving_pods():
        [container], [status] = pod.spec.containers, pod.status.container_statuses
        name, _, digest = container.image.partition("@")
        if not name.startswith(f"{settings.cluster.registry}/") or not digest:
            raise AcceptanceError(f"pod {pod.metadata.name} runs {container.image}")
        if not status.image_id.endswith(digest):
            raise AcceptanceError(f"pod {pod.metadata.name} was to run {digest}, and runs {status.image_id}")
