"""What is remembered of runs."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kube_acceptance.report.model import Feature, Run, Scenario, Step
from kube_acceptance.running.history import History

Project = Any
BEGAN = datetime(2026, 11, 1, tzinfo=UTC)


def run(number: int = 0, **scenarios: Any) -> Run:
    found = [Scenario(id=name, uri="a.feature", line=1, name=name, **given) for name, given in scenarios.items()]
    started = BEGAN + timedelta(days=number)
    return Run(
        title="Tea",
        started=started,
        finished=started,
        command="pytest",
        environment={"Commit": f"c{number}"},
        features=[Feature(uri="a.feature", name="A", scenarios=found)],
    )


def passed(seconds: float, setup: float = 0.0) -> dict[str, Any]:
    steps = [Step(keyword="Given", text="it", line=2, setup=setup)]
    return {"status": "passed", "duration": seconds, "steps": steps}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "reports" / "history.jsonl"


def test_nothing_is_known_at_first(file: Path) -> None:
    assert History(file).past() == {}
    assert History(file).expected("tea") is None


def test_what_ran_is_remembered(file: Path) -> None:
    failed = {"status": "failed", "duration": 1.0, "earlier": [Scenario(id="b", uri="u", line=1, name="b")]}
    History(file).add(run(tea=passed(5.0, setup=3.0), coffee=failed, water={"status": "not run"}))
    past = History(file).past()
    assert sorted(past) == ["coffee", "tea"]
    (tea,), (coffee,) = past["tea"], past["coffee"]
    # what was made ready for it, such as the release that it shares, is not its own time
    assert (tea.run, tea.status, tea.seconds, tea.attempts) == (BEGAN, "passed", 2.0, 1)
    assert (coffee.status, coffee.seconds, coffee.attempts) == ("failed", 1.0, 2)
    assert json.loads(file.read_text())["commit"] == "c0"
    assert [path.name for path in file.parent.iterdir()] == ["history.jsonl"]


def test_the_median_of_the_last_five_that_passed(file: Path) -> None:
    history = History(file)
    for number, seconds in enumerate((100, 100, 1, 2, 3, 4, 5)):
        history.add(run(number, tea=passed(seconds)))
    history.add(run(8, tea={"status": "failed", "duration": 50.0}))
    assert history.expected("tea") == 3
    assert [past.seconds for past in history.past()["tea"]] == [100, 100, 1, 2, 3, 4, 5, 50]


def test_the_last_fifty(file: Path) -> None:
    history = History(file)
    for number in range(52):
        history.add(run(number, tea=passed(number)))
    lines = file.read_text().splitlines()
    assert len(lines) == 50
    assert json.loads(lines[0])["commit"] == "c2"


def test_a_damaged_line_is_left_out(file: Path, capfd: pytest.CaptureFixture[str]) -> None:
    history = History(file)
    history.add(run(0, tea=passed(1)))
    with file.open("ab") as out:
        out.write(b'{"started": "2026-1\xff\n')
    history.add(run(2, tea=passed(3)))
    assert capfd.readouterr().err.endswith(f"s {file}: line 2 is damaged and left out\n")
    assert [past.seconds for past in history.past()["tea"]] == [1, 3]
    assert len(file.read_text().splitlines()) == 2


def test_nothing_ran(file: Path) -> None:
    History(file).add(run(tea={"status": "skipped"}, water={"status": "not run"}))
    assert not file.exists()


FEATURE = "@static\nScenario: One\n  Given nothing\n"


def test_runs_are_remembered_whatever_their_report(project: Project) -> None:
    project.feature(FEATURE)
    project.run_static("--reports", "elsewhere")
    history = project.path / "reports" / "history.jsonl"
    assert list(json.loads(history.read_text())["scenarios"]) == ["features/a.feature::One"]
    project.run_static("--reports", "elsewhere", "-n", "1")
    assert len(history.read_text().splitlines()) == 2
    report = json.loads((project.path / "elsewhere" / "run.json").read_text())
    assert [past["status"] for past in report["past"]["features/a.feature::One"]] == ["passed"]


def test_what_is_no_run_is_not_remembered(project: Project) -> None:
    project.feature(FEATURE)
    project.plan()
    project.run_static("-k", "nothing like that")
    assert not (project.path / "reports" / "history.jsonl").exists()
