"""Everything that an image holds, found once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from kube_acceptance.errors import ImageError
from kube_acceptance.images import ImageContents
from kube_acceptance.images.system import System, system
from kube_acceptance.sbom import apk, node, python
from kube_acceptance.sbom.package import Installed
from kube_acceptance.sbom.programs import programs


@dataclass(frozen=True)
class Inventory:
    """The operating system, what is installed, and the programs and libraries that nothing explains, by path."""

    system: System
    installed: Sequence[Installed]
    unknown: Mapping[str, str]


_FOUND: WeakKeyDictionary[ImageContents, Inventory] = WeakKeyDictionary()


def inventory(contents: ImageContents) -> Inventory:
    """Everything that is installed in an image; what was looked for once is remembered as long as the image is open.

    Raises:
        ImageError: A record in it is damaged, or there is nothing at all.
    """
    if contents not in _FOUND:
        _FOUND[contents] = _look(contents)
    return _FOUND[contents]


def _look(contents: ImageContents) -> Inventory:
    distribution = apk.installed(contents)
    others = [*python.installed(contents), *node.installed(contents)]
    found = programs(
        contents,
        databases={_real(contents, path) for each in distribution for path in each.files},
        owned={path for each in others for path in each.files},
    )
    installed = sorted([*distribution, *others, *found.known], key=lambda each: each.package)
    if not installed:
        raise ImageError(f"{contents.reference} holds no package and no program that is known")
    return Inventory(system(contents), installed, found.unknown)


def _real(contents: ImageContents, path: str) -> str:
    """Where a path leads: `lib` may be a link to `usr/lib`."""
    entry = contents.find(path)
    return entry.path if entry else path
