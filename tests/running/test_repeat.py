"""A failed scenario run again: to tell flaky from broken, never to make it green."""

from __future__ import annotations

import re

import pytest
from tea_project import TeaProject

from kube_acceptance.report import Run
from kube_acceptance.report.model import Scenario

ALONE_AND_SPREAD = pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "workers"])


@pytest.fixture
def project(pytester: pytest.Pytester) -> TeaProject:
    """An empty project."""
    return TeaProject(pytester)


def totals(run: Run) -> dict[str, int]:
    return {status: count for status, count in run.totals.items() if count}


def named(run: Run, name: str) -> Scenario:
    (scenario,) = [each for each in run.scenarios() if each.name == name]
    return scenario


def attempts(scenario: Scenario) -> list[str]:
    return [each.failure.first_line if each.failure else each.status for each in [*scenario.earlier, scenario]]


MIXED = """
    Scenario: Sound
      Given water
    Scenario: Flaky
      Given water
      When it fails 1 times
    Scenario: Broken
      When it fails 9 times
"""


@ALONE_AND_SPREAD
def test_flaky_is_told_from_broken(project: TeaProject, workers: tuple[str, ...]) -> None:
    project.features(MIXED)
    result = project.pytest("-v", "--repeat-failed", "2", *workers, exits=1)
    run = project.recorded
    assert totals(run) == {"failed": 1, "flaky": 1, "passed": 1}
    assert attempts(named(run, "Flaky")) == ["cold at attempt 1", "flaky"]
    assert attempts(named(run, "Broken")) == ["cold at attempt 1", "cold at attempt 2", "cold at attempt 3"]
    assert [step.status for step in named(run, "Flaky").earlier[0].steps] == ["passed", "failed"]
    told = [found[1] for line in result.outlines if (found := re.match(r"\[\d/3\] (\w+)  Flaky ", line))]
    assert told == ["again", "flaky"]
    assert "1 failed, 1 passed, 3 rerun, 1 flaky in " in result.outlines[-1]
    assert "FLAKY features/tea.feature::Flaky: passed only when repeated; before: cold at attempt 1" in result.outlines


def test_without_the_option_nothing_is_repeated(project: TeaProject) -> None:
    project.features(MIXED)
    project.pytest(exits=1)
    assert totals(project.recorded) == {"failed": 2, "passed": 1}


@ALONE_AND_SPREAD
def test_a_flaky_scenario_alone_fails_the_run(project: TeaProject, workers: tuple[str, ...]) -> None:
    project.features("Scenario: Flaky\n  When it fails 1 times\n")
    result = project.pytest("--repeat-failed", "1", *workers, exits=1)
    assert project.recorded.verdict == "failed"
    assert "Failed: 0 of 1 scenario passed; 1 is flaky." in result.outlines


def test_what_cannot_change_is_not_repeated(project: TeaProject) -> None:
    project.steps("""
        from kube_acceptance import pending

        @when("it is not written")
        def unwritten(request):
            count(request, "unwritten")
            pending("heat it")

        @when("it is skipped")
        def skipped(request):
            count(request, "skipped")
            pytest.skip("no sugar")
    """)
    project.features("""
        Scenario: Pending
          When it is not written
        Scenario: Skipped
          When it is skipped
    """)
    project.pytest("--repeat-failed", "3", exits=1)
    assert totals(project.recorded) == {"pending": 1, "skipped": 1}
    assert (project.count("unwritten"), project.count("skipped")) == (1, 1)


FIXTURES = """
    @pytest.fixture(scope="session")
    def kitchen(request):
        assert count(request, "kitchen") > 1, "no kitchen"
        yield
        count(request, "kitchen closed")

    @pytest.fixture(scope="session")
    def house(request):
        count(request, "house")
        yield
        count(request, "house closed")

    @pytest.fixture
    def cup(request):
        count(request, "cup")
        yield
        count(request, "cup washed")

    @given("a house")
    def has_house(house): pass

    @given("a kitchen")
    def has_kitchen(kitchen): pass

    @given("a cup")
    def has_cup(cup): pass
"""


def test_what_failed_is_made_anew_and_what_is_sound_is_kept(project: TeaProject) -> None:
    project.steps(FIXTURES)
    project.features("""
        Scenario: One
          Given a house
          Given a cup
          Given a kitchen
        Scenario: Two
          Given a house
          Given a kitchen
    """)
    project.pytest("--repeat-failed", "1", exits=1)
    run = project.recorded
    assert totals(run) == {"flaky": 1, "passed": 1}
    assert attempts(named(run, "One")) == ['Set-up failed in "kitchen": no kitchen', "flaky"]
    assert named(run, "One").earlier[0].status == "broken"
    made = {what: project.count(what) for what in ("house", "house closed", "kitchen", "kitchen closed")}
    assert made == {"house": 1, "house closed": 1, "kitchen": 2, "kitchen closed": 1}
    assert (project.count("cup"), project.count("cup washed")) == (2, 2)


