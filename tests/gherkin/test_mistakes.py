"""What is wrong with features is told at once, with file, line and what to do, and nothing runs."""

from __future__ import annotations

import json
import re

import pytest
from gherkin_project import EMPTY_BUT_GREEN, Project, told

import kube_acceptance

GREEN = "Scenario: One\n  Then it works\n"

# ---------------------------------------------------------------- form


def test_no_gherkin(project: Project) -> None:
    project.feature("Scenario: One\n  Then it works\n  Whatever\n")
    project.write("features/b.feature", "Scenario: One\n  Then it works\n")
    project.write("features/c.feature", "# language: klingonish\nFeature: C\n")
    project.feature('Scenario: One\n  Then it works\n    """\n    never closed\n', "d")
    project.feature("Scenario: One\n  Then it works\n    | a | b |\n    | c |\n", "e")
    (project.root / "features" / "f.feature").write_bytes(b"Feature: \xff\n")
    assert project.mistakes() == [
        'features/a.feature:4: "Whatever" cannot stand here; expected the end of the file, a row of a table, """, a '
        'step, a tag, "Examples:", "Scenario:", "Rule:" or a comment',
        'features/b.feature:1: "Scenario: One" cannot stand here; expected the end of the file, "# language:", a tag, '
        '"Feature:" or a comment',
        'features/b.feature:2: "Then it works" cannot stand here; expected the end of the file, "# language:", a tag, '
        '"Feature:" or a comment',
        'features/c.feature:1: Gherkin does not know the language "klingonish"; correct the line, or remove it for '
        "English",
        'features/d.feature:6: the file ends too early; expected """ or text',
        "features/e.feature:5: this row has not as many cells as the first of its table; give it as many",
        "features/f.feature:1: the file cannot be read as UTF-8: 'utf-8' codec can't decode byte 0xff in position 9: "
        "invalid start byte",
    ]


def test_a_scenario_begins_with_given_when_or_then(project: Project) -> None:
    project.feature("Scenario: One\n  And a thing\n  Then it works\n")
    assert project.mistakes() == [
        'features/a.feature:3: the first step begins with "And"; begin with Given, When or Then'
    ]


def test_features_without_scenarios(project: Project) -> None:
    project.feature("A description.\n")
    project.write("features/b.feature", "")
    project.feature("Background:\n  Given a thing\n", "c")
    message = "the file holds no scenario; write one, or remove the file"
    assert project.mistakes() == [f"features/{name}.feature:1: {message}" for name in "abc"]


def test_scenarios_without_steps(project: Project) -> None:
    project.feature("Background:\n  Given a thing\nScenario: One\n  Whatever it works\n")
    assert project.mistakes() == [
        'features/a.feature:4: the scenario "One" has no steps and would prove nothing; write them, or remove it'
    ]


def test_outlines_without_rows(project: Project) -> None:
    project.feature(
        """\
        Scenario Outline: One
          Then it works
        Scenario: Two
          Then it works
          Examples:
            | how |
        """
    )
    assert project.mistakes() == [
        'features/a.feature:2: the outline "One" has no examples and would never run; add "Examples:" with rows',
        'features/a.feature:6: these examples of "Two" have no row, so nothing would run; add one',
    ]


# ---------------------------------------------------------------- names


def test_scenarios_of_the_same_name(project: Project) -> None:
    project.feature("Scenario: Same\n  Then it works\nRule: R\n  Scenario: Same\n    Then it fails\n")
    assert project.mistakes() == [
        'features/a.feature:5: the scenario of line 2 is named "Same" too, and only one of them would run; '
        "give each its own name"
    ]


def test_a_scenario_with_the_id_of_a_row(project: Project) -> None:
    project.feature(
        """\
        Scenario Outline: It works
          Then it works
          Examples:
            | how |
            | a   |
        Scenario: It works[a]
          Then it works
        """
    )
    assert project.mistakes() == [
        'features/a.feature:7: 2 scenarios are called "It works[a]" in reports; give each its own name'
    ]


