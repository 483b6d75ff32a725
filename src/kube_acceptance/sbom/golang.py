"""What Go's linker writes into every program: its module, its dependencies, the version of Go."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

_MAGIC = b"\xff Go buildinf:"
_HEADER = 32
_INLINE = 2
_SENTINEL = 16


@dataclass(frozen=True)
class GoProgram:
    """The version of Go, and the modules with their versions, the program's own first (its version may be empty)."""

    go: str
    modules: tuple[tuple[str, str], ...]


def build_information(program: bytes) -> GoProgram | None:
    """The build information of a Go program (1.18 or later), or nothing: see https://pkg.go.dev/debug/buildinfo."""
    start = program.find(_MAGIC)
    if start < 0 or len(program) < start + _HEADER or not program[start + 15] & _INLINE:
        return None
    version, rest = _string(program, start + _HEADER)
    # sixteen bytes on each side of the text show where it stands
    text = _string(program, rest)[0][_SENTINEL:-_SENTINEL].decode("utf-8", errors="replace")
    return GoProgram(version.decode("ascii", errors="replace").removeprefix("go").split()[0], tuple(_modules(text)))


def _modules(text: str) -> Iterator[tuple[str, str]]:
    pending: tuple[str, str] | None = None
    for line in text.splitlines():
        fields = line.split("\t")
        if fields[0] == "path" and "\nmod\t" not in text and len(fields) > 1:
            # built outside of its module's repository: the linker knew no version
            yield fields[1], ""
        if fields[0] in ("mod", "dep", "=>") and len(fields) >= 3:
            if fields[0] != "=>" and pending:
                yield pending
            # a replacement stands in the place of what it replaces
            pending = (fields[1], "" if fields[2] == "(devel)" else fields[2])
    if pending:
        yield pending


def _string(program: bytes, start: int) -> tuple[bytes, int]:
    """A string behind its length in a variable number of bytes, and where it ends."""
    length = shift = 0
    while True:
        byte = program[start]
        start += 1
        length |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return program[start : start + length], start + length
