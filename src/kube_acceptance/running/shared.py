"""What the processes of one run share: a folder, and what is made once for all of them.

A run's folder lies in the cache. Its owner, the process that stands for the run, holds a lock on it for as long as it
lives; the kernel takes that lock from the dead, and the next run removes what they left.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, TypeVar

from kube_acceptance import errors
from kube_acceptance.errors import AcceptanceError

ALIVE = "alive"

T = TypeVar("T")


class Shared:
    """The folder of a run.

    Args:
        folder: Where it is.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._alive: IO[str] | None = None

    @classmethod
    def begin(cls, cache: Path) -> Shared:
        """Make a folder for the run of this process, and remove those of runs that died.

        Args:
            cache: The harness's cache folder.
        """
        runs = cache / "runs"
        reap(cache)
        # made under another name: a folder that is seen is a folder whose owner holds its lock
        name = f"{os.getpid()}-{secrets.token_hex(3)}"
        new = runs / f".{name}"
        new.mkdir(parents=True)
        alive = (new / ALIVE).open("w")
        fcntl.flock(alive, fcntl.LOCK_EX)
        shared = cls(new.rename(runs / name))
        shared._alive = alive
        return shared

    def end(self) -> None:
        """Remove the folder; only its owner does."""
        shutil.rmtree(self.folder, ignore_errors=True)
        if self._alive:
            self._alive.close()
        with contextlib.suppress(OSError):  # other runs have theirs there
            self.folder.parent.rmdir()

    def once(self, name: str, make: Callable[[], T], *, redact: Callable[[str], str] = str) -> T:
        """Make something once a run, whichever process asks first; the others wait, and get the same.

        Args:
            name: What is made.
            make: Makes it; what it returns must be plain data, because it travels as JSON.
            redact: Takes secrets out of why it could not be made: the others have not learned them.

        Raises:
            AcceptanceError: It could not be made; whoever asks gets the same error, and nobody tries again. A process
                that dies while it makes something leaves it to the next one.
        """
        with locked(self.folder / f"{name}.lock"):
            if (outcome := self._outcome(name)) is None:
                try:
                    value = make()
                except Exception as error:
                    self._keep(name, {"failure": _told(error, redact)})
                    raise
                self._keep(name, {"value": value})
                return value
        if failure := outcome.get("failure"):
            raise _again(failure)
        made: T = outcome["value"]
        return made

    def made(self, name: str) -> bool:
        """Whether something was made."""
        return "value" in (self._outcome(name) or {})

    def _outcome(self, name: str) -> dict[str, Any] | None:
        file = self.folder / f"{name}.json"
        if not file.is_file():
            return None
        outcome: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return outcome

    def _keep(self, name: str, outcome: dict[str, Any]) -> None:
        part = self.folder / f"{name}.part"
        part.write_text(json.dumps(outcome), encoding="utf-8")
        part.rename(self.folder / f"{name}.json")


def reap(cache: Path) -> list[str]:
    """Remove the folders of runs that died, and return their names."""
    gone = []
    for alive in sorted((cache / "runs").glob(f"[!.]*/{ALIVE}")):  # not those that are being made
        with contextlib.suppress(OSError), alive.open() as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(alive.parent)
            gone.append(alive.parent.name)
    return gone


@contextlib.contextmanager
def locked(path: Path, *, shared: bool = False) -> Iterator[None]:
    """Hold a lock on a file, which is made if missing; the kernel frees it when this process dies.

    Args:
        path: The file.
        shared: Whether others may hold it too that ask for it shared.
    """
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
        yield


def _told(error: Exception, redact: Callable[[str], str]) -> dict[str, Any]:
    if not isinstance(error, AcceptanceError):
        return {"type": "", "summary": redact(f"{type(error).__name__}: {error}"), "hint": "", "details": []}
    return {
        "type": type(error).__name__,
        "summary": redact(error.summary),
        "hint": error.hint,
        "details": [redact(line) for line in error.details],
    }


def _again(failure: dict[str, Any]) -> AcceptanceError:
    # errors of other modules (a program that failed) say all they have to say as their base
    kind: type[AcceptanceError] = getattr(errors, failure["type"], AcceptanceError)
    return kind(failure["summary"], hint=failure["hint"], details=failure["details"])
