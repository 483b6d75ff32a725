"""Whether an image holds the sources that it was built from, and not others."""

from __future__ import annotations

import _imp
import hashlib
import os
import posixpath
import re
import stat
from collections.abc import Iterator, Mapping

from kube_acceptance.errors import ImageError
from kube_acceptance.images.contents import ImageContents
from kube_acceptance.images.finding import Finding, some
from kube_acceptance.images.layers import Entry
from kube_acceptance.images.source import ImageSource, context_files

_BYTECODE = re.compile(r"^(?P<folder>.*?)__pycache__/(?P<module>[^/]+?)\.[a-z]+-\d+(?:\.opt-\d)?\.pyc$")
_BY_HASH = 0b01  # PEP 552: the flags of a .pyc; the other bit says whether Python compares the hash at each start
_HEADER = 16  # bytes: magic number, flags, hash


def packaged_findings(contents: ImageContents, folder: str, source: ImageSource, part: str) -> list[Finding]:
    """Whether a folder of an image holds a part of its sources and nothing else.

    Python's bytecode counts with its source: Python runs what was compiled, and where that bears its source's hash
    (PEP 552) does not so much as look at the source, so the hash must be that of the source beside it.

    Args:
        contents: The image.
        folder: The folder of the image, from the root, without a leading slash.
        source: What it was built from.
        part: The folder of the build context that stands in it, under the same name.
    """
    wanted = {posixpath.join(folder, name): name for name in _files(source, part)}
    there = {path: entry for path, entry in contents.merged.items() if _below(path, folder) and entry.kind != "folder"}
    compiled = {path: entry for path, entry in there.items() if _source_of(path) in wanted}
    if not wanted:
        return [Finding("sources", False, f"the build of {source.name} sees no file below {part}")]
    wrong = [f"/{path} is not in it" for path in sorted({*wanted} - {*there})]
    wrong += [f"/{path} is in it, which no source is" for path in sorted({*there} - {*wanted} - {*compiled})]
    wrong += [said for path in sorted({*wanted} & {*there}) if (said := _unlike(contents, path, source, wanted[path]))]
    right = f"the {len(wanted)} files of its sources below {part} stand in /{folder}, byte for byte, and no others"
    return [
        Finding("sources", not wrong, some(wrong, shown=3) if wrong else right),
        _bytecode(contents, compiled, source, wanted),
    ]


def same_file(contents: ImageContents, path: str, source: ImageSource, name: str) -> Finding:
    """Whether a file of an image is one of its sources, byte for byte.

    Args:
        contents: The image.
        path: The file of the image; `*` stands for any characters of one name, and exactly one file must fit.
        source: What it was built from.
        name: The file of the build context.
    """
    pattern = re.compile("[^/]*".join(re.escape(piece) for piece in path.strip("/").split("*")))
    fitting = [each for each in contents.merged if pattern.fullmatch(each)]
    if len(fitting) != 1:
        return Finding("source", False, f"{len(fitting)} of its files are /{path.strip('/')}, not one")
    said = _unlike(contents, fitting[0], source, name)
    return Finding("source", not said, said or f"/{fitting[0]} is {name} of its sources, byte for byte")


def source_digest(source: ImageSource) -> str:
    """The SHA-256 of what `sha256sum` prints for the files that the build sees, in the order of their names (`./…`).

    A Dockerfile gets the same by `find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum`.
    """
    lines = []
    for name in sorted((f"./{name}" for name in _files(source, "")), key=os.fsencode):
        with (source.context / name).open("rb") as file:
            lines.append(f"{hashlib.file_digest(file, 'sha256').hexdigest()}  {name}\n")
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def digest_finding(contents: ImageContents, path: str, source: ImageSource) -> Finding:
    """Whether a file of an image names the digest of its sources, or the beginning of it (16 digits or more)."""
    said, digest = contents.read(path).decode(errors="replace").strip(), source_digest(source)
    if len(said) >= 16 and digest.startswith(said):
        return Finding("source-digest", True, f"/{path} says {said}, which is the digest of its sources")
    return Finding("source-digest", False, f"/{path} says {said}, but the digest of its sources is {digest}")


def _bytecode(
    contents: ImageContents, compiled: Mapping[str, Entry], source: ImageSource, wanted: Mapping[str, str]
) -> Finding:
    wrong = []
    for path in sorted(compiled):
        code = contents.read(path)
        text = (source.context / wanted[_source_of(path)]).read_bytes()
        if len(code) < _HEADER or not int.from_bytes(code[4:8], "little") & _BY_HASH:
            wrong.append(f"/{path} does not bear the hash of what it was compiled from")
        # importlib.util.source_hash, but for the Python that compiled: its magic number is the key
        elif code[8:_HEADER] != _imp.source_hash(int.from_bytes(code[:4], "little"), text):
            wrong.append(f"/{path} was compiled from something else than {wanted[_source_of(path)]}")
    right = (
        f"its {len(compiled)} files of bytecode bear the hashes of just these sources" if compiled else "no bytecode"
    )
    return Finding("bytecode", not wrong, some(wrong, shown=3) if wrong else right)


def _unlike(contents: ImageContents, path: str, source: ImageSource, name: str) -> str:
    """In what a file of the image is not the source, in a sentence; empty if it is the same."""
    origin = source.context / name
    if not os.path.lexists(origin):
        return f"{name} is not among its sources"
    entry = contents.merged[path]
    if stat.S_ISLNK(origin.lstat().st_mode):
        same = entry.kind == "symlink" and entry.target == str(origin.readlink())
    else:
        try:
            same = entry.kind in ("file", "hardlink") and contents.read(path) == origin.read_bytes()
        except ImageError:
            same = False
    return "" if same else f"/{path} is not {name} of its sources, byte for byte"


def _files(source: ImageSource, part: str) -> Iterator[str]:
    for name in context_files(source):
        path = source.context / name
        if _below(name, part) and (path.is_symlink() or not path.is_dir()):
            yield name


def _below(path: str, folder: str) -> bool:
    return not folder or path.startswith(f"{folder}/")


def _source_of(path: str) -> str:
    """The path of the source that bytecode belongs to; empty if it is none."""
    match = _BYTECODE.match(path)
    return f"{match['folder']}{match['module']}.py" if match else ""
