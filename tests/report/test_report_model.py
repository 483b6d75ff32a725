"""What a run says as a whole, and that it survives being written down."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from kube_acceptance.report.model import (
    Attachment,
    Failure,
    Feature,
    Problem,
    Requirement,
    Run,
    Scenario,
    ScenarioStatus,
    Step,
    Task,
    Wait,
    printable,
)

NOON = datetime(2026, 1, 24, 12, 0, tzinfo=UTC)


def a_run(*statuses: ScenarioStatus, problems: int = 0, left_out: int = 0) -> Run:
    scenarios = [
        Scenario(id=f"t::{number}", uri="a.feature", line=number, name=f"Scenario {number}", status=status)
        for number, status in enumerate(statuses)
    ]
    return Run(
        title="Tea",
        started=NOON,
        finished=NOON,
        command="pytest",
        features=[Feature(uri="a.feature", name="A", scenarios=scenarios)],
        left_out=left_out,
        problems=[Problem(where="b", failure=Failure(first_line="x"))] * problems,
    )


@pytest.mark.parametrize(
    ("run", "verdict"),
    [
        (a_run(), "nothing proved"),
        (a_run("passed"), "passed"),
        (a_run("passed", "skipped"), "incomplete"),
        (a_run("passed", "not run"), "incomplete"),
        (a_run("passed", left_out=1), "incomplete"),
        (a_run(left_out=1), "nothing proved"),
        (a_run("skipped", "not run"), "nothing proved"),
        (a_run("passed", "failed"), "failed"),
        (a_run("passed", "broken"), "failed"),
        (a_run("passed", problems=1), "failed"),
        (a_run(problems=1), "failed"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_verdict(run: Run, verdict: str) -> None:
    assert run.verdict == verdict


def test_a_run_survives_json() -> None:
    run = a_run("failed", "passed", problems=1)
    scenario = next(run.scenarios())
    scenario.started = NOON
    scenario.failure = Failure(first_line="one", details="two", text="three")
    scenario.attachments = [Attachment(name="pods", path="evidence/pods.txt", bytes=12)]
    scenario.steps = [
        Step(
            keyword="Given",
            text="tea",
            line=3,
            datatable=[["a", "b"]],
            docstring="",
            status="failed",
            duration=0.25,
            waits=[Wait(what="tea", seconds=1, budget=2)],
            facts=["hot"],
        )
    ]
    run.requirements = [Requirement(id="REQ-1", title="Tea", tasks=[Task(id="T-1", title="Kettle", files=["*.py"])])]
    data = run.to_dict()
    assert Run.from_dict(json.loads(json.dumps(data))) == run
    assert data["verdict"] == "failed"
    assert {status: count for status, count in data["totals"].items() if count} == {"failed": 1, "passed": 1}


def test_an_unknown_field_is_refused() -> None:
    with pytest.raises(ValidationError, match="colour\n  Extra inputs are not permitted"):
        Failure.from_dict({"first_line": "x", "colour": "red"})


def test_redaction_leaves_statuses_and_times_alone() -> None:
    run = a_run("passed")
    run.environment = {"passed by": "passed"}
    redacted = run.redacted(lambda text: text.replace("passed", "***").replace("2026", "***"))
    assert redacted.environment == {"*** by": "***"}
    assert (redacted.verdict, redacted.started) == ("passed", NOON)
    assert run.environment == {"passed by": "passed"}


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain\n\ttext", "plain\n\ttext"),
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("a\r\nb", "a\nb"),
        ("bell \x07, null \x00", "bell ␇, null ␀"),
        ("\x85 and \x7f", "\ufffd and \ufffd"),
        ("half \udc80 character", "half ? character"),
        (12, 12),
    ],
)
def test_printable(raw: object, shown: object) -> None:
    assert printable(raw) == shown
