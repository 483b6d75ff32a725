"""Waits: what ends them, and what they say."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import urllib3
from kubernetes.client.exceptions import ApiException

from kube_acceptance.errors import WaitError
from kube_acceptance.wait import Seen, consistently, eventually, until


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(until, "LOOK_EVERY", 0.01)


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, float]]:
    recorded: list[tuple[str, float]] = []
    monkeypatch.setattr(until, "waited", lambda what, seconds, budget: recorded.append((what, budget)))
    return recorded


@pytest.fixture
def noted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    notes: list[str] = []
    monkeypatch.setattr(until, "note", notes.append)
    return notes


def look_at(one: object) -> Seen[str]:
    if isinstance(one, Exception):
        raise one
    assert isinstance(one, Seen)
    return one


def looks(*seen: object) -> Any:
    given: Iterator[object] = iter(seen)

    return lambda: look_at(next(given))


def test_returns_the_value_when_it_comes_true() -> None:
    assert eventually("it", looks(Seen(False, "no"), Seen(True, "yes", "value")), within=5) == "value"


@pytest.mark.parametrize("status", [404, 409, 410, 429, 500, 503])
def test_passing_answers_of_the_api_do_not_end_it(status: int) -> None:
    assert eventually("it", looks(ApiException(status=status), Seen(True, "yes", 1)), within=5) == 1


def test_a_lost_connection_does_not_end_it() -> None:
    lost = urllib3.exceptions.MaxRetryError(None, "/")  # type: ignore[arg-type]
    assert eventually("it", looks(lost, Seen(True, "yes", 1)), within=5) == 1


def test_what_is_forbidden_ends_it_at_once_in_one_sentence() -> None:
    body = '{"message": "pods is forbidden: User \\"ci\\" cannot list resource \\"pods\\""}'
    answer = ApiException(status=403, reason="Forbidden")
    answer.body = body
    with pytest.raises(WaitError) as caught:
        eventually("the pods to be ready", looks(Seen(False, "no"), answer), within=60)
    first, hint, *rest = str(caught.value).splitlines()
    assert re.sub(r"\d+\.\d", "N", first) == (
        'the API server refuses to be asked: pods is forbidden: User "ci" cannot list resource "pods" '
        "(waited for the pods to be ready; answer 403 after N s)"
    )
    assert hint == "Let the kubeconfig's user read it."
    assert rest == ["  after   0.0 s: no"]


def test_time_is_over() -> None:
    with pytest.raises(WaitError) as caught:
        eventually("the pods to be ready", lambda: Seen(False, "0 of 2 ready"), within=0.05)
    first, *rest = str(caught.value).splitlines()
    assert first == "0 of 2 ready (waited for the pods to be ready; not within 0.05 s)"
    assert rest == ["  expected: the pods to be ready", "  last seen: 0 of 2 ready", "  after   0.0 s: 0 of 2 ready"]
    assert caught.value.certain_for is None


def test_the_last_state_is_never_stale() -> None:
    states = iter([Seen(False, "old")])

    def look() -> Seen[None]:
        if state := next(states, None):
            return state
        raise ApiException(status=503, reason="Service Unavailable")

    with pytest.raises(WaitError) as caught:
        eventually("it", look, within=0.05)
    assert "  last seen: the API server answered 503 Service Unavailable" in str(caught.value).splitlines()


def test_hopeless_ends_it_at_once() -> None:
    started = time.monotonic()
    with pytest.raises(WaitError) as caught:
        eventually("it", lambda: Seen(False, "0 of 1", hopeless="the image cannot be pulled"), within=60)
    assert time.monotonic() - started < 5
    assert re.match(r"the image cannot be pulled \(waited for it; given up after 0\.\d of 60 s\)", str(caught.value))


def test_the_explanation_comes_first() -> None:
    with pytest.raises(WaitError) as caught:
        eventually("it", lambda: Seen(False, "no"), within=0.01, explain=lambda: ("because", ["event: x"]))
    assert str(caught.value).splitlines()[0].startswith("because (waited for it;")
    assert str(caught.value).splitlines()[-1] == "  event: x"


def test_a_change_wakes_it_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(until, "LOOK_EVERY", 30.0)
    changed, ready = threading.Event(), threading.Event()
    threading.Timer(0.05, lambda: (ready.set(), changed.set())).start()
    started = time.monotonic()
    eventually("it", lambda: Seen(ready.is_set(), "x"), within=60, changed=changed)
    assert time.monotonic() - started < 10


def test_consistently_holds(noted: list[str]) -> None:
    consistently("it", lambda: Seen(True, "yes"), lasting=0.05)
    assert re.fullmatch(r"it held for 0\.\d s", noted[0])


def test_consistently_fails_at_the_first_violation() -> None:
    with pytest.raises(WaitError) as caught:
        consistently("it", looks(Seen(True, "yes"), Seen(False, "gone")), lasting=60)
    first, *rest = str(caught.value).splitlines()
    assert first == "it held for only 0.0 of 60 s: gone"
    assert rest == ["  expected: it to last", "  after   0.0 s: yes", "  after   0.0 s: gone"]


def test_consistently_takes_an_object_that_is_not_there_for_a_violation() -> None:
    with pytest.raises(WaitError, match=r"^it held for only 0\.0 of 60 s: the API server answered 404 Not Found"):
        consistently("it", looks(Seen(True, "yes"), ApiException(status=404, reason="Not Found")), lasting=60)


def test_consistently_notes_that_nobody_could_look_for_a_moment(noted: list[str]) -> None:
    hiccup = ApiException(status=503, reason="Service Unavailable")
    states = iter([Seen(True, "yes"), hiccup])
    consistently("it", lambda: look_at(next(states, Seen(True, "yes"))), lasting=0.02)
    [note] = noted
    assert note.endswith(" s, 1 looks without an answer (the API server answered 503 Service Unavailable)")


def test_consistently_does_not_say_that_something_held_when_nobody_could_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(until, "UNSEEN_AT_MOST", 0.03)
    states = iter([Seen(True, "yes")])
    with pytest.raises(WaitError, match=r"^nobody could see for 0\.\d s whether it held: the API server answered 503"):
        consistently("it", lambda: look_at(next(states, ApiException(status=503))), lasting=0.01)


def test_every_wait_is_recorded_however_it_ends(waits: list[tuple[str, float]]) -> None:
    eventually("this", lambda: Seen(True, "yes"), within=5)
    with pytest.raises(WaitError):
        eventually("that", lambda: Seen(False, "no", hopeless="never"), within=6)
    assert waits == [("this", 5), ("that", 6)]


def test_what_is_waited_for_is_told_at_each_look(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(until, "status", told.append)
    eventually("it", looks(Seen(False, "no"), Seen(True, "yes")), within=5)
    assert told == ["waiting for it: no …", "waiting for it: yes …"]


def test_what_cannot_be_explained_does_not_hide_the_failure() -> None:
    def explain() -> tuple[str, list[str]]:
        raise urllib3.exceptions.ProtocolError("gone")

    with pytest.raises(WaitError) as caught:
        eventually("it", lambda: Seen(False, "no"), within=0.01, explain=explain)
    assert str(caught.value).splitlines()[0] == "no (waited for it; not within 0.01 s)"
    assert str(caught.value).splitlines()[-1] == "  nothing more could be read: ProtocolError"
