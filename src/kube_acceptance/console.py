"""Progress for people: one line a step, dim on a terminal and plain in a pipe."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable

_started = time.monotonic()
_lock = threading.Lock()


def _to_stderr(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


_speak: Callable[[str], None] = _to_stderr


def speak_through(speak: Callable[[str], None]) -> None:
    """Have progress lines written by somebody else, such as pytest around its capture."""
    global _speak
    _speak = speak


def progress(text: str) -> None:
    """Say what is being done or waited for, with the seconds since the start."""
    line = f"{time.monotonic() - _started:7.1f}s {text}"
    with _lock:
        _speak(f"\x1b[2m{line}\x1b[0m" if sys.stderr.isatty() else line)


def status(text: str) -> None:
    """Say what is being waited for right now: one line that the next one replaces on a terminal, nothing in a pipe."""
