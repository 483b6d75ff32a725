"""The two verbs of waiting."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import urllib3
from kubernetes.client.exceptions import ApiException

from kube_acceptance.api_errors import said_by_api
from kube_acceptance.console import progress, status
from kube_acceptance.errors import WaitError
from kube_acceptance.report.observer import note, waited

T = TypeVar("T")

LOOK_EVERY = 1.0  # seconds between looks when nothing in the cluster wakes a wait up
SAY_EVERY = 15.0  # seconds between progress lines of one wait
UNSEEN_AT_MOST = 10.0  # seconds that `consistently` may be without an answer and still say that something held
TOLD = 12  # states of its history that a failure prints
# not found, conflict, gone, too many requests, and a server that is not itself right now
PASSING = frozenset({404, 409, 410, 429, 500, 502, 503, 504})


@dataclass(frozen=True)
class Seen(Generic[T]):
    """What one look found.

    `said` is the state in words; `hopeless` is the cause, in a sentence, when the state cannot recover by itself, and
    `certain_for` the seconds for which that has been certain.
    """

    met: bool
    said: str
    value: T | None = None
    hopeless: str = ""
    certain_for: float = 0.0


class _UnansweredError(Exception):
    """The API server did not answer a look for a reason that passes; `gone` when it knows no such object (404)."""

    def __init__(self, said: str, *, gone: bool = False) -> None:
        super().__init__(said)
        self.gone = gone


@dataclass
class _Wait:
    """One wait: what for, how long by the monotonic clock, and the states it went through."""

    what: str
    budget: float
    started: float = field(default_factory=time.monotonic)
    states: list[tuple[float, str]] = field(default_factory=list)
    _say_at: float = SAY_EVERY

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self.started

    def saw(self, said: str) -> None:
        """Remember a state, and tell people of it."""
        now = self.elapsed
        if not self.states or self.states[-1][1] != said:
            self.states.append((now, said))
        status(f"waiting for {self.what}: {said} …")
        if now >= self._say_at:
            progress(f"waiting for {self.what}: {said} ({now:.0f} of {self.budget:.0f} s)")
            self._say_at = now + SAY_EVERY

    def history(self) -> list[str]:
        """The newest states, each with the seconds since the start."""
        left_out = len(self.states) - TOLD
        head = [f"({left_out} earlier states)"] if left_out > 0 else []
        return [*head, *(f"after {at:5.1f} s: {said}" for at, said in self.states[-TOLD:])]


def eventually(
    what: str,
    look: Callable[[], Seen[T]],
    *,
    within: float,
    changed: threading.Event | None = None,
    explain: Callable[[], tuple[str, Sequence[str]]] = lambda: ("", ()),
) -> T | None:
    """Wait until a look finds what it should, and return the value that it found.

    What it waited for, its budget and the time it took are recorded for the report, however it ends.

    Args:
        what: The condition, as the end of the sentence "waited for …".
        look: Looks once. What the API answers while it is restarting or out of step (404, 409, 410, 429, 5xx, no
            connection) counts as a state like any other, never as the end.
        within: Seconds.
        changed: Set by whoever watches the cluster; wakes the wait up at once.
        explain: Called at a failure: the likely cause in a sentence (empty when unknown) and further lines.

    Raises:
        WaitError: The time is over, a look found the state hopeless, or the API server refuses to be asked; the first
            line names the likely cause.
    """
    wait = _Wait(what, within)
    try:
        while True:
            if changed is not None:
                changed.clear()
            try:
                seen = _look(wait, look)
            except _UnansweredError as hiccup:
                seen = Seen(False, str(hiccup))
            wait.saw(seen.said)
            if seen.met:
                return seen.value
            if seen.hopeless or wait.elapsed >= within:
                raise _failure(wait, seen, explain)
            _rest(changed, min(LOOK_EVERY, within - wait.elapsed))
    finally:
        waited(what, wait.elapsed, within)


def consistently(
    what: str,
    look: Callable[[], Seen[T]],
    *,
    lasting: float,
    changed: threading.Event | None = None,
) -> None:
    """Watch that every look finds what it should, and fail at the first that does not.

    An API server that does not answer for a moment (409, 410, 429, 5xx, no connection) is no violation, but nobody saw
    that the condition held meanwhile: that is noted in the report, and it fails when it lasts. An object that is not
    there (404) is a violation. The last word is always an answer.

    Args:
        what: The condition, as in "… held".
        look: Looks once.
        lasting: Seconds.
        changed: Set by whoever watches the cluster; makes the next look come at once.

    Raises:
        WaitError: A look found otherwise, or nobody could look for over 10 seconds; the first line says when.
    """
    wait = _Wait(f"{what} to last", lasting)
    answered, gaps = wait.started, list[str]()
    while True:
        if changed is not None:
            changed.clear()
        try:
            seen, unseen = _look(wait, look), 0.0
            answered = time.monotonic()
        except _UnansweredError as hiccup:
            seen, unseen = Seen(not hiccup.gone, str(hiccup)), time.monotonic() - answered
            gaps.append(str(hiccup))
        wait.saw(seen.said)
        if not seen.met:
            raise _violation(wait, f"{what} held for only {wait.elapsed:.1f} of {lasting:g} s: {seen.said}")
        if unseen > UNSEEN_AT_MOST:
            raise _violation(wait, f"nobody could see for {unseen:.1f} s whether {what} held: {seen.said}")
        if wait.elapsed >= lasting and not unseen:
            break
        _rest(changed, min(LOOK_EVERY, max(lasting - wait.elapsed, LOOK_EVERY / 10)))
    unanswered = f", {len(gaps)} looks without an answer ({', '.join(dict.fromkeys(gaps))})" if gaps else ""
    note(f"{what} held for {wait.elapsed:.1f} s{unanswered}")


def _look(wait: _Wait, look: Callable[[], Seen[T]]) -> Seen[T]:
    try:
        return look()
    except ApiException as error:
        if error.status in PASSING:
            said = f"the API server answered {error.status} {error.reason}"
            raise _UnansweredError(said, gone=error.status == 404) from error
        raise WaitError(
            f"the API server refuses to be asked: {said_by_api(error)} (waited for {wait.what}; answer {error.status} "
            f"after {wait.elapsed:.1f} s)",
            hint="Let the kubeconfig's user read it." if error.status in (401, 403) else "",
            details=wait.history(),
        ) from error
    except urllib3.exceptions.HTTPError as error:
        raise _UnansweredError(f"the API server could not be reached ({type(error).__name__})") from error


def _rest(changed: threading.Event | None, seconds: float) -> None:
    if changed is None:
        time.sleep(max(0.0, seconds))
    else:
        changed.wait(max(0.0, seconds))


def _violation(wait: _Wait, sentence: str) -> WaitError:
    return WaitError(sentence, details=[f"expected: {wait.what}", *wait.history()])


def _failure(wait: _Wait, seen: Seen[T], explain: Callable[[], tuple[str, Sequence[str]]]) -> WaitError:
    elapsed = wait.elapsed
    try:
        cause, further = explain()
    except (ApiException, urllib3.exceptions.HTTPError) as error:
        cause, further = "", [f"nothing more could be read: {type(error).__name__}"]
    ended = f"given up after {elapsed:.1f} of {wait.budget:g} s" if seen.hopeless else f"not within {wait.budget:g} s"
    certain = [f"certain for {seen.certain_for:.1f} s when it gave up"] if seen.hopeless else []
    return WaitError(
        f"{seen.hopeless or cause or seen.said} (waited for {wait.what}; {ended})",
        details=[f"expected: {wait.what}", f"last seen: {seen.said}", *certain, *wait.history(), *further],
        certain_for=seen.certain_for if seen.hopeless else None,
    )