def test_one_of_several_scenarios_of_a_broken_project_is_still_told_of_the_rest(project: Project) -> None:
    project.feature("@clutser\nScenario: One\n  Then it works\n")
    project.write("features/b.feature", EMPTY_BUT_GREEN)
    assert project.mistakes("features/b.feature::Other") == [
        "features/a.feature:2: the tag @clutser is not known; did you mean @cluster?"
    ]


def test_unknown_tags(project: Project) -> None:
    project.write(
        "features/a.feature",
        """\
        @stitac
        Feature: A
          @whatever
          Rule: R
            @clutser @slow
            Scenario Outline: One
              Then it <how>
              @slwo
              Examples:
                | how   |
                | works |
        """,
    )
    assert project.mistakes() == [
        "features/a.feature:1: the tag @stitac is not known; did you mean @static?",
        "features/a.feature:3: the tag @whatever is not known; known are @static, @image, @cluster, @disruptive, "
        "@slow, @serial",
        "features/a.feature:5: the tag @clutser is not known; did you mean @cluster?",
        "features/a.feature:8: the tag @slwo is not known; did you mean @slow?",
    ]


DOCUMENTS = {
    "constitution.md": "# Constitution\n\n- **C-01** It works.\n",
    "spec.md": "# Specification\n\n## Things\n\n"
    + "".join(
        f"### REQ-THG-0{number}: Thing {number}\n- From: C-01\n- Status: {status}\n- Behaviour: It works.\n\n"
        for number, status in ((1, "covered"), (2, "covered"), (3, "not yet covered (issue C)"))
    ),
    "tasks.md": "# Tasks\n\n## All\n\n### T-101: Do it\n"
    "- Requirements: REQ-THG-01\n- Files: features/**\n- Status: done\n",
}


def test_requirements_that_do_not_agree(project: Project) -> None:
    for name, text in DOCUMENTS.items():
        project.write(name, text)
    project.feature(
        """\
        @REQ-THG-01
        Scenario Outline: One
          Then it <how>
          Examples:
            | how   |
            | works |
            | fails |
        @REQ-THG-09
        Scenario: Two
          Then it works
        Scenario: Three
          Then it works
        """
    )
    project.feature("@REQ-THG-03\nScenario: Four\n  Then it works\n", "b")
    expected = [
        "features/a.feature:10: @REQ-THG-09 names no requirement of spec.md; did you mean REQ-THG-03?",
        'features/a.feature:12: scenario "Three" has no tag @REQ-…; name what it proves',
        'features/b.feature:3: @REQ-THG-03: spec.md:15 says "not yet covered (issue C)"; set it to "covered", '
        "or do not name it here",
        "spec.md:10: REQ-THG-02 is covered, but no scenario has the tag @REQ-THG-02; write one, or set the status to "
        '"not yet covered (issue X)"',
    ]
    assert project.mistakes() == expected
    assert project.mistakes("features/b.feature", "-k", "nothing") == expected
    (project.root / "constitution.md").unlink()
    (project.root / "tasks.md").unlink()
    assert project.mistakes() == expected


def test_what_a_broken_file_would_prove_is_not_missed(project: Project) -> None:
    for name, text in DOCUMENTS.items():
        project.write(name, text)
    project.feature("@REQ-THG-01\nScenario: One\n  Then it works\n")
    project.feature("@REQ-THG-02\nScenario: Two\n  Then it works\n  Whatever\n", "b")
    assert [line.partition(" ")[0] for line in project.mistakes()] == ["features/b.feature:5:"]


# ---------------------------------------------------------------- steps

UNDEFINED = """\
Background:
  Given no such thing
Scenario: One
  Then it wroks
  And the pod "web" has 3 containers
    | name |
    | a    |
  When it works
Scenario: Two
  Then the pod "db" has 14 containers
  And version 1.2 of {it} says
    \"\"\"
    hello
    \"\"\"
"""


