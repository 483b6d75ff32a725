"""Digests of what something depends on: as long as it is the same, so is the digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path


def fingerprint(parts: Iterable[str]) -> str:
    """The SHA-256 of some texts in their order, in hexadecimal digits."""
    # in JSON "ab","c" is not "a","bc"
    return hashlib.sha256(json.dumps(list(parts)).encode()).hexdigest()


def contents(place: Path, base: Path, *, without: Collection[str] = ()) -> Iterator[str]:
    """The paths and digests of a file, or of all files in a folder; of what is not there none.

    Args:
        place: The file or folder.
        base: The folder that paths are relative to.
        without: The names of folders that are left out.
    """
    found = [place] if place.is_file() else sorted(file for file in place.rglob("*") if file.is_file())
    for file in found:
        if not set(without).intersection(file.parts):
            yield file.relative_to(base).as_posix()
            yield hashlib.sha256(file.read_bytes()).hexdigest()
