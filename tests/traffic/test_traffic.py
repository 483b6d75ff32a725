"""Requests that go on, of a sender that says what it is told to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest

from kube_acceptance.errors import AcceptanceError, ConfigurationError, WaitError
from kube_acceptance.traffic import Request, Traffic
from kube_acceptance.traffic import traffic as module
from kube_acceptance.traffic.judgement import must_be_good

NOON = 1_800_000_000.0
PAGE = Request("page", "http://shop/", says={"pod": "header:x-served-by"})
API = Request("api", "http://shop/api", keep_alive=True)


def line(name: str, number: int, at: float, status: int | None = 200, **more: Any) -> dict[str, Any]:
    told = {"request": name, "number": number, "content": f"Request {number}", "began": NOON + at, "status": status}
    return {**told, "ended": NOON + at + 0.01, "said": {}, "why": "", "sent": True, "kept": number > 0, **more}


class Script:
    """A sender that says the next part of its script at each look."""

    def __init__(self, *parts: Sequence[Mapping[str, Any]]) -> None:
        self.parts = list(parts)
        self.options: Mapping[str, Any] = {}

    def start(self) -> None:
        pass

    def lines(self) -> Iterator[Mapping[str, Any]]:
        yield from self.parts.pop(0) if self.parts else []

    def stop(self) -> str:
        return ""

    def close(self) -> None:
        self.parts.clear()


@pytest.fixture(autouse=True)
def no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kube_acceptance.wait.until._rest", lambda *_: None)


def traffic(monkeypatch: pytest.MonkeyPatch, *parts: Sequence[Mapping[str, Any]]) -> Traffic:
    script: Any = Script(*parts)

    def sender(*_: object, **options: Any) -> Script:
        script.options = options
        return script

    monkeypatch.setattr(module, "Sender", sender)
    release: Any = None
    return Traffic(release, [PAGE, API], rate=10, image="probe:1", labels={})


BEGUN = [line("page", 0, 0.0), line("api", 0, 0.0)]


def test_it_begins_when_each_was_answered_well(monkeypatch: pytest.MonkeyPatch) -> None:
    one = traffic(monkeypatch, [line("page", 0, 0.0), line("api", 0, 0.0, 503)], [], [line("api", 1, 0.1)])
    one.start()
    assert [(answer.request, answer.status) for answer in one.answers()] == [("page", 200), ("api", 503), ("api", 200)]
    script: Any = one._sender
    assert (script.options["every"], script.options["outstanding"]) == (0.1, 400)


def test_why_it_does_not_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BEGINS_WITHIN", -1.0)
    refused = line("api", 0, 0.5, None, why="not connected: [Errno 111] Connection refused", sent=False)
    with pytest.raises(WaitError) as caught:
        traffic(monkeypatch, [line("page", 0, 0.0), refused]).start()
    assert caught.value.summary.startswith(
        "api 0 at 08:00:00.500, after 0.01 s: not connected: [Errno 111] Connection refused (waited for each request "
    )


def test_names_tell_requests_apart() -> None:
    release: Any = None
    with pytest.raises(ConfigurationError) as caught:
        Traffic(release, [PAGE, API, PAGE], rate=10, image="probe:1", labels={})
    assert str(caught.value) == "two requests are called 'page', so their answers could not be told apart"
    with pytest.raises(ConfigurationError) as caught:
        Traffic(release, [], rate=10, image="probe:1", labels={})
    assert str(caught.value) == "no request is named, so none would be sent"


def test_going_on_counts_what_began_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    early = [line(name, number, 0.1 * number) for name in ("page", "api") for number in (1, 2)]
    one = traffic(
        monkeypatch, BEGUN, early, [line("page", 3, 2.0), line("api", 3, 1.0)], [line("api", 4, 2.1)], [{"now": NOON}]
    )
    one.start()
    assert len(one.go_on(1)) == 9


def test_the_end_takes_up_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    last = {"over": {"page": 1, "api": 2}, "missed": {"page": 0, "api": 0}}
    one = traffic(monkeypatch, BEGUN, [], [line("api", 1, 0.1), last])
    one.start()
    assert len(one.end()) == len(one.end()) == 3


@pytest.mark.parametrize(
    ("over", "missed", "said"),
    [
        ({"page": 1, "api": 2}, {}, "the record has 1 of the 2 answers to the request api"),
        ({"page": 1, "api": 1}, {"api": 3}, "not sent though due, because too many were under way: 3 of api"),
    ],
)
def test_a_record_with_a_gap_proves_nothing(
    monkeypatch: pytest.MonkeyPatch, over: dict[str, int], missed: dict[str, int], said: str
) -> None:
    one = traffic(monkeypatch, BEGUN, [{"over": over, "missed": missed}])
    one.start()
    with pytest.raises(AcceptanceError) as caught:
        one.end()
    assert str(caught.value) == said


def test_good_answers_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    one = traffic(monkeypatch, [*BEGUN, line("api", 1, 0.1, 302)])
    assert must_be_good(one.requests, one.answers()) == [
        "page: 1 of 1 answered well, the slowest after 0.01 s",
        "api: 2 of 2 answered well, 1 on a kept connection, the slowest after 0.01 s",
    ]


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        (
            [*BEGUN, line("api", 1, 0.1), line("page", 1, 0.1, 502, said={"pod": "a"})],
            "1 of 4 requests failed, the first: page 1 at 08:00:00.100, after 0.01 s: answered 502, pod a, on a kept "
            "connection\n"
            "  1 of page: answered 502\n"
            "  page: 1 of 2 answered well, the slowest after 0.01 s\n"
            "  api: 2 of 2 answered well, 1 on a kept connection, the slowest after 0.01 s",
        ),
        (BEGUN, "none of the 1 requests api went on a connection that was kept alive, as they should"),
        ([line("api", 1, 0.1)], "the request page was never answered, so nothing can be said of it"),
    ],
)
def test_what_is_not_good(monkeypatch: pytest.MonkeyPatch, parts: list[dict[str, Any]], said: str) -> None:
    one = traffic(monkeypatch, parts)
    with pytest.raises(AcceptanceError) as caught:
        must_be_good(one.requests, one.answers())
    assert str(caught.value) == said


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"url": "https://shop/"}, "the request page cannot be sent: 'https://shop/' is no URL of http"),
        ({"takes": 3.0}, "the request page cannot take 3 s: it has no body"),
        ({"says": {"pod": "x-served-by"}}, "the request page cannot note 'x-served-by': say header: or json:"),
    ],
)
def test_what_cannot_be_sent(more: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Request("page", **{"url": "http://shop/", **more})
    assert str(caught.value) == said
