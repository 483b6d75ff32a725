"""The command tells of each thing it removes, goes on when one cannot be, and says so in its exit status."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from docker.errors import APIError
from typer.testing import CliRunner

from kube_acceptance import clean, cli
from kube_acceptance.clean import sweep
from kube_acceptance.cluster.leftovers import Leftover
from kube_acceptance.config import Config
from kube_acceptance.errors import MachineError


def refuse() -> bool:
    raise APIError("409 Conflict: it is in use\nand more")


def left(name: str, remove: object = lambda: True) -> Leftover:
    return Leftover(name, "its run has ended", remove)  # type: ignore[arg-type]


def unreachable() -> Iterator[Leftover]:
    raise MachineError("Docker is not running", hint="Start it.")
    yield


FOUND = [
    ("containers", unreachable),
    ("clusters", lambda: [left("cluster one", refuse), left("cluster two"), left("cluster three", lambda: False)]),
]
PROBLEMS = [
    "containers cannot be looked at: Docker is not running. Start it.",
    "cluster one could not be removed: 409 Conflict: it is in use",
]


def test_goes_on_when_one_thing_cannot_be_removed() -> None:
    said: list[str] = []
    outcome = sweep(FOUND, dry_run=False, say=said.append)
    assert said == ["removed cluster two (its run has ended)", "left cluster three: a run has begun to use it"]
    assert (outcome.count, outcome.problems) == (1, PROBLEMS)


def test_a_dry_run_removes_nothing() -> None:
    said: list[str] = []
    outcome = sweep([("clusters", lambda: [left("cluster one", pytest.fail)])], dry_run=True, say=said.append)
    assert said == ["would remove cluster one (its run has ended)"]
    assert outcome.problems == []


def test_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clean, "finders", lambda *_, **__: FOUND)
    done = CliRunner().invoke(cli.app, ["clean"])
    assert done.exit_code == 1
    assert done.stderr == "".join(f"error: {problem}\n" for problem in PROBLEMS)
    monkeypatch.setattr(clean, "finders", lambda *_, **__: [("clusters", lambda: [left("cluster two")])])
    done = CliRunner().invoke(cli.app, ["clean"])
    assert (done.exit_code, done.stdout) == (0, "removed cluster two (its run has ended)\n")


def test_nothing_to_remove(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clean, "finders", lambda *_, **__: [("clusters", list)])
    done = CliRunner().invoke(cli.app, ["clean"])
    assert (done.exit_code, done.stdout) == (0, "there was nothing to remove\n")


def test_what_is_looked_for(tmp_path: Path) -> None:
    def names(**options: object) -> list[str]:
        return [name for name, _ in clean.finders(tmp_path, tool=Path, **options)]  # type: ignore[arg-type]

    ours = ["clusters", "containers", "networks", "namespaces", "folders of runs"]
    always = [*ours, "temporary folders", "temporary images"]
    assert names() == always
    assert names(everything=True) == [*always, "unknown clusters", "networks of clusters"]
    assert names(project=Config()) == [*always, "images"]


def test_images_stay_while_a_run_is_under_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clean, "connect", lambda: None)
    monkeypatch.setattr(clean, "users", lambda folder: [1])
    (tmp_path / "clusters" / "one").mkdir(parents=True)
    finder = clean.finders(tmp_path, tool=Path, project=Config())[-1:]
    outcome = sweep(finder, dry_run=False, say=pytest.fail)
    assert outcome.problems == [
        "images cannot be looked at: a run is under way that may need them; clean when it has ended"
    ]
