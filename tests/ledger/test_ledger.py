"""Acknowledged writes against what is stored."""

from __future__ import annotations

import pytest
from ledger_writes import write

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.ledger import Ledger, WriteOutcome


@pytest.fixture
def ledger() -> Ledger:
    ledger = Ledger()
    ledger.record(write("one", key="1", at=0.25))
    ledger.record(write("two", key="2"))
    ledger.record(write("perhaps", WriteOutcome.INDETERMINATE, why="no answer: timed out"))
    ledger.record(write("no", WriteOutcome.FAILED, why="answered 422"))
    return ledger


def test_everything_acknowledged_is_stored(ledger: Ledger) -> None:
    ledger.check({"1": "one", "2": "two", "7": "perhaps"})


def test_what_is_indeterminate_may_be_missing(ledger: Ledger) -> None:
    ledger.check({"1": "one", "2": "two"})


def test_lost_changed_and_invented(ledger: Ledger) -> None:
    with pytest.raises(AcceptanceError) as caught:
        ledger.check({"2": "TWO", "3": "three"})
    assert str(caught.value) == (
        "1 of 2 acknowledged writes are lost, 1 changed, 1 invented\n"
        "  lost: 1 'one', acknowledged at 08:00:00.250 (api)\n"
        "  changed: 2 'two' is stored as 'TWO'\n"
        "  invented: 3 'three'"
    )


def test_an_invented_write_does_not_make_up_for_a_lost_one(ledger: Ledger) -> None:
    with pytest.raises(AcceptanceError, match=r"^1 of 2 acknowledged writes are lost"):
        ledger.check({"1": "one", "9": "nine"})


def test_a_time_out_that_was_lost_is_no_loss_and_no_acknowledgement(ledger: Ledger) -> None:
    assert ledger.counts({"1": "one"}) == "acknowledged 2, lost 1, failed 1, indeterminate 1"
    assert [each.content for each in ledger.lost({})] == ["one", "two"]


def test_nothing_acknowledged_proves_nothing() -> None:
    ledger = Ledger()
    ledger.record(write("perhaps", WriteOutcome.INDETERMINATE))
    with pytest.raises(AcceptanceError, match=r"^no write was acknowledged, so nothing can be said about them$"):
        ledger.check({"7": "perhaps"})


def test_what_failed_must_not_be_stored(ledger: Ledger) -> None:
    with pytest.raises(AcceptanceError) as caught:
        ledger.check({"1": "one", "2": "two", "3": "no"})
    assert str(caught.value) == (
        "0 of 2 acknowledged writes are lost, 0 changed, 1 invented\n"
        "  invented: 3 'no', which failed: answered 422 (api)"
    )


@pytest.mark.parametrize("content", ["one", "perhaps"])
def test_nothing_is_stored_twice(ledger: Ledger, content: str) -> None:
    stored = {"1": "one", "2": "two", "7": content, "8": content}
    with pytest.raises(AcceptanceError, match=r"0 changed, 1 stored twice, \d invented\n") as caught:
        ledger.check(stored)
    keys = ", ".join(key for key in stored if stored[key] == content)
    assert f"twice: {content!r} under {keys}" in caught.value.details


def test_what_was_there_before_is_there_still_and_the_same(ledger: Ledger) -> None:
    ledger.before = {"a": "older", "b": "oldest"}
    ledger.check({"1": "one", "2": "two", "a": "older", "b": "oldest"})
    with pytest.raises(AcceptanceError) as caught:
        ledger.check({"1": "one", "2": "two", "b": "newest"})
    assert str(caught.value) == (
        "0 of 2 acknowledged writes are lost, 1 of 2 rows from before are lost, 1 changed, 0 invented\n"
        "  lost from before: a 'older'\n"
        "  changed: b 'oldest' is stored as 'newest'"
    )


def test_a_write_that_is_told_twice_counts_once(ledger: Ledger) -> None:
    again = ledger.writes[0]
    ledger.record(again)
    assert ledger.writes.count(again) == 1


def test_an_acknowledgement_without_an_id_cannot_be_looked_up() -> None:
    with pytest.raises(AcceptanceError) as caught:
        Ledger().record(write("one").__class__("api", 1, "one", WriteOutcome.ACKNOWLEDGED, 0, 0))
    assert str(caught.value) == (
        "a write was acknowledged by an answer without an id: 'one', acknowledged at 00:00:00.000 (api)"
    )


def test_of_many_lost_writes_some_are_told() -> None:
    ledger = Ledger()
    for number in range(50):
        ledger.record(write(str(number)))
    with pytest.raises(AcceptanceError, match=r"^50 of 50 acknowledged writes are lost\n") as caught:
        ledger.must_lose_nothing({})
    assert len(caught.value.details) == 41
    assert caught.value.details[-1] == "lost: … and 10 more"
