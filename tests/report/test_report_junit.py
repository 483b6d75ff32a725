"""junit.xml: its form is what CI servers read, and nothing in it lets a run pass for green that was not."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path
from xml.etree.ElementTree import Element

import pytest
from every_status import NOON, a_scenario, a_step, every_status

from kube_acceptance.report import junit
from kube_acceptance.report.model import Failure, Feature, Run, Scenario

# What Maven Surefire and Jenkins' xunit plugin know (junit-10.xsd), and properties of test cases as pytest has them.
ATTRIBUTES = {
    "testsuites": {"name", "tests", "failures", "errors", "time"},
    "testsuite": {
        *("name", "tests", "failures", "errors", "skipped", "time", "timestamp", "hostname"),
        "file",
    },
    "testcase": {"name", "classname", "time"},
    "property": {"name", "value"},
    **{tag: {"message", "type"} for tag in ("failure", "error", "skipped", "flakyFailure")},
}
CHILDREN = {
    "testsuites": {"testsuite"},
    "testsuite": {"testcase"},
    "testcase": {"properties", "failure", "error", "skipped", "flakyFailure", "system-out"},
    "properties": {"property"},
}
OPTIONAL = {"file"}


def written(run: Run, folder: Path) -> Element:
    junit.write(run, folder)
    return ElementTree.parse(folder / "junit.xml").getroot()


def a_run(*scenarios: Scenario, name: str = "Tea") -> Run:
    features = [Feature(uri="features/tea.feature", name=name, scenarios=list(scenarios))] if scenarios else []
    return Run(title="Tea", started=NOON, finished=NOON, command="pytest", features=features)


def test_the_form_is_what_servers_read(tmp_path: Path) -> None:
    root = written(every_status(), tmp_path)
    assert root.tag == "testsuites"
    for element in root.iter():
        assert {child.tag for child in element} <= CHILDREN.get(element.tag, set())
        allowed = ATTRIBUTES.get(element.tag, set())
        assert allowed - OPTIONAL <= set(element.attrib) <= allowed
    for case in root.iter("testcase"):
        tags = [child.tag for child in case]
        assert tags.count("properties") + tags.count("system-out") <= 2
        assert sum(tags.count(tag) for tag in ("failure", "error", "skipped")) <= 1
        assert case.get("name")
        assert case.get("classname")


def test_the_counts_are_those_of_what_is_there(tmp_path: Path) -> None:
    root = written(every_status(), tmp_path)
    for element in (root, *root.iter("testsuite")):
        cases = list(element.iter("testcase"))
        assert element.get("tests") == str(len(cases))
        for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            if attribute in element.attrib:
                assert element.get(attribute) == str(len(list(element.iter(tag))))
        assert float(element.get("time", "")) == sum(float(case.get("time", "")) for case in cases)
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("19", "3", "8")


def test_properties_lead_to_requirements_tags_and_evidence(tmp_path: Path) -> None:
    (case,) = written(every_status(), tmp_path).iterfind(".//testcase[@name='failed']")
    assert [(each.get("name"), each.get("value")) for each in case.iter("property")] == [
        ("requirement", "REQ-1"),
        ("tag", "cluster"),
        ("evidence", "evidence/cup.png"),
        ("evidence", "evidence/kettle.log"),
        ("evidence", "evidence/all of it"),
        ("evidence", "evidence/film.mp4"),
    ]


def test_a_quarantined_flake_says_who_answers_for_it(tmp_path: Path) -> None:
    (case,) = written(every_status(), tmp_path).iterfind(".//testcase[@name='flaky, in quarantine']")
    assert [each.get("value") for each in case.iter("property") if each.get("name") == "quarantine"] == [
        "Ann, until 2026-03-01"
    ]
    assert (case.findtext("system-out") or "").splitlines() == [
        "Flaky: it passed only at attempt 2; attempt 1: no gas",
        "in quarantine: Ann, until 2026-03-01",
        "Attempt 1: failed",
        "   passed  Given water  500 ms",
        "   failed  When it boils  500 ms",
        "Attempt 2: passed",
        "   passed  Given water  500 ms",
        "   passed  When it boils  500 ms",
        "again: pytest 'features/tea.feature::flaky, in quarantine'",
    ]


def test_the_failure_of_a_flake_tells_each_attempt(tmp_path: Path) -> None:
    (failure,) = written(every_status(), tmp_path).iterfind(".//testcase[@name='flaky']/failure")
    assert failure.text == "Attempt 1: no gas\n\nAttempt 2: Set-up failed: no kettle"


def test_the_suite_says_where_and_when(tmp_path: Path) -> None:
    suite = written(every_status(), tmp_path)[0]
    assert (suite.get("name"), suite.get("file"), suite.get("timestamp")) == (
        "Tea",
        "features/tea.feature",
        "2026-01-24T12:00:10+00:00",
    )


@pytest.mark.parametrize(
    ("run", "said"),
    [
        (a_run(), "No scenario ran."),
        (a_run(a_scenario("skipped", "skipped", reason="no gas")), "0 of 1 scenario passed; 1 was skipped."),
    ],
    ids=["nothing ran", "all skipped"],
)
def test_a_run_that_proved_nothing_is_not_green(run: Run, said: str, tmp_path: Path) -> None:
    (error,) = written(run, tmp_path).iterfind(".//error")
    assert (error.get("type"), error.get("message")) == ("nothing proved", said)


def test_a_green_run_has_nothing_but_its_scenarios(tmp_path: Path) -> None:
    root = written(a_run(a_scenario("passed", "passed", a_step(("When", "it boils"), "passed"))), tmp_path)
    assert [(case.get("name"), [child.tag for child in case]) for case in root.iter("testcase")] == [
        ("passed", ["properties", "system-out"])
    ]


def test_a_pass_that_was_not_expected_is_said(tmp_path: Path) -> None:
    passed = a_scenario("passed", "passed", reason="passed, although it was expected to fail")
    (case,) = written(a_run(passed), tmp_path).iter("testcase")
    assert (case.findtext("system-out") or "").startswith("passed, although it was expected to fail\n")


def test_scenarios_of_one_name_stay_apart(tmp_path: Path) -> None:
    rows = [
        a_scenario("passed", "passed", id=f"features/tea.feature::passed[{number}]", example={"n": "passed"})
        for number in (1, 2)
    ]
    assert [case.get("name") for case in written(a_run(*rows), tmp_path).iter("testcase")] == ["passed[1]", "passed[2]"]


def test_what_xml_cannot_say_is_replaced(tmp_path: Path) -> None:
    odd = "a\uffffb\ufffec]]>&<d>"
    failed = a_scenario("failed", "failed", failure=Failure(first_line=odd, text=odd))
    (failure,) = written(a_run(failed, name=odd), tmp_path).iterfind(".//failure")
    assert (failure.get("message"), failure.text) == ("a\ufffdb\ufffdc]]>&<d>",) * 2
