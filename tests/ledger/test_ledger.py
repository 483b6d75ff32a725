"""Acknowledged writes against what is stored."""

from __future__ import annotations

import pytest

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.ledger import Ledger, WriteOutcome


@pytest.fixture
def ledger() -> Ledger:
    ledger = Ledger()
    ledger.record("1", "one")
    ledger.record("2", "two")
    ledger.record("x", "perhaps", WriteOutcome.INDETERMINATE)
    ledger.record("y", "no", WriteOutcome.FAILED)
    return ledger


def test_everything_acknowledged_is_stored(ledger: Ledger) -> None:
    assert ledger.check({"1": "one", "2": "two", "x": "perhaps"}) == 2


def test_what_is_indeterminate_may_be_missing(ledger: Ledger) -> None:
    assert ledger.check({"1": "one", "2": "two"}) == 2


def test_lost_changed_and_invented(ledger: Ledger) -> None:
    with pytest.raises(AcceptanceError) as caught:
        ledger.check({"2": "TWO", "3": "three"})
    assert str(caught.value) == (
        "1 of 2 acknowledged writes are lost, 1 changed, 1 invented\n"
        "  lost: 1 'one'\n"
        "  changed: 2 'two' is stored as 'TWO'\n"
        "  invented: 3 'three'"
    )


def test_an_invented_write_does_not_make_up_for_a_lost_one(ledger: Ledger) -> None:
    with pytest.raises(AcceptanceError, match=r"^1 of 2 acknowledged writes are lost"):
        ledger.check({"1": "one", "9": "nine"})


def test_nothing_acknowledged_proves_nothing() -> None:
    with pytest.raises(AcceptanceError, match=r"^no write was acknowledged, so nothing can be said about them$"):
        Ledger().check({"1": "one"})


def test_what_is_indeterminate_may_be_stored_under_an_id_that_nobody_learned() -> None:
    ledger = Ledger()
    ledger.record("1", "one")
    ledger.record("a title", "a title", WriteOutcome.INDETERMINATE)
    assert ledger.check({"1": "one", "7": "a title"}) == 1
