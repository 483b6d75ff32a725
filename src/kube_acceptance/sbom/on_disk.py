"""What a bill says, looked for on the disk."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping

from packaging.utils import canonicalize_name

from kube_acceptance.images.finding import some
from kube_acceptance.sbom.disk import Disk
from kube_acceptance.sbom.own import Own
from kube_acceptance.sbom.written import Bill, Component

_SYSTEM = re.compile(r"^(ID|VERSION_ID)=[\"']?(.*?)[\"']?$", re.MULTILINE)
_SETTINGS = re.compile(r"etc/(?!apk/|init\.d/|ssl/)")
"""Where Alpine's packages keep what is there to be changed; apk keeps it so, too (protected_paths)."""


class OnDisk:
    """Looks for every component of a bill by what its record on the disk says.

    Args:
        bill: The bill.
        disk: The image's disk.
        own: What the project's own layers may have changed.
    """

    def __init__(self, bill: Bill, disk: Disk, own: Own) -> None:
        self._bill, self._disk, self._own = bill, disk, own
        self._checked: Counter[str] = Counter()
        self._changed: set[str] = set()
        self._not_installed: set[str] = set()
        self._looks: Mapping[str, Callable[[Component], Iterator[str]]] = {
            "apk": self._apk,
            "pypi": self._python,
            "npm": self._node,
            "generic": self._program,
            "golang": self._program,
            "file": self._file,
            "operating-system": self._system,
        }

    def wrong(self) -> Iterator[str]:
        """What is not on the disk, or not as the bill says; a sentence each."""
        for component in self._bill.components:
            look = self._looks.get(component.kind)
            if look is None:
                yield f"the bill has {component}, whose kind nothing on a disk shows: {component.kind}"
            elif component.purl and (component.purl.version or "") != component.version:
                yield f"the bill has {component}, but its package URL is {component.purl.to_string()}"
            else:
                yield from look(component)

    def seen(self) -> str:
        """What was looked at, and what differs without being wrong."""
        told = f"all {len(self._bill.components)} components are on the disk: " + ", ".join(
            f"{count} {what}" for what, count in self._checked.items()
        )
        if self._changed:
            told += f"; other than their packages brought them: {some(sorted(self._changed), 10)}"
        if self._not_installed:
            told += f"; commands of distributions that are not there: {some(sorted(self._not_installed), 10)}"
        return told

    def _apk(self, component: Component) -> Iterator[str]:
        record = self._disk.alpine.get(component.name)
        if record is None or record.version != component.version:
            seen = f"{component.name} {record.version}" if record else f"no {component.name}"
            yield f"the bill has {component}, but Alpine's database has {seen}"
            return
        yield from self._files(component, record.files, "files of Alpine's packages")

    def _python(self, component: Component) -> Iterator[str]:
        for place in component.places or ("",):
            record = self._disk.python.get(place)
            if record is None:
                yield _absent(component, place)
            elif (canonicalize_name(record.name), record.version) != (component.name, component.version):
                yield f"the bill has {component}, but /{place} says {record.name} {record.version}".rstrip()
            elif not record.files:
                yield f"{component} has no list of its files beside /{place}, so they cannot be checked"
            else:
                # commands are written outside, by whoever installs the distribution and wants them
                folder = posixpath.dirname(posixpath.dirname(place)) + "/"
                away = {path for path in record.files if not path.startswith(folder) and not self._disk.entry(path)}
                self._not_installed |= {posixpath.basename(path) for path in away}
                files = {path: checksum for path, checksum in record.files.items() if path not in away}
                yield from self._files(component, files, "files of Python's distributions")

    def _node(self, component: Component) -> Iterator[str]:
        for place in component.places or ("",):
            record = self._disk.node.get(place)
            if record is None:
                yield _absent(component, place)
            elif (record.name, record.version) != (component.name, component.version):
                said = f"{record.name} {record.version}".strip() or "no name"
                yield f"the bill has {component}, but /{place} says {said}"
            else:
                self._checked["descriptions of Node's packages"] += 1

    def _program(self, component: Component) -> Iterator[str]:
        if not component.places:
            yield f"the bill has {component}, but names no file of it"
        gone = [place for place in component.places if place not in self._disk.machine_code]
        if gone:
            yield f"/{gone[0]} of {component} is not there, or is no program{self._layer(gone[0])}"
        if not component.places or gone:
            return
        yield from self._hashes(component)
        self._checked["files of programs"] += len(component.places)
        first = component.places[0]
        if component.kind == "golang":
            module = "" if component.name == "stdlib" else component.name
            for text in (module, component.version.removeprefix("v")):
                if text and not self._disk.holds(first, text):
                    yield f"the bill has {component}, but /{first} does not hold {text}"
        elif component.version:
            shown = {each for place in component.places for each in self._disk.evidence(place)}
            if (component.name, component.version) not in shown:
                others = some(sorted(f"{name} {version}" for name, version in shown)) or "nothing that is known"
                yield f"the bill has {component}, but /{first} shows {others}"

    def _file(self, component: Component) -> Iterator[str]:
        yield from self._hashes(component)
        self._checked["unknown files"] += 1

    def _system(self, component: Component) -> Iterator[str]:
        place = "etc/os-release"
        text = self._disk.contents.read(place) if self._disk.contents.find(place) else b""
        said = dict(_SYSTEM.findall(text.decode("utf-8", errors="replace")))
        name, version = said.get("ID", ""), said.get("VERSION_ID", "")
        if (name, version) != (component.name, component.version):
            yield f"the bill has the system {component}, but /{place} says {f'{name} {version}'.strip() or 'nothing'}"
        self._checked["operating system"] += 1

    def _hashes(self, component: Component) -> Iterator[str]:
        for stated in component.hashes:
            algorithm, _, value = stated.partition(":")
            if not any(self._disk.digest(place, algorithm) == value for place in component.places):
                yield f"no file of {component} has the checksum that the bill states: {stated}"

    def _files(self, component: Component, files: Mapping[str, str], what: str) -> Iterator[str]:
        for path, stated in files.items():
            algorithm, _, value = stated.partition(":")
            there = self._disk.entry(path) is not None
            if there and (not value or self._disk.digest(path, algorithm) == value):
                self._checked[what] += 1
            elif path in self._own or (component.kind == "apk" and _SETTINGS.match(path)):
                self._changed.add(
                    f"/{path} ({', '.join(filter(None, ('' if there else 'gone', self._disk.layer(path))))})"
                )
            else:
                wrong = "is not what its record states" if there else "is not there"
                yield f"/{path} of {component} {wrong}{self._layer(path)}"

    def _layer(self, path: str) -> str:
        layer = self._disk.layer(path)
        return f": see {layer}" if layer else ""


def _absent(component: Component, place: str) -> str:
    return f"the bill has {component}, but " + (f"/{place} is not there" if place else "does not say where it stands")
