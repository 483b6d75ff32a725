"""`--plan`: what would run, in order, what it needs and how long it took, without running or touching anything."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pytest_bdd.scenario import scenario_wrapper_template_registry
from rich.console import Console
from rich.table import Table
from rich.text import Text

from kube_acceptance.gherkin.definitions import lookup_key
from kube_acceptance.plugin import NEEDS_CLUSTER, TIERS, history_key, session_key
from kube_acceptance.report.model import Scenario
from kube_acceptance.report.plan import is_scenario, planned
from kube_acceptance.running.order import STATIC, order_key, tier, workers, workers_key
from kube_acceptance.running.prospect import PLAN, Prospect
from kube_acceptance.running.shards import said

# what a fixture means for whoever wants to run the scenario
FIXTURES: Mapping[str, str] = {
    "shared_release": "the shared release",
    "values_release": "the shared release of a values file",
    "empty_release": "a release of its own",
    "browser": "a browser",
}
TOOLS: Mapping[str, tuple[str, ...]] = {
    "static": ("helm",),
    "image": ("docker",),
    "cluster": ("docker", "kind", "kubectl", "helm"),
    "disruptive": ("docker", "kind", "kubectl", "helm"),
}


@dataclass(frozen=True)
class Planned:
    """A scenario that would run; `seconds` is what it will take as far as that is known.

    `fixtures` are those that it asks for, directly or not, and `modules` those that its steps are defined in.
    """

    scenario: Scenario
    tier: str
    serial: bool
    needs: tuple[str, ...]
    seconds: float | None
    fixtures: frozenset[str]
    modules: frozenset[str]

    def prospect(self) -> Prospect:
        """The same for programs."""
        of = self.scenario
        return Prospect(
            id=of.id,
            name=of.name,
            tier=self.tier,
            serial=self.serial,
            tags=of.tags,
            requirements=of.requirements,
            fixtures=sorted(self.fixtures),
            modules=sorted(self.modules),
            seconds=self.seconds,
        )


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option."""
    parser.getgroup("kube-acceptance").addoption(
        "--plan", action="store_true", help="say what would run, what it needs and how long it took; run nothing"
    )
    parser.getgroup("kube-acceptance").addoption(
        "--plan-file", type=Path, metavar="FILE", help="with --plan: write it to this file, as JSON for programs"
    )


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """No workers for a plan; how many there would be is part of it."""
    if config.getoption("plan"):
        config.stash[workers_key] = workers(config)
        config.option.dist, config.option.tx = "no", []


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """Print the plan instead of running it; mistakes in the features have been told already."""
    config = session.config
    if not config.getoption("plan"):
        return None
    if session_key not in config.stash:
        raise pytest.UsageError("--plan is for feature files, and none was named")
    if not session.testsfailed:
        plan = list(_planned(session))
        if file := config.getoption("plan_file"):
            file.write_bytes(PLAN.dump_json([each.prospect() for each in plan]))
        else:
            _print(config, plan)
    return True


def _planned(session: pytest.Session) -> Iterator[Planned]:
    config = session.config
    expected = config.stash[history_key].all_expected()
    scenarios = planned(session.items, config.rootpath)
    for item in session.items:
        if item.nodeid not in scenarios:
            continue
        name = TIERS[tier(item)]
        _, scenario = scenarios[item.nodeid]
        serial = item.get_closest_marker("serial") is not None
        fixtures, modules = asked(item)
        needs = tuple(_needs(name, fixtures))
        yield Planned(scenario, name, serial, needs, expected.get(scenario.id), fixtures, modules)


def _needs(name: str, fixtures: Set[str]) -> Iterator[str]:
    if TIERS.index(name) != STATIC:
        yield "Docker"
    if name in NEEDS_CLUSTER:
        yield "a cluster"
    yield from (words for fixture, words in FIXTURES.items() if fixture in fixtures)


def asked(item: Any) -> tuple[frozenset[str], frozenset[str]]:
    """The fixtures that a scenario's steps ask for, and those that these ask for; and the modules of its steps.

    There are none of what is no scenario.
    """
    if not is_scenario(item):
        return frozenset(), frozenset()
    manager, lookup = item.session._fixturemanager, item.config.stash[lookup_key]
    example = item.callspec.params.get("_pytest_bdd_example", {}) if hasattr(item, "callspec") else {}
    wanted: list[str] = []
    modules: set[str] = set()
    made: set[str] = set()  # by a step before: another chart, say, in the place of the project's
    for step in scenario_wrapper_template_registry[item.obj].render(example).steps:
        for definition in lookup.find(item.parent, step.type, step.name):
            wanted += [name for name in definition.needs(step.name) if name not in made]
            made.add(definition.makes)
            modules.add(inspect.unwrap(definition.function).__module__)
    found: set[str] = set()
    while wanted:
        if (name := wanted.pop()) not in found:
            found.add(name)
            wanted += [each for fixture in manager.getfixturedefs(name, item) or () for each in fixture.argnames]
    return frozenset(found), frozenset(modules)


def makespan(plan: Sequence[Planned], count: int) -> float:
    """The seconds that some workers take, each taking the next scenario when it is free, the serial ones alone."""
    free = [0.0] * count
    for each in plan:
        if each.serial:
            free = [max(free) + (each.seconds or 0.0)] * count
        else:
            first = free.index(min(free))
            free[first] += each.seconds or 0.0
    return max(free)


def _print(config: pytest.Config, plan: Sequence[Planned]) -> None:
    count = config.stash[workers_key]
    lines = [*said(config, plan), f"{len(plan)} scenarios, {config.stash[order_key]}", *_times(plan, count)]
    tools = dict.fromkeys(tool for each in plan for tool in TOOLS[each.tier])
    if any("a browser" in each.needs for each in plan):
        tools["chromium"] = None
    lines.append(f"tools: {', '.join(tools) or 'none'}")
    out = Console(file=sys.stdout, highlight=False, no_color=True if config.getoption("color") == "no" else None)
    if out.is_terminal:
        out.print(_table(plan))
    else:
        print("\n".join(_plain(plan)))
    print("\n".join(lines))


def _times(plan: Sequence[Planned], count: int) -> Iterator[str]:
    known = [each for each in plan if each.seconds is not None]
    if not known:
        yield "expected time: not known, nothing is recorded of them yet"
        return
    parts = [f"{makespan(plan, 1):.0f} s with 1 worker"]
    if count > 1:
        parts.append(f"{makespan(plan, count):.0f} s with {count}")
    unknown = f"; {len(plan) - len(known)} are not known" if len(known) < len(plan) else ""
    yield f"expected time: {', '.join(parts)}, beside making the images, the cluster and its releases{unknown}"


def _row(each: Planned) -> tuple[str, str, str, str, str]:
    return (
        each.scenario.name,
        " ".join(each.scenario.requirements),
        f"{each.tier}, serial" if each.serial else each.tier,
        ", ".join(each.needs) or "nothing",
        "" if each.seconds is None else f"{each.seconds:.1f} s",
    )


HEADINGS = ("scenario", "requirements", "tier", "needs", "took")


def _table(plan: Sequence[Planned]) -> Table:
    table = Table(*HEADINGS)
    for each in plan:
        table.add_row(*(Text(cell) for cell in _row(each)))
    return table


def _plain(plan: Sequence[Planned]) -> list[str]:
    rows = [HEADINGS, *(_row(each) for each in plan)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
