"""The two verbs of waiting."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import urllib3
from kubernetes.client.exceptions import ApiException

from kube_acceptance.console import progress
from kube_acceptance.errors import WaitError

T = TypeVar("T")

LOOK_EVERY = 1.0  # seconds between looks when nothing in the cluster wakes a wait up
SAY_EVERY = 15.0  # seconds between progress lines of one wait
# not found, conflict, gone, too many requests, and a server that is not itself right now
PASSING = frozenset({404, 409, 410, 429, 500, 502, 503, 504})


@dataclass(frozen=True)
class Seen(Generic[T]):
    """What one look found.

    `said` is the state in words; `hopeless` is the cause, in a sentence, when the state cannot recover by itself.
    """

    met: bool
    said: str
    value: T | None = None
    hopeless: str = ""


@dataclass
class _History:
    """The states a wait went through, each with the seconds since its start."""

    started: float = field(default_factory=time.monotonic)
    states: list[tuple[float, str]] = field(default_factory=list)

    def add(self, said: str) -> None:
        if not self.states or self.states[-1][1] != said:
            self.states.append((time.monotonic() - self.started, said))

    def lines(self) -> list[str]:
        return [f"after {at:5.1f} s: {said}" for at, said in self.states[-12:]]


def eventually(
    what: str,
    look: Callable[[], Seen[T]],
    *,
    within: float,
    changed: threading.Event | None = None,
    explain: Callable[[], tuple[str, Sequence[str]]] = lambda: ("", ()),
) -> T | None:
    """Wait until a look finds what it should, and return the value that it found.

    Args:
        what: The condition, as the end of the sentence "waited for …".
        look: Looks once. What the API answers while it is restarting or out of step (404, 409, 410, 429, 5xx, no
            connection) counts as a state like any other, never as the end.
        within: Seconds.
        changed: Set by whoever watches the cluster; wakes the wait up at once.
        explain: Called at a failure: the likely cause in a sentence (empty when unknown) and further lines.

    Raises:
        WaitError: The time is over, or a look found the state hopeless; the first line names the likely cause.
    """
    history = _History()
    deadline, say_at = history.started + within, history.started + SAY_EVERY
    while True:
        if changed is not None:
            changed.clear()
        seen = _look(look)
        history.add(seen.said)
        now = time.monotonic()
        if seen.met:
            return seen.value
        if seen.hopeless or now >= deadline:
            raise _failure(what, within, seen, history, explain)
        if now >= say_at:
            progress(f"waiting for {what}: {seen.said} ({now - history.started:.0f} of {within:.0f} s)")
            say_at = now + SAY_EVERY
        _rest(changed, min(LOOK_EVERY, deadline - now))


def consistently(
    what: str,
    look: Callable[[], Seen[T]],
    *,
    lasting: float,
    changed: threading.Event | None = None,
) -> None:
    """Watch that every look finds what it should, and fail at the first that does not.

    Args:
        what: The condition, as in "… held".
        look: Looks once.
        lasting: Seconds.
        changed: Set by whoever watches the cluster; makes the next look come at once.

    Raises:
        WaitError: A look found otherwise; the first line says when.
    """
    started = time.monotonic()
    while True:
        if changed is not None:
            changed.clear()
        seen = look()
        elapsed = time.monotonic() - started
        if not seen.met:
            raise WaitError(f"{what} held for only {elapsed:.1f} of {lasting:g} s: {seen.said}")
        if elapsed >= lasting:
            return
        _rest(changed, min(LOOK_EVERY, lasting - elapsed))


def _look(look: Callable[[], Seen[T]]) -> Seen[T]:
    try:
        return look()
    except ApiException as error:
        if error.status not in PASSING:
            raise
        return Seen(False, f"the API server answered {error.status} {error.reason}")
    except urllib3.exceptions.HTTPError as error:
        return Seen(False, f"the API server could not be reached ({type(error).__name__})")


def _rest(changed: threading.Event | None, seconds: float) -> None:
    if changed is None:
        time.sleep(max(0.0, seconds))
    else:
        changed.wait(max(0.0, seconds))


def _failure(
    what: str,
    within: float,
    seen: Seen[T],
    history: _History,
    explain: Callable[[], tuple[str, Sequence[str]]],
) -> WaitError:
    cause, further = explain()
    elapsed = time.monotonic() - history.started
    cause = seen.hopeless or cause or seen.said
    ended = f"given up after {elapsed:.1f} of {within:g} s" if seen.hopeless else f"not within {within:g} s"
    return WaitError(
        f"{cause} (waited for {what}; {ended})",
        details=[f"last seen: {seen.said}", *history.lines(), *further],
    )
