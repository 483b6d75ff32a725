"""How pods share answers."""

from __future__ import annotations

import pytest

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.traffic import Answer
from kube_acceptance.traffic.shared import must_be_shared

PODS = ("a", "b")


def answers(pod: str, count: int, *, began: float = 10, status: int = 200) -> list[Answer]:
    return [Answer("todos", number, began, began, status, {"pod": "front", "X-Pod": pod}) for number in range(count)]


def test_each_pod_gave_its_part() -> None:
    told = must_be_shared([*answers("a", 15), *answers("b", 5)], 10, PODS, 25)
    assert told == ["pod a: 15 of 20 answers", "pod b: 5 of 20 answers"]


def test_a_pod_that_has_less_part_is_told_whatever_it_gave_before_or_refused() -> None:
    early, refused = answers("b", 90, began=9), answers("b", 90, status=503)
    with pytest.raises(AcceptanceError) as caught:
        must_be_shared([*early, *refused, *answers("a", 16), *answers("b", 4)], 10, PODS, 25)
    assert str(caught.value) == "pod b had a part in 4 of 20 answers, less than 25 %"


def test_few_answers_say_nothing() -> None:
    with pytest.raises(AcceptanceError) as caught:
        must_be_shared(answers("a", 19), 10, PODS, 0)
    assert str(caught.value) == "19 answers are too few to say how 2 pods share them"
