"""Notes of looks that are repeated: only those of the last one are worth keeping."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from kube_acceptance.report import observer


class Held:
    """Takes what `note`, `waited`, `attach` and `touched` are told in the observer's place, until it is handed on."""

    def __init__(self) -> None:
        self._told: list[Callable[[], object]] = []

    def forget(self) -> None:
        """Drop what was told so far."""
        self._told.clear()

    def note(self, text: str) -> None:
        """Keep a note."""
        self._told.append(partial(observer.note, text))

    def waited(self, wait: Any) -> None:
        """Keep a wait."""
        self._told.append(partial(observer.waited, wait.what, wait.seconds, wait.budget))

    def attach(self, path: Any, name: str) -> None:
        """Keep an attachment."""
        self._told.append(partial(observer.attach, path, name))

    def touched(self, kind: str) -> None:
        """Keep a kind of objects."""
        self._told.append(partial(observer.touched, kind))

    def tell(self) -> None:
        """Hand on what is kept."""
        for tell in self._told:
            tell()


@contextlib.contextmanager
def held() -> Iterator[Held]:
    """Hold back what is told meanwhile; what was not forgotten is told at the end."""
    holder = Held()
    observer._observers.append(holder)  # type: ignore[arg-type]  # it does what is asked of one
    try:
        yield holder
    finally:
        observer._observers.remove(holder)  # type: ignore[arg-type]
        holder.tell()
