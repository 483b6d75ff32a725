"""Waits: what ends them, and what they say."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator

import pytest
import urllib3
from kubernetes.client.exceptions import ApiException

from kube_acceptance.errors import WaitError
from kube_acceptance.wait import Seen, consistently, eventually, until


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(until, "LOOK_EVERY", 0.01)


def looks(*seen: object) -> object:
    given: Iterator[object] = iter(seen)

    def look() -> Seen[str]:
        one = next(given)
        if isinstance(one, Exception):
            raise one
        assert isinstance(one, Seen)
        return one

    return look


def test_returns_the_value_when_it_comes_true() -> None:
    assert eventually("it", looks(Seen(False, "no"), Seen(True, "yes", "value")), within=5) == "value"


@pytest.mark.parametrize("status", [404, 409, 410, 429, 500, 503])
def test_passing_answers_of_the_api_do_not_end_it(status: int) -> None:
    assert eventually("it", looks(ApiException(status=status), Seen(True, "yes", 1)), within=5) == 1


def test_a_lost_connection_does_not_end_it() -> None:
    lost = urllib3.exceptions.MaxRetryError(None, "/")  # type: ignore[arg-type]
    assert eventually("it", looks(lost, Seen(True, "yes", 1)), within=5) == 1


def test_other_answers_do() -> None:
    with pytest.raises(ApiException):
        eventually("it", looks(ApiException(status=403)), within=5)


def test_time_is_over() -> None:
    with pytest.raises(WaitError) as caught:
        eventually("the pods to be ready", lambda: Seen(False, "0 of 2 ready"), within=0.05)
    first, *rest = str(caught.value).splitlines()
    assert first == "0 of 2 ready (waited for the pods to be ready; not within 0.05 s)"
    assert rest == ["  last seen: 0 of 2 ready", "  after   0.0 s: 0 of 2 ready"]


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


def test_consistently_holds() -> None:
    consistently("it", lambda: Seen(True, "yes"), lasting=0.05)


def test_consistently_fails_at_the_first_violation() -> None:
    with pytest.raises(WaitError, match=r"^it held for only 0\.0 of 60 s: gone$"):
        consistently("it", looks(Seen(True, "yes"), Seen(False, "gone")), lasting=60)
