"""What became of a scenario, told truly: whatever went wrong, alone and spread over workers."""

from __future__ import annotations

import textwrap
from typing import Any

import pytest

from kube_acceptance.report import Run
from kube_acceptance.report.model import Scenario

Project = Any

ALONE_AND_SPREAD = pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "workers"])


def the_only(run: Run) -> Scenario:
    (scenario,) = run.scenarios()
    return scenario


def statuses(scenario: Scenario) -> list[str]:
    return [step.status for step in scenario.steps]


def by_name(run: Run) -> dict[str, str]:
    return {scenario.name: scenario.status for scenario in run.scenarios()}


def first_line(scenario: Scenario) -> str:
    assert scenario.failure is not None
    return scenario.failure.first_line


TEA = """
    Feature: Tea
      Scenario: Tea is made
        Given water
        When it goes wrong
        Then there is tea
"""

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


def goes_wrong(project: Project, code: str) -> None:
    body = textwrap.indent(textwrap.dedent(code).strip(), "    ")
    project.add_steps(f'@when("it goes wrong")\ndef goes_wrong(request):\n{body}\n')


# ---------------------------------------------------------------- pending and undefined


@ALONE_AND_SPREAD
@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("from kube_acceptance import pending\npending('the kettle must be heated')", "the kettle must be heated"),
        ("raise NotImplementedError", "the step is not implemented"),
        ("raise NotImplementedError('heat it')", "heat it"),
    ],
    ids=["pending", "snippet", "snippet with text"],
)
def test_a_step_that_is_not_written_yet(project: Project, workers: tuple[str, ...], code: str, reason: str) -> None:
    goes_wrong(project, code)
    project.feature(TEA)
    run = project.run(*workers, exits=1)
    scenario = the_only(run)
    assert (scenario.status, scenario.reason, scenario.failure) == ("pending", reason, None)
    assert statuses(scenario) == ["passed", "pending", "not run"]
    assert run.verdict == "failed"


@pytest.mark.parametrize("tag", ["", "@xfail"])
def test_pytest_calls_a_pending_scenario_failed_in_one_line(project: Project, tag: str) -> None:
    goes_wrong(project, "from kube_acceptance import pending\npending('heat it')")
    project.feature(TEA.replace("Scenario:", f"{tag}\n      Scenario:"))
    result = project.pytest(exits=1)
    result.assert_outcomes(failed=1)
    lines = result.outlines
    (heading,) = [number for number, line in enumerate(lines) if line.strip("_ ") == "test_tea_is_made"]
    assert lines[heading + 1] == "pending: heat it"
    assert "short test summary" in lines[heading + 2]


def test_an_abstract_method_of_somebody_else_is_a_failure(project: Project) -> None:
    goes_wrong(
        project,
        """
        def cup():
            raise NotImplementedError("abstract")
        cup()
        """,
    )
    project.feature(TEA)
    scenario = the_only(project.run(exits=1))
    assert (scenario.status, first_line(scenario)) == ("failed", "NotImplementedError: abstract")


def test_a_fixture_that_is_not_written_yet(project: Project) -> None:
    project.add_steps("""
        from kube_acceptance import pending

        @pytest.fixture
        def kettle():
            pending("a kettle")

        @when("it goes wrong")
        def heat(kettle):
            pass
    """)
    project.feature(TEA)
    scenario = the_only(project.run(exits=1))
    assert (scenario.status, scenario.reason) == ("pending", "a kettle")
    assert statuses(scenario) == ["passed", "pending", "not run"]


def test_an_expected_failure_excuses_behaviour_alone(project: Project) -> None:
    project.add_steps("""
        @pytest.fixture
        def kettle():
            raise OSError("no kettle")

        @when("it needs a kettle")
        def heat(kettle):
            pass
    """)
    project.feature("""
        @xfail
        Feature: Tea
          Scenario: Behaviour
            Then there is coffee
          Scenario: Set-up
            When it needs a kettle
          Scenario: Undefined
            When the moon is full
          Scenario: Success
            Then there is tea
    """)
    run = project.run(exits=1)
    assert by_name(run) == {
        "Behaviour": "skipped",
        "Set-up": "broken",
        "Undefined": "undefined",
        "Success": "passed",
    }
    *_, success = run.scenarios()
    assert success.reason == "passed, although it was expected to fail"


