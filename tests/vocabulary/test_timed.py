"""Time phrases as a run sees them."""

from __future__ import annotations

import json
import threading
from types import SimpleNamespace as Object
from typing import Any

import elsewhere
import pytest
from kubernetes.client.exceptions import ApiException

from kube_acceptance.errors import AcceptanceError, ConfigurationError, WaitError
from kube_acceptance.vocabulary import timed
from kube_acceptance.vocabulary.durations import split
from kube_acceptance.wait import until
from kube_acceptance.wait.causes import Cause

STEPS = """
import pytest
from kube_acceptance.errors import AcceptanceError
from kube_acceptance.report import note
from kube_acceptance.vocabulary import assertion, given, when

@pytest.fixture
def looks():
    return []

@assertion('"{name}" is there at look {number:d}')
def there(looks, name, number):
    looks.append(name)
    note(f"look {len(looks)} for {name}")
    if len(looks) < number:
        raise AcceptanceError(f"{name} is not there at look {len(looks)}")

@assertion('"{name}" is there until look {number:d}')
def until(looks, name, number):
    looks.append(name)
    if len(looks) >= number:
        raise AcceptanceError(f"{name} is gone at look {len(looks)}")

@assertion("the browser shows it")
def shows(looks):
    looks.append(1)
    assert len(looks) > 1, "it is not shown"

@assertion("it was so", timed=False)
def was(): pass

@given("these", target_fixture="table")
def these(datatable): return datatable

@assertion("the text is")
def text(docstring, table):
    assert docstring == "app and text-of-a-scenario", docstring
    assert table == [["app"]], table
"""


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    monkeypatch.setattr(until, "LOOK_EVERY", 0.01)
    pytester.makepyprojecttoml('[tool.pytest.ini_options]\ntestpaths = ["features"]\naddopts = "--strict-markers"')
    elsewhere.define(pytester, STEPS)
    pytester.mkdir("features")
    return pytester


def run(project: pytest.Pytester, *steps: str, name: str = "One") -> pytest.RunResult:
    text = "\n".join([f"Feature: A\n  Scenario: {name}", *(f"    {step}" for step in steps)])
    (project.path / "features" / "a.feature").write_text(text)
    return project.runpytest("--reports", "reports")


def facts(project: pytest.Pytester) -> list[str]:
    report = json.loads((project.path / "reports" / "run.json").read_text())
    return [fact for step in report["features"][0]["scenarios"][0]["steps"] for fact in step["facts"]]


def test_without_a_time_it_looks_once(project: pytest.Pytester) -> None:
    result = run(project, 'Then "it" is there at look 2')
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["it is not there at look 1"])


def test_within_looks_until_it_is_so_and_keeps_the_notes_of_the_last_look(project: pytest.Pytester) -> None:
    run(project, 'Then "it" is there at look 3 within 1 minute').assert_outcomes(passed=1)
    assert facts(project) == ["look 3 for it"]


def test_within_says_what_was_last_seen(project: pytest.Pytester) -> None:
    result = run(project, 'Then "it" is there at look 100000 within 1 second')
    result.assert_outcomes(failed=1)
    result.stdout.re_match_lines(
        [r'it is not there at look \d+ \(waited for "it" is there at look 100000; not within 1 s\)']
    )


def test_for_fails_at_the_first_violation(project: pytest.Pytester) -> None:
    result = run(project, 'Then "it" is there until look 3 for 1 hour')
    result.assert_outcomes(failed=1)
    result.stdout.re_match_lines([r'"it" is there until look 3 held for only 0\.\d of 3600 s: it is gone at look 3'])


def test_for_passes_when_it_stays_so(project: pytest.Pytester) -> None:
    run(project, 'Then "it" is there at look 1 for 1 second').assert_outcomes(passed=1)


def test_a_failed_assertion_is_a_look_that_did_not_find_it(project: pytest.Pytester) -> None:
    run(project, "Then the browser shows it within 1 minute").assert_outcomes(passed=1)


def test_what_is_over_takes_no_time(project: pytest.Pytester) -> None:
    result = run(project, "Then it was so within 1 minute")
    assert result.ret != 0
    result.stdout.fnmatch_lines(["*no step definition for: Then it was so within 1 minute*"])


def test_variables_in_tables_and_doc_strings(project: pytest.Pytester) -> None:
    steps = ("Given these", "  | ${RELEASE} |", "Then the text is", '  """', "  ${RELEASE} and ${SCENARIO}", '  """')
    run(project, *steps, name="Text of a scenario").assert_outcomes(passed=1)


def test_a_namespace_is_not_known_before_there_is_a_release(project: pytest.Pytester) -> None:
    result = run(project, 'Then "${NAMESPACE}" is there at look 1 within 1 minute')
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "nothing is known of the variable ${NAMESPACE}",
            "Known here: ${RELEASE}, ${RUN}, ${SCENARIO}. A scenario has a ${NAMESPACE} once it has a release.",
        ]
    )


def test_the_place_of_a_phrase_is_that_of_its_function(project: pytest.Pytester) -> None:
    run(project, 'Then "it" is there at look 1 within 1 minute')
    report = json.loads((project.path / "reports" / "run.json").read_text())
    line = STEPS.strip().splitlines().index("@assertion('\"{name}\" is there at look {number:d}')") + 1
    assert report["features"][0]["scenarios"][0]["steps"][0]["where"] == f"steps_elsewhere.py:{line}"


class Changes:
    """Stands for the watch of a namespace."""

    def __enter__(self) -> threading.Event:
        return threading.Event()

    def __exit__(self, *_: object) -> None: ...


@pytest.fixture
def release(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(timed, "changes", lambda *_: Changes())
    certain = Cause("the image of pod web cannot be pulled", certain=True)
    return Object(
        cluster=Object(new_client=None),
        namespace="own",
        causes=lambda: [certain],
        explain=lambda: ("", ["possible cause: it cannot be pulled"]),
    )


def missing() -> None:
    raise AcceptanceError("0 of 1 ready")


def test_a_certain_cause_ends_a_wait_early(release: Any) -> None:
    with pytest.raises(WaitError, match=r"^the image of pod web cannot be pulled \(waited for x; given up after"):
        timed.hold(split("x within 1 hour"), missing, release=release)


def test_trouble_does_not_end_the_wait_for_trouble(release: Any) -> None:
    with pytest.raises(WaitError, match=r"^0 of 1 ready \(waited for x; not within 1 s\)") as caught:
        timed.hold(split("x within 1 second"), missing, release=release, trouble=True)
    assert caught.value.details[-1] == "possible cause: it cannot be pulled"


def test_what_no_time_mends_is_told_at_once() -> None:
    def wrong() -> None:
        raise ConfigurationError("the cluster knows no kind Sarvice")

    with pytest.raises(ConfigurationError):
        timed.hold(split("x within 1 hour"), wrong, release=None)


def test_what_the_api_server_refuses_is_a_sentence() -> None:
    def refused() -> None:
        error = ApiException(status=404, reason="Not Found")
        error.body = '{"message": "jobs.batch \\"x\\" not found"}'
        raise error

    with pytest.raises(AcceptanceError, match=r'^the API server answered 404 Not Found: jobs.batch "x" not found$'):
        timed.hold(split("x"), refused, release=None)
    with pytest.raises(WaitError, match=r"^x held for only 0\.0 of 10 s: the API server answered 404 Not Found: "):
        timed.hold(split("x for 10 seconds"), refused, release=None)
