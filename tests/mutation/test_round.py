"""A round: the control first, the cheapest scenarios first, until one notices; and nothing is judged twice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest
from making import derived, prospect, record

from kube_acceptance.errors import AcceptanceError, MachineError
from kube_acceptance.mutation.derived import Derived
from kube_acceptance.mutation.round import Round
from kube_acceptance.mutation.score import Result, Verdict
from kube_acceptance.mutation.sight import Sight
from kube_acceptance.mutation.store import Store, Usual
from kube_acceptance.report.model import Scenario
from kube_acceptance.running.prospect import Prospect

NETWORK = ["kube_acceptance.steps.network"]
ABOUT = {"fixtures": ["shared_release"], "modules": NETWORK}
STATIC = prospect("static")
CLUSTER = prospect("cluster", "cluster", **ABOUT)
NOTICED = "pod web is open"


class Runs:
    """Scenarios that end as they are told to, with a mutant and without."""

    def __init__(self, red: dict[str, Scenario | None] | None = None) -> None:
        self.red = red or {}
        self.control_said: dict[str, Scenario] = {}
        self.ran: list[tuple[str, list[str]]] = []

    def control(self, scenarios: Sequence[str], *, timeout: float) -> list[Scenario]:
        names = [id.partition("::")[2] for id in scenarios]
        self.ran.append(("control", names))
        assert timeout > 0
        return [
            self.control_said.get(id, record("passed", name=name)) for id, name in zip(scenarios, names, strict=True)
        ]

    def meet(self, mutants: Sequence[tuple[Derived, Sequence[str]]], *, timeout: float) -> list[list[Scenario] | None]:
        assert timeout > 0
        return [self._meet(mutant.id, [id.partition("::")[2] for id in scenarios]) for mutant, scenarios in mutants]

    def _meet(self, mutant: str, names: Sequence[str]) -> list[Scenario] | None:
        self.ran.append((mutant, list(names)))
        said = [self.red.get(name, record("passed", name=name)) for name in names]
        return None if None in said else [each for each in said if each]


class Sources:
    """What verdicts depend on: the mutant, and whether all of the project counts."""

    def __init__(self, static: str = "s", whole: str = "w") -> None:
        self.static, self.whole = static, whole

    def of(self, mutant: Derived, scenarios: Sequence[Prospect], *, static: bool) -> str:
        return f"{mutant.id} {self.static if static else self.whole} {len(scenarios)}"


@pytest.fixture
def make(tmp_path: Path) -> Any:
    def made(runs: Runs, *mutants: Derived, prospects: Sequence[Prospect] = (STATIC, CLUSTER), **given: Any) -> Round:
        options: dict[str, Any] = {
            "sources": Sources(),
            "store": Store(tmp_path / "mutants.jsonl"),
            "tiers": ["static", "image", "cluster", "disruptive"],
            "jobs": 2,
            "say": lambda text: None,
            **given,
        }
        return Round(mutants or (derived(),), sight=Sight(prospects, about={}, touched={}), runs=runs, **options)

    return made


def verdicts(results: Iterable[Result]) -> dict[str, Verdict]:
    return {each.id: each.verdict for each in results}


def test_the_cheapest_that_notices_ends_it(make: Any) -> None:
    runs = Runs({"static": record(name="static")})
    (result,) = make(runs).results()
    assert (result.verdict, result.seen, result.tier) == (Verdict.KILLED, NOTICED, "static")
    assert result.scenario == STATIC.id
    assert runs.ran == [("control", ["static"]), ("policy-removed.networkpolicy-web", ["static"])]


def test_what_survives_goes_on_to_the_next_tier(make: Any) -> None:
    runs = Runs({"cluster": record(name="cluster")})
    (result,) = make(runs, prospects=[STATIC, CLUSTER, prospect("faults", "disruptive", **ABOUT)]).results()
    assert (result.verdict, result.tier, result.scenario) == (Verdict.KILLED, "cluster", CLUSTER.id)
    assert [names for _, names in runs.ran] == [["static"], ["static"], ["cluster"], ["cluster"]]


def test_of_an_expensive_tier_one_scenario_and_who_noticed_are_controlled(make: Any) -> None:
    others = [prospect(name, "cluster", seconds=seconds, **ABOUT) for name, seconds in (("quick", 1.0), ("slow", 9.0))]
    runs = Runs({"slow": record(name="slow")})
    one, other = derived("web"), derived("shop", signs=("pod web",))
    results = list(make(runs, one, other, prospects=others, jobs=1).results())
    assert {(each.verdict, each.scenario) for each in results} == {(Verdict.KILLED, others[1].id)}
    assert runs.ran == [
        ("control", ["quick"]),
        (one.id, ["quick", "slow"]),
        ("control", ["slow"]),
        (other.id, ["quick", "slow"]),
    ]


@pytest.mark.parametrize("status", ["failed", "skipped"])
def test_a_kill_counts_for_nothing_when_it_is_red_anyway(make: Any, status: str, tmp_path: Path) -> None:
    quick, slow = prospect("quick", "cluster", seconds=1.0, **ABOUT), prospect("slow", "cluster", seconds=9.0, **ABOUT)
    runs = Runs({"slow": record(name="slow")})
    runs.control_said = {slow.id: record(status, "it is down", name="slow").model_copy(update={"id": slow.id})}
    with pytest.raises(AcceptanceError, match='"slow" is not green without any mutant, so nothing counts: '):
        list(make(runs, prospects=[quick, slow]).results())
    assert not (tmp_path / "mutants.jsonl").exists()


def test_a_survivor_is_kept_as_soon_as_nobody_else_can_see_it(make: Any, tmp_path: Path) -> None:
    results = make(Runs(), derived("web"), derived("shop"), prospects=[STATIC], jobs=1).results()
    first = next(results)
    results.close()
    assert first.verdict is Verdict.SURVIVED
    again = make(Runs(), derived("web"), derived("shop"), prospects=[STATIC], store=Store(tmp_path / "mutants.jsonl"))
    assert first.id in [each.id for each in again.known]


def test_without_a_machine_nothing_is_judged(make: Any, tmp_path: Path) -> None:
    gone = record("broken", 'Set-up failed in "built_images": Docker is not running', error="MachineError")
    with pytest.raises(MachineError) as caught:
        list(make(Runs({"static": gone.model_copy(update={"id": STATIC.id})})).results())
    assert caught.value.summary == 'the round cannot go on: Set-up failed in "built_images": Docker is not running'
    assert make(Runs(), store=Store(tmp_path / "mutants.jsonl")).known == []


def test_many_long_scenarios_have_more_time(make: Any) -> None:
    runs = Runs({"slow": None})
    (result,) = make(runs, prospects=[prospect("slow", "cluster", seconds=100.0, **ABOUT)]).results()
    assert (result.verdict, result.seen) == (Verdict.TIMED_OUT, "its cluster scenarios did not end within 1200 s")


def test_a_survivor(make: Any) -> None:
    requirements = prospect("cluster", "cluster", requirements=["REQ-B"], **ABOUT)
    (result,) = make(Runs(), prospects=[prospect("static", requirements=["REQ-A"]), requirements]).results()
    assert (result.verdict, result.seen, result.scenario) == (Verdict.SURVIVED, "", "")
    assert result.requirements == ["REQ-A", "REQ-B"]


def test_nobody_is_about_it(make: Any) -> None:
    runs = Runs()
    (result,) = make(runs, prospects=[]).results()
    assert (result.verdict, result.seen) == (Verdict.SURVIVED, "no scenario is about it")
    assert runs.ran == []


@pytest.mark.parametrize(
    ("told", "verdict", "seen"),
    [
        (record(said="odd", name="static"), Verdict.KILLED_ELSEWHERE, "odd"),
        (record("broken", "refused", name="static", error="ReleaseError"), Verdict.INVALID, "refused"),
        (None, Verdict.TIMED_OUT, "its static scenarios did not end within 903 s"),
    ],
)
def test_the_wrong_reason(make: Any, told: Any, verdict: Verdict, seen: str) -> None:
    (result,) = make(Runs({"static": told})).results()
    assert (result.verdict, result.seen) == (verdict, seen)


@pytest.mark.parametrize(
    ("control", "why"),
    [(record(said="it is down", name="static"), "it is down"), (None, "it did not run")],
    ids=["red", "not run"],
)
def test_nothing_counts_without_a_green_control(make: Any, control: Scenario | None, why: str, tmp_path: Path) -> None:
    runs = Runs()
    runs.control_said = {STATIC.id: control or record("passed", name="another")}
    with pytest.raises(AcceptanceError) as caught:
        list(make(runs).results())
    assert str(caught.value) == (
        f'"static" is not green without any mutant, so nothing counts: {why}\n'
        f"See it pass first:  pytest '{STATIC.id}'"
    )
    assert len(runs.ran) == 1
    assert not (tmp_path / "mutants.jsonl").exists()


def test_what_was_judged_is_not_judged_again(make: Any, tmp_path: Path) -> None:
    both = (derived("web"), derived("shop", signs=("pod shop",)))
    first = list(make(Runs({"static": record(name="static")}), *both).results())
    runs = Runs()
    again = make(runs, *both, store=Store(tmp_path / "mutants.jsonl"))
    assert list(again.results()) == sorted(first, key=lambda each: each.id, reverse=True)
    assert runs.ran == []
    assert again.estimate() == 0
    assert {each.verdict for each in first} == {Verdict.KILLED, Verdict.KILLED_ELSEWHERE}


def test_a_static_kill_outlives_a_change_of_the_images(make: Any, tmp_path: Path) -> None:
    list(make(Runs({"static": record(name="static")})).results())
    kept = Store(tmp_path / "mutants.jsonl")
    assert make(Runs(), sources=Sources(whole="other"), store=kept).open == []
    assert len(make(Runs(), sources=Sources(static="other"), store=kept).open) == 1
    assert len(make(Runs(), store=kept, fresh=True).open) == 1


def test_where_starting_takes_longest_several_meet_one_pytest(make: Any) -> None:
    runs = Runs()
    sizes: list[int] = []
    meet = runs.meet
    runs.meet = lambda mutants, **options: sizes.append(len(mutants)) or meet(mutants, **options)  # type: ignore[method-assign]
    list(make(runs, *(derived(f"web-{number}") for number in range(11))).results())
    assert sizes == [8, 3, *[1] * 11]


def test_an_interrupted_round_has_kept_what_it_had(make: Any, tmp_path: Path) -> None:
    runs = Runs({"static": record(name="static")})
    results = make(runs, derived("web"), derived("bread", signs=("pod web",)), jobs=1).results()
    first = next(results)
    results.close()
    again = make(runs, derived("web"), derived("bread", signs=("pod web",)), store=Store(tmp_path / "mutants.jsonl"))
    assert [each.id for each in again.known] == [first.id]
    assert len(again.open) == 1


def test_an_interrupted_round_goes_on_with_the_tier_that_is_next(make: Any, tmp_path: Path) -> None:
    runs = Runs({"static": record(said="something else", name="static")})
    meet = runs.meet

    def interrupted(mutants: Any, **options: Any) -> Any:
        if "cluster" in mutants[0][1][0]:
            raise KeyboardInterrupt
        return meet(mutants, **options)

    runs.meet = interrupted  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        list(make(runs).results())
    kept = [Store(tmp_path / "mutants.jsonl") for _ in range(4)]
    assert make(Runs(), store=kept[0]).meeting == ["cluster"]
    assert make(Runs(), store=kept[1], sources=Sources(static="other")).meeting == ["static", "cluster"]
    # what it has left is all that there is to know where no other tier is asked
    (known,) = make(Runs(), store=kept[2], tiers=["static"]).known
    assert (known.tier, known.verdict, known.so_far) == ("static", Verdict.KILLED_ELSEWHERE, False)
    runs = Runs()
    (result,) = make(runs, store=kept[3]).results()
    assert [(who, *names) for who, names in runs.ran] == [("control", "cluster"), (derived().id, "cluster")]
    # and what it said is not forgotten
    assert (result.tier, result.verdict, result.scenario) == ("cluster", Verdict.KILLED_ELSEWHERE, STATIC.id)


def test_what_nobody_has_to_notice_meets_the_cheapest_tier_alone(make: Any, tmp_path: Path) -> None:
    excused, other = derived("web"), derived("shop")
    runs = Runs()
    rounds = [make(runs, excused, other, excused=names, jobs=1) for names in ([excused.id], [])]
    assert [verdicts(each.results()) for each in rounds] == [
        {excused.id: Verdict.SURVIVED, other.id: Verdict.SURVIVED}
    ] * 2
    first = [(who, *names) for who, names in runs.ran[:5]]
    assert first == [
        ("control", "static"),
        (excused.id, "static"),
        (other.id, "static"),
        ("control", "cluster"),
        (other.id, "cluster"),
    ]
    # its day is over: what it was not shown to, it is shown to now
    store = Store(tmp_path / "mutants.jsonl")
    assert [each.tier for each in make(runs, excused, store=store).known] == ["cluster"]
    assert [each.tier for each in make(runs, excused, store=store, excused=[excused.id]).known] == ["static"]


def test_the_estimate_counts_what_each_tier_leaves_to_the_next(make: Any) -> None:
    usual = {"static": Usual(10.0, 0.5), "image": Usual(60.0, 0.5), "cluster": Usual(90.0, 0.5)}
    assert make(Runs(), *map(derived, "abc"), prospects=[STATIC]).estimate(usual) == 3 * 10 / 2
    assert make(Runs(), prospects=[CLUSTER]).estimate(usual) == 90 / 2
    assert make(Runs(), prospects=[STATIC, CLUSTER]).estimate(usual) == (10 + 0.5 * 90) / 2


def test_scenarios_that_the_control_skipped_do_not_meet_it(make: Any) -> None:
    skipped = record("skipped", name="static").model_copy(update={"id": STATIC.id})
    runs = Runs()
    runs.control_said = {STATIC.id: skipped}
    (result,) = make(runs, prospects=[STATIC]).results()
    assert result.verdict is Verdict.SURVIVED
    assert [who for who, _ in runs.ran] == ["control"]
