"""The command: from the choice of mutants to the score."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from making import derived, prospect, record

from kube_acceptance.config import Config, load
from kube_acceptance.errors import ConfigurationError
from kube_acceptance.mutation import command, project
from kube_acceptance.mutation.command import Choice, listed, mutate
from kube_acceptance.mutation.derived import Concern, Derived
from kube_acceptance.report.model import Scenario

ALL = Choice(patterns=[], since="", count=0, seed=None, tiers=["static"])
MUTANTS = [derived("web"), derived("shop")]
NETWORK = ["kube_acceptance.steps.network"]


class Deployment:
    """Has two mutants."""

    found: list[Derived] = MUTANTS

    def __init__(self, *_: object) -> None:
        pass

    def mutants(self) -> list[Derived]:
        return self.found

    def digests(self) -> dict[str, str]:
        return {"NetworkPolicy web": "1", "NetworkPolicy shop": "1"}


class Runs:
    """One scenario, which notices what happens to web."""

    def __init__(self, *_: object) -> None:
        pass

    def control(self, scenarios: list[str], *, timeout: float) -> list[Scenario]:
        return [record("passed")]

    def meet(self, mutants: list[tuple[Derived, list[str]]], *, timeout: float) -> list[list[Scenario] | None]:
        return [[record() if mutant.object.endswith("web") else record("passed")] for mutant, _ in mutants]


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    monkeypatch.setattr(command.catalogue, "Deployment", Deployment)
    monkeypatch.setattr(command.project, "SuiteRuns", Runs)
    monkeypatch.setattr(command.project, "chart", lambda config: None)
    monkeypatch.setattr(command.project, "prospects", lambda *_: [prospect("A")])
    (tmp_path / "chart").mkdir()
    (tmp_path / "features").mkdir()
    (tmp_path / "features" / "a.feature").touch()
    return Config(root=tmp_path)


def run(config: Config, choice: Choice = ALL, **options: Any) -> bool:
    given = {"jobs": 1, "threshold": 0, "fresh": False, "keep": False, "cluster_name": ""}
    return mutate(config, choice, **{**given, **options})


def test_a_round_is_told_kept_and_held_against_the_threshold(
    config: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(config, threshold=50)
    said = capsys.readouterr()
    assert "2 mutants: about 20 s with 1 side by side" in said.err
    assert 'control: "A" without any mutant' in said.err
    assert "[1/2] killed  policy-removed.networkpolicy-web (0 s, 0 not killed so far): pod web is open" in said.err
    assert "[2/2] survived  policy-removed.networkpolicy-shop (0 s, 1 not killed so far)" in said.err
    assert "Nothing notices that anybody may connect to shop." in said.out
    score = json.loads((config.root / "reports" / "mutation.json").read_text())
    assert (score["derived"], score["planned"], score["chosen"]) == (2, 2, "only static scenarios")
    assert {each["id"]: each["verdict"] for each in score["results"]} == {
        "policy-removed.networkpolicy-web": "killed",
        "policy-removed.networkpolicy-shop": "survived",
    }
    assert not run(config, threshold=51)
    assert "2 mutants, 2 of them judged before: about 0 s with 1 side by side" in capsys.readouterr().err


def test_what_only_static_scenarios_can_see_needs_no_cluster(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    def reserved(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr(command.project, "reserved", reserved)
    assert run(config, Choice([], "", 0, None, []))
    monkeypatch.setattr(command.project, "prospects", lambda *_: [prospect("A", "cluster", modules=NETWORK)])
    with pytest.raises(AssertionError):
        run(config, Choice([], "", 0, None, []), fresh=True)


def test_what_is_chosen(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    assert listed(config, Choice(["*-shop"], "", 0, None, [])).splitlines() == [
        "policy-removed.networkpolicy-shop  without NetworkPolicy shop",
        "1 of 2 mutants",
    ]
    chosen = Choice([], "", 1, 7, []).of(config)
    assert (len(chosen.mutants), chosen.how) == (1, "1 of 2 by chance, seed 7 (again: --seed 7)")
    monkeypatch.setattr(command.project, "revision", lambda root, name: "0" * 40)
    before = Deployment()
    monkeypatch.setattr(before, "digests", lambda: {"NetworkPolicy web": "1", "NetworkPolicy shop": "0"})
    monkeypatch.setattr(command.catalogue, "before", lambda *_: before)
    chosen = Choice([], "main", 0, None, []).of(config)
    assert (chosen.mutants, chosen.how) == (MUTANTS[1:], "changed since main")


def test_nothing_changed(config: Config, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(command.project, "revision", lambda root, name: "0" * 40)
    monkeypatch.setattr(command.catalogue, "before", lambda *_: Deployment())
    assert run(config, Choice([], "main", 0, None, []))
    assert "nothing to do: no mutant is changed since main" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        (Choice([], "", 0, None, ["fast"]), "fast is no tier\nThere are static, image, cluster, disruptive."),
        (
            Choice(["no"], "", 0, None, []),
            "no mutant is called no\nSee what there is:  kube-acceptance mutate --list",
        ),
    ],
)
def test_a_wrong_choice(config: Config, choice: Choice, said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        run(config, choice)
    assert str(caught.value) == said


def test_nothing_is_found(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Deployment, "found", [])
    with pytest.raises(ConfigurationError, match="no operator finds anything to take away in what the chart renders"):
        run(config)


def test_an_equivalent_without_end(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[tool.kube-acceptance.mutation.equivalents]\n"a.*" = {because = "it is", until = 2099-01-01}\n'
    )
    with pytest.raises(ConfigurationError, match="lasts until 2099-01-01"):
        run(load(tmp_path))


def test_concerns_are_known() -> None:
    assert project.about(Config(mutation={"about": {"storage": ["REQ-DAT-*"]}})) == {  # type: ignore[arg-type]
        Concern.STORAGE: ["REQ-DAT-*"]
    }
    with pytest.raises(ConfigurationError) as caught:
        project.about(Config(mutation={"about": {"storrage": []}}))  # type: ignore[arg-type]
    assert str(caught.value) == (
        "pyproject.toml: tool.kube-acceptance.mutation.about.storrage is no concern\nDid you mean storage?"
    )


def test_a_revision(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    with pytest.raises(ConfigurationError) as caught:
        project.revision(tmp_path, "main")
    assert str(caught.value) == "git knows no commit main\nName a branch, a tag or a commit."
