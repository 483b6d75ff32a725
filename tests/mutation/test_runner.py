"""Verdicts: red for the right reason, or not."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from kube_acceptance.errors import ConfigurationError
from kube_acceptance.mutation import runner
from kube_acceptance.mutation.mutant import Mutant
from kube_acceptance.mutation.runner import judge
from kube_acceptance.mutation.score import Verdict
from kube_acceptance.report.model import Failure, Scenario

MUTANT = Mutant.model_validate(
    {
        "file": Path("m.yaml"),
        "takes-away": "every policy",
        "requirement": "REQ-1",
        "scenario": "features/a.feature::A",
        "because": "is allowed, expected blocked",
    }
)


def record(status: str, said: str = "", name: str = "A") -> Scenario:
    failure = Failure(first_line=said) if said else None
    return Scenario.model_validate(
        {
            "id": f"features/a.feature::{name}",
            "uri": "features/a.feature",
            "line": 1,
            "name": name,
            "status": status,
            "failure": failure,
        }
    )


RED = "a -> b is allowed, expected blocked"


@pytest.mark.parametrize(
    ("scenarios", "verdict", "seen"),
    [
        ([record("failed", RED)], Verdict.KILLED, RED),
        ([record("failed", "it timed out")], Verdict.KILLED_ELSEWHERE, "it timed out"),
        ([record("passed")], Verdict.SURVIVED, '"A" passes: nothing notices that every policy is gone'),
        ([record("broken", "the release is not ready")], Verdict.INVALID, "the release is not ready"),
        ([], Verdict.INVALID, "its scenario did not run"),
        (
            [record("failed", RED), record("failed", RED, name="B")],
            Verdict.KILLED,
            f"{RED} (the same of 2 scenarios)",
        ),
        (
            [record("failed", RED), record("passed", name="B"), record("failed", "it timed out", name="C")],
            Verdict.SURVIVED,
            '"B" passes: nothing notices that every policy is gone',
        ),
        ([record("failed", RED), record("broken", "no cluster", name="B")], Verdict.INVALID, "no cluster"),
    ],
)
def test_verdicts(scenarios: list[Scenario], verdict: Verdict, seen: str) -> None:
    assert judge(MUTANT, scenarios) == (verdict, seen)


class Suites:
    """Runs in place of pytest: what the control finds, and what the mutated run does."""

    def __init__(self, control: list[Scenario], mutated: list[Scenario]) -> None:
        self.control, self.mutated, self.log = control, mutated, list[str]()
        self.refusal = ""

    def run(
        self, nodes: Sequence[str], root: Path, options: Sequence[str], reports: Path | None, **_: object
    ) -> tuple[list[Scenario], float]:
        self.log.append(f"run {' '.join([*nodes, *options])}" + (f" > {reports}" if reports else ""))
        return (self.mutated if "--mutant" in options else self.control), 1.0

    @contextlib.contextmanager
    def altered(self, mutant: Mutant) -> Iterator[None]:
        self.log.append("altered")
        if self.refusal:
            raise ConfigurationError(self.refusal)
        yield
        self.log.append("whole")


def ran(suites: Suites, monkeypatch: pytest.MonkeyPatch, *nodes: str) -> tuple[Verdict, str]:
    monkeypatch.setattr(runner, "_run", suites.run)
    mutant = MUTANT.model_copy(update={"scenario": nodes})
    [judgement] = runner.run_all([mutant], root=Path(), options=["-x"], say=str, altered=suites.altered)
    return judgement.verdict, judgement.seen


def test_a_feature_file_stands_for_all_its_scenarios(monkeypatch: pytest.MonkeyPatch) -> None:
    control = [record("passed"), record("passed", name="B[row]")]
    suites = Suites(control, [record("failed", RED), record("failed", RED, name="B[row]")])
    assert ran(suites, monkeypatch, "features/a.feature") == (Verdict.KILLED, f"{RED} (the same of 2 scenarios)")
    assert suites.log == [
        "run features/a.feature -x",
        "altered",
        "run features/a.feature -x --mutant m.yaml",
        "whole",
    ]


def test_reports_are_kept_by_the_names_of_mutants(monkeypatch: pytest.MonkeyPatch) -> None:
    suites = Suites([record("passed")], [record("failed", RED)])
    monkeypatch.setattr(runner, "_run", suites.run)
    here = Path("kept")
    list(runner.run_all([MUTANT], root=Path(), options=[], say=str, altered=suites.altered, reports=here))
    assert [line.partition(" > ")[2] for line in suites.log if " > " in line] == ["kept/control", "kept/m"]


def test_a_cluster_that_cannot_be_changed_judges_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    suites = Suites([record("passed")], [record("failed", RED)])
    suites.refusal = "another run uses the cluster"
    assert ran(suites, monkeypatch, "features/a.feature") == (Verdict.INVALID, "another run uses the cluster")
    assert suites.log == ["run features/a.feature -x", "altered"]


def test_the_rows_of_an_outline_are_named_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    suites = Suites([record("passed", name="B[row]")], [record("passed", name="B[row]")])
    assert ran(suites, monkeypatch, "features/a.feature::B")[0] is Verdict.SURVIVED


@pytest.mark.parametrize(
    ("control", "mutated", "seen"),
    [
        ([], [], "features/a.feature did not run without it"),
        ([record("failed", "oh")], [record("failed", RED)], '"A" is not green without it: oh'),
        (
            [record("passed"), record("passed", name="B")],
            [record("failed", RED)],
            "features/a.feature::B did not run",
        ),
    ],
)
def test_what_cannot_be_judged_is_invalid(
    control: list[Scenario], mutated: list[Scenario], seen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    suites = Suites(control, mutated)
    assert ran(suites, monkeypatch, "features/a.feature") == (Verdict.INVALID, seen)
