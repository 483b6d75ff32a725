"""How scenarios are dealt to shards: by what they cost, and the same on every machine."""

from __future__ import annotations

import heapq
import re
from collections.abc import Mapping

from kube_acceptance.errors import ConfigurationError
from kube_acceptance.report.model import Shard

_FORM = re.compile(r"(?P<number>[0-9]+)/(?P<of>[0-9]+)", re.ASCII)


def shard(text: str) -> Shard:
    """The shard that `--shard` names.

    Raises:
        ConfigurationError: It names none.
    """
    found = _FORM.fullmatch(text)
    number, of = (int(found["number"]), int(found["of"])) if found else (0, 0)
    if not 1 <= number <= of:
        raise ConfigurationError(f"--shard {text} names no shard; say I/N, with I from 1 to N, such as 2/3")
    return Shard(number=number, of=of)


def deal(costs: Mapping[str, float], count: int) -> list[list[str]]:
    """Deal scenarios to shards: the longest first, each to the shard that has least to do so far.

    The same costs give the same deal, in whatever order they come.

    Args:
        costs: The seconds that each will take, by id.
        count: How many shards there are.
    """
    dealt: list[list[str]] = [[] for _ in range(count)]
    # what costs nothing would all go to one
    least = [(0.0, 0, number) for number in range(count)]
    for each in sorted(costs, key=lambda each: (-costs[each], each)):
        seconds, many, number = least[0]
        dealt[number].append(each)
        heapq.heapreplace(least, (seconds + costs[each], many + 1, number))
    return dealt