def test_undefined_steps(project: Project) -> None:
    project.feature(UNDEFINED)
    below = "a definition to paste stands below"
    assert project.mistakes() == [
        f"features/a.feature:3: no step definition for: Given no such thing; {below}",
        "features/a.feature:5: no step definition for: Then it wroks; did you mean: it works?",
        f'features/a.feature:6: no step definition for: And the pod "web" has 3 containers; {below}',
        "features/a.feature:9: no step definition for: When it works; vocabulary_of_tests.py:7 defines it for Then",
        f'features/a.feature:11: no step definition for: Then the pod "db" has 14 containers; {below}',
        f"features/a.feature:12: no step definition for: And version 1.2 of {{it}} says; {below}",
    ]


def test_a_step_whose_scenario_lacks_the_one_before_it(project: Project) -> None:
    project.steps(
        """
        @given("a shop", target_fixture="shop")
        @given("a shop of {count:d} clerks", target_fixture="shop", converters={"count": int})
        def shop(): return "shop"

        @when(parsers.parse("{count:d} people order"), target_fixture="order")
        def order(shop, count): return count

        @then("it is delivered")
        def delivered(order): pass

        @then("nobody makes that")
        def nobody(butler): pass
        """
    )
    project.feature(
        """\
        Scenario: One
          Given a shop
          When 2 people order
          Then it is delivered
          And nobody makes that
        Scenario: Two
          When 2 people order
          Then it is delivered
        Scenario: Three
          Given a shop
          Then it is delivered
        Scenario: Four
          Given a shop of {count:d} clerks
        """
    )
    assert project.mistakes() == [
        'features/a.feature:6: no step and no fixture makes the "butler" that this step asks for: '
        "And nobody makes that",
        'features/a.feature:8: no step before this one makes the "shop" that it asks for; put "Given a shop" or '
        '"Given a shop of {count:d} clerks" first: When 2 people order',
        'features/a.feature:12: no step before this one makes the "order" that it asks for; put '
        '"When {count:d} people order" first: Then it is delivered',
    ]


def test_snippets_are_ready_to_paste(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kube_acceptance, "pending", lambda reason: None, raising=False)
    project.feature(UNDEFINED)
    output = project.run(ret=pytest.ExitCode.INTERRUPTED).stdout.str()
    start = output.index("from kube_acceptance import pending")
    module = output[start : output.index("\n!!!")]
    assert module.splitlines() == [
        "from kube_acceptance import pending",
        "from pytest_bdd import given, parsers, then, when",
        "",
        "",
        '@given("no such thing")',
        "def no_such_thing() -> None:",
        '    pending("the step is to be written")',
        "",
        "",
        '@then("it wroks")',
        "def it_wroks() -> None:",
        '    pending("the step is to be written")',
        "",
        "",
        "@then(parsers.parse('the pod \"{name}\" has {count:d} containers'))",
        "def the_pod_has_containers(name: str, count: int) -> None:",
        '    pending("the step is to be written")',
        "",
        "",
        '@when("it works")',
        "def it_works() -> None:",
        '    pending("the step is to be written")',
        "",
        "",
        '@then("version 1.2 of {it} says")',
        "def version_1_2_of_it_says(docstring: str) -> None:",
        '    pending("the step is to be written")',
    ]
    project.write("own_steps.py", module)
    project.write("conftest.py", 'pytest_plugins = ["vocabulary_of_tests", "own_steps"]\n')
    project.run().assert_outcomes(passed=2)


def test_parts_of_a_run_and_undefined_steps(project: Project) -> None:
    project.feature("Scenario: One\n  Then it wroks\nScenario: Two\n  Then it works\n")
    project.write("features/b.feature", EMPTY_BUT_GREEN)
    mistake = "features/a.feature:3: no step definition for: Then it wroks; did you mean: it works?"
    assert project.mistakes("-k", "Two") == [mistake]
    project.run("features/a.feature::Two").assert_outcomes(passed=1)
    project.run("features/b.feature").assert_outcomes(passed=1)


def test_ambiguous_steps(project: Project) -> None:
    project.steps('@then(parsers.parse("it {what}"))\ndef anything(what): pass\n')
    project.feature(GREEN)
    assert project.mistakes() == [
        "features/a.feature:3: more than one step definition matches: Then it works; make the phrases of "
        "own_steps.py:4 and vocabulary_of_tests.py:7 differ"
    ]


