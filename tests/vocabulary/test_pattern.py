"""Patterns of phrases, their times and their variables."""

from __future__ import annotations

import pytest

from kube_acceptance.errors import ConfigurationError
from kube_acceptance.vocabulary import durations, variables
from kube_acceptance.vocabulary.pattern import TIMING, Pattern


def arguments(pattern: str, sentence: str, *, timed: bool = False) -> dict[str, object] | None:
    parser = Pattern(pattern, timed=timed)
    return parser.parse_arguments(sentence) if parser.is_matching(sentence) else None


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("1 second", 1), ("30 seconds", 30), ("1 minute", 60), ("2 minutes", 120), ("1 hour", 3600)],
)
def test_times(written: str, seconds: float) -> None:
    assert durations.seconds(written) == seconds


def test_no_time_at_all_is_refused() -> None:
    with pytest.raises(ConfigurationError) as caught:
        _ = durations.split("it is so within 0 seconds").seconds
    assert str(caught.value).splitlines() == [
        "a time of 0 seconds is over before anybody can look",
        "Write at least 1 second, or leave the time away: then it is looked at once.",
    ]


def test_a_quoted_field_takes_no_quote() -> None:
    assert arguments('"{a}" is "{b}"', '"x y" is "z"') == {"a": "x y", "b": "z"}
    assert arguments('the file "{path}" is there', 'the file "x" and "y" is there') is None


def test_a_quoted_field_does_not_take_the_time() -> None:
    found = arguments('it says "{words}"', 'it says "wait for 10 seconds" within 2 minutes', timed=True)
    assert found == {
        "words": "wait for 10 seconds",
        TIMING: durations.Timing('it says "wait for 10 seconds"', "within", "2 minutes"),
    }


@pytest.mark.parametrize("time", ["within 1.5 minutes", "within 2 fortnights", "for two seconds", "within -1 seconds"])
def test_what_is_no_time_is_no_part_of_a_phrase(time: str) -> None:
    assert arguments("it works", f"it works {time}", timed=True) is None


def test_a_phrase_without_time_takes_none() -> None:
    assert arguments("it works", "it works for 10 seconds") is None


def test_fields_have_types() -> None:
    pattern = "the {kind} has {count:d} pod(s) equal to {value:value} within {within:duration}"
    assert arguments(pattern, "the Job has 1 pod equal to [1, 2] within 1 minute") == {
        "kind": "Job",
        "count": 1,
        "value": [1, 2],
        "within": 60.0,
    }
    assert arguments(pattern, "the Job has 2 pods equal to null within 2 seconds") is not None
    assert arguments(pattern, "the job has 2 pods equal to null within 2 seconds") is None
    assert arguments(pattern, "the Job has 2 pods equal to nothing within 2 seconds") is None


def test_case_counts() -> None:
    assert arguments("it works", "It works") is None


def test_variables_are_filled_in_texts_and_tables() -> None:
    names = {"RELEASE": "shop", "NAMESPACE": "own-1"}
    assert variables.fill("${RELEASE}-web in ${NAMESPACE}", names) == "shop-web in own-1"
    assert variables.fill([["kind"], ["${RELEASE}"]], names) == [["kind"], ["shop"]]
    assert variables.fill(3, names) == 3


def test_an_unknown_variable_is_named_with_the_known_ones() -> None:
    with pytest.raises(ConfigurationError) as caught:
        variables.fill("${RELAESE}-web", {"RELEASE": "shop", "SCENARIO": "x"})
    assert str(caught.value).splitlines() == [
        "nothing is known of the variable ${RELAESE}",
        "Known here: ${RELEASE}, ${SCENARIO}.",
    ]
