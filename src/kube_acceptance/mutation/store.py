"""What is known of mutants from earlier rounds: a line of JSON each, by the digest of what the verdict depends on."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from filelock import FileLock
from pydantic import ValidationError

from kube_acceptance.mutation.score import Result, Verdict

FILE = "mutants.jsonl"


class Usual(NamedTuple):
    """What mutants take in a tier: the mean seconds of one, and the share of them that the tier leaves to the next."""

    seconds: float
    left: float


class Store:
    """The results that are kept; a round that is killed has kept all that it had.

    Args:
        path: The file; it is made when the first result is kept.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[str, Result] = {each.digest: each for each in self._read()}

    def get(self, digest: str) -> Result | None:
        """What is known by a digest."""
        return self._known.get(digest)

    def keep(self, result: Result) -> None:
        """Keep a result, unless it says how slow the machine was rather than what the suite notices.

        Raises:
            OSError: The file cannot be written.
        """
        if result.verdict is Verdict.TIMED_OUT:
            return
        self._known[result.digest] = result
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{self._path}.lock"), self._path.open("a+b") as file:
            # a process that was killed may have left half a line
            file.seek(0, os.SEEK_END)
            torn = file.tell() and (file.seek(-1, os.SEEK_END), file.read(1))[1] != b"\n"
            file.write((b"\n" if torn else b"") + result.model_dump_json().encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def usual(self, otherwise: Mapping[str, Usual]) -> dict[str, Usual]:
        """What a mutant usually takes, by tier.

        Args:
            otherwise: What holds where no result tells, the cheapest tier first.
        """
        found, order = dict(otherwise), list(otherwise)
        ended = [each for each in self._known.values() if not each.so_far]
        for place, tier in enumerate(order):
            here = [each for each in ended if each.tier == tier]
            beyond = sum(each.tier in order[place + 1 :] for each in ended)
            if here:
                left = beyond + sum(each.verdict is not Verdict.KILLED for each in here)
                found[tier] = Usual(sum(each.seconds for each in here) / len(here), left / (beyond + len(here)))
        return found

    def _read(self) -> list[Result]:
        lines = self._path.read_bytes().splitlines() if self._path.is_file() else []
        return [result for line in lines if (result := _result(line))]


def _result(line: bytes) -> Result | None:
    try:
        return Result.model_validate_json(line)
    except ValidationError:  # half a line, or one of another version
        return None