def test_definitions_of_the_same_phrase(project: Project) -> None:
    project.steps('@step("it works")\ndef one(): pass\n\n@when("two")\n@given("two")\ndef two(): pass\n')
    project.feature("Scenario: One\n  Given two\n  Then it works\n")
    assert project.mistakes() == [
        'vocabulary_of_tests.py:7: the phrase "it works" is defined at own_steps.py:4 too, and only one of them would '
        "run; remove one"
    ]


def test_async_steps(project: Project) -> None:
    project.steps('@given("slow")\nasync def slow(): pass\n\n@given("slower")\nasync def slower():\n    yield\n')
    project.feature("Scenario: One\n  Given slow\n  And slower\n")
    message = "the step definition is async and would never run; make it a plain function"
    assert project.mistakes() == [f"own_steps.py:4: {message}", f"own_steps.py:7: {message}"]


def test_reserved_names(project: Project) -> None:
    project.steps(
        '@given(parsers.parse("table {datatable}"))\ndef one(): pass\n'
        '@given(parsers.re(r"text (?P<docstring>.*)"))\ndef two(): pass\n'
    )
    project.feature("Scenario: One\n  Given table x\n  And text x\n")
    assert project.mistakes() == [
        'own_steps.py:4: the phrase has a field "datatable", which is the name of the step\'s data table; rename it',
        'own_steps.py:6: the phrase has a field "docstring", which is the name of the step\'s doc string; rename it',
    ]


def test_unused_definitions(project: Project) -> None:
    project.steps(
        '@given("nowhere")\ndef nowhere(): pass\n\n'
        '@given(parsers.parse("elsewhere {x:d}"))\ndef elsewhere(x): pass\n\n'
        '@when("used")\n@given("used")\n@given("alias")\ndef used(): pass\n'
    )
    project.feature(GREEN)
    project.feature("Scenario: One\n  Given elsewhere 7\n  When used\n  Then it works\n", "b")
    expected = [
        'own_steps.py:4: no feature uses the step "nowhere"; remove it, or use it',
        'own_steps.py:10: no feature uses the step "alias"; remove it, or use it',
    ]
    assert project.mistakes() == expected
    assert project.mistakes("features/a.feature::One") == expected


def test_definitions_are_not_called_unused_when_a_file_is_no_gherkin(project: Project) -> None:
    project.steps('@given("nowhere")\ndef nowhere(): pass\n')
    project.feature("Scenario: One\n  Given nowhere\n  Whatever\n")
    assert [line.partition(" ")[0] for line in project.mistakes()] == ["features/a.feature:4:"]


# ---------------------------------------------------------------- together

ALL = [
    "features/a.feature:3: the tag @clutser is not known; did you mean @cluster?",
    "features/a.feature:5: no step definition for: Given no such thing; a definition to paste stands below",
    'features/b.feature:4: the scenario of line 2 is named "Same" too, and only one of them would run; '
    "give each its own name",
    'features/c.feature:4: "Whatever" cannot stand here; expected the end of the file, a row of a table, """, a step, '
    'a tag, "Examples:", "Scenario:", "Rule:" or a comment',
]


@pytest.fixture
def broken(project: Project) -> Project:
    project.feature("\n@clutser\nScenario: One\n  Given no such thing\n  Then it works\n")
    project.feature("Scenario: Same\n  Then it works\nScenario: Same\n  Then it works\n", "b")
    project.feature("Scenario: One\n  Then it works\n  Whatever\n", "c")
    project.feature(GREEN, "d")
    return project


@pytest.mark.parametrize("workers", [["-n", "2"], ["-n", "2", "--dist", "loadgroup"]])
def test_all_is_told_once_by_the_controller(broken: Project, workers: list[str]) -> None:
    result = broken.run_apart(*workers)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert told(result, broken) == ALL
    assert result.stdout.str().count("def no_such_thing()") == 1


def test_all_is_told_at_once(broken: Project) -> None:
    assert broken.mistakes() == ALL
    assert broken.mistakes("--continue-on-collection-errors") == ALL
    assert broken.mistakes("--collect-only") == ALL


