"""What of a round counts."""

from __future__ import annotations

from pathlib import Path

import pytest
from rounds import BEFORE, TODAY, a_round, every_fate, result

from kube_acceptance.mutation import score as module
from kube_acceptance.mutation.score import DATA, Score, Share, read
from kube_acceptance.mutation.threshold import judged


def names(results: list[module.Result]) -> list[str]:
    return [each.id.partition(".")[2] for each in results]


def test_what_counts() -> None:
    score = every_fate()
    assert score.share == Share(2, 6)
    assert names(score.survivors) == ["c", "h"]
    assert names(score.equivalents) == ["g"]
    assert score.share_of(score.results[:3]) == Share(2, 3)


@pytest.mark.parametrize(("killed", "counted", "percent"), [(0, 0, 0), (2, 3, 66), (199, 200, 99), (200, 200, 100)])
def test_a_share_is_rounded_down(killed: int, counted: int, percent: int) -> None:
    assert Share(killed, counted).percent == percent


@pytest.mark.parametrize("verdict", ["killed", "killed elsewhere", "timed out", "invalid"])
def test_only_a_survivor_is_excused(verdict: str) -> None:
    score = a_round(result("a", verdict, equivalent="the same", until=TODAY))
    assert score.equivalents == []
    assert score.share.counted == (0 if verdict == "invalid" else 1)


def test_an_excuse_counts_until_its_day_is_over() -> None:
    on, after, endless = (result("a", equivalent="the same", until=day) for day in (TODAY, BEFORE, None))
    score = a_round(on, after, endless)
    assert [score.excused(each) for each in score.results] == [True, False, False]
    assert [score.expired(each) for each in score.results] == [False, True, True]
    assert not score.expired(result("a"))


@pytest.mark.parametrize(
    ("score", "threshold", "said"),
    [
        (every_fate(), 33, "2 of 6 mutants that count were killed, 33 %; the threshold is 33 %"),
        (
            every_fate(),
            34,
            "2 of 6 mutants that count were killed, 33 %, which is below the threshold of 34 %: 1 more must be",
        ),
        (
            every_fate(),
            100,
            "2 of 6 mutants that count were killed, 33 %, which is below the threshold of 100 %: 4 more must be",
        ),
        (every_fate(planned=9, derived=9), 0, "the round was interrupted after 8 of 9 mutants"),
        (a_round(), 0, "no mutant could be judged, so nothing is proved"),
        (a_round(result("a", "invalid")), 0, "no mutant could be judged, so nothing is proved"),
        (a_round(result("a")), 0, "0 of 1 mutants that count were killed, 0 %; the threshold is 0 %"),
        (
            a_round(result("a", equivalent="the same", until=TODAY)),
            80,
            "nobody has to notice any of the mutants: 1 of 1 that ran are equivalent",
        ),
    ],
)
def test_threshold(score: Score, threshold: int, said: str) -> None:
    passed, why = judged(score, threshold)
    assert why == said
    assert passed == ("the threshold is" in said or "equivalent" in said)


def test_the_share_is_held_against_the_threshold_exactly() -> None:
    score = a_round(result("a", "killed"), result("b", "killed"), result("c"))
    assert judged(score, 66)[0]
    assert not judged(score, 67)[0]


def test_it_survives_its_file(tmp_path: Path) -> None:
    score = every_fate(commit="4f2a91c")
    score.write(tmp_path / "reports")
    assert read(tmp_path / "reports") == score
    assert [file.name for file in (tmp_path / "reports").iterdir()] == [DATA]


def test_a_damaged_file_is_told_and_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(module, "progress", said.append)
    assert read(tmp_path) is None
    for text in ("{", '{"began": 7}'):
        (tmp_path / DATA).write_text(text)
        assert read(tmp_path) is None
    assert said == [f"{tmp_path}/mutation.json: it is damaged or of another version, and left out"] * 2
