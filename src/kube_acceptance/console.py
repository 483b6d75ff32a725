"""Progress for people: lasting lines, and on a terminal one line that says what is happening right now."""

from __future__ import annotations

import sys
import threading
import time
from typing import Protocol

_started = time.monotonic()
_lock = threading.Lock()


class Voice(Protocol):
    """Whoever shows progress."""

    def progress(self, text: str) -> None:
        """Show a lasting line."""

    def status(self, text: str) -> None:
        """Show what is happening right now, until the next call; nothing for an empty text."""


class Plain:
    """Lasting lines on the standard error stream, dim on a terminal."""

    def progress(self, text: str) -> None:
        """Write a line with its time."""
        line = stamped(text)
        with _lock:
            print(f"\x1b[2m{line}\x1b[0m" if sys.stderr.isatty() else line, file=sys.stderr, flush=True)

    def status(self, text: str) -> None:
        """There is no place for it."""


_voice: Voice = Plain()


def speak_through(voice: Voice) -> Voice:
    """Have progress shown by somebody else, such as pytest's reporter; returns who showed it before."""
    global _voice
    before, _voice = _voice, voice
    return before


def stamped(text: str) -> str:
    """A line with the seconds since the start."""
    return f"{time.monotonic() - _started:7.1f}s {text}"


def progress(text: str) -> None:
    """Say what is being done or waited for, with the seconds since the start."""
    _voice.progress(text)


def status(text: str) -> None:
    """Say what is being waited for right now: one line that the next one replaces on a terminal, nothing in a pipe."""
    _voice.status(text)
