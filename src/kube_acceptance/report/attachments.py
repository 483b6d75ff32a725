"""Evidence as a stream of messages takes it up: small pictures and texts whole, everything else as links."""

from __future__ import annotations

import mimetypes
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from kube_acceptance.report.model import Scenario

LARGEST = 256_000
"""Bytes up to which a picture or text is taken whole; what is larger is linked."""
LARGEST_IN_ALL = 8_000_000
"""Bytes that all of them together may take, so that a run with many failures can still be opened."""

_TEXTS = (".txt", ".log", ".yaml", ".yml", ".json", ".md")
"""Endings of files that are texts, whatever the table of media types calls them."""


class Content(NamedTuple):
    """What is attached: its name, its media type, and its bytes or, as `text/uri-list`, where it is."""

    name: str
    type: str
    body: bytes


class Attachments:
    """Takes up the evidence of one run.

    Args:
        folder: The report's folder, which links are relative to.
        redact: Removes secrets from texts.
    """

    def __init__(self, folder: Path, redact: Callable[[str], str]) -> None:
        self._folder = folder
        self._redact = redact
        self._taken = 0

    def of(self, attempt: Scenario) -> Iterator[Content]:
        """The evidence of an attempt, one attachment after the other."""
        for attachment in attempt.attachments:
            path = self._folder / attachment.path
            type_ = _type(path)
            if self._may_take(path, type_):
                body = path.read_bytes()
                self._taken += len(body)
                if type_ == "text/plain":
                    body = self._redact(body.decode(errors="replace")).encode()
                yield Content(attachment.name, type_, body)
            else:
                # links, not Cucumber's ExternalAttachment: its report does not show those
                files = sorted(path.rglob("*")) if path.is_dir() else [path]
                links = [quote(each.relative_to(self._folder).as_posix()) for each in files if not each.is_dir()]
                yield Content(attachment.name, "text/uri-list", "\n".join(links).encode())

    def _may_take(self, path: Path, type_: str) -> bool:
        if not type_ or not path.is_file():
            return False
        size = path.stat().st_size
        return size <= LARGEST and self._taken + size <= LARGEST_IN_ALL


def _type(path: Path) -> str:
    """The media type of what can be taken whole; nothing for anything else."""
    type_ = mimetypes.guess_type(path.name)[0] or ""
    if path.suffix in _TEXTS or type_.startswith("text/"):
        return "text/plain"
    # no SVG: it may hold scripts
    return type_ if type_.startswith("image/") and type_ != "image/svg+xml" else ""