@ALONE_AND_SPREAD
def test_undefined_steps_found_at_collection(project: Project, workers: tuple[str, ...]) -> None:
    project.add_to_conftest(
        """
        @pytest.hookimpl(tryfirst=True)
        def pytest_collection_finish(session):
            (recorder,) = [each for each in session.config.pluginmanager.get_plugins() if isinstance(each, Recorder)]
            for item in session.items:
                if "moon" in item.nodeid:
                    recorder.undefined(item.nodeid, 7, '@when("the moon is full")')
                    session.testsfailed += 1
        """,
    )
    project.feature("""
        Feature: Tea
          Scenario: Tea is made
            Given water

          Scenario: The moon
            Given water
            When the moon is full
            Then there is tea
    """)
    run = project.run(*workers, exits=1 if workers else 2)
    tea, moon = run.scenarios()
    assert (moon.status, moon.reason) == ("undefined", "")
    assert first_line(moon) == "No step definition matches: When the moon is full"
    assert [step.suggestion for step in moon.steps] == ["", '@when("the moon is full")', ""]
    assert run.verdict == "failed"
    if not workers:  # what ends a run of workers before it starts is not the recorder's
        assert statuses(moon) == ["not run", "undefined", "not run"]
        assert (tea.status, tea.reason) == ("not run", "nothing was started, since steps are undefined")


# ---------------------------------------------------------------- when and where


@ALONE_AND_SPREAD
def test_when_and_where_it_ran(project: Project, workers: tuple[str, ...]) -> None:
    goes_wrong(project, "pass")
    project.feature(TEA)
    run = project.run(*workers)
    scenario = the_only(run)
    times = [run.started, scenario.started, *(step.started for step in scenario.steps), run.finished]
    assert all(times)
    assert times == sorted(times)
    assert scenario.worker in (("gw0", "gw1") if workers else ("",))


# ---------------------------------------------------------------- attempts

RERUNS = """
    from _pytest.runner import runtestprotocol

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(item, nextitem):
        # in the way of pytest-rerunfailures
        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        for attempt in (1, 2):
            reports = runtestprotocol(item, nextitem=nextitem, log=False)
            again = attempt == 1 and any(report.failed for report in reports)
            for report in reports:
                if again and report.failed:
                    report.outcome = "rerun"
                item.ihook.pytest_runtest_logreport(report=report)
            if not again:
                break
        item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        return True

    def pytest_report_teststatus(report):
        if report.outcome == "rerun":
            return "rerun", "R", "RERUN"
"""

REPEATS = """
    import hashlib

    @pytest.fixture
    def __pytest_repeat_step_number(request):
        return request.param

    def pytest_generate_tests(metafunc):
        # in the way of pytest-repeat
        metafunc.fixturenames.append("__pytest_repeat_step_number")
        metafunc.parametrize("__pytest_repeat_step_number", range(3), indirect=True, ids=lambda n: f"{n + 1}-3")
"""

ON_THE_FIRST = """
    path = request.config.rootpath / (request.node.name.split("[")[0] + ".attempts")
    try:
        path.touch(exist_ok=False)  # one process makes it, however many come at once
    except FileExistsError:
        return
    raise AssertionError("the water is cold")
"""


@ALONE_AND_SPREAD
def test_a_repetition_by_another_plugin_is_never_green(project: Project, workers: tuple[str, ...]) -> None:
    project.add_to_conftest(RERUNS)
    goes_wrong(project, ON_THE_FIRST)
    project.feature(TEA)
    result = project.pytest(*workers, exits=1)
    run = project.recorded
    scenario = the_only(run)
    assert (scenario.status, scenario.reason, scenario.failure) == ("flaky", "passed only when repeated", None)
    assert statuses(scenario) == ["passed", "passed", "passed"]
    (before,) = scenario.earlier
    assert (before.status, first_line(before), before.earlier) == ("failed", "the water is cold", [])
    assert statuses(before) == ["passed", "failed", "not run"]
    assert (run.verdict, run.totals["flaky"], run.totals["passed"]) == ("failed", 1, 0)
    assert result.outlines[-1].strip("= ").startswith("1 rerun, 1 flaky in ")
    assert "Failed: 0 of 1 scenario passed; 1 is flaky." in result.outlines
    assert f"FLAKY {scenario.id}: passed only when repeated; before: the water is cold" in result.outlines, (
        result.outlines
    )


