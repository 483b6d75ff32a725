"""What the terminal says of a round."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console
from rounds import a_round, every_fate, result

from kube_acceptance.mutation.score import Score
from kube_acceptance.mutation.table import lines, show
from kube_acceptance.mutation.words import extent, told


def test_what_is_not_killed_is_said_in_sentences() -> None:
    assert lines(every_fate()) == [
        "Without NetworkPolicy d, something went red for another reason: no route to host",
        "Without NetworkPolicy e, nothing was noticed in time: pytest did not end within 900 s",
        "Without NetworkPolicy f, nothing could be deployed: Helm refused: Invalid value",
        "Nothing notices that anybody may connect to g. Equivalent until 2026-01-24: nothing listens there",
        "Nothing notices that anybody may connect to c.",
        "Nothing notices that anybody may connect to h. It counted as equivalent until 2026-01-23, which has passed: "
        "nothing listens there",
        "2 of 6 mutants were killed (33 %); 2 survived, 1 was killed elsewhere and 1 timed out. "
        "1 equivalent and 1 invalid do not count.",
    ]


def test_in_a_pipe_it_is_plain_and_whole() -> None:
    out = StringIO()
    show(a_round(result("a", "killed", seen="[red]pod a is open", seconds=2.4)), Console(file=out, width=200))
    text = out.getvalue()
    assert "\x1b" not in text
    row = next(line for line in text.splitlines() if "policy-removed.a" in line)
    assert [cell.strip() for cell in row.strip("│").split("│")] == [
        *("policy-removed.a", "NetworkPolicy a", "killed", "2", "[red]pod a is open")
    ]
    assert text.splitlines()[-1] == "1 of 1 mutant was killed (100 %)."


@pytest.mark.parametrize(
    ("score", "said"),
    [
        (a_round(), "There is no mutant that counts."),
        (a_round(result("a", "invalid")), "There is no mutant that counts. 1 invalid does not count."),
        (a_round(result("a"), result("b", "killed")), "1 of 2 mutants were killed (50 %); 1 survived."),
        (
            a_round(
                *(result(name, "timed out") for name in "ab"), *(result(name, "killed elsewhere") for name in "cd")
            ),
            "0 of 4 mutants were killed (0 %); 2 were killed elsewhere and 2 timed out.",
        ),
    ],
)
def test_told(score: Score, said: str) -> None:
    assert told(score) == said


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, ""),
        ({"derived": 20, "chosen": "policy-*"}, "Only 8 of 20 mutants took part: policy-*."),
        ({"chosen": "only static scenarios"}, "The round was limited: only static scenarios."),
        ({"derived": 9, "planned": 9}, "The round was interrupted: 1 has no verdict."),
        (
            {"derived": 20, "planned": 10},
            "Only 10 of 20 mutants took part. The round was interrupted: 2 have no verdict.",
        ),
    ],
)
def test_extent(changes: dict[str, object], said: str) -> None:
    assert extent(every_fate(**changes)) == said
