"""Which shard runs what."""

from __future__ import annotations

import random

import pytest

from kube_acceptance.errors import ConfigurationError
from kube_acceptance.running.deal import deal, shard


def test_the_longest_first_each_to_who_has_least() -> None:
    assert deal({"a": 7, "b": 6, "c": 5, "d": 4, "e": 3}, 2) == [["a", "d", "e"], ["b", "c"]]


def test_the_same_deal_in_whatever_order_they_come() -> None:
    chance = random.Random(4711)
    costs = {f"scenario {number}": chance.choice([0, 0.1, 0.2, 1, 30]) for number in range(300)}
    shuffled = list(costs.items())
    chance.shuffle(shuffled)
    assert deal(costs, 7) == deal(dict(shuffled), 7)


@pytest.mark.parametrize("count", [1, 2, 7, 50])
def test_all_of_them_once_and_evenly(count: int) -> None:
    chance = random.Random(count)
    costs = {str(number): chance.lognormvariate(1, 1.5) for number in range(200)}
    dealt = deal(costs, count)
    assert len(dealt) == count
    assert sorted(each for part in dealt for each in part) == sorted(costs)
    # what Graham proved of it
    longest, all_of_it = max(costs.values()), sum(costs.values())
    most = max(sum(costs[each] for each in part) for part in dealt)
    assert most <= all_of_it / count + longest * (1 - 1 / count) + 1e-9


def test_what_costs_nothing_is_spread() -> None:
    assert [len(part) for part in deal(dict.fromkeys("abcdef", 0.0), 3)] == [2, 2, 2]


def test_more_shards_than_scenarios() -> None:
    assert deal({"a": 1, "b": 2}, 3) == [["b"], ["a"], []]


def test_a_shard() -> None:
    assert str(shard("2/3")) == "shard 2 of 3"


@pytest.mark.parametrize("text", ["0/3", "4/3", "x", "1", "1/", "-1/3", "1/2/3", " 1/3", "1/3\n", "٢/٣"])
def test_no_shard(text: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        shard(text)
    assert str(error.value) == f"--shard {text} names no shard; say I/N, with I from 1 to N, such as 2/3"
