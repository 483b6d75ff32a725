"""Whether a release is still the same: its objects, its pods and the containers in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from kube_acceptance.release import Release
from kube_acceptance.state import pods


@dataclass(frozen=True)
class Sameness:
    """What a release consists of.

    Attributes:
        objects: The UID and the generation of its objects, by kind and name; the generation counts changes of what an
            object states, where its kind has one.
        pods: The restarts of the containers of its running pods, by the pods' names and UIDs.
        revision: The newest revision.
    """

    objects: Mapping[str, tuple[str, int]]
    pods: Mapping[str, Mapping[str, int]]
    revision: int


def sameness(release: Release) -> Sameness:
    """What a release consists of now; raises AcceptanceError when an object or all pods of it are missing."""
    objects = {
        f"{item['kind']} {item['metadata']['name']}": (
            str(item["metadata"]["uid"]),
            int(item["metadata"].get("generation", 0)),
        )
        for item in release.live_objects()
    }
    found = {
        f"{pod.metadata.name} {pod.metadata.uid}": {
            status.name: status.restart_count for status in pod.status.container_statuses or []
        }
        for pod in pods.serving(release)
    }
    return Sameness(objects, found, release.revision())


def changes(before: Sameness, now: Sameness) -> Iterator[str]:
    """What is not as before, a sentence each."""
    if now.revision != before.revision:
        yield f"the release is at revision {now.revision}, not {before.revision}"
    for name, (uid, generation) in before.objects.items():
        if name not in now.objects:
            yield f"{name} is gone"
        elif now.objects[name][0] != uid:
            yield f"{name} is another one"
        elif now.objects[name][1] != generation:
            yield f"{name} was changed"
    yield from (f"{name} is new" for name in now.objects if name not in before.objects)
    for pod, restarts in before.pods.items():
        if pod not in now.pods:
            yield f"pod {pod} does not run any more"
        elif now.pods[pod] != restarts:
            yield f"a container of pod {pod} has restarted"
    yield from (f"pod {pod} is new" for pod in now.pods if pod not in before.pods)
