"""Hosts that the files of images mention, which are read from their layers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kube_acceptance.errors import ImageError
from kube_acceptance.images.contents import ImageContents
from kube_acceptance.security import hosts


def mentioned(images: Mapping[str, ImageContents], folder: str) -> dict[str, str]:
    """The hosts of URLs and the addresses in files below a folder, but the machine's own; each with one of the files.

    Raises:
        ImageError: No image has a file there, so nothing was looked at.
    """
    found: dict[str, str] = {}
    files = 0
    for name, contents in images.items():
        for entry in contents.files():
            if entry.path.startswith(f"{folder.strip('/')}/"):
                files += 1
                text = contents.read(entry.path).decode("utf-8", "replace")
                found |= dict.fromkeys(hosts.named(text) - hosts.LOCAL, f"image {name}: {entry.path}")
    if not files:
        raise ImageError(f"no image has a file below {folder}, so nothing was looked at")
    return found


def unstated(found: Mapping[str, str], reasons: Mapping[str, str]) -> Iterator[str]:
    """Where hosts that are mentioned and reasons that are given for it do not agree, a sentence each."""
    yield from (f"{where} names {host}" for host, where in found.items() if host not in reasons)
    yield from (f"no file names {host}; take it out" for host in reasons if host not in found)
    yield from (f"it is not said why {host} is named" for host, because in reasons.items() if not because)
