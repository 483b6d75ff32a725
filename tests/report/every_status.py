"""A run in which each status occurs, with the feature file that it comes from, for the tests of the further reports."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path

from kube_acceptance.report.model import (
    Attachment,
    Failure,
    Feature,
    Problem,
    Requirement,
    Rule,
    Run,
    Scenario,
    Step,
    StepStatus,
    Wait,
)

NOON = datetime(2026, 1, 24, 12, 0, tzinfo=UTC)
NASTY = """</script><img src=x onerror="document.title='owned'"> | `x` *b* {{script}} ]]> \\x3C"""
URI = "features/tea.feature"
SOURCE = f"""\
@cluster
Feature: Tea
  People drink it hot.

  Background:
    Given water

  @REQ-1 @hot
  Scenario: passed
    When it boils
    Then there is tea
      | cup  | sugar |
      | blue | 2     |
    And the label says
      \"\"\"
      Darjeeling
      \"\"\"

  @REQ-1
  Scenario: failed
    When it boils
    Then there is tea

  Scenario: broken
    When it boils

  Scenario: broken in the middle
    When it boils
    Then there is tea

  Scenario: broken at the end
    When it boils

  Scenario: undefined
    When it freezes
    Then there is tea

  Scenario: undefined at collection
    When it freezes
    Then there is tea

  Scenario: its worker died
    When it boils
    Then there is tea

  Scenario: pending
    Then there is cocoa

  Scenario: skipped
    When it boils

  Scenario: expected to fail
    When it boils

  Scenario: flaky
    When it boils

  Scenario: flaky, in quarantine
    When it boils

  Scenario: not run
    When it boils

  Scenario: {NASTY}
    When it boils

  Rule: Each cup is hot

    Scenario Outline: a <cup> cup
      Then the <cup> cup holds <what>

      Examples:
        | cup   | what  |
        | blue  | tea   |
        | white | tea   |
        | white | water |
