"""A file of records, a line of JSON each, the newest last."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import ValidationError

from kube_acceptance.console import progress
from kube_acceptance.report.model import Record

_Record = TypeVar("_Record", bound=Record)


class Lines(Generic[_Record]):
    """The file.

    Args:
        path: Where it is; it is made when records are first kept.
        kind: What its lines are.
        most: How many records are kept; the oldest beyond are forgotten.
    """

    def __init__(self, path: Path, kind: type[_Record], *, most: int) -> None:
        self.path = path
        self._kind = kind
        self._most = most
        self._told: set[int] = set()

    def read(self) -> list[_Record]:
        """The records, oldest first; a damaged line is told once and left out."""
        found = []
        lines = self.path.read_bytes().splitlines() if self.path.is_file() else []
        for number, line in enumerate(lines, 1):
            try:
                found.append(self._kind.model_validate_json(line))
            except ValidationError:
                if number not in self._told:
                    self._told.add(number)
                    progress(f"{self.path}: line {number} is damaged and left out")
        return found

    def keep(self, records: Sequence[_Record]) -> None:
        """Put these in the place of what the file holds; it appears whole or not at all.

        Raises:
            OSError: The file cannot be written.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # others may write it at the same time
        part = self.path.with_name(f"{self.path.name}.{os.getpid()}.part")
        text = "".join(f"{record.model_dump_json()}\n" for record in records[-self._most :])
        part.write_text(text, encoding="utf-8")
        part.replace(self.path)
