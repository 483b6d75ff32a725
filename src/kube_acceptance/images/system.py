"""Which operating system an image says that it is."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from kube_acceptance.images.contents import ImageContents

_PLACES = ("etc/os-release", "usr/lib/os-release")


@dataclass(frozen=True)
class System:
    """The operating system of an image: `ID`, `VERSION_ID` and `PRETTY_NAME` of its os-release; empty if unknown."""

    name: str = ""
    version: str = ""
    title: str = ""

    @property
    def distro(self) -> str:
        """As package URLs have it, `alpine-3.23.6`; empty if unknown."""
        return "-".join(part for part in (self.name, self.version) if part)


def system(contents: ImageContents) -> System:
    """The operating system by the image's own word, see os-release(5)."""
    for path in _PLACES:
        if contents.find(path):
            text = contents.read(path).decode("utf-8", errors="replace")
            fields = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
            return System(*(_plain(fields.get(key, "")) for key in ("ID", "VERSION_ID", "PRETTY_NAME")))
    return System()


def _plain(value: str) -> str:
    try:
        return " ".join(shlex.split(value))
    except ValueError:
        return value