"""
FAILED = "the tea is cold (waited for tea to be hot; given up after 2.6 of 120 s)"
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
BOIL, TEA, WATER = ("When", "it boils"), ("Then", "there is tea"), ("Given", "water")
WHERE = {"water": "steps/tea.py:1", "it boils": "steps/tea.py:5", "there is tea": "steps/tea.py:9"}
P: StepStatus = "passed"
N: StepStatus = "not run"


def line(text: str) -> int:
    return SOURCE.splitlines().index(text) + 1


def a_step(said: tuple[str, str], status: StepStatus, **more: object) -> Step:
    keyword, text = said
    seconds = 0 if status == "not run" else 0.5
    fields = {"keyword": keyword, "text": text, "line": 1, "status": status, "duration": seconds, **more}
    where = "" if status in ("undefined", "not run") else WHERE.get(text, "steps/tea.py:20")
    return Step.model_validate({"where": where, **fields})


def a_scenario(name: str, status: str, *steps: Step, at: str = "", **more: object) -> Scenario:
    fields = {
        "id": f"{URI}::{name}",
        "uri": URI,
        "line": line(at or f"  Scenario: {name}"),
        "name": name,
        "tags": ["cluster"],
        "status": status,
        "started": NOON + timedelta(seconds=10) if status != "not run" else None,
        "duration": 2.0 if status != "not run" else 0.0,
        "steps": [a_step(WATER, P if steps and steps[0].status != "not run" else N, background=True), *steps],
        **more,
    }
    return Scenario.model_validate(fields)


def every_status() -> Run:
    """The run; its requirement REQ-1 is failed, REQ-2 has no scenario yet."""
    passed = a_scenario(
        "passed",
        "passed",
        a_step(BOIL, P, waits=[Wait(what="water is hot", seconds=3.21, budget=60)]),
        a_step(TEA, P, datatable=[["cup", "sugar"], ["blue", "2"]], facts=[f"seen: {NASTY}"]),
        a_step(("And", "the label says"), P, docstring="Darjeeling"),
        tags=["cluster", "hot"],
        requirements=["REQ-1"],
        worker="gw1",
    )
    failed = a_scenario(
        "failed",
        "failed",
        a_step(BOIL, P),
        a_step(TEA, "failed"),
        requirements=["REQ-1"],
        failure=Failure(first_line=FAILED, details="Buy a kettle.", text="tea.py:9: in tea"),
        attachments=[
            Attachment(name="picture", path="evidence/cup.png", bytes=len(PICTURE)),
            Attachment(name="log", path="evidence/kettle.log", bytes=4),
            Attachment(name="evidence", path="evidence/all of it", bytes=8),
            Attachment(name="film", path="evidence/film.mp4", bytes=10),
        ],
    )
    broken = a_scenario(
        "broken", "broken", a_step(BOIL, N), failure=Failure(first_line='Set-up failed in "kettle": no')
    )
    middle = a_scenario(
        "broken in the middle",
        "broken",
        a_step(BOIL, P),
        a_step(TEA, N),
        failure=Failure(first_line='Set-up failed in "cup": none'),
    )
    end = a_scenario("broken at the end", "broken", a_step(BOIL, P), failure=Failure(first_line="Clean-up failed: no"))
    undefined = a_scenario(
        "undefined",
        "undefined",
        a_step(("When", "it freezes"), "undefined", suggestion='@when("it freezes")\ndef freeze(): ...'),
        a_step(TEA, N),
        failure=Failure(first_line="No step definition matches: When it freezes"),
    )
    unseen = a_scenario(
        "undefined at collection",
        "undefined",
        a_step(("When", "it freezes"), "undefined", duration=0),
        a_step(TEA, N),
        started=None,
        duration=0,
        failure=Failure(first_line="No step definition matches: When it freezes"),
    )
    unseen.steps[0].status = N
    died = a_scenario(
        "its worker died",
        "broken",
        a_step(BOIL, P),
        a_step(TEA, N),
        failure=Failure(first_line="The worker gw1 died while it ran."),
    )
    pending = a_scenario(
        "pending", "pending", a_step(("Then", "there is cocoa"), "pending"), reason="cocoa is for issue C"
    )
    skipped = a_scenario("skipped", "skipped", a_step(BOIL, N), reason="there is no gas")
    expected = a_scenario(
        "expected to fail",
        "skipped",
        a_step(BOIL, "failed"),
        reason="expected to fail: no gas",
        failure=Failure(first_line="cold"),
    )
    flaky = a_scenario("flaky", "flaky", a_step(BOIL, P))
    flaky.earlier = [
        flaky.model_copy(
            update={
                "status": "failed",
                "failure": Failure(first_line="no gas"),
                "steps": [flaky.steps[0], a_step(BOIL, "failed")],
            }
        ),
        flaky.model_copy(
            update={
                "status": "broken",
                "failure": Failure(first_line="Set-up failed: no kettle"),
                "steps": [a_step(WATER, N), a_step(BOIL, N)],
            }
        ),
    ]
    held = a_scenario("flaky, in quarantine", "flaky", a_step(BOIL, P), quarantine="Ann, until 2026-03-01")
    held.earlier = [flaky.earlier[0].model_copy(update={"id": held.id})]
    rows = [
        a_scenario(
            f"a {cup} cup",
            "passed",
            a_step(("Then", f"the {cup} cup holds {what}"), P),
            at="    Scenario Outline: a <cup> cup",
            id=f"{URI}::a <cup> cup[{cup}-{what}]",
            rule="Each cup is hot",
            example={"cup": cup, "what": what},
        )
        for cup, what in (("blue", "tea"), ("white", "tea"), ("white", "water"))
    ]
    idle = a_scenario("not run", "not run", a_step(BOIL, N), reason="the run was interrupted")
    nasty = a_scenario(
        NASTY, "failed", a_step(BOIL, "failed"), failure=Failure(first_line=NASTY, text=NASTY), tags=[NASTY]
    )
    scenarios = [
        *(passed, failed, broken, middle, end, undefined, unseen, died, pending, skipped, expected, flaky, held),
        *(*rows, idle, nasty),
    ]
    return Run(
        title=f"Tea {NASTY}",
        started=NOON,
        finished=NOON + timedelta(seconds=372),
        command="pytest features",
        features=[
            Feature(uri=URI, name="Tea", tags=["cluster"], rules=[Rule(name="Each cup is hot")], scenarios=scenarios)
        ],
        requirements=[
            Requirement(id="REQ-1", title="hot", scenarios=[passed.id, failed.id], outcome="failed"),
            Requirement(id="REQ-2", title="cold", status="not yet covered", outcome="not yet covered"),
        ],
        problems=[Problem(where="steps/tea.py", failure=Failure(first_line="it is not Python", text="line 3"))],
        left_out=2,
    )


def lay_out(root: Path) -> Path:
    """The project of the run below `root`: its feature file and its evidence; the reports' folder."""
    (root / "features").mkdir()
    (root / URI).write_text(SOURCE)
    folder = root / "reports"
    (folder / "evidence" / "all of it").mkdir(parents=True)
    (folder / "evidence" / "cup.png").write_bytes(PICTURE)
    (folder / "evidence" / "kettle.log").write_text("s3cret")
    (folder / "evidence" / "film.mp4").write_bytes(b"0123456789")
    for name in ("events.txt", "pods.txt"):
        (folder / "evidence" / "all of it" / name).write_text("seen")
    return folder
