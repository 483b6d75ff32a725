"""`--shard I/N`: this machine's part of the scenarios, while others run theirs."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence

import pytest

from kube_acceptance.plugin import session_key, shard_key
from kube_acceptance.report.plan import planned
from kube_acceptance.report.recorder import Recorder
from kube_acceptance.running.deal import deal
from kube_acceptance.running.order import order_key, tier

UNKNOWN = 1.0
"""The seconds that a scenario counts of whose whole tier nothing is recorded."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option."""
    parser.getgroup("kube-acceptance").addoption(
        "--shard",
        metavar="I/N",
        help="run only the part I of N of the scenarios, dealt by recorded times; kube-acceptance merge makes one "
        "report of all parts",
    )


# after -k and -m, which decide what there is to deal
@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what other shards run."""
    mine = config.stash.get(shard_key, None)
    if mine is None or session_key not in config.stash:
        return
    plan = planned(items, config.rootpath)
    # the attempts of pytest-repeat at a scenario are one in the report, and stay together
    ids = {item: plan[item.nodeid][1].id if item.nodeid in plan else item.nodeid for item in items}
    dealt = deal(costs(ids, config.stash[order_key].expected), mine.of)
    own = set(dealt[mine.number - 1])
    # a list of what others have would only be long
    mine.dealt = sorted({scenario.id for _, scenario in plan.values()})
    recorder: Recorder | None = config.pluginmanager.get_plugin("kube-acceptance-report")
    if recorder:
        recorder.dealt(mine)
    others = [item for item in items if ids[item] not in own]
    items[:] = [item for item in items if ids[item] in own]
    if others:
        config.hook.pytest_deselected(items=others)


def costs(ids: Mapping[pytest.Item, str], expected: Mapping[str, float]) -> dict[str, float]:
    """The seconds that tests count, by id: what is recorded, otherwise what is usual in their tier.

    Args:
        ids: The tests, and the id of each; several tests of one id count together.
        expected: The seconds that are recorded, by id.
    """
    known: dict[int, dict[str, float]] = defaultdict(dict)
    for item, each in ids.items():
        if each in expected:
            known[tier(item)][each] = expected[each]
    usual = {rank: statistics.median(seconds.values()) for rank, seconds in known.items()}
    found: dict[str, float] = defaultdict(float)
    for item, each in ids.items():
        found[each] += expected.get(each, usual.get(tier(item), UNKNOWN))
    return dict(found)


def said(config: pytest.Config, scenarios: Sequence[object]) -> list[str]:
    """What a plan says of the shard; nothing where there is none."""
    mine = config.stash.get(shard_key, None)
    return [f"shard {mine.number} of {mine.of}: {len(scenarios)} of {len(mine.dealt)} scenarios"] if mine else []
