"""What workers of pytest-xdist have to say, brought to the process that people look at.

A worker's output goes nowhere, and lines that several write to one terminal tear. So each line is added whole to a file
of the run's folder, which the controller follows.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from pathlib import Path

FILE = "said"
LOOK_EVERY = 0.2  # seconds


class Worker:
    """The voice of a worker.

    Args:
        folder: The run's folder.
        name: The worker's name.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._file = folder / FILE
        self._name = name

    def progress(self, text: str) -> None:
        """Add a line; one write to a file that is opened to append is never torn."""
        line = json.dumps([self._name, text]) + "\n"
        try:
            file = os.open(self._file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        except FileNotFoundError:
            return  # the run has ended
        try:
            os.write(file, line.encode())
        finally:
            os.close(file)

    def status(self, text: str) -> None:
        """One bottom line cannot speak for several workers."""


class Listener:
    """Follows what the workers say.

    Args:
        folder: The run's folder.
        say: Called with each line, the worker's name before it.
    """

    def __init__(self, folder: Path, say: Callable[[str], None]) -> None:
        self._file = folder / FILE
        self._say = say
        self._heard = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Hear what there is, and stop."""
        self._over.set()
        self._thread.join()
        self._hear()

    def _follow(self) -> None:
        while not self._over.wait(LOOK_EVERY):
            self._hear()

    def _hear(self) -> None:
        if not self._file.is_file():
            return
        with self._file.open("rb") as file:
            file.seek(self._heard)
            said = file.read()
        whole = said[: said.rfind(b"\n") + 1]
        self._heard += len(whole)
        for line in whole.splitlines():
            name, text = json.loads(line)
            self._say(f"[{name}] {text}")
