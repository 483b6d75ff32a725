"""Base images: what a reference such as `alpine:3.23` may stand for, and until when it gets security fixes.

A tag is a name that anybody may give to anything, above all where images come out of archives. So the configuration
pins what stands behind it: layers by their diff IDs, which no archive can forge, or digests, which no registry can.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from kube_acceptance.config import FILE, BaseConfig
from kube_acceptance.errors import ImageError
from kube_acceptance.images.contents import Known
from kube_acceptance.images.finding import Finding


def accepted(reference: str, found: Known, pin: BaseConfig | None) -> list[tuple[str, ...]]:
    """The lists of layers that an image may start with to be built from a base: the base's own, and those pinned.

    Raises:
        ImageError: What has the base's name is not what it is pinned to.
    """
    finding = pinned(reference, found, pin)
    if not finding.ok:
        raise ImageError(finding.said)
    return list(dict.fromkeys([found.layers, *(pin.layers if pin else ())]))


def pinned(reference: str, found: Known, pin: BaseConfig | None) -> Finding:
    """Whether the image that has a base's name is one that it is pinned to.

    One that was pulled has digests: those that are pinned count, and where none are, its own is only said, because the
    registry vouched for it. One from an archive has no digest, so its layers must be pinned.

    Args:
        reference: The base, as Dockerfiles name it.
        found: What the engine knows of it.
        pin: What the configuration says of it.
    """
    section = f'[tool.kube-acceptance.bases."{reference}"] of {FILE}'
    layers = tuple(pin.layers) if pin else ()
    digests = tuple(pin.digests) if pin else ()
    if found.layers in layers:
        return Finding("pinned-base", True, f"{reference} has the layers that it is pinned to ({found.layers[-1]})")
    if found.digests:
        if set(found.digests) & set(digests):
            return Finding("pinned-base", True, f"{reference} is pinned by its digest {found.digests[0]}")
        if not digests:
            said = f"{reference} was pulled as {found.digests[0]}; it is not pinned by digest, which {section} may do"
            return Finding("pinned-base", True, said)
        said = (
            f"{reference} was pulled as {found.digests[0]}, which is none of the {len(digests)} digests that it is "
            f"pinned to: pull one of those, or, if upstream has renewed it, add it to {section}"
        )
        return Finding("pinned-base", False, said)
    said = (
        f"{reference} came out of an archive with the layers {', '.join(found.layers)}, which it is not pinned to: "
        f"load the image that is meant, or, if this is the one, add them to {section}"
    )
    return Finding("pinned-base", False, said)


def supported(reference: str, pin: BaseConfig | None, *, today: date) -> Finding:
    """Whether a base still gets security fixes; what nobody knows the end of is not supported."""
    section = f'[tool.kube-acceptance.bases."{reference}"] of {FILE}'
    if pin is None or pin.end_of_life is None:
        said = f"until when {reference} gets security fixes is unknown: say it in {section} as end-of-life"
        return Finding("supported-base", False, said)
    if today >= pin.end_of_life:
        said = f"{reference} gets no security fixes since {pin.end_of_life}: build from a later release"
        return Finding("supported-base", False, said)
    return Finding("supported-base", True, f"{reference} gets security fixes until {pin.end_of_life}")


def version_of(reference: str) -> str:
    """The release that a base's tag names, as in `3.23` of `alpine:3.23`.

    Raises:
        ImageError: It has no tag, or one without a number.
    """
    tag = reference.partition("@")[0].rpartition("/")[2].partition(":")[2]
    version = tag.partition("-")[0]
    if not version[:1].isdigit():
        raise ImageError(f"{reference} names no release: give it a tag with a number, such as alpine:3.23")
    return version


def same_release(said: str, wanted: str) -> bool:
    """Whether a version is one of a release, as 3.23.4 is of 3.23."""
    return _numbers(said)[: len(_numbers(wanted))] == _numbers(wanted)


def _numbers(version: str) -> Sequence[str]:
    return version.split(".")
