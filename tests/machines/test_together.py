"""What `kube-acceptance merge` writes, remembers and ends with."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kube_acceptance import cli
from kube_acceptance.errors import ConfigurationError
from kube_acceptance.report import cucumber
from kube_acceptance.report.model import Feature, Run, Scenario, ScenarioStatus, Shard

NOON = datetime(2026, 1, 24, 12, 0, tzinfo=UTC)
DEALT = ["a.feature::A", "a.feature::B"]


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(cucumber, "write", lambda *_: None)  # its program comes from npm
    (tmp_path / "pyproject.toml").write_text("[tool.kube-acceptance]\n")
    (tmp_path / "a.feature").write_text("Feature: A\n  Scenario: A\n    Given it\n  Scenario: B\n    Given it\n")


def shard(number: int, name: str, status: ScenarioStatus = "passed") -> str:
    one = Scenario(id=f"a.feature::{name}", uri="a.feature", line=2, name=name, status=status)
    run = Run(
        title="Tea",
        started=NOON,
        finished=NOON,
        command="pytest",
        shard=Shard(number=number, of=2, dealt=DEALT),
        features=[Feature(uri="a.feature", name="A", scenarios=[one])],
        left_out=1,
    )
    folder = Path(f"shard-{number}")
    folder.mkdir()
    (folder / "run.json").write_text(json.dumps(run.to_dict()))
    return str(folder)


def test_a_run_that_passed_and_is_remembered() -> None:
    done = CliRunner().invoke(cli.app, ["merge", shard(1, "A"), shard(2, "B")])
    assert (done.output, done.exit_code) == ("passed: All 2 scenarios passed.\n", 0)
    names = {file.name for file in Path("reports").iterdir()}
    assert names >= {"run.json", "junit.xml", "summary.md", "cucumber-messages.ndjson", "living-documentation.html"}
    [line] = Path("reports/history.jsonl").read_text().splitlines()
    assert sorted(json.loads(line)["scenarios"]) == DEALT


def test_one_that_failed() -> None:
    done = CliRunner().invoke(cli.app, ["merge", shard(1, "A"), shard(2, "B", "failed"), "--reports", "merged"])
    assert (done.output, done.exit_code) == ("failed: 1 of 2 scenarios passed; 1 failed.\n", 1)
    assert Path("merged/junit.xml").is_file()
    assert Path("reports/history.jsonl").is_file()


def test_one_without_a_shard() -> None:
    done = CliRunner().invoke(cli.app, ["merge", shard(2, "B")])
    assert done.exit_code == 1
    assert done.output.splitlines() == [
        "failed: 1 of 1 scenario passed; 1 was left out. 1 problem kept the run from being whole.",
        "shard 1: Shard 1 of 2 is missing.",
    ]


def test_a_form_that_cannot_be_written_ends_it_badly(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("no ink")

    monkeypatch.setattr(cucumber, "write", fail)
    done = CliRunner().invoke(cli.app, ["merge", shard(1, "A"), shard(2, "B")])
    assert (done.exit_code, done.output.splitlines()[1:]) == (
        1,
        ["A form of the report could not be written: RuntimeError: no ink"],
    )


def test_the_reports_of_a_shard_are_not_written_over() -> None:
    with pytest.raises(ConfigurationError) as error:
        CliRunner().invoke(cli.app, ["merge", shard(1, "A"), "--reports", "shard-1"], catch_exceptions=False)
    assert str(error.value) == "shard-1 holds the report of a shard; name another folder in --reports"


def test_no_room() -> None:
    Path("full").write_text("")
    with pytest.raises(ConfigurationError) as error:
        CliRunner().invoke(cli.app, ["merge", shard(1, "A"), "--reports", "full"], catch_exceptions=False)
    assert str(error.value) == (
        "the report cannot be written to full: File exists\nMake room or choose another folder."
    )