def test_mistakes_are_red_on_a_terminal(broken: Project) -> None:
    result = broken.run("--color=yes")
    assert [f"\x1b[31merror: {sentence}\x1b[0m" for sentence in ALL] == [
        line for line in result.outlines if "error: " in line
    ]


@pytest.mark.parametrize("workers", [[], ["-n", "2"]])
def test_scenarios_that_are_not_there(project: Project, workers: list[str]) -> None:
    project.feature(GREEN)
    result = project.run_apart("features/a.feature::Ones", "features/a.feature::Whatever", *workers)
    assert result.ret != pytest.ExitCode.OK
    assert [line for line in result.outlines if line.startswith("error: ")] == [
        'error: features/a.feature:1: no scenario here is called "Ones"; did you mean "One"?',
        'error: features/a.feature:1: no scenario here is called "Whatever"; pytest --collect-only lists what is there',
    ]


def test_a_scenario_that_is_not_found_may_be_in_a_file_that_is_no_gherkin(broken: Project) -> None:
    result = broken.run("features/c.feature::One", ret=pytest.ExitCode.USAGE_ERROR)
    result.stdout.fnmatch_lines([f"error: {glob(ALL[-1])}"])
    result.stderr.fnmatch_lines(["ERROR: not found: *c.feature::One"])


@pytest.mark.parametrize("workers", [[], ["-n", "2"]])
def test_reports_have_them_as_errors(broken: Project, workers: list[str]) -> None:
    broken.run_apart("--junitxml", "junit.xml", "--reports", "reports", *workers)
    junit = (broken.root / "junit.xml").read_text()
    assert 'errors="4"' in junit
    assert re.findall('<testcase classname="(.*?)" name="(.*?)"', junit) == [
        ("features.a.feature", "line 3: unknown tag"),
        ("features.a.feature", "line 5: undefined step"),
        ("features.b.feature", "line 4: duplicate scenario"),
        ("features.c.feature", "line 4: syntax"),
    ]
    run = json.loads((broken.root / "reports" / "run.json").read_text())
    problems = [problem["failure"]["first_line"] for problem in run["problems"]]
    assert [sentence for sentence in ALL if problems.count(sentence) == 1] == ALL


def glob(text: str) -> str:
    return text.replace("[", "[[]")


# ---------------------------------------------------------------- nothing gets lost


def test_a_scenario_that_is_not_collected(project: Project) -> None:
    project.feature("Scenario: One\n  Then it works\nScenario: Two\n  Then it works\n")
    with (project.root / "conftest.py").open("a") as conftest:
        conftest.write("\ndef pytest_pycollect_makeitem(name):\n    return [] if name == 'Two' else None\n")
    assert project.mistakes() == ['features/a.feature:1: Gherkin counts 2 scenarios, 1 were collected: missing "Two"']


def test_a_scenario_that_a_plugin_removes(project: Project) -> None:
    project.feature("Scenario: One\n  Then it works\nScenario: Two\n  Then it works\n")
    with (project.root / "conftest.py").open("a") as conftest:
        conftest.write("\ndef pytest_collection_modifyitems(items):\n    del items[1:]\n")
    assert project.mistakes() == [
        'features/a.feature:4: the scenario "Two" was collected and then removed by a plugin that did not say so'
    ]


@pytest.mark.parametrize("workers", [[], ["-n", "2"]])
def test_a_scenario_without_a_result(project: Project, workers: list[str]) -> None:
    project.feature("Scenario: One\n  Then it works\nScenario: Two\n  Then it works\n")
    with (project.root / "conftest.py").open("a") as conftest:
        conftest.write("\ndef pytest_runtest_protocol(item):\n    return item.name == 'Two' or None\n")
    result = project.run_apart(*workers)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(['error: features/a.feature: the scenario "Two" was collected, but has no result'])


def test_a_run_that_is_cut_short_has_scenarios_without_results(project: Project) -> None:
    project.feature("Scenario: One\n  Then it fails\nScenario: Two\n  Then it works\n")
    result = project.run("-x", ret=pytest.ExitCode.TESTS_FAILED)
    result.stdout.no_fnmatch_line("error: *")