@ALONE_AND_SPREAD
def test_a_repetition_that_fails_too(project: Project, workers: tuple[str, ...]) -> None:
    project.add_to_conftest(RERUNS)
    goes_wrong(project, "assert not 'water', 'no water'")
    project.feature(TEA)
    scenario = the_only(project.run(*workers, exits=1))
    assert (scenario.status, [each.status for each in scenario.earlier]) == ("failed", ["failed"])


def test_a_repetition_that_is_skipped_does_not_hide_the_failure(project: Project) -> None:
    project.add_to_conftest(RERUNS)
    goes_wrong(
        project,
        """
        path = request.config.rootpath / "attempts"
        if path.exists():
            pytest.skip("enough")
        path.touch()
        assert False, "the water is cold"
        """,
    )
    project.feature(TEA)
    scenario = the_only(project.run(exits=1))
    assert (scenario.status, first_line(scenario)) == ("failed", "the water is cold")
    assert statuses(scenario) == ["passed", "skipped", "not run"]


@ALONE_AND_SPREAD
def test_copies_of_a_scenario_are_attempts_at_it(project: Project, workers: tuple[str, ...]) -> None:
    project.add_to_conftest(REPEATS)
    goes_wrong(project, ON_THE_FIRST)
    project.add_steps("""
        @given(parsers.parse("{count} cups"))
        def cups(count):
            pass
    """)
    project.feature("""
        Feature: Tea
          Scenario: Tea is made
            When it goes wrong
          Scenario Outline: <count> cups are made
            Given <count> cups
            Examples:
              | count |
              | 1-2   |
              | 2     |
    """)
    run = project.run(*workers, exits=1)
    assert [(each.id, each.status, len(each.earlier)) for each in run.scenarios()] == [
        ("test_features.py::test_tea_is_made", "flaky", 2),
        ("test_features.py::test_count_cups_are_made[1-2]", "passed", 2),
        ("test_features.py::test_count_cups_are_made[2]", "passed", 2),
    ]
    assert run.verdict == "failed"


def test_attempts_on_different_workers(project: Project) -> None:
    project.add_to_conftest(REPEATS.replace("range(3)", "range(2)"))
    goes_wrong(
        project,
        """
        import os, time
        here = request.config.rootpath / os.environ["PYTEST_XDIST_WORKER"]
        here.touch()
        deadline = time.monotonic() + 60
        while len(list(request.config.rootpath.glob("gw*"))) < 2 and time.monotonic() < deadline:
            time.sleep(0.01)  # until the other worker has begun too
        assert here.name == "gw1", "not on this worker"
        """,
    )
    project.feature(TEA)
    scenario = the_only(project.run("-n", "2", exits=1))
    attempts = [*scenario.earlier, scenario]
    assert {each.worker for each in attempts} == {"gw0", "gw1"}
    assert [each.started for each in attempts] == sorted(each.started for each in attempts if each.started)
    assert {each.status for each in scenario.earlier} < {"failed", "passed"}


# ---------------------------------------------------------------- workers that die


@pytest.mark.parametrize("count", ["1", "2"])
def test_a_worker_that_is_killed_in_a_step(project: Project, count: str) -> None:
    goes_wrong(project, "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")
    project.feature(THREE)
    run = project.run("-n", count, exits=1)
    assert by_name(run) == {"First": "passed", "Second": "broken", "Third": "passed"}
    _, second, _ = run.scenarios()
    assert second.worker in ("gw0", "gw1")
    assert first_line(second) == f'The worker {second.worker} died while "Second" ran.'
    assert statuses(second) == ["passed", "not run", "not run"]
    assert [step.facts for step in second.steps] == [[], ["The run of this step was cut off."], []]
    assert (run.problems, run.verdict) == ([], "failed")


