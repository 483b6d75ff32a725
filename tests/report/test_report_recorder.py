"""What is recorded of a run, seen through a real pytest with pytest-bdd."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from kube_acceptance.report import Run
from kube_acceptance.report.model import Scenario

Project = Any


def the_only(run: Run) -> Scenario:
    (scenario,) = run.scenarios()
    return scenario


def statuses(scenario: Scenario) -> list[str]:
    return [step.status for step in scenario.steps]


def by_name(run: Run) -> dict[str, str]:
    return {scenario.name: scenario.status for scenario in run.scenarios()}


TEA = """
    @hot
    Feature: Tea
      Tea is a drink.

      @REQ-1 @strong
      Scenario: Tea is made
        It takes water.

        Given water
        When it boils
        Then there is tea
"""


def test_a_passed_scenario(project: Project) -> None:
    project.feature(TEA)
    run = project.run()
    assert run.verdict == "passed"
    assert {status: count for status, count in run.totals.items() if count} == {"passed": 1}
    assert (run.title, run.environment, run.problems) == ("Tea", {"kettle": "1.0"}, [])
    assert run.command == "pytest -p pytest_bdd.plugin -p xdist.plugin -p no:cacheprovider"
    assert run.started <= run.finished
    (feature,) = run.features
    assert (feature.uri, feature.name, feature.description.strip(), feature.tags) == (
        "features/tea.feature",
        "Tea",
        "Tea is a drink.",
        ["hot"],
    )
    scenario = the_only(run)
    assert scenario.id == "test_features.py::test_tea_is_made"
    assert (scenario.uri, scenario.line, scenario.name) == ("features/tea.feature", 6, "Tea is made")
    assert scenario.description.strip() == "It takes water."
    assert (scenario.tags, scenario.requirements) == (["hot", "strong"], ["REQ-1"])
    assert scenario.started is not None
    assert scenario.started >= run.started
    water, boil, tea = scenario.steps
    assert [(step.keyword, step.text, step.line, step.status) for step in scenario.steps] == [
        ("Given", "water", 9, "passed"),
        ("When", "it boils", 10, "passed"),
        ("Then", "there is tea", 11, "passed"),
    ]
    assert (water.facts, water.waits, water.where) == (["1 litre"], [], "test_features.py:6")
    assert [(wait.what, wait.seconds, wait.budget) for wait in boil.waits] == [("the water boils", 3.2, 120)]
    assert 0 < tea.setup <= tea.duration < scenario.duration


def test_steps_after_a_failed_one_are_not_run(project: Project) -> None:
    project.feature("""
        Feature: Coffee
          @REQ-2
          Scenario: Coffee is made
            Given water
            Then there is coffee
            And there is tea
    """)
    run = project.run(exits=1)
    assert run.verdict == "failed"
    scenario = the_only(run)
    assert scenario.status == "failed"
    assert statuses(scenario) == ["passed", "failed", "not run"]
    assert scenario.failure is not None
    assert scenario.failure.first_line == "The coffee is not ready after 5 s."
    assert scenario.failure.details == "Buy beans.\n  grinder: empty"
    assert scenario.failure.text.splitlines() == [
        "test_features.py:20: in coffee",
        '    raise WaitError("The coffee is not ready after 5 s.", hint="Buy beans.", details=["grinder: empty"])',
        "E   kube_acceptance.errors.WaitError: The coffee is not ready after 5 s.",
        "E   Buy beans.",
        "E     grinder: empty",
    ]


def test_the_first_line_names_the_cause(project: Project) -> None:
    causes = {
        "assert 1 == 2": "assert 1 == 2",
        "assert 1 == 2, 'one is not two'": "one is not two",
        "raise AssertionError": "AssertionError",
        "raise KeyError('cup')": "KeyError: 'cup'",
        "raise ValueError": "ValueError",
        "raise SystemExit(3)": "SystemExit: 3",
        "pytest.fail('no cup')": "no cup",
        "raise ValueError('\\x1b[31mred\\x1b[0m and \\0')": "ValueError: red and ␀",
    }
    scenarios = []
    for number, statement in enumerate(causes):
        project.add_steps(f"""
            @then("failure {number}")
            def fails():
                {statement}
        """)
        scenarios.append(f"  Scenario: Number {number}\n    Then failure {number}\n")
    project.feature("Feature: Failure\n" + "".join(scenarios))
    run = project.run(exits=1)
    assert {scenario.status for scenario in run.scenarios()} == {"failed"}
    assert [scenario.failure.first_line for scenario in run.scenarios() if scenario.failure] == list(causes.values())


def test_an_undefined_step(project: Project) -> None:
    project.feature("""
        Feature: Tea
          Scenario: Tea is poured
            Given water
            When the moon is full
            Then there is tea
    """)
    scenario = the_only(project.run(exits=1))
    assert scenario.status == "undefined"
    assert statuses(scenario) == ["passed", "undefined", "not run"]
    assert scenario.failure is not None
    assert scenario.failure.first_line == "No step definition matches: When the moon is full"
    assert (scenario.failure.details, scenario.failure.text) == ("", "")


def test_the_captured_output_is_kept(project: Project) -> None:
    project.add_steps("""
        @then("it prints and fails")
        def fails():
            print("seen " * 5000)
            assert False
    """)
    project.feature("""
        Feature: Failure
          Scenario: It fails
            Then it prints and fails
    """)
    failure = the_only(project.run(exits=1)).failure
    assert failure is not None
    _, captured = failure.text.split("Captured stdout call\n")
    assert len(captured) == 20_000


def test_a_fixture_that_fails_breaks_the_scenario(project: Project) -> None:
    project.add_steps("""
        @pytest.fixture(scope="session")
        def kettle():
            raise OSError("no kettle")

        @given("a kettle")
        def has_kettle(kettle):
            pass
    """)
    project.feature("""
        Feature: Tea
          Scenario: Tea is made
            Given a kettle
            Then there is tea
          Scenario: Tea is made again
            Given water
            And a kettle
            Then there is tea
    """)
    run = project.run(exits=1)
    assert by_name(run) == {"Tea is made": "broken", "Tea is made again": "broken"}
    first, second = run.scenarios()
    assert statuses(first) == ["not run", "not run"]
    assert statuses(second) == ["passed", "not run", "not run"]
    for scenario in (first, second):
        assert scenario.failure is not None
        assert scenario.failure.first_line == 'Set-up failed in "kettle": OSError: no kettle'
    assert run.verdict == "failed"


def test_a_fixture_that_fails_before_the_scenario_begins(project: Project) -> None:
    project.add_steps("""
        @pytest.fixture(autouse=True)
        def stove():
            assert False, "no stove"
    """)
    project.feature(TEA)
    scenario = the_only(project.run(exits=1))
    assert (scenario.status, statuses(scenario)) == ("broken", ["not run"] * 3)
    assert scenario.failure is not None
    assert scenario.failure.first_line == 'Set-up failed in "stove": no stove'


def test_a_clean_up_that_fails_breaks_a_passed_scenario(project: Project) -> None:
    project.add_steps("""
        @pytest.fixture(autouse=True)
        def cup():
            yield
            raise OSError("the cup is stuck")
    """)
    project.feature(TEA)
    scenario = the_only(project.run(exits=1))
    assert (scenario.status, statuses(scenario)) == ("broken", ["passed"] * 3)
    assert scenario.failure is not None
    assert scenario.failure.first_line == "Clean-up failed: OSError: the cup is stuck"


def test_a_clean_up_that_fails_too_does_not_hide_the_failure(project: Project) -> None:
    project.add_steps("""
        @pytest.fixture(autouse=True)
        def cup():
            yield
            raise OSError("the cup is stuck")
    """)
    project.feature("""
        Feature: Coffee
          Scenario: Coffee is made
            Then there is coffee
    """)
    scenario = the_only(project.run(exits=1))
    assert scenario.status == "failed"
    assert scenario.failure is not None
    assert scenario.failure.first_line == "The coffee is not ready after 5 s."
    assert "Clean-up failed: OSError: the cup is stuck" in scenario.failure.text


def test_skipped_scenarios(project: Project) -> None:
    project.add_steps("""
        @when("it is skipped")
        def skip():
            pytest.skip("no sugar")
    """)
    project.feature("""
        Feature: Tea
          @skip
          Scenario: By a tag
            Given water
          Scenario: By a step
            Given water
            When it is skipped
            Then there is tea
    """)
    run = project.run(exits=1)
    by_tag, by_step = run.scenarios()
    assert (by_tag.status, by_tag.reason, statuses(by_tag)) == ("skipped", "unconditional skip", ["not run"])
    assert (by_step.status, by_step.reason) == ("skipped", "no sugar")
    assert statuses(by_step) == ["passed", "skipped", "not run"]
    assert run.verdict == "nothing proved"


def test_an_expected_failure_is_not_green(project: Project) -> None:
    project.feature("""
        Feature: Coffee
          @xfail
          Scenario: Coffee is made
            Then there is coffee
    """)
    scenario = the_only(project.run(exits=1))
    assert (scenario.status, statuses(scenario)) == ("skipped", ["failed"])
    assert scenario.reason == "expected to fail"
    assert scenario.failure is not None
    assert scenario.failure.first_line == "The coffee is not ready after 5 s."


def test_a_scenario_without_steps_proves_nothing(project: Project) -> None:
    project.feature("""
        Feature: Tea
          Scenario: To be written
    """)
    run = project.run(exits=1)
    assert (the_only(run).status, the_only(run).reason) == ("not run", "the scenario has no steps")
    assert run.verdict == "nothing proved"


def test_an_outline_gives_a_scenario_for_each_row(project: Project) -> None:
    project.add_steps("""
        @given(parsers.parse("{count:d} cups"))
        def cups(count):
            note(f"{count} cups")
    """)
    project.feature("""
        Feature: Tea
          Scenario Outline: <count> cups are made
            Given <count> cups
            Then there is <drink>

            @REQ-1
            Examples: Little
              | count | drink |
              | 1     | tea   |
              | 2     | tea   |

            @REQ-2 @hot
            Examples: Much
              | count | drink  |
              | 30    | coffee |
    """)
    run = project.run(exits=1)
    assert by_name(run) == {"1 cups are made": "passed", "2 cups are made": "passed", "30 cups are made": "failed"}
    one, _, thirty = run.scenarios()
    assert one.id == "test_features.py::test_count_cups_are_made[1-tea]"
    assert one.example == {"count": "1", "drink": "tea"}
    assert [step.text for step in thirty.steps] == ["30 cups", "there is coffee"]
    assert (one.requirements, one.tags) == (["REQ-1"], [])
    assert (thirty.requirements, thirty.tags) == (["REQ-2"], ["hot"])


def test_rules_and_backgrounds(project: Project) -> None:
    project.feature("""
        Feature: Tea
          Background:
            Given water

          Scenario: Tea is made
            Then there is tea

          @REQ-1
          Rule: Water boils
            Cold water makes no tea.

            Background:
              When it boils

            Scenario: Tea is hot
              Then there is tea
    """)
    run = project.run()
    (feature,) = run.features
    assert [(step.keyword, step.text) for step in feature.background] == [("Given", "water")]
    assert [(rule.name, rule.description.strip()) for rule in feature.rules] == [
        ("Water boils", "Cold water makes no tea.")
    ]
    plain, hot = run.scenarios()
    assert (plain.rule, hot.rule, hot.requirements) == ("", "Water boils", ["REQ-1"])
    assert [(step.text, step.background) for step in hot.steps] == [
        ("water", True),
        ("it boils", True),
        ("there is tea", False),
    ]


def test_data_tables_and_doc_strings(project: Project) -> None:
    project.add_steps("""
        @given("these cups")
        def cups(datatable):
            assert len(datatable) == 2

        @given("a note")
        def note_(docstring):
            assert docstring
    """)
    project.feature('''
        Feature: Tea
          Scenario: Tea is made
            Given these cups
              | colour | size |
              | blue   | <b>  |
            And a note
              """
              Milk:
                none
              """
    ''')
    cups, note = the_only(project.run()).steps
    assert cups.datatable == [["colour", "size"], ["blue", "<b>"]]
    assert cups.docstring is None
    assert (note.keyword, note.datatable, note.docstring) == ("And", [], "Milk:\n  none")


THREE = """
    Feature: Tea
      Scenario: First
        Given water
      Scenario: Second
        Given water
        When it goes wrong
        Then there is tea
      Scenario: Third
        Given water
