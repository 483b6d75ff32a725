"""A folder of evidence: without secrets, of bounded size, with an index that says what is in it and what is not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

LARGEST = 512 * 1024  # bytes of one file
LARGEST_FOLDER = 10 * 1024 * 1024  # bytes of all files
INDEX = "index.txt"
_NOTE = 200  # bytes that the sentence about what was cut may take


@dataclass(frozen=True)
class Entry:
    """A file of the folder: its name in it, what it holds, its size in bytes, and how many bytes were cut."""

    name: str
    holds: str
    bytes: int
    cut: int = 0


class Folder:
    """Where the evidence of one failure is written.

    Args:
        path: The folder; it is made when the first file is written.
        redact: Takes secrets out of every text before it is cut and written.
        largest: Bytes of one file.
        limit: Bytes of all files together, without the index.
    """

    def __init__(
        self,
        path: Path,
        redact: Callable[[str], str],
        *,
        largest: int = LARGEST,
        limit: int = LARGEST_FOLDER,
    ) -> None:
        self.path = path
        self.entries: list[Entry] = []
        self.lacking: list[str] = []
        self._redact = redact
        self._largest = largest
        self._limit = limit

    def write(self, name: str, holds: str, text: str, *, keep: str = "beginning") -> None:
        """Write a text; when it is too long, its `beginning` or its `end` is kept and its first line says so."""
        raw = self._redact(text).encode("utf-8", errors="replace")
        room = min(self._largest, self._left)
        cut = 0
        if len(raw) > room:
            if room <= _NOTE:
                self.lack(f"{name}: the folder has reached its {_size(self._limit)}")
                return
            size = room - _NOTE
            kept = raw[-size:].partition(b"\n")[2] if keep == "end" else raw[:size].rpartition(b"\n")[0]
            kept = kept or (raw[-size:] if keep == "end" else raw[:size])
            cut = len(raw) - len(kept)
            where = "first" if keep == "end" else "last"
            raw = f"[the {where} {_size(cut)} of {_size(len(raw))} are cut]\n".encode() + kept
        self._store(name, holds, raw, cut)

    def keep(self, name: str, holds: str, content: bytes) -> Path | None:
        """Write bytes that cannot be cut, such as a picture; the file, or None when there is no room for it."""
        if len(content) > self._left:
            self.lack(f"{name}: {_size(len(content))} are too much for the folder's {_size(self._limit)}")
            return None
        return self._store(name, holds, content, 0)

    def lack(self, sentence: str) -> None:
        """Say what the folder should hold and does not."""
        self.lacking.append(sentence)

    def index(self, title: str, sections: Sequence[tuple[str, Sequence[str]]]) -> None:
        """Write the index: a title, sections of lines, and what the folder holds and lacks."""
        width = max((len(entry.name) for entry in self.entries), default=0)
        files = [
            f"{entry.name:{width}}  {_size(entry.bytes):>9}  {entry.holds}" + (", cut" if entry.cut else "")
            for entry in self.entries
        ]
        listed = [*sections, ("Files", files or ["none"]), ("Not gathered", self.lacking)]
        parts = [title, *("\n".join([head, *(f"  {line}" for line in lines)]) for head, lines in listed if lines)]
        self.path.mkdir(parents=True, exist_ok=True)
        text = self._redact("\n\n".join(parts) + "\n")
        (self.path / INDEX).write_text(text, encoding="utf-8", errors="replace")

    @property
    def _left(self) -> int:
        return self._limit - sum(entry.bytes for entry in self.entries)

    def _store(self, name: str, holds: str, raw: bytes, cut: int) -> Path:
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(raw)
        self.entries.append(Entry(name, holds, len(raw), cut))
        return file


def _size(count: int) -> str:
    if count < 10_000:
        return f"{count} B"
    return f"{count / 1024:.0f} KiB" if count < 1024 * 1024 else f"{count / 1024 / 1024:.1f} MiB"
