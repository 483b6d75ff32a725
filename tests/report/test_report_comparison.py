"""The table of behaviours by values file: a row for each outline, whatever order its rows ran in."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from kube_acceptance.report import Run, render, summary
from kube_acceptance.report.comparison import compared, files
from kube_acceptance.report.model import Feature, Scenario, ScenarioStatus

NOON = datetime(2026, 1, 24, 12, 0, tzinfo=UTC)


def a_row(name: str, status: ScenarioStatus, line: int, **example: str) -> Scenario:
    id = f"a.feature::outline-{line}[{'-'.join(example.values())}]"
    return Scenario(id=id, uri="a.feature", line=line, name=name, status=status, example=dict(example))


def features(*scenarios: Scenario) -> list[Feature]:
    return [Feature(uri="a.feature", name="Tea", scenarios=list(scenarios))]


ROWS = (
    a_row("The pot is warm", "passed", 3, values="values-prod.yaml", degrees="90"),
    a_row("The pot is warm", "failed", 3, values="values-dev.yaml", degrees="80"),
    a_row("Milk comes with values-dev.yaml", "passed", 9, values="values-dev.yaml"),
    a_row("Milk comes with values-prod.yaml", "skipped", 9, values="values-prod.yaml"),
    a_row("A cup", "passed", 20, size="big"),
    a_row("The cup is big", "passed", 30, values="values-dev.yaml", which="cup"),
    a_row("The bowl is big", "passed", 30, values="values-dev.yaml", which="bowl"),
)


def test_each_outline_with_a_values_file_is_a_behaviour() -> None:
    found = compared(features(*ROWS))
    assert [(each.name, {file: cell.status for file, cell in each.cells.items()}) for each in found] == [
        ("The pot is warm", {"values-prod.yaml": "passed", "values-dev.yaml": "failed"}),
        ("Milk comes with <values>", {"values-dev.yaml": "passed", "values-prod.yaml": "skipped"}),
        ("The bowl is big", {"values-dev.yaml": "passed"}),
        ("The cup is big", {"values-dev.yaml": "passed"}),
    ]
    assert found[0].cells["values-dev.yaml"].said == {"degrees": "80"}
    assert found[2].cells["values-dev.yaml"].said == {}
    assert found == compared(features(*reversed(ROWS)))
    assert files(found) == ["values-dev.yaml", "values-prod.yaml"]


def test_of_several_rows_for_one_file_the_worst_is_told() -> None:
    rows = [
        a_row("It is warm", status, 3, values="values.yaml", at=at) for at, status in (("a", "passed"), ("b", "broken"))
    ]
    for each in (rows, rows[::-1]):
        [behaviour] = compared(features(*each))
        assert behaviour.cells["values.yaml"].scenario.endswith("[values.yaml-b]")


def a_run() -> Run:
    there = features(*ROWS)
    return Run(title="Tea", started=NOON, finished=NOON, command="pytest", features=there, behaviours=compared(there))


def test_it_is_in_page_data_and_summary(tmp_path: Path) -> None:
    run = a_run()
    page = render(run)
    assert '<h2 id="values-files">Values files</h2>' in page
    assert '<th scope="col"><code>values-prod.yaml</code></th>' in page
    assert page.count('<span class="none">not tried</span>') == 2
    assert Run.from_dict(run.to_dict()).behaviours == run.behaviours
    summary.write(run, tmp_path)
    assert "| The pot is warm | failed | passed |\n" in (tmp_path / "summary.md").read_text()


def test_without_such_outlines_there_is_no_such_table() -> None:
    run = Run(title="Tea", started=NOON, finished=NOON, command="pytest", features=features(ROWS[4]))
    assert "values-files" not in render(run)
