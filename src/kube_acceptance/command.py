"""Other programs, run by argument lists and never through a shell."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kube_acceptance.errors import AcceptanceError

_running: set[subprocess.Popen[Any]] = set()
_guard = threading.Lock()


@dataclass(frozen=True)
class Completed:
    """How a program ended: its exit status, what it printed, and how many seconds it took."""

    arguments: tuple[str, ...]
    returncode: int
    stdout: str
    stderr: str
    seconds: float


class CommandError(AcceptanceError):
    """A program ended with a failure or ran out of time; `completed` says how."""

    def __init__(self, summary: str, completed: Completed) -> None:
        said = (completed.stderr or completed.stdout).strip().splitlines()
        super().__init__(summary, details=said[-15:])
        self.completed = completed


def run(
    arguments: Sequence[str | Path],
    *,
    timeout: float,
    input: bytes | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    check: bool = True,
) -> Completed:
    """Run a program to its end.

    Args:
        arguments: The program and its arguments.
        timeout: Seconds after which it is ended, with everything it started.
        input: Bytes for its standard input; none means an empty one.
        env: Variables added to this process's environment.
        cwd: The folder it runs in.
        check: Whether an exit status other than zero raises.

    Raises:
        CommandError: It is missing, failed (with `check`) or ran out of time.
    """
    words = tuple(str(word) for word in arguments)
    started = time.monotonic()
    try:
        # a session of its own: Ctrl-C reaches us first, and a time-out ends the whole family
        process = subprocess.Popen(
            words,
            stdin=subprocess.PIPE if input is not None else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(env),
            cwd=cwd,
            start_new_session=True,
        )
    except FileNotFoundError as error:
        missing = f"{cwd} is not there" if cwd and not cwd.is_dir() else f"{words[0]} is not installed"
        raise CommandError(missing, Completed(words, 127, "", "", 0.0)) from error
    try:
        with watched(process):
            out, err = process.communicate(input, timeout=timeout)
    except subprocess.TimeoutExpired:
        out, err = process.communicate()
        completed = Completed(words, -signal.SIGTERM, _text(out), _text(err), time.monotonic() - started)
        raise CommandError(f"{_short(words)} did not end within {timeout:g} seconds", completed) from None
    completed = Completed(words, process.returncode, _text(out), _text(err), time.monotonic() - started)
    if check and completed.returncode:
        raise CommandError(f"{_short(words)} failed with exit status {completed.returncode}", completed)
    return completed


def environment(added: Mapping[str, str] | None) -> dict[str, str]:
    """This process's environment with some variables added."""
    return {**os.environ, **(added or {})}


@contextlib.contextmanager
def watched(process: subprocess.Popen[Any]) -> Iterator[None]:
    """Wait for a program inside this block: it ends with `end_all`, and when an exception leaves the block.

    The program must lead a session of its own.
    """
    with _guard:
        _running.add(process)
    try:
        yield
    except BaseException:
        end(process)
        raise
    finally:
        with _guard:
            _running.discard(process)


def end_all() -> None:
    """End every program that other threads wait for, as Ctrl-C must."""
    with _guard:
        processes = list(_running)
    for process in processes:
        end(process)


def end(process: subprocess.Popen[Any]) -> None:
    """End a program and everything it started; by force when it does not go within 5 seconds."""
    try:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=5)
    except ProcessLookupError:
        pass
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", errors="replace")


def _short(words: Sequence[str]) -> str:
    name, *rest = (Path(words[0]).name, *words[1:])
    return " ".join([name, *rest[:2]])