def test_a_worker_that_is_killed_in_a_clean_up(project: Project) -> None:
    project.add_steps("""
        @pytest.fixture
        def cup():
            yield
            import os, signal
            os.kill(os.getpid(), signal.SIGKILL)

        @when("it goes wrong")
        def use(cup):
            pass
    """)
    project.feature(THREE)
    run = project.run("-n", "1", exits=1)
    assert by_name(run) == {"First": "passed", "Second": "broken", "Third": "passed"}
    _, second, _ = run.scenarios()
    assert first_line(second) == 'The worker gw0 died while "Second" ran.'
    assert statuses(second) == ["passed", "passed", "passed"]


@pytest.mark.parametrize(
    ("code", "status", "line"),
    [
        ("raise AssertionError('the tea is cold')", "failed", "*1 failed in *"),
        ("pytest.skip('there is no kettle')", "skipped", "*1 skipped in *"),
        ("pass", "skipped", "*1 passed, 1 skipped in *"),
    ],
)
def test_a_clean_up_that_is_skipped_takes_nothing_back(project: Project, code: str, status: str, line: str) -> None:
    project.feature(TEA)
    goes_wrong(project, f"request.addfinalizer(lambda: pytest.skip('nothing to clean'))\n{code}")
    project.pytest(exits=1).stdout.fnmatch_lines([line])
    scenario = the_only(project.recorded)
    assert scenario.status == status
    if status == "failed":
        assert first_line(scenario).endswith("the tea is cold")
    else:
        assert scenario.reason == ("nothing to clean" if code == "pass" else "there is no kettle")


def test_a_failure_is_told_even_if_its_worker_is_killed_in_the_clean_up(project: Project) -> None:
    project.add_steps("""
        @pytest.fixture
        def cup():
            yield
            import os, signal
            os.kill(os.getpid(), signal.SIGKILL)

        @when("it goes wrong")
        def use(cup):
            assert False, "the cup is hot"
    """)
    project.feature(THREE)
    _, second, _ = project.run("-n", "1", exits=1).scenarios()
    assert (second.status, first_line(second)) == ("failed", "the cup is hot")
    assert second.failure is not None
    assert second.failure.text.endswith('The worker gw0 died while "Second" ran.')


def test_a_worker_that_is_killed_when_a_scenario_runs_again(project: Project) -> None:
    project.add_to_conftest(RERUNS)
    goes_wrong(
        project,
        """
        path = request.config.rootpath / "attempts"
        if path.exists():
            import os, signal
            os.kill(os.getpid(), signal.SIGKILL)
        path.touch()
        assert False, "the water is cold"
        """,
    )
    project.feature(THREE)
    _, second, _ = project.run("-n", "1", exits=1).scenarios()
    assert (second.status, first_line(second)) == ("broken", 'The worker gw0 died while "Second" ran.')
    assert [(each.status, first_line(each)) for each in second.earlier] == [("failed", "the water is cold")]


def test_a_worker_that_dies_after_its_scenarios(project: Project) -> None:
    project.add_to_conftest(
        """
        @pytest.hookimpl(tryfirst=True)
        def pytest_sessionfinish(session):
            import os
            if os.environ.get("PYTEST_XDIST_WORKER") == "gw0":
                os._exit(1)
        """,
    )
    goes_wrong(project, "pass")
    project.feature(TEA)
    run = project.run("-n", "1", exits=1)
    assert by_name(run) == {"Tea is made": "passed"}
    assert [(each.where, each.failure.first_line) for each in run.problems] == [
        ("pytest-xdist", "The worker gw0 died while it ran no scenario.")
    ]
    assert run.verdict == "failed"


def test_workers_that_are_not_replaced(project: Project) -> None:
    goes_wrong(project, "import os\nos._exit(1)")
    project.feature(THREE)
    run = project.run("-n", "1", "--max-worker-restart", "0", exits=1)
    assert by_name(run) == {"First": "passed", "Second": "broken", "Third": "not run"}
    *_, third = run.scenarios()
    assert third.reason == "workers died and were not replaced"


