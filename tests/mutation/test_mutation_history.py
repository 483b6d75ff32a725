"""The scores of earlier rounds."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from rounds import NOON, a_round, every_fate, result

from kube_acceptance.mutation.history import FILE, Entry, History
from kube_acceptance.mutation.score import Share
from kube_acceptance.report import lines


def test_a_round_is_remembered_in_numbers(tmp_path: Path) -> None:
    history = History(tmp_path / "reports" / FILE)
    assert history.entries() == []
    history.add(every_fate(commit="4f2a91c", seconds=90.0))
    (entry,) = history.entries()
    assert entry == Entry(
        began=NOON,
        commit="4f2a91c",
        seconds=90.0,
        killed=2,
        counted=6,
        survived=2,
        equivalent=1,
        invalid=1,
        judged=8,
        planned=8,
        derived=8,
    )
    assert (entry.share, entry.part) == (Share(2, 6), "")


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"derived": 20, "chosen": "changed since main"}, "changed since main"),
        ({"chosen": "only static scenarios"}, "only static scenarios"),
        ({"derived": 20}, "8 of 20 mutants"),
        ({"derived": 20, "planned": 10, "chosen": "policy-*"}, "policy-*, interrupted"),
    ],
)
def test_a_part_is_called_one(changes: dict[str, object], part: str) -> None:
    assert Entry.of(every_fate(**changes)).part == part


def test_the_same_round_is_remembered_once_and_an_empty_one_never(tmp_path: Path) -> None:
    history = History(tmp_path / FILE)
    history.add(a_round(result("a")))
    history.add(a_round(result("a", "killed")))
    history.add(a_round(began=NOON + timedelta(days=1), planned=3))
    assert [each.killed for each in history.entries()] == [1]


def test_the_oldest_are_forgotten(tmp_path: Path) -> None:
    history = History(tmp_path / FILE)
    for day in range(52):
        history.add(a_round(result("a"), began=NOON + timedelta(days=day)))
    assert [each.began for each in history.entries()] == [NOON + timedelta(days=day) for day in range(2, 52)]
    assert [file.name for file in tmp_path.iterdir() if file.suffix == ".part"] == []


def test_a_damaged_line_is_told_and_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(lines, "progress", said.append)
    history = History(tmp_path / FILE)
    history.add(a_round(result("a")))
    with (tmp_path / FILE).open("a") as file:
        file.write('{"began"')
    assert len(history.entries()) == 1
    assert said == [f"{tmp_path / FILE}: line 2 is damaged and left out"]
