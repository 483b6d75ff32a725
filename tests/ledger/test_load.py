"""The judgement of writes that go on, on a writer that says what it is told to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import SimpleNamespace as Object
from typing import Any

import pytest
from ledger_writes import NOON

from kube_acceptance.errors import AcceptanceError, ConfigurationError, ReleaseError, WaitError
from kube_acceptance.ledger import Load, Way
from kube_acceptance.ledger import load as module
from kube_acceptance.report import observer

API = Way("api", "http://api/orders", {"name": "${CONTENT}"})
WEB = Way("web", "http://web/orders", {"name": "${CONTENT}"})


def line(way: str, number: int, at: float, outcome: str = "acknowledged", why: str = "") -> dict[str, Any]:
    status, said = (201, {"id": f"{way}-{number}"}) if outcome == "acknowledged" else (None, {})
    told = {"request": way, "number": number, "content": f"Write {way} {number}", "status": status, "said": said}
    return {**told, "began": NOON + at - 0.01, "ended": NOON + at, "why": why, "sent": not why, "kept": False}


def steady(way: str, first: int, last: int, *, start: float = 0.0) -> list[dict[str, Any]]:
    return [line(way, number, start + 0.2 * (number - first + 1)) for number in range(first, last + 1)]


class Script:
    """A writer that says the next part of its script at each look."""

    def __init__(self, *parts: Sequence[Mapping[str, Any]]) -> None:
        self.parts = list(parts)
        self.stopped = 0

    def start(self) -> None:
        pass

    def lines(self) -> Iterator[Mapping[str, Any]]:
        yield from self.parts.pop(0) if self.parts else []

    def stop(self) -> str:
        self.stopped += 1
        return ""

    def close(self) -> None:
        self.parts.clear()


@pytest.fixture(autouse=True)
def no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kube_acceptance.wait.until._rest", lambda *_: None)


@pytest.fixture
def notes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    said: list[str] = []
    silent = Object(note=said.append, waited=lambda *_: None)
    monkeypatch.setattr(observer, "_observers", [silent])
    return said


Start = Callable[..., Load]


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Start:
    """Starts a load of two ways; its writer goes on with these parts."""

    def start(*parts: Sequence[Mapping[str, Any]], stored: Callable[[], Mapping[str, str]] = dict) -> Load:
        script: Any = Script([*steady("api", 0, 2), *steady("web", 0, 2)], *parts)
        monkeypatch.setattr(module, "Sender", lambda *_, **__: script)
        release: Any = Object(explain=lambda: ("", ["possible cause: the database does not start"]))
        reads: Iterator[Callable[[], Mapping[str, str]]] = iter([dict])  # nothing was stored before
        load = Load(release, [API, WEB], lambda: next(reads, stored)(), image="probe:1", labels={}, count=3)
        load.start()
        return load

    return start


def failing(way: str, number: int, at: float) -> dict[str, Any]:
    return line(way, number, at, "failed", "not connected: [Errno 111] Connection refused")


def test_it_begins_when_enough_are_acknowledged_each_way(monkeypatch: pytest.MonkeyPatch) -> None:
    script: Any = Script(steady("api", 0, 2), steady("web", 0, 1), [], [line("web", 2, 0.6)])
    monkeypatch.setattr(module, "Sender", lambda *_, **__: script)
    release: Any = None
    Load(release, [API, WEB], dict, image="probe:1", labels={}, count=3).start()
    assert script.parts == []


def test_ways_that_never_acknowledge_are_named_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BEGINS_WITHIN", -100.0)
    script: Any = Script([*steady("api", 0, 2), failing("web", 0, 0.5)])
    monkeypatch.setattr(module, "Sender", lambda *_, **__: script)
    release: Any = None
    with pytest.raises(WaitError) as caught:
        Load(release, [API, WEB], dict, image="probe:1", labels={}, count=3).start()
    assert caught.value.summary.startswith(
        "acknowledged of 3, web: 0 (not connected: [Errno 111] Connection refused) "
        "(waited for 3 writes to be acknowledged each way; not within "
    )


def test_ways_must_be_told_apart() -> None:
    release: Any = None
    with pytest.raises(ConfigurationError) as caught:
        Load(release, [API, WEB, API], dict, image="probe:1", labels={}, count=3)
    assert str(caught.value) == "two ways are called 'api', so their writes could not be told apart"


def test_an_interruption_is_over_when_enough_in_a_row_are_acknowledged_each_way(started: Start) -> None:
    load = started(
        [failing("api", 3, 0.8), line("web", 3, 0.9)],
        [*steady("api", 4, 6, start=4.0), line("web", 4, 4.2)],
        [*steady("web", 5, 6, start=4.3)],
    )
    api, web = load.must_be_interrupted(within=5)
    assert (api.refused, round(api.longest, 1), api.row) == (1, 3.6, 3)
    assert (web.refused, round(web.longest, 1), web.row) == (0, 3.3, 3)


def test_no_interruption_is_a_failure(started: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Load, "_slack", lambda _: -1.0)
    load = started([*steady("api", 3, 9, start=0.6), *steady("web", 3, 9, start=0.6)])
    with pytest.raises(WaitError) as caught:
        load.must_be_interrupted(within=1)
    assert caught.value.summary.startswith(
        "the writes were not interrupted: api: 7 in a row acknowledged, at most 0.2 s without; web: 7 in a row "
    )


def test_an_interruption_that_is_too_long_ends_the_wait(started: Start) -> None:
    def stored() -> dict[str, str]:
        raise ReleaseError("release shop has no database pod")

    load = started([{"now": NOON + 3}, line("web", 3, 3.0)], [{"now": NOON + 7}, failing("api", 3, 6.0)], stored=stored)
    with pytest.raises(WaitError) as caught:
        load.must_be_interrupted(within=5)
    assert caught.value.summary.startswith(
        "the writes were interrupted for 6.4 s (api), not within 5 s; the last that was not acknowledged: "
        "not connected: [Errno 111] Connection refused (waited for the writes to be interrupted and go on; given up "
    )
    assert caught.value.details[-1] == "possible cause: the database does not start"


def test_loss_is_told_before_the_writes_go_on(started: Start, notes: list[str]) -> None:
    asked: list[object] = []

    def stored() -> dict[str, str]:
        asked.append(None)
        if len(asked) == 1:
            raise ReleaseError("release shop has no database pod")
        return {"api-0": "Write api 0", "api-1": "Write api 1"}

    load = started([{"now": NOON + 3}], [{"now": NOON + 4}], stored=stored)
    with pytest.raises(AcceptanceError) as caught:
        load.must_be_interrupted(within=60)
    assert caught.value.summary == "4 of 6 acknowledged writes are lost"
    assert caught.value.details[0] == "lost: api-2 'Write api 2', acknowledged at 08:00:00.600 (api)"
    assert notes == ["acknowledged 6, lost 4, failed 0, indeterminate 0; interrupted for 3.4 s (api), 3.4 s (web)"]


def test_writes_that_go_on(started: Start) -> None:
    load = started(
        [*steady("api", 3, 4, start=0.6), *steady("web", 3, 4, start=0.6)],
        [*steady("api", 5, 7, start=1.0), *steady("web", 5, 7, start=1.0)],
    )
    assert [one.row for one in load.must_not_be_interrupted()] == [5, 5]


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ([failing("web", 3, 0.8)], "the writes were interrupted for 0.2 s (web); the last that was not acknowledged: "),
        (steady("api", 3, 19, start=0.6), "the writes were interrupted for 3.4 s (web) (waited for "),
    ],
)
def test_what_is_no_going_on(started: Start, part: Sequence[Mapping[str, Any]], said: str) -> None:
    load = started(part)
    with pytest.raises(WaitError) as caught:
        load.must_not_be_interrupted()
    assert caught.value.summary.startswith(said)


def test_writes_that_go_on_after_an_interruption_or_none(started: Start) -> None:
    load = started(
        [failing("api", 3, 0.8), *steady("api", 4, 6, start=1.0), *steady("web", 3, 8, start=0.6)],
        [*steady("api", 7, 9, start=1.8), *steady("web", 9, 11, start=1.8)],
        [*steady("api", 10, 12, start=2.4), *steady("web", 12, 14, start=2.4)],
        [*steady("api", 13, 15, start=3.0), *steady("web", 15, 17, start=3.0)],
    )
    assert [one.refused for one in load.must_go_on(interrupted=5)] == [1, 0]
    assert [one.refused for one in load.must_go_on(interrupted=5)] == [0, 0]


def test_writes_that_go_on_too_late(started: Start) -> None:
    load = started([*steady("api", 3, 19, start=0.6), line("web", 3, 4.0)])
    with pytest.raises(WaitError) as caught:
        load.must_go_on(interrupted=3)
    assert caught.value.summary.startswith("the writes were interrupted for 3.4 s (web), not within 3 s (waited for ")


def test_each_judgement_begins_where_the_last_one_ended(started: Start) -> None:
    load = started(
        [failing("api", 3, 0.8), *steady("api", 4, 6, start=1.0), *steady("web", 3, 8, start=0.6)],
        [*steady("api", 7, 9, start=1.8), *steady("web", 9, 11, start=1.8)],
        [*steady("api", 10, 12, start=2.4), *steady("web", 12, 14, start=2.4)],
    )
    load.must_be_interrupted(within=5)
    assert [one.refused for one in load.must_not_be_interrupted()] == [0, 0]


def test_the_end_takes_up_the_rest(started: Start, notes: list[str]) -> None:
    rest = [line("api", 3, 0.8), failing("web", 3, 0.8)]
    stored = {f"{way}-{number}": f"Write {way} {number}" for way in ("api", "web") for number in range(4)}
    del stored["web-3"]
    load = started([], [*rest, {"over": {"api": 4, "web": 4}}], stored=lambda: stored)
    load.check()
    load.check()
    script: Any = load._writer
    assert script.stopped == 1
    assert notes[-1] == "acknowledged 7, lost 0, failed 1, indeterminate 0; interrupted for 0.2 s (web)"


def test_a_record_with_a_gap_proves_nothing(started: Start) -> None:
    load = started([line("api", 4, 1.0), {"over": {"api": 5, "web": 3}}])
    with pytest.raises(AcceptanceError) as caught:
        load.check()
    assert str(caught.value) == "the record has 4 of the 5 writes of the way api"


def test_still_means_that_no_way_is_acknowledged_while_the_writer_goes_on(started: Start) -> None:
    trying = [failing("api", 3, 1.0), failing("web", 3, 1.0)]
    load = started(trying, [line("web", 4, 3.0)], [{"now": NOON + 7.9}], [{"now": NOON + 8.0}])
    assert [(one.way, round(one.silent, 1)) for one in load.must_stand_still(5, 60)] == [("api", 7.4), ("web", 5.0)]


def test_writes_that_are_acknowledged_still_are_told(started: Start) -> None:
    load = started(steady("web", 3, 20), [{"now": NOON + 9.0}])
    with pytest.raises(WaitError) as caught:
        load.must_stand_still(5, 0)
    assert caught.value.summary.startswith("none was acknowledged for 0.0 s; api: ")
    assert caught.value.summary.endswith("(waited for no write to be acknowledged for 5 s; not within 0 s)")
