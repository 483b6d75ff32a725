"""cucumber-messages.ndjson: valid by the official schema, whole in its references, true when something is missing."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from every_status import NASTY, NOON, PICTURE, SOURCE, URI, WATER, a_scenario, a_step, every_status, lay_out
from jsonschema import Draft202012Validator

from kube_acceptance.report import cucumber, messages
from kube_acceptance.report.model import Attachment, Feature, Run, Scenario


@pytest.fixture(scope="session")
def schema(packages: Path) -> Draft202012Validator:
    """Cucumber's own schema, out of its npm package."""
    text = (cucumber.installed() / "messages" / "messages.schema.json").read_text()
    return Draft202012Validator(json.loads(text))


def stream(run: Run, root: Path, **more: Any) -> list[dict[str, Any]]:
    folder = root / "reports"
    folder.mkdir(exist_ok=True)
    messages.write(run, folder, root=root, **more)
    return [json.loads(line) for line in (folder / "cucumber-messages.ndjson").read_text().split("\n")[:-1]]


@pytest.fixture
def whole(tmp_path: Path) -> list[dict[str, Any]]:
    lay_out(tmp_path)
    return stream(every_status(), tmp_path, redact=lambda text: text.replace("s3cret", "[redacted]"))


def of_kind(found: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [message[kind] for message in found if kind in message]


def a_run(*scenarios: Scenario) -> Run:
    features = [Feature(uri=URI, name="Tea", scenarios=list(scenarios))]
    return Run(title="Tea", started=NOON, finished=NOON, command="pytest", features=features)


def test_every_message_is_valid_by_the_official_schema(
    schema: Draft202012Validator, whole: list[dict[str, Any]]
) -> None:
    assert {kind for message in whole for kind in message} == {
        *("meta", "source", "gherkinDocument", "pickle", "stepDefinition", "hook", "testRunStarted", "testCase"),
        *("testRunHookStarted", "testRunHookFinished", "suggestion", "testCaseStarted", "testCaseFinished"),
        *("testStepStarted", "testStepFinished", "attachment", "testRunFinished"),
    }
    assert [(error.message, message) for message in whole for error in schema.iter_errors(message)] == []


def test_the_schema_would_see_a_wrong_message(schema: Draft202012Validator, whole: list[dict[str, Any]]) -> None:
    (finished,) = of_kind(whole, "testRunFinished")
    assert list(schema.iter_errors({"testRunFinished": {**finished, "success": "yes"}}))
    assert list(schema.iter_errors({"testRunFinished": {**finished, "unknown": 1}}))


def ids(part: Any, key: str = "id") -> Iterator[str]:
    match part:
        case dict():
            yield from (value for name, value in part.items() if name == key)
            for value in part.values():
                yield from ids(value, key)
        case list():
            for value in part:
                yield from ids(value, key)


def test_every_id_is_given_once_and_every_reference_leads_somewhere(whole: list[dict[str, Any]]) -> None:
    given = list(ids(whole))
    assert len(given) == len(set(given))
    single = ("pickleId", "pickleStepId", "hookId", "testCaseId", "testRunStartedId", "testRunHookStartedId")
    for key in (*single, "testCaseStartedId", "testStepId", "astNodeId"):
        assert set(ids(whole, key)) <= set(given), key
    for key in ("astNodeIds", "stepDefinitionIds"):
        assert {each for found in ids(whole, key) for each in found} <= set(given), key


def test_what_is_referred_to_came_before(whole: list[dict[str, Any]]) -> None:
    seen: set[str] = set()
    for message in whole:
        references = {each for key in ("pickleId", "hookId", "testCaseId", "testStepId") for each in ids(message, key)}
        assert references <= seen | set(ids(message)), message
        seen |= set(ids(message))


def test_the_feature_file_is_there_with_all_its_parts(whole: list[dict[str, Any]]) -> None:
    assert of_kind(whole, "source") == [{"uri": URI, "data": SOURCE, "mediaType": "text/x.cucumber.gherkin+plain"}]
    (document,) = of_kind(whole, "gherkinDocument")
    kinds = [next(iter(child)) for child in document["feature"]["children"]]
    assert kinds == ["background", *["scenario"] * 15, "rule"]
    passed, *_ = of_kind(whole, "pickle")
    arguments = [step.get("argument") for step in passed["steps"]]
    table = {
        "dataTable": {
            "rows": [{"cells": [{"value": "cup"}, {"value": "sugar"}]}, {"cells": [{"value": "blue"}, {"value": "2"}]}]
        }
    }
    assert arguments == [None, None, table, {"docString": {"content": "Darjeeling"}}]


def test_each_row_of_an_outline_has_its_own_result(tmp_path: Path) -> None:
    lay_out(tmp_path)
    run = every_status()
    white = next(each for each in run.scenarios() if each.example == {"cup": "white", "what": "tea"})
    white.status, white.steps[-1].status = "failed", "failed"
    found = stream(run, tmp_path)
    pickles = {pickle["id"]: pickle["steps"][-1] for pickle in of_kind(found, "pickle")}
    last = {case["testSteps"][-1]["id"]: pickles[case["pickleId"]]["text"] for case in of_kind(found, "testCase")}
    results = {
        last[each["testStepId"]]: each["testStepResult"]["status"]
        for each in of_kind(found, "testStepFinished")
        if each["testStepId"] in last
    }
    assert {text: status for text, status in results.items() if "cup" in text} == {
        "the blue cup holds tea": "PASSED",
        "the white cup holds tea": "FAILED",
        "the white cup holds water": "PASSED",
    }


@pytest.mark.parametrize("in_run", [True, False], ids=["in the run", "in the file"])
def test_rows_are_found_also_where_only_one_side_knew_a_secret(tmp_path: Path, in_run: bool) -> None:
    lay_out(tmp_path)

    def redact(text: str) -> str:
        return text.replace("white", "[redacted]")

    run = every_status()
    found = stream(run.redacted(redact), tmp_path) if in_run else stream(run.redacted(redact), tmp_path, redact=redact)
    assert len(of_kind(found, "testCase")) == 17


def test_times_add_up(whole: list[dict[str, Any]]) -> None:
    case = next(each for each in of_kind(whole, "testCaseStarted") if each.get("workerId") == "gw1")
    noon = int(NOON.timestamp())
    assert case["timestamp"] == {"seconds": noon + 10, "nanos": 0}
    steps = [each for each in of_kind(whole, "testStepFinished") if each["testCaseStartedId"] == case["id"]]
    assert [each["testStepResult"]["duration"] for each in steps] == [{"seconds": 0, "nanos": 500_000_000}] * 4
    assert [(each["timestamp"]["seconds"] - noon, each["timestamp"]["nanos"]) for each in steps] == [
        (10, 500_000_000),
        (11, 0),
        (11, 500_000_000),
        (12, 0),
    ]
    (finished,) = [
        each["timestamp"] for each in of_kind(whole, "testCaseFinished") if each["testCaseStartedId"] == case["id"]
    ]
    assert finished == {"seconds": noon + 12, "nanos": 0}


def test_step_definitions_say_where_they_are(whole: list[dict[str, Any]]) -> None:
    found = {
        (each["sourceReference"]["uri"], each["sourceReference"]["location"]["line"]): each["pattern"]
        for each in of_kind(whole, "stepDefinition")
    }
    assert found[("steps/tea.py", 5)] == {"source": "^(?:it\\ boils)$", "type": "REGULAR_EXPRESSION"}
    definitions = [each["id"] for each in of_kind(whole, "stepDefinition")]
    steps = [step for case in of_kind(whole, "testCase") for step in case["testSteps"] if "pickleStepId" in step]
    (freezes,) = [pickle["steps"][1]["id"] for pickle in of_kind(whole, "pickle") if pickle["name"] == "undefined"]
    (undefined,) = [step for step in steps if step["pickleStepId"] == freezes]
    assert undefined["stepDefinitionIds"] == undefined["stepMatchArgumentsLists"] == []
    assert all(each in definitions for step in steps for each in step["stepDefinitionIds"])
    (suggestion,) = of_kind(whole, "suggestion")
    assert (suggestion["pickleStepId"], suggestion["snippets"]) == (
        freezes,
        [{"language": "python", "code": '@when("it freezes")\ndef freeze(): ...'}],
    )


def test_what_was_seen_and_the_evidence_are_attached(whole: list[dict[str, Any]]) -> None:
    found = [
        (each["fileName"], each["mediaType"], each["contentEncoding"], each["body"])
        for each in of_kind(whole, "attachment")
    ]
    assert found == [
        ("seen", "text/plain", "IDENTITY", "water is hot after 3.2 s of 60 s"),
        ("seen", "text/plain", "IDENTITY", f"seen: {NASTY}"),
        ("picture", "image/png", "BASE64", base64.b64encode(PICTURE).decode()),
        ("log", "text/plain", "IDENTITY", "[redacted]"),
        ("evidence", "text/uri-list", "IDENTITY", "evidence/all%20of%20it/events.txt\nevidence/all%20of%20it/pods.txt"),
        ("film", "text/uri-list", "IDENTITY", "evidence/film.mp4"),
    ]


@pytest.mark.parametrize(
    ("name", "sizes", "inline"),
    [
        ("big.png", [256_001], [False]),
        ("small.png", [256_000] * 32, [True] * 31 + [False]),
        ("odd.svg", [10], [False]),
        ("odd.html", [10], [True]),
        ("gone.png", [None], [False]),
    ],
    ids=["one is large", "many are", "it may hold scripts", "it is shown as text", "it is gone"],
)
def test_large_and_unsafe_evidence_is_only_linked(
    tmp_path: Path, name: str, sizes: list[int | None], inline: list[bool]
) -> None:
    folder = lay_out(tmp_path)
    links = []
    for number, size in enumerate(sizes):
        path = folder / "evidence" / f"{number}-{name}"
        if size is not None:
            path.write_bytes(b"x" * size)
        links.append(Attachment(name=name, path=f"evidence/{number}-{name}", bytes=size or 0))
    failed = a_scenario("failed", "failed", attachments=links)
    failed.steps = [
        a_step(WATER, "failed"),
        a_step(("When", "it boils"), "not run"),
        a_step(("Then", "there is tea"), "not run"),
    ]
    found = of_kind(stream(a_run(failed), tmp_path), "attachment")
    assert [each["mediaType"] != "text/uri-list" for each in found] == inline
    assert {each["mediaType"] for each in found} <= {"text/uri-list", "text/plain", "image/png"}


def test_scenarios_whose_file_changed_are_missed_by_name(tmp_path: Path, schema: Draft202012Validator) -> None:
    lay_out(tmp_path)
    (tmp_path / URI).write_text(SOURCE.replace("When it boils\n", "When it is boiling\n", 1))
    run = a_run(*(each for each in every_status().scenarios() if each.name in ("passed", "broken at the end")))
    found = stream(run, tmp_path)
    assert len(of_kind(found, "testCase")) == 1
    said = (
        "These scenarios ran, but their feature files are no longer what ran, so their results are missing here: "
        "features/tea.feature::passed."
    )
    (finished,) = of_kind(found, "testRunFinished")
    assert not finished["success"]
    assert finished["message"].splitlines()[-1] == said
    hook, _ = of_kind(found, "testRunHookFinished")
    assert (hook["result"]["status"], hook["result"]["message"]) == ("FAILED", said)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "features/tea.feature cannot be read: No such file or directory"),
        (
            b"\xff",
            "features/tea.feature cannot be read: 'utf-8' codec can't decode byte 0xff in position 0",
        ),
        (b"Feature: x\n  Scenario: y\n    Given z\n    Wat", "(4:5): expected: "),
    ],
    ids=["gone", "not text", "not Gherkin"],
)
def test_a_file_that_cannot_be_read_is_a_parse_error(
    tmp_path: Path, schema: Draft202012Validator, content: bytes | None, said: str
) -> None:
    lay_out(tmp_path)
    (tmp_path / URI).unlink()
    if content is not None:
        (tmp_path / URI).write_bytes(content)
    found = stream(a_run(a_scenario("passed", "passed", a_step(WATER, "passed"))), tmp_path)
    (error,) = of_kind(found, "parseError")
    assert error["message"].startswith(said)
    assert not of_kind(found, "testRunFinished")[0]["success"]
    assert [fault.message for message in found for fault in schema.iter_errors(message)] == []