def test_what_all_share_is_not_made_anew_for_each(project: TeaProject) -> None:
    project.steps("""
        @pytest.fixture(scope="session")
        def kitchen(request):
            count(request, "kitchen")
            raise OSError("no kitchen")

        @given("a kitchen")
        def has_kitchen(kitchen): pass
    """)
    project.features("".join(f"Scenario: Number {number}\n  Given a kitchen\n" for number in range(5)))
    project.pytest("--repeat-failed", "2", exits=1)
    run = project.recorded
    assert totals(run) == {"broken": 5}
    assert [len(scenario.earlier) for scenario in run.scenarios()] == [2, 0, 0, 0, 0]
    assert project.count("kitchen") == 3


def test_a_fixture_before_the_first_step(project: TeaProject) -> None:
    project.steps("""
        @pytest.fixture(autouse=True)
        def stove(request):
            assert count(request, "stove") > 1, "no stove"
    """)
    project.features("Scenario: One\n  Given water\n")
    project.pytest("--repeat-failed", "1", exits=1)
    assert attempts(named(project.recorded, "One")) == ['Set-up failed in "stove": no stove', "flaky"]


def test_a_clean_up_that_fails(project: TeaProject) -> None:
    project.steps("""
        @pytest.fixture
        def cup(request):
            yield
            assert count(request, "cup") > 1, "the cup is stuck"

        @given("a cup")
        def has_cup(cup): pass
    """)
    project.features("""
        Scenario: Alone
          Given a cup
        Scenario: Too
          Given a cup
          When it fails 1 times
    """)
    project.pytest("--repeat-failed", "1", exits=1)
    run = project.recorded
    assert attempts(named(run, "Alone")) == ["Clean-up failed: the cup is stuck"]
    assert attempts(named(run, "Too")) == ["cold at attempt 1", "flaky"]


def test_a_clean_up_that_fails_between_attempts_stays_with_its_attempt(project: TeaProject) -> None:
    project.steps("""
        @pytest.fixture
        def cup(request):
            yield
            assert count(request, "cup") > 1, "the cup is stuck"

        @given("a cup")
        def has_cup(cup): pass
    """)
    project.features("Scenario: One\n  Given a cup\n  When it fails 1 times\n")
    result = project.pytest("--repeat-failed", "1", exits=1)
    one = named(project.recorded, "One")
    assert attempts(one) == ["cold at attempt 1", "flaky"]
    assert one.earlier[0].failure is not None
    assert "Clean-up failed: the cup is stuck" in one.earlier[0].failure.text
    assert "2 rerun, 1 flaky in " in result.outlines[-1]


def test_the_evidence_of_each_attempt_is_kept(project: TeaProject) -> None:
    project.steps("""
        from kube_acceptance.report import attach

        @given("evidence")
        def evidence(request, tmp_path):
            (tmp_path / "seen.txt").write_text(f"attempt {count(request, 'evidence')}")
            attach(tmp_path / "seen.txt")
    """)
    project.features("Scenario: One\n  Given evidence\n  When it fails 1 times\n")
    project.pytest("--repeat-failed", "1", exits=1)
    one = named(project.recorded, "One")
    reports = project.pytester.path / "reports"
    assert [(reports / each.attachments[0].path).read_text() for each in [*one.earlier, one]] == [
        "attempt 1",
        "attempt 2",
    ]


def test_it_stops_at_the_first_failure_only_after_its_repetitions(project: TeaProject) -> None:
    project.features(MIXED + "\n    Scenario: Last\n      Given water\n")
    project.pytest("-x", "--repeat-failed", "1", exits=1)
    run = project.recorded
    assert totals(run) == {"failed": 1, "flaky": 1, "not run": 1, "passed": 1}
    assert named(run, "Last").reason == "stopping after 1 failures"


def test_rows_of_an_outline_are_repeated_apart(project: TeaProject) -> None:
    project.features("""
        Scenario Outline: Number <n>
          When it fails <n> times
          Examples:
            | n |
            | 0 |
            | 1 |
            | 2 |
    """)
    project.pytest("--repeat-failed", "1", exits=1)
    assert [scenario.status for scenario in project.recorded.scenarios()] == ["passed", "flaky", "failed"]


def test_ctrl_c_in_a_repetition(project: TeaProject) -> None:
    project.steps("""
        @when("it goes wrong")
        def goes_wrong(request):
            assert count(request, "wrong") > 1, "cold"
            raise KeyboardInterrupt
    """)
    project.features("Scenario: One\n  When it goes wrong\nScenario: Two\n  Given water\n")
    result = project.pytester.runpytest_subprocess("features", "--order", "written", "--repeat-failed", "1")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    run = project.recorded
    assert attempts(named(run, "One")) == ["cold", "The run ended while this scenario was running."]
    assert (named(run, "One").status, named(run, "Two").status) == ("broken", "not run")


@pytest.mark.parametrize("text", ["-1", "often"])
def test_a_number_that_is_none(project: TeaProject, text: str) -> None:
    result = project.pytest(f"--repeat-failed={text}", exits=4)
    assert f"argument --repeat-failed: {text!r} is no number of times; give 1 or 2" in result.stderr.str()