"""


def test_ctrl_c(project: Project) -> None:
    project.add_steps("""
        @when("it goes wrong")
        def interrupt():
            raise KeyboardInterrupt
    """)
    project.feature(THREE)
    run = project.run(exits=2, apart=True)
    assert by_name(run) == {"First": "passed", "Second": "broken", "Third": "not run"}
    _, second, third = run.scenarios()
    assert second.failure is not None
    assert second.failure.first_line == "The run ended while this scenario was running."
    assert statuses(second) == ["passed", "not run", "not run"]
    assert second.steps[1].facts == ["The run ended while this step was running."]
    assert third.reason == "the run was interrupted"
    assert [problem.failure.first_line for problem in run.problems] == ["The run was interrupted."]
    assert run.verdict == "failed"


def test_the_rest_of_a_run_that_stops_at_the_first_failure(project: Project) -> None:
    project.add_steps("""
        @when("it goes wrong")
        def fail():
            assert False
    """)
    project.feature(THREE)
    run = project.run("-x", exits=1)
    assert by_name(run) == {"First": "passed", "Second": "failed", "Third": "not run"}
    assert [scenario.reason for scenario in run.scenarios()] == ["", "", "stopping after 1 failures"]


def test_a_worker_that_dies(project: Project) -> None:
    project.add_steps("""
        @when("it goes wrong")
        def die():
            import os
            os._exit(1)
    """)
    project.feature(THREE)
    run = project.run("-n", "1", exits=1)
    assert by_name(run) == {"First": "passed", "Second": "broken", "Third": "passed"}
    failure = [scenario.failure for scenario in run.scenarios()][1]
    assert failure is not None
    assert failure.first_line == 'The worker gw0 died while "Second" ran.'
    assert run.problems == []


def everything(project: Project) -> None:
    project.add_steps("""
        @pytest.fixture
        def kettle():
            raise OSError("no kettle")

        @given("a kettle")
        def has_kettle(kettle):
            pass

        @pytest.fixture
        def cup():
            yield
            raise OSError("the cup is stuck")

        @given("a cup")
        def has_cup(cup):
            pass

        @given("a stove")
        def has_stove():
            raise NotImplementedError("a stove")

        @when("it is skipped")
        def skip():
            pytest.skip("no sugar")
    """)
    project.feature(TEA)
    project.feature(
        """
        Feature: More
          @REQ-2
          Scenario: Coffee
            Then there is coffee
            And there is tea
          Scenario: Kettle
            Given a kettle
          Scenario: Cup
            Given a cup
          Scenario: Stove
            Given a stove
          @xfail
          Scenario: Expected
            Then there is coffee
          Scenario: Moon
            Given the moon
          Scenario: Sugar
            When it is skipped
          Rule: Many
            Scenario Outline: Cups of <drink>
              Then there is <drink>
              Examples:
                | drink |
                | tea   |
                | tea   |
                | juice |
    """,
        name="more",
    )


def timeless(data: dict[str, Any]) -> dict[str, Any]:
    text = json.dumps({**data, "command": ""})
    text = re.sub(r'"(started|finished)": "[^"]+"', r'"\1": "2026-01-24T00:00:00Z"', text)
    text = re.sub(r'"worker": "gw\d"', '"worker": ""', text)
    return json.loads(re.sub(r'"(duration|setup)": [\d.e-]+', r'"\1": 0', text))  # type: ignore[no-any-return]


def test_workers_make_the_same_document(project: Project) -> None:
    everything(project)
    alone = timeless(project.run(exits=1).to_dict())
    spread = timeless(project.run("-n", "2", exits=1).to_dict())
    assert {status: count for status, count in alone["totals"].items() if count} == {
        "failed": 1,
        "broken": 2,
        "undefined": 2,
        "pending": 1,
        "skipped": 2,
        "passed": 3,
    }
    assert spread == alone


def test_groups_of_workers_do_not_change_the_ids(project: Project) -> None:
    project.steps = "import pytest\npytestmark = pytest.mark.xdist_group('kitchen')\n" + project.steps
    project.feature(TEA)
    run = project.run("-n", "1", "--dist", "loadgroup")
    assert (the_only(run).id, the_only(run).status) == ("test_features.py::test_tea_is_made", "passed")


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "workers"])
def test_what_cannot_be_collected_is_a_problem(project: Project, workers: tuple[str, ...]) -> None:
    project.feature(TEA)
    project.add_steps("import nowhere_to_be_found")
    run = project.run(*workers, exits=1 if workers else 2)
    (problem,) = run.problems
    assert problem.where == "test_features.py"
    assert problem.failure.first_line == "ModuleNotFoundError: No module named 'nowhere_to_be_found'"
    assert (list(run.scenarios()), run.verdict) == ([], "failed")


def test_what_a_worker_finds_wrong_reaches_the_report(project: Project) -> None:
    project.feature(TEA)
    project.add_to_conftest("""
        from kube_acceptance.report.model import Failure

        def pytest_collection_finish(session):
            for plugin in session.config.pluginmanager.get_plugins():
                if isinstance(plugin, Recorder):
                    plugin.problem("tea.feature", Failure(first_line="The tea is green."))
    """)
    run = project.run("-n", "2", exits=1)
    assert [(problem.where, problem.failure.first_line) for problem in run.problems] == [
        ("tea.feature", "The tea is green.")
    ]
    assert run.verdict == "failed"


def test_a_failed_test_that_is_no_scenario_is_a_problem(project: Project) -> None:
    project.feature(TEA)
    project.add_steps("""
        def test_plain():
            assert 1 == 2
    """)
    run = project.run(exits=1)
    assert [(problem.where, problem.failure.first_line) for problem in run.problems] == [
        ("test_features.py::test_plain", "assert 1 == 2")
    ]
    assert (by_name(run), run.verdict) == ({"Tea is made": "passed"}, "failed")


def test_nothing_selected_is_not_green(project: Project) -> None:
    project.feature(TEA)
    run = project.run("-k", "nothing", exits=5)
    assert (list(run.scenarios()), run.left_out, run.verdict) == ([], 1, "nothing proved")
    assert {requirement.outcome for requirement in run.requirements} == {"not in this run", "not yet covered"}


@pytest.mark.parametrize("workers", [(), ("-n", "1")], ids=["alone", "worker"])
def test_a_part_is_not_taken_for_the_whole(project: Project, workers: tuple[str, ...]) -> None:
    project.feature("""
        Feature: Tea
          @REQ-1
          Scenario: In a cup
            Then there is tea
          @REQ-1
          Scenario: In a pot
            Then there is tea
    """)
    run = project.run("-k", "cup", *workers)
    assert (by_name(run), run.left_out, run.verdict) == ({"In a cup": "passed"}, 1, "incomplete")
    assert (run.requirements[0].outcome, run.requirements[0].left_out) == ("passed in part", 1)


def test_scenarios_in_other_files_count_as_left_out(project: Project) -> None:
    conftest = project.pytester.path / "conftest.py"
    conftest.write_text(conftest.read_text().replace('title="Tea is made"', 'title="Tea is made", declared=3'))
    project.feature(TEA)
    run = project.run()
    assert (run.requirements[0].outcome, run.requirements[0].left_out) == ("passed in part", 2)


def test_requirements_have_the_outcome_of_their_worst_scenario(project: Project) -> None:
    everything(project)
    run = project.run(exits=1)
    assert [(each.id, each.outcome, each.scenarios) for each in run.requirements] == [
        ("REQ-1", "passed", ["test_features.py::test_tea_is_made"]),
        ("REQ-2", "failed", ["test_features.py::test_coffee"]),
        ("REQ-3", "not yet covered", []),
    ]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('lambda: {"kettle": "1.0"}', "lambda: 1 / 0", ("report: environment", "ZeroDivisionError: division by zero")),
        ("=requirements,", "=lambda: [][1],", ("report: requirements", "IndexError: list index out of range")),
    ],
)
def test_a_report_is_written_when_its_facts_fail(
    project: Project, old: str, new: str, problem: tuple[str, str]
) -> None:
    conftest = project.pytester.path / "conftest.py"
    conftest.write_text(conftest.read_text().replace(old, new))
    project.feature(TEA)
    run = project.run(exits=1)
    assert [(each.where, each.failure.first_line) for each in run.problems] == [problem]
    assert run.verdict == "failed"


def test_a_report_that_cannot_be_written_fails_the_run(project: Project) -> None:
    project.feature(TEA)
    project.reports.write_text("in the way")
    project.pytester.makepyfile(test_features=f"{project.steps}\nscenarios('features')\n")
    result = project.pytester.runpytest_inprocess("-p", "pytest_bdd.plugin", "-p", "no:cacheprovider")
    assert result.ret == 3
    assert (
        f"The report cannot be written to {project.reports}: File exists. Make room or choose another folder."
        in result.outlines
    )


def test_a_red_run_has_no_green_report(project: Project) -> None:
    project.add_to_conftest("""
        def pytest_sessionfinish(session):
            session.exitstatus = 7
    """)
    project.feature(TEA)
    run = project.run(exits=7)
    assert [problem.failure.first_line for problem in run.problems] == ["pytest ended with exit status 7."]
    assert run.verdict == "failed"


def test_a_run_that_proves_nothing_is_red_and_says_why(project: Project) -> None:
    project.feature("""
        Feature: Tea
          @skip
          Scenario: Tea is made
            Given water
    """)
    project.pytester.makepyfile(test_features=f"{project.steps}\nscenarios('features')\n")
    result = project.pytester.runpytest_inprocess("-p", "pytest_bdd.plugin", "-p", "no:cacheprovider")
    assert result.ret == 1
    assert "Nothing proved: 0 of 1 scenario passed; 1 was skipped." in result.outlines


def test_ctrl_c_with_workers(project: Project) -> None:
    project.add_to_conftest("""
        import os, pathlib

        @pytest.hookimpl(trylast=True)
        def pytest_runtest_logstart(nodeid):
            if "second" in nodeid and "PYTEST_XDIST_WORKER" not in os.environ:
                pathlib.Path("the-controller-knows").touch()
    """)
    project.add_steps("""
        @when("it goes wrong")
        def interrupt_the_controller():
            import os, pathlib, signal, time
            while not pathlib.Path("the-controller-knows").exists():
                time.sleep(0.01)
            os.kill(os.getppid(), signal.SIGINT)
            time.sleep(60)
    """)
    project.feature(THREE)
    run = project.run("-n", "1", exits=2, apart=True)
    assert by_name(run) == {"First": "passed", "Second": "broken", "Third": "not run"}
    _, second, third = run.scenarios()
    assert second.failure is not None
    assert second.failure.first_line == "The run ended while this scenario was running."
    assert third.reason == "the run was interrupted"
    assert run.verdict == "failed"


def test_ctrl_c_before_the_controller_heard_of_what_had_begun(project: Project) -> None:
    project.add_to_conftest("""
        import os, pathlib, time

        @pytest.hookimpl(tryfirst=True)
        def pytest_runtest_logstart(nodeid):
            if "second" in nodeid and "PYTEST_XDIST_WORKER" not in os.environ:
                while not pathlib.Path("it-has-begun").exists():
                    time.sleep(0.01)
                raise KeyboardInterrupt
    """)
    project.add_steps("""
        @when("it goes wrong")
        def it_takes_long():
            import pathlib, time
            pathlib.Path("it-has-begun").touch()
            time.sleep(60)
    """)
    project.feature(THREE)
    run = project.run("-n", "1", exits=2, apart=True)
    assert by_name(run) == {"First": "passed", "Second": "broken", "Third": "not run"}
    _, second, _ = run.scenarios()
    assert second.failure is not None
    assert second.failure.first_line == "The run ended while this scenario was running."


def test_secrets_are_redacted_everywhere(project: Project) -> None:
    project.add_steps("""
        @then("it leaks")
        def leak():
            note("password s3cret")
            waited("s3cret", 1, 2)
            raise ValueError("s3cret is wrong\\ns3cret again")
    """)
    project.feature('''
        Feature: s3cret
          Scenario: s3cret too
            Given water
              """
              s3cret
              """
            Then it leaks
              | s3cret |
    ''')
    run = project.run("-k", "not s3cret_at_all", exits=1)
    written = (project.reports / "run.json").read_text()
    for text in (project.html, written):
        assert "s3cret" not in text.replace("test_s3cret", "").replace("not s3cret_at_all", "")
        assert "[redacted]" in text
    assert the_only(run).status == "failed"


def test_junit_carries_requirements_tags_and_evidence(project: Project) -> None:
    project.add_steps("""
        @given("evidence")
        def evidence(tmp_path):
            (tmp_path / "pods.txt").write_text("none")
            attach(tmp_path / "pods.txt")
    """)
    project.feature("""
        @hot
        Feature: Tea
          @REQ-1 @strong
          Scenario: Tea is made
            Given evidence
    """)
    project.run("--junitxml", "junit.xml")
    case = ElementTree.parse(project.pytester.path / "junit.xml").find(".//testcase")
    assert case is not None
    assert [(each.get("name"), each.get("value")) for each in case.iter("property")] == [
        ("requirement", "REQ-1"),
        ("tag", "hot"),
        ("tag", "strong"),
        ("evidence", "evidence/test_tea_is_made/pods.txt"),
    ]


def test_evidence_is_linked_from_the_report(project: Project) -> None:
    project.add_steps("""
        @given("evidence")
        def evidence(tmp_path, pytestconfig):
            (tmp_path / "pods.txt").write_text("none")
            attach(tmp_path / "pods.txt", "the pods")
            attach(tmp_path / "pods.txt")
            logs = pytestconfig.rootpath / "reports" / "evidence" / "logs"
            logs.mkdir(parents=True)
            (logs / "a.log").write_text("12")
            (logs / "b.log").write_text("345")
            attach(logs)
    """)
    project.feature("""
        Feature: Tea
          Scenario: Tea is made
            Given evidence
    """)
    scenario = the_only(project.run())
    assert [(each.name, each.path, each.bytes) for each in scenario.attachments] == [
        ("the pods", "evidence/test_tea_is_made/pods.txt", 4),
        ("pods.txt", "evidence/test_tea_is_made/pods-2.txt", 4),
        ("logs", "evidence/logs", 5),
    ]
    for attachment in scenario.attachments:
        assert (project.reports / attachment.path).exists()


def test_what_is_said_between_steps_belongs_to_the_scenario(project: Project) -> None:
    project.add_steps("""
        @pytest.fixture(autouse=True)
        def cup():
            note("a clean cup")
            waited("the cup", 1.25, 10)
            yield
            note("a dirty cup")
    """)
    project.feature(TEA)
    assert the_only(project.run()).facts == ["a clean cup", "the cup after 1.2 s of 10 s", "a dirty cup"]


def test_without_a_recorder_nothing_is_said(tmp_path: Path) -> None:
    from kube_acceptance.report import attach, note, waited

    silent: list[Callable[[], None]] = [
        lambda: note("text"),
        lambda: waited("text", 1, 2),
        lambda: attach(tmp_path / "missing"),
    ]
    for say in silent:
        say()
