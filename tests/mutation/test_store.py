"""What is known of mutants from earlier rounds."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from kube_acceptance.mutation.score import Result, Verdict
from kube_acceptance.mutation.store import Store, Usual


def result(digest: str, verdict: Verdict = Verdict.KILLED, seconds: float = 2.0, tier: str = "static") -> Result:
    return Result(
        id="a",
        operator="a",
        concern="probe",
        object="b",
        takes_away="c",
        unnoticed="d",
        verdict=verdict,
        seconds=seconds,
        tier=tier,
        digest=digest,
        when=datetime(2026, 1, 1, tzinfo=UTC),
    )


def test_what_is_kept_is_known_to_the_next_round(tmp_path: Path) -> None:
    file = tmp_path / "reports" / "mutants.jsonl"
    store = Store(file)
    assert store.get("1") is None
    store.keep(result("1"))
    store.keep(result("2", Verdict.SURVIVED))
    store.keep(result("1", Verdict.SURVIVED))
    for each in (store, Store(file)):
        assert each.get("1") == result("1", Verdict.SURVIVED)
        assert each.get("2") == result("2", Verdict.SURVIVED)


def test_what_timed_out_is_tried_again(tmp_path: Path) -> None:
    store = Store(tmp_path / "mutants.jsonl")
    store.keep(result("1", Verdict.TIMED_OUT))
    assert store.get("1") is None
    assert list(tmp_path.iterdir()) == []


def test_half_a_line_spoils_nothing(tmp_path: Path) -> None:
    file = tmp_path / "mutants.jsonl"
    Store(file).keep(result("1"))
    with file.open("ab") as out:
        out.write(b'{"id": "a", "oper')  # kill -9
    store = Store(file)
    store.keep(result("2"))
    assert Store(file).get("1") == result("1")
    assert Store(file).get("2") == result("2")


def test_how_long_a_mutant_usually_takes(tmp_path: Path) -> None:
    store = Store(tmp_path / "mutants.jsonl")
    otherwise = {"static": Usual(9.0, 0.9), "image": Usual(60.0, 0.6), "cluster": Usual(90.0, 0.9)}
    assert store.usual(otherwise) == otherwise
    store.keep(result("1", seconds=2))
    store.keep(result("2", seconds=4))
    store.keep(result("3", tier="cluster", seconds=80))
    store.keep(result("4", Verdict.SURVIVED, tier="cluster", seconds=100))
    # what an interrupted round has left is no result yet
    store.keep(result("5", Verdict.SURVIVED, seconds=900).model_copy(update={"so_far": True}))
    assert store.usual(otherwise) == {
        "static": Usual(3.0, 0.5),
        "image": Usual(60.0, 0.6),
        "cluster": Usual(90.0, 0.5),
    }
