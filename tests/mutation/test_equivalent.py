"""Mutants that nobody has to notice: why, and until when."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from rounds import BEFORE, TODAY, a_round, result

from kube_acceptance.config import EquivalentConfig
from kube_acceptance.mutation.equivalent import applied, mistakes, remarks

A = "policy-removed.a"


def entry(because: str = "nothing listens there", until: date = TODAY) -> EquivalentConfig:
    return EquivalentConfig(because=because, until=until)


@pytest.mark.parametrize(
    ("entry", "mistake"),
    [
        (entry(), ""),
        (entry(until=BEFORE), ""),  # the mutant counts as a survivor, which is told with the round
        (entry(until=TODAY + timedelta(days=366)), ""),
        (
            entry(until=TODAY + timedelta(days=367)),
            "lasts until 2027-01-26; 2027-01-25 is the latest, a year from today",
        ),
        (entry(because=" "), "has no reason; say why nobody has to notice"),
    ],
)
def test_what_must_be_true_of_an_entry(entry: EquivalentConfig, mistake: str) -> None:
    said = [f'pyproject.toml: the equivalent "{A}" {mistake}'] if mistake else []
    assert list(mistakes({A: entry}, TODAY)) == said


def test_an_entry_is_for_an_id_or_for_a_pattern() -> None:
    entries = {"*.a": entry("any a"), "policy-*": entry("any policy", BEFORE), A: entry("this one")}
    results = [result("a"), result("b"), result("c", id="other.a"), result("d", id="other.d", equivalent="once")]
    assert [(each.equivalent, each.until) for each in applied(results, entries)] == [
        ("this one", TODAY),
        ("any policy", BEFORE),
        ("any a", TODAY),
        ("", None),
    ]


def test_what_a_round_says_of_the_entries() -> None:
    entries = {
        "policy-removed.good": entry(),
        "policy-removed.old*": entry(until=BEFORE),
        "policy-removed.late": entry(until=BEFORE),
        "policy-removed.dead": entry(until=BEFORE),
        "policy-removed.red": entry(),
        "policy-removed.not-chosen": entry(),
        "policy-removed.goof": entry(),
        "?": entry(),
    }
    results = [
        *(result("good"), result("old-a"), result("old-b"), result("late")),
        result("dead", "killed", scenario="a.feature::A"),
        result("red", "killed elsewhere"),
    ]
    score = a_round(*applied(results, entries))
    ids = [*(each.id for each in results), "policy-removed.not-chosen"]
    assert list(remarks(entries, score, ids)) == [
        'pyproject.toml: the equivalent "policy-removed.old*" ended on 2026-01-23: its 2 mutants count as survivors, '
        "until a scenario notices or it is renewed",
        'pyproject.toml: the equivalent "policy-removed.late" ended on 2026-01-23: its mutant counts as a survivor, '
        "until a scenario notices or it is renewed",
        'pyproject.toml: the equivalent "policy-removed.dead" is wrong: policy-removed.dead was killed all the same by '
        '"a.feature::A"',
        'pyproject.toml: the equivalent "policy-removed.red" is wrong: policy-removed.red was no survivor: killed '
        "elsewhere",
        'pyproject.toml: the equivalent "policy-removed.goof" names no mutant; did you mean "policy-removed.good"?',
        'pyproject.toml: the equivalent "?" names no mutant',
    ]