def test_a_run_is_a_success_only_if_it_proved_something(tmp_path: Path) -> None:
    lay_out(tmp_path)
    passed = next(each for each in every_status().scenarios() if each.name == "passed")
    skipped = next(each for each in every_status().scenarios() if each.name == "skipped")

    def verdict(*scenarios: Scenario, **more: object) -> tuple[bool, list[tuple[str, str]]]:
        found = stream(a_run(*scenarios).model_copy(update=more), tmp_path)
        hooks = zip(of_kind(found, "hook")[::-1], of_kind(found, "testRunHookFinished")[::-1], strict=False)
        said = [(hook["name"], finished["result"]["status"]) for hook, finished in hooks]
        return of_kind(found, "testRunFinished")[0]["success"], said

    assert verdict(passed) == (True, [])
    assert verdict(passed, left_out=1) == (
        True,
        [("incomplete: 1 of 1 scenario passed; 1 was left out.", "SKIPPED")],
    )
    assert verdict(passed, skipped) == (
        True,
        [("incomplete: 1 of 2 scenarios passed; 1 was skipped.", "SKIPPED")],
    )
    assert verdict(skipped) == (False, [("nothing proved: 0 of 1 scenario passed; 1 was skipped.", "FAILED")])
    assert verdict() == (False, [("nothing proved: No scenario ran.", "FAILED")])
