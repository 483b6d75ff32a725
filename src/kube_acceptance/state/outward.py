"""How a release may depend on the outside: by images that are pulled, and by addresses that its processes are told."""

from __future__ import annotations

from collections.abc import Iterator

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.release import Release
from kube_acceptance.security import hosts
from kube_acceptance.state import addresses, events, objects, pods

# kubelet's words for where an image came from
PULLING, PULLED, PRESENT = "Pulling", "Pulled", "already present on machine"


def pulled(release: Release) -> tuple[list[str], int]:
    """What kubelet has pulled for the pods of a release, a sentence each, and how often an image was there already.

    Raises:
        AcceptanceError: Kubelet has not told where the images of some pod came from.
    """
    told = {pod.metadata.name: events.of(release, "Pod", pod.metadata.name) for pod in release.pods()}
    for pod, its in told.items():
        if not any(event.reason in (PULLING, PULLED) for event in its):
            raise AcceptanceError(f"kubelet has not told where the images of pod {pod} came from")
    every = [(pod, event) for pod, its in told.items() for event in its]
    away = [f"an image was pulled for pod {pod}: {event.message}" for pod, event in every if event.reason == PULLING]
    return away, sum(PRESENT in (event.message or "") for _, event in every)


def named(release: Release) -> Iterator[tuple[str, str]]:
    """The hosts that the containers of a release are told, each with where: first processes' variables, ConfigMaps."""
    for container in pods.running(release):
        for variable, found in hosts.told(pods.environment(release, container)).items():
            yield from ((host, f"{container} is told of {host} by its variable {variable}") for host in found)
    for item in objects.labelled(release, "ConfigMap"):
        for key, text in (item.get("data") or {}).items():
            where = f"ConfigMap {item['metadata']['name']}"
            yield from ((host, f"{where} names {host} in its key {key}") for host in hosts.named(text))


def foreign(release: Release) -> tuple[list[str], int]:
    """Those of the hosts that are outside of the cluster, a sentence each, and how many hosts there are in all."""
    inside, found = addresses.inside(release), list(named(release))
    return [said for host, said in found if list(hosts.foreign([host], inside=inside))], len(found)