# ---------------------------------------------------------------- set-up and the end of the run


@ALONE_AND_SPREAD
def test_a_broken_set_up_that_all_share(project: Project, workers: tuple[str, ...]) -> None:
    project.add_steps("""
        @pytest.fixture(scope="session")
        def kitchen():
            raise OSError("no kitchen")

        @when("it goes wrong")
        def use(kitchen):
            pass
    """)
    rows = "\n".join(f"  Scenario: Number {number}\n    Given water\n    When it goes wrong" for number in range(4))
    project.feature(f"Feature: Tea\n{rows}\n")
    run = project.run(*workers, exits=1)
    assert set(by_name(run).values()) == {"broken"}
    assert {first_line(each) for each in run.scenarios()} == {'Set-up failed in "kitchen": OSError: no kitchen'}
    assert all(statuses(each) == ["passed", "not run"] for each in run.scenarios())


@ALONE_AND_SPREAD
@pytest.mark.parametrize("option", ["-x", "--maxfail=1"])
def test_the_rest_of_a_run_that_stops_early(project: Project, workers: tuple[str, ...], option: str) -> None:
    goes_wrong(project, "assert not 'water'")
    rows = "\n".join(f"  Scenario: Number {number}\n    When it goes wrong" for number in range(20))
    project.feature(f"Feature: Tea\n{rows}\n")
    run = project.run(*workers, option, exits=2 if workers else 1)
    found = set(by_name(run).values())
    assert found == {"failed", "not run"}
    assert {each.reason for each in run.scenarios() if each.status == "not run"} == {"stopping after 1 failures"}
    assert (run.problems, run.verdict) == ([], "failed")


@ALONE_AND_SPREAD
@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("raise KeyboardInterrupt", "The run was interrupted."),
        ("pytest.exit('no more tea')", "The run was interrupted: no more tea."),
    ],
    ids=["ctrl-c", "exit"],
)
def test_a_run_that_is_broken_off(project: Project, workers: tuple[str, ...], code: str, problem: str) -> None:
    goes_wrong(project, code)
    project.feature(THREE)
    run = project.run(*(("-n", "1") if workers else ()), exits=2, apart=True)
    assert by_name(run) == {"First": "passed", "Second": "broken", "Third": "not run"}
    _, second, third = run.scenarios()
    assert first_line(second) == "The run ended while this scenario was running."
    assert statuses(second) == ["passed", "not run", "not run"]
    assert third.reason.startswith("the run was interrupted")
    assert [each.failure.first_line for each in run.problems] == [problem]


@ALONE_AND_SPREAD
def test_a_usage_error(project: Project, workers: tuple[str, ...]) -> None:
    project.feature(TEA)
    result = project.pytest("nowhere.py", *workers, exits=5 if workers else 4)
    run = project.recorded
    assert [each.failure.first_line for each in run.problems] == ["file or directory not found: nowhere.py"]
    assert run.verdict == "failed"
    said = result.outlines if workers else result.errlines
    assert f"{'pytest' if workers else 'ERROR'}: file or directory not found: nowhere.py" in said


def test_a_run_that_is_refused_tells_no_interruption_of_workers_that_it_ended(project: Project) -> None:
    project.add_to_conftest(
        """
        import os, pathlib, time

        WORKER = "PYTEST_XDIST_WORKER" in os.environ
        ENDED = pathlib.Path(__file__).with_name("ended")

        @pytest.hookimpl(tryfirst=True)
        def pytest_collection():
            if WORKER:
                raise KeyboardInterrupt  # as execnet does it when the controller ends
            deadline = time.monotonic() + 60
            while not ENDED.exists() and time.monotonic() < deadline:
                time.sleep(0.01)
            raise pytest.UsageError("there is no milk")

        def pytest_unconfigure():
            if WORKER:
                ENDED.touch()
        """,
    )
    project.feature(TEA)
    run = project.run("-n", "1", exits=4)
    assert (project.pytester.path / "ended").exists()
    assert [each.failure.first_line for each in run.problems] == ["there is no milk"]


