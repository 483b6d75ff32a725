"""Which images run: that a name always stands for the same one, and is not asked for where it is not needed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kube_acceptance.mutation.derived import Concern, Derived
from kube_acceptance.mutation.operators import Object
from kube_acceptance.mutation.operators.place import containers


def tags(objects: Sequence[Object]) -> Iterator[Derived]:
    """Each image under a tag that moves, and without the digest that holds it fast."""
    for container in containers(objects):
        image = container.value["image"]
        name, tag, digest = split(image)
        if tag != "latest":
            yield container.derive(
                "image-latest",
                Concern.IMAGE,
                takes_away=f"the tag of the image of {container}, which is latest",
                unnoticed=f"{container} runs whatever is the latest {name}",
                patch=[container.put("image", value=f"{name}:latest")],
                signs=(name, "latest"),
            )
        if digest and tag:
            yield container.derive(
                "image-without-digest",
                Concern.IMAGE,
                takes_away=f"the digest of the image of {container}",
                unnoticed=f"{container} runs whatever is called {name}:{tag}",
                patch=[container.put("image", value=f"{name}:{tag}")],
                signs=(name, "digest"),
            )


def pulls(objects: Sequence[Object]) -> Iterator[Derived]:
    """Each image asked for at every start, although the node has it."""
    for container in containers(objects):
        _, tag, digest = split(container.value["image"])
        default = "IfNotPresent" if digest or tag not in ("", "latest") else "Always"
        policy = container.value.get("imagePullPolicy", default)
        if policy != "Always":
            yield container.derive(
                "image-always-pulled",
                Concern.IMAGE,
                takes_away=f"the imagePullPolicy of {container}, which is Always",
                unnoticed=f"{container} starts only where the registry answers",
                patch=[container.put("imagePullPolicy", value="Always")],
                signs=("imagePullPolicy", "pulled"),
            )


def split(image: str) -> tuple[str, str, str]:
    """The name, tag and digest of an image's reference; tag and digest are empty where there is none."""
    rest, _, digest = image.partition("@")
    folder, slash, last = rest.rpartition("/")
    name, _, tag = last.partition(":")
    return f"{folder}{slash}{name}", tag, digest


OPERATORS = (tags, pulls)
