"""The order of scenarios: what needs least first, what must be alone last, and chance or experience in between."""

from __future__ import annotations

import hashlib
import os
import secrets
import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import pytest

from kube_acceptance.plugin import TIERS, history_key, session_key

How = Literal["longest", "random", "written"]
STATIC, DISRUPTIVE = TIERS.index("static"), TIERS.index("disruptive")
CORES = 2
"""What a disruptive scenario keeps busy: with fewer for each worker, two at once find no time to recover in time."""

_INPUT = "kube_acceptance_order"
"""The key by which a worker of pytest-xdist learns the order: all must collect the same."""

order_key = pytest.StashKey["Order"]()
workers_key = pytest.StashKey[int]()
"""How many workers a run would have that only tells its plan."""


@dataclass(frozen=True)
class Order:
    """How scenarios are ordered.

    Attributes:
        how: Longest first, at random within each tier, or as written within each tier.
        seed: What chance is made of; the same seed gives the same order, also of a part of the scenarios.
        workers: How many processes share them.
        expected: The seconds that scenarios will take, by id; those that are not there are not known.
    """

    how: How
    seed: int
    workers: int = 1
    expected: Mapping[str, float] = field(default_factory=dict)

    def __str__(self) -> str:
        again = f"seed {self.seed} (again: --seed {self.seed})"
        return {
            "longest": f"longest first, {again}",
            "random": f"random within each tier, {again}",
            "written": "as written within each tier",
        }[self.how]

    def sorted(self, items: Sequence[pytest.Item]) -> list[pytest.Item]:
        """The items in order."""
        if self.how == "longest":
            return self._longest(items)
        return sorted(items, key=lambda item: (tier(item), self._last(item), self._chance(item)))

    def _longest(self, items: Sequence[pytest.Item]) -> list[pytest.Item]:
        seconds = self._seconds(items)
        ordered = sorted(
            items,
            key=lambda item: (
                tier(item) != STATIC,
                self._last(item),
                -seconds[item],
                -tier(item),
                self._chance(item),
            ),
        )
        return self._beside(ordered)

    def _beside(self, items: list[pytest.Item]) -> list[pytest.Item]:
        # pytest-xdist hands every worker two at the start, and the second waits for the first: a short one beside each
        # long one keeps none of the longest waiting
        spread = [item for item in items if tier(item) != STATIC and not self._last(item)]
        if len(spread) != len(items) - sum(self._last(item) for item in items) or len(spread) < 2 * self.workers:
            return items
        long, rest, short = spread[: self.workers], spread[self.workers : -self.workers], spread[-self.workers :]
        pairs = [item for pair in zip(long, reversed(short), strict=True) for item in pair]
        return [*pairs, *rest, *items[len(spread) :]]

    def _seconds(self, items: Sequence[pytest.Item]) -> dict[pytest.Item, float]:
        known: dict[int, list[float]] = defaultdict(list)
        for item in items:
            if item.nodeid in self.expected:
                known[tier(item)].append(self.expected[item.nodeid])
        # nothing known of a whole tier: it may be the longest
        usual = {rank: statistics.median(seconds) for rank, seconds in known.items()}
        return {item: self.expected.get(item.nodeid, usual.get(tier(item), float("inf"))) for item in items}

    def _last(self, item: pytest.Item) -> bool:
        return self.workers > 1 and item.get_closest_marker("serial") is not None

    def _chance(self, item: pytest.Item) -> bytes:
        if self.how == "written":
            return b""
        return hashlib.sha256(f"{self.seed} {item.nodeid}".encode()).digest()


def tier(item: pytest.Item) -> int:
    """The rank of a scenario's tier; of the highest one, when it names several."""
    return max((rank for rank, name in enumerate(TIERS) if item.get_closest_marker(name)), default=STATIC)


def workers(config: pytest.Config) -> int:
    """How many processes run scenarios."""
    if config.getoption("dist", "no") == "no":
        return 1
    from xdist.workermanage import parse_tx_spec_config

    return len(parse_tx_spec_config(config))


def narrow(workers: int) -> bool:
    """Whether disruptive scenarios would be in each other's way, so that each runs as if it were `@serial`.

    Args:
        workers: How many processes share the scenarios.
    """
    return workers > 1 and (os.cpu_count() or 1) < CORES * workers


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of the order."""
    group = parser.getgroup("kube-acceptance")
    group.addoption(
        "--order",
        choices=("longest", "random", "written"),
        help="the order within a tier: random by default; longest, from recorded times, is the default of -n "
        "without --budget",
    )
    group.addoption("--seed", type=int, metavar="N", help="what the random order is made of, to have it again")


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Decide the order, in the process that stands for the run."""
    if given := getattr(config, "workerinput", {}).get(_INPUT):
        config.stash[order_key] = Order(**given)
        return
    seed, count = config.getoption("seed"), config.stash.get(workers_key, workers(config))
    order = Order(
        how=config.getoption("order") or _usual(config, count),
        seed=secrets.randbelow(10_000) if seed is None else seed,
        workers=count,
        expected=config.stash[history_key].all_expected() if session_key in config.stash else {},
    )
    config.stash[order_key] = order
    if session_key in config.stash:
        config.stash[session_key].order = str(order)
        if count > 1 and config.getoption("maxschedchunk", 1) is None:
            # scenarios take their time: what is dealt in chunks is not there for a worker that is idle
            config.option.maxschedchunk = 1


def _usual(config: pytest.Config, count: int) -> How:
    if config.getoption("collectonly"):
        return "written"  # a list for people
    # the longest first would leave out the same scenarios in every run that has too little time
    return "longest" if count > 1 and not config.getoption("budget") else "random"


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """A worker of pytest-xdist learns the order."""
    node.workerinput[_INPUT] = asdict(node.config.stash[order_key])


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Say how to have the same order again."""
    return [f"order: {config.stash[order_key]}"] if session_key in config.stash else []


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the scenarios in order; other tests come first, as they are."""
    if session_key not in config.stash:
        return
    scenarios = [item for item in items if item.path.suffix == ".feature"]
    others = [item for item in items if item.path.suffix != ".feature"]
    if narrow(config.stash[order_key].workers):
        for item in scenarios:
            if tier(item) == DISRUPTIVE:
                item.add_marker("serial")
    items[:] = [*others, *config.stash[order_key].sorted(scenarios)]
