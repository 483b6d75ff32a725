"""A flaky scenario in quarantine, and what must be true of its entry."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from tea_project import TeaProject

from kube_acceptance.config import QuarantineConfig
from kube_acceptance.running.quarantine import mistakes, sentences

TODAY = date(2026, 11, 24)
SCENARIOS = ["features/tea.feature::Flaky", "features/tea.feature::Number <n>"]
ALONE_AND_SPREAD = pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "workers"])


@pytest.fixture
def project(pytester: pytest.Pytester) -> TeaProject:
    """An empty project."""
    return TeaProject(pytester)


def entry(**changes: Any) -> QuarantineConfig:
    return QuarantineConfig.model_validate(
        {"scenario": SCENARIOS[0], "owner": "Ada", "until": date(2026, 12, 1), **changes}
    )


@pytest.mark.parametrize(
    ("entry", "mistake"),
    [
        (entry(), None),
        (entry(until=TODAY), None),
        (entry(until=TODAY + timedelta(days=90)), None),
        (entry(scenario=SCENARIOS[1]), None),
        (entry(scenario=f"{SCENARIOS[1]}[2]"), None),
        (
            entry(until=date(2026, 11, 1)),
            'the quarantine of "features/tea.feature::Flaky" ended on 2026-11-01; '
            "Ada must mend the scenario or renew it",
        ),
        (
            entry(until=date(2027, 2, 23)),
            'the quarantine of "features/tea.feature::Flaky" lasts until 2027-02-23; 2027-02-22 is the latest, '
            "90 days from today",
        ),
        (
            entry(until=None),
            'the quarantine of "features/tea.feature::Flaky" has no end; give it a date, such as until = 2026-12-24',
        ),
        (
            entry(owner=" "),
            'the quarantine of "features/tea.feature::Flaky" has no owner; say who mends the scenario',
        ),
        (
            entry(scenario="features/tea.feature::Flakey"),
            'the quarantine of "features/tea.feature::Flakey" names no scenario; did you mean '
            '"features/tea.feature::Flaky"?',
        ),
        (
            entry(scenario="?"),
            'the quarantine of "?" names no scenario; name one as pytest does, FILE::NAME',
        ),
    ],
)
def test_what_must_be_true_of_an_entry(entry: QuarantineConfig, mistake: str | None) -> None:
    assert list(mistakes([entry], SCENARIOS, TODAY)) == ([f"pyproject.toml: {mistake}"] if mistake else [])


def test_who_answers_for_a_scenario() -> None:
    assert sentences([entry(reason="slow"), entry(scenario="b")]) == {
        SCENARIOS[0]: "in quarantine until 2026-12-01; Ada mends it: slow",
        "b": "in quarantine until 2026-12-01; Ada mends it",
    }


def quarantine(project: TeaProject, scenario: str = SCENARIOS[0], until: date | None = None, more: str = "") -> str:
    until = until or date.today() + timedelta(days=7)
    project.settings(f"""
        [[tool.kube-acceptance.quarantine]]
        scenario = "{scenario}"
        owner = "Ada"
        until = {until}
        {more}
    """)
    return f"in quarantine until {until}; Ada mends it"


FLAKY = """
    Scenario: Flaky
      When it fails 1 times
    Scenario: Sound
      Given water
"""


@ALONE_AND_SPREAD
def test_a_flaky_scenario_in_quarantine_does_not_fail_the_run(project: TeaProject, workers: tuple[str, ...]) -> None:
    project.features(FLAKY)
    said = quarantine(project)
    result = project.pytest("--repeat-failed", "1", *workers, exits=0)
    run = project.recorded
    flaky, sound = run.scenarios()
    assert (flaky.status, flaky.quarantine, flaky.red) == ("flaky", said, False)
    assert (sound.status, sound.quarantine) == ("passed", "")
    assert run.verdict == "incomplete"
    assert "1 passed, 1 rerun, 1 flaky in " in result.outlines[-1]
    assert f"FLAKY {SCENARIOS[0]}: passed only when repeated; before: cold at attempt 1 ({said})" in result.outlines, (
        result.outlines
    )


def test_the_only_scenario_in_quarantine(project: TeaProject) -> None:
    project.features(FLAKY)
    quarantine(project)
    project.pytest("--repeat-failed", "1", "-k", "Flaky", exits=0)
    assert project.recorded.verdict == "incomplete"


@ALONE_AND_SPREAD
def test_quarantine_is_no_excuse_for_what_is_broken(project: TeaProject, workers: tuple[str, ...]) -> None:
    project.features(FLAKY.replace("1 times", "9 times"))
    quarantine(project)
    project.pytest("--repeat-failed", "1", *workers, exits=1)
    flaky, _ = project.recorded.scenarios()
    assert (flaky.status, flaky.red, project.recorded.verdict) == ("failed", True, "failed")


def test_an_outline_in_quarantine(project: TeaProject) -> None:
    project.features("""
        Scenario Outline: Number <n>
          When it fails <n> times
          Examples:
            | n |
            | 0 |
            | 1 |
    """)
    quarantine(project, SCENARIOS[1])
    project.pytest("--repeat-failed", "1", exits=0)
    zero, one = project.recorded.scenarios()
    assert (zero.status, one.status) == ("passed", "flaky")
    assert zero.quarantine == one.quarantine != ""


@ALONE_AND_SPREAD
def test_past_its_day_an_entry_fails_the_run_before_it_starts(project: TeaProject, workers: tuple[str, ...]) -> None:
    project.features("Scenario: Flaky\n  When it fails 0 times\n")
    quarantine(project, until=date(2026, 1, 2))
    result = project.pytest(*workers, exits=4)
    sentence = (
        f'pyproject.toml: the quarantine of "{SCENARIOS[0]}" ended on 2026-01-02; '
        "Ada must mend the scenario or renew it"
    )
    assert f"ERROR: {sentence}" in result.errlines
    run = project.recorded
    assert [each.failure.first_line for each in run.problems] == [sentence]
    assert run.verdict == "failed"
    assert not list(project.pytester.path.glob("*.count"))


def test_an_entry_counts_whatever_is_selected(project: TeaProject) -> None:
    project.features(FLAKY)
    quarantine(project, "features/tea.feature::Floky")
    result = project.pytest("-k", "Sound", exits=4)
    assert (
        'ERROR: pyproject.toml: the quarantine of "features/tea.feature::Floky" names no scenario; '
        'did you mean "features/tea.feature::Flaky"?'
    ) in result.errlines


def test_a_key_that_is_not_known(project: TeaProject) -> None:
    quarantine(project, more='ownr = "Ada"')
    result = project.pytest(exits=4)
    assert (
        "ERROR: pyproject.toml: tool.kube-acceptance.quarantine.0 has no key 'ownr'; did you mean 'owner'?"
        in result.errlines
    )
