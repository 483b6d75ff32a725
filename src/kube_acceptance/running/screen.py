"""A stream with one line at its bottom that is redrawn in place, where the stream is a terminal."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import sys
import threading
from typing import Any, TextIO

from rich.cells import cell_len, set_cell_size

ERASE = "\r\x1b[2K"


class Screen:
    """Whatever is written appears above the bottom line, which is never left behind.

    The bottom line goes with the same write as what comes before it, so that it does not flicker, and only where the
    text before it ended its line.

    Args:
        out: Where it goes.
        live: Whether there is a bottom line; none by default where `out` is no terminal that can redraw.
        style: The codes before and after the bottom line.
    """

    def __init__(self, out: TextIO, *, live: bool | None = None, style: tuple[str, str] = ("", "")) -> None:
        self._out = out
        self._live = (out.isatty() and os.environ.get("TERM") != "dumb") if live is None else live
        self._style = style
        self._lock = threading.RLock()
        self._line = ""
        self._drawn = False
        self._at_start = True

    def __getattr__(self, name: str) -> Any:
        # pytest asks for what else a stream has: isatty, encoding, fileno
        return getattr(self._out, name)

    def write(self, text: str) -> int:
        """Write lasting text."""
        if not text:
            return 0
        with self._lock:
            self._at_start = text.endswith("\n")
            self._put(text)
        return len(text)

    def flush(self) -> None:
        """Nothing is held back."""
        with self._lock:
            self._out.flush()

    def line(self, text: str) -> None:
        """Write a lasting line of its own, also while another one is not finished."""
        with self._lock:
            self.write(f"{text}\n" if self._at_start else f"\n{text}\n")

    def show(self, line: str) -> None:
        """Have another bottom line; none when it is empty."""
        with self._lock:
            if line != self._line:
                self._line = line
                self._put("")

    def _put(self, text: str) -> None:
        erase = ERASE if self._drawn else ""
        self._drawn = bool(self._live and self._line and self._at_start)
        if everything := erase + text + (self._fitted() if self._drawn else ""):
            with contextlib.suppress(ValueError, OSError):  # with -s, what steps print must not come later
                sys.stdout.flush()
            self._out.write(everything)
            self._out.flush()

    def _fitted(self) -> str:
        # one column less than there are: terminals wrap at the last one
        width = shutil.get_terminal_size().columns - 1
        line = "".join(letter if letter.isprintable() else " " for letter in self._line)
        if cell_len(line) > width:
            line = set_cell_size(line, max(0, width - 1)).rstrip() + "…"
        before, after = self._style
        return f"{before}{line}{after}"


def own(stream: TextIO) -> TextIO:
    """A stream to the same place that pytest's capture of file descriptors does not turn away; itself if there is none.

    Args:
        stream: The standard output, while it is not captured.
    """
    try:
        descriptor = os.dup(stream.fileno())
    except (AttributeError, OSError, ValueError, io.UnsupportedOperation):
        return stream
    return os.fdopen(descriptor, "w", encoding=stream.encoding, errors="backslashreplace", newline="")
