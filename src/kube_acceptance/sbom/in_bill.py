"""What stands on the disk, looked for in a bill."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from packaging.utils import canonicalize_name

from kube_acceptance.sbom.disk import Disk, Record
from kube_acceptance.sbom.own import Own
from kube_acceptance.sbom.written import Bill, Component

_LIBRARIES = {"site-packages", "dist-packages", "node_modules"}
_DATABASE = "Alpine's database"


class InBill:
    """Looks in a bill for every record of a package, every program, every library and every file of a package.

    Args:
        bill: The bill.
        disk: The image's disk.
        own: What needs no package.
    """

    def __init__(self, bill: Bill, disk: Disk, own: Own) -> None:
        self._bill, self._disk, self._own = bill, disk, own

    def wrong(self) -> Iterator[str]:
        """What is not in the bill; a sentence each."""
        yield from self._recorded("apk", self._disk.alpine)
        yield from self._recorded("pypi", self._disk.python)
        yield from self._recorded("npm", self._disk.node)
        for path in self._of_interest:
            if not self._explained(path):
                yield f"/{path} {self._what(path)} of no package or program that the bill has{self._layer(path)}"
        yield from self._shown()
        for path in self._own.unused(self._ever):
            yield f"/{path} is said to be the project's own, but nothing stands there, and no package's record has it"

    def _shown(self) -> Iterator[str]:
        """Known programs that stand in some other package's files count, too; but not those of a distribution's."""
        there = {(each.name, each.version, place) for each in self._bill.of("generic") for place in each.places}
        for path in sorted(self._disk.machine_code - self._distribution):
            for name, version in sorted(self._disk.evidence(path)):
                if name == "go" and path not in self._bill.places("golang"):
                    yield f"the bill has no module of Go for /{path}, which Go made{self._layer(path)}"
                elif name != "go" and (name, version, path) not in there:
                    yield f"the bill has no {name} {version}, which /{path} shows{self._layer(path)}"

    def seen(self) -> str:
        """What was looked at."""
        records = len(self._disk.alpine) + len(self._disk.python) + len(self._disk.node)
        own = sum(path in self._own for path in self._of_interest)
        return (
            f"{records} records of packages and {len(self._of_interest)} programs, libraries and files of packages "
            f"are in the bill, or the project's own ({own})"
        )

    def _recorded(self, kind: str, records: Mapping[str, Record]) -> Iterator[str]:
        known = {(each.name, each.version): each for each in self._bill.of(kind)}
        for key, record in records.items():
            name = canonicalize_name(record.name) if kind == "pypi" else record.name
            if key in self._own:
                continue
            if not (name and record.version):
                # a package.json without a version describes a part of the package around it
                if kind != "npm" or not self._in_node_package(key):
                    yield f"/{key} tells no name and version, and is no part of a package{self._layer(key)}"
            elif not _has(known.get((name, record.version)), kind, key):
                place = _DATABASE if kind == "apk" else f"/{key}"
                layer = "" if kind == "apk" else self._layer(key)
                yield f"the bill has no {name} {record.version}, which is in {place}{layer}"

    @property
    def _ever(self) -> Iterator[str]:
        """What stands on the disk, and what packages brought that may have been taken away."""
        yield from self._disk.contents.merged
        for record in (*self._disk.alpine.values(), *self._disk.python.values()):
            yield from record.files

    @cached_property
    def _of_interest(self) -> Sequence[str]:
        among = {each.path for each in self._disk.contents.files() if _LIBRARIES & set(each.path.split("/")[:-1])}
        return sorted(among | self._disk.machine_code | self._disk.scripts)

    @cached_property
    def _files(self) -> frozenset[str]:
        """The files of components: of packages as the disk's own records say, of programs as the bill says."""
        files = set(self._bill.places("generic") | self._bill.places("golang") | self._distribution)
        for place in self._bill.places("pypi"):
            if record := self._disk.python.get(place):
                files.update([place, *record.files])
        return frozenset(files)

    @cached_property
    def _distribution(self) -> frozenset[str]:
        records = [self._disk.alpine.get(component.name) for component in self._bill.of("apk")]
        return frozenset(self._real(path) for record in records if record for path in record.files)

    def _explained(self, path: str) -> bool:
        if path in self._files or path in self._own or self._in_node_package(path):
            return True
        entry = self._disk.entry(path)
        if entry and entry.kind == "hardlink" and entry.target in self._files:
            return True
        if source := _source(path):
            return source in self._files or source in self._own or self._in_folder(source)
        return path not in self._disk.machine_code and self._in_folder(path)

    def _in_node_package(self, path: str) -> bool:
        folder = posixpath.dirname(path)
        while folder and posixpath.basename(folder) != "node_modules":
            if posixpath.join(folder, "package.json") in self._bill.places("npm"):
                return True
            folder = posixpath.dirname(folder)
        return False

    def _in_folder(self, path: str) -> bool:
        return any(
            path.startswith(folder + "/") and not _LIBRARIES & set(path.removeprefix(folder).split("/"))
            for folder in self._folders
        )

    @cached_property
    def _folders(self) -> Sequence[str]:
        return [each.folder for each in self._bill.components if each.folder]

    def _real(self, path: str) -> str:
        entry = self._disk.entry(path)
        return entry.path if entry else path

    def _what(self, path: str) -> str:
        if path in self._disk.machine_code:
            return "is a program or a library"
        return "is a script" if path in self._disk.scripts else "is a file"

    def _layer(self, path: str) -> str:
        layer = self._disk.layer(path)
        return f": see {layer}" if layer else ""


def _has(component: Component | None, kind: str, place: str) -> bool:
    return component is not None and (kind == "apk" or place in component.places)


def _source(path: str) -> str:
    """The source of compiled Python, see PEP 3147; empty if it is none."""
    folder, name = posixpath.split(path)
    if posixpath.basename(folder) != "__pycache__" or not name.endswith(".pyc"):
        return ""
    return posixpath.join(posixpath.dirname(folder), name.split(".")[0] + ".py")
