"""Which images are run, and from where they come."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kube_acceptance.security.posture.rendered import Rendered
from kube_acceptance.security.posture.rule import rule

_LATEST = re.compile(r"\blatest\b")


@rule("exact-image")
def exact_image(rendered: Rendered) -> Iterator[str]:
    """Every image has a digest, or a tag that carries a version: none means whatever was pushed last.

    A tag with a version, such as `17-alpine`, may still be pushed again with fixes; only a digest rules that out. An
    image that is brought along without a registry has no digest that a registry would know, so a version is enough.
    """
    for each in rendered.containers:
        image = str(each.spec.get("image") or "")
        name, _, digest = image.partition("@")
        tag = name.rpartition("/")[2].partition(":")[2]
        if not digest and (not re.search(r"\d", tag) or _LATEST.search(tag)):
            yield f"{each} runs {image or 'no image'}, which names no version; give it a tag with one, or a digest"


@rule("no-pull-always")
def no_pull_always(rendered: Rendered) -> Iterator[str]:
    """An image that is there is not pulled again: without a registry nothing would start."""
    for each in rendered.containers:
        if each.spec.get("imagePullPolicy") == "Always":
            yield f"{each} pulls its image at every start; set imagePullPolicy to IfNotPresent"