@ALONE_AND_SPREAD
def test_an_internal_error(project: Project, workers: tuple[str, ...]) -> None:
    project.add_to_conftest(
        f"""
        import os
        HERE = ("PYTEST_XDIST_WORKER" in os.environ) == {bool(workers)}

        @pytest.hookimpl(trylast=True)
        def pytest_runtest_logreport(report):
            if HERE and "second" in report.nodeid and report.when == "call":
                raise RuntimeError("the kettle exploded")
        """,
    )
    goes_wrong(project, "pass")
    project.feature(THREE)
    run = project.run(*(("-n", "1") if workers else ()), exits=3)
    assert by_name(run) == {"First": "passed", "Second": "broken", "Third": "not run"}
    _, second, third = run.scenarios()
    assert first_line(second) == "The run ended while this scenario was running."
    assert statuses(second) == ["passed", "passed", "passed"]
    assert third.reason == "pytest ended with an internal error"
    assert [each.failure.first_line for each in run.problems] == ["RuntimeError: the kettle exploded"]
    assert run.verdict == "failed"


@ALONE_AND_SPREAD
def test_a_file_that_cannot_be_collected_keeps_the_others_from_running(
    project: Project, workers: tuple[str, ...]
) -> None:
    goes_wrong(project, "pass")
    project.feature(TEA)
    project.pytester.makepyfile(test_broken="import nowhere_to_be_found")
    run = project.run(*workers, exits=1 if workers else 2)
    assert [each.where for each in run.problems] == ["test_broken.py"]
    assert run.verdict == "failed"
    if not workers:  # pytest-xdist runs what was collected
        assert the_only(run).reason == "nothing was started: 1 error during collection"


def test_a_run_that_only_collects_leaves_the_last_report(project: Project) -> None:
    goes_wrong(project, "pass")
    project.feature(TEA)
    project.pytest()
    before = project.recorded
    project.pytest("--collect-only")
    assert project.recorded == before


def test_a_form_of_the_report_that_fails_costs_no_other(project: Project) -> None:
    conftest = project.pytester.path / "conftest.py"
    written = "lambda run, folder: (folder / 'other').touch()"
    conftest.write_text(
        conftest.read_text().replace('title="Tea",', f'title="Tea", writers=[lambda *_: 1 / 0, {written}],', 1)
    )
    goes_wrong(project, "pass")
    project.feature(TEA)
    project.pytester.makepyfile(test_features=f"{project.steps}\nscenarios('features')\n")
    result = project.pytester.runpytest_inprocess("-p", "pytest_bdd.plugin", "-p", "no:cacheprovider")
    assert result.ret == pytest.ExitCode.INTERNAL_ERROR
    assert "A form of the report could not be written: ZeroDivisionError: division by zero" in result.outlines
    assert (project.reports / "other").exists()


# ---------------------------------------------------------------- secrets


@ALONE_AND_SPREAD
def test_secrets_that_only_a_worker_knows_do_not_leave_it(project: Project, workers: tuple[str, ...]) -> None:
    conftest = project.pytester.path / "conftest.py"
    conftest.write_text(
        "LEARNED = []\n"
        + conftest.read_text().replace(
            'redact=lambda text: text.replace("s3cret", "[redacted]")',
            "redact=lambda text: text.replace(LEARNED[0], '[redacted]') if LEARNED else text",
        )
    )
    project.add_steps("""
        @when("it goes wrong")
        def leak():
            from conftest import LEARNED
            LEARNED.append("".join(["s", "3", "c", "r", "e", "t"]))
            note(f"password {LEARNED[0]}")
            print(f"printed {LEARNED[0]}")
            raise ValueError(f"{LEARNED[0]} is wrong")
    """)
    project.feature(TEA)
    result = project.pytest(*workers, "--junitxml", "junit.xml", "-o", "junit_logging=all", exits=1)
    written = [(project.reports / "run.json").read_text(), (project.pytester.path / "junit.xml").read_text()]
    for text in [*written, result.stdout.str()]:
        assert "s3cret" not in text
        assert "[redacted] is wrong" in text
        assert "printed [redacted]" in text
    assert the_only(project.recorded).steps[1].facts == ["password [redacted]"]
