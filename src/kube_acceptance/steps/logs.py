"""Logs of a tier's pods; where there is no log line, nothing was checked and that fails."""

from __future__ import annotations

import requests

from kube_acceptance.release import Release
from kube_acceptance.report import note
from kube_acceptance.state import logs, structured
from kube_acceptance.vocabulary import assertion, must, rows, some


@assertion('every "{component}" pod has logged "{words}"', example='every "backend" pod has logged "startup complete"')
def has_logged(release: Release, component: str, words: str) -> None:
    """A log line of each of a tier's pods holds these words."""
    must(logs.silent(logs.lines(release, component), words), of="pods")


@assertion('no "{component}" pod has logged "{words}"', example='no "backend" pod has logged "Traceback"')
def has_not_logged(release: Release, component: str, words: str) -> None:
    """No log line of a tier holds these words, and there are log lines."""
    lines = logs.lines(release, component)
    must((f"{words!r} was logged by {line}" for line in lines if words in line.text), of="log lines")
    note(f"{len(lines)} log lines")


@assertion('every log line of the "{component}" pods is JSON')
def lines_are_json(release: Release, component: str) -> None:
    """Every log line is a JSON object."""
    lines = logs.lines(release, component)
    must((f"a line is no JSON object: {line}" for line in lines if line.fields is None), of="log lines")
    note(f"{len(lines)} log lines")


@assertion(
    'every log line of the "{component}" pods has the field "{field}"',
    example='every log line of the "backend" pods has the field "timestamp"',
)
def lines_have_field(release: Release, component: str, field: str) -> None:
    """Every log line is a JSON object with that field."""
    lines = logs.lines(release, component)
    must((f"a line has no field {field}: {line}" for line in lines if field not in (line.fields or {})), of="log lines")
    note(f"{len(lines)} log lines")


@assertion('no log line of the "{component}" pods has the level "{level}" or a worse one')
def lines_below_level(release: Release, component: str, level: str) -> None:
    """No JSON log line has that level or a worse one, and some line names its level."""
    lines = logs.lines(release, component)
    must(logs.at_least(lines, level), of="log lines")
    note(f"{len(lines)} log lines")


@assertion("every line of every container is a JSON object with these fields")
def all_lines_structured(release: Release, datatable: list[list[str]]) -> None:
    """Of a table `| component | container | fields |`, which names every container that has logged anything."""
    forms = [
        structured.Form(row["component"], row["container"], tuple(row["fields"].split(", "))) for row in rows(datatable)
    ]
    lines = logs.lines(release)
    must(structured.unstructured(lines, some(forms, what="containers")), of="log lines")
    note(f"{len(lines)} log lines")


@assertion('just one line of the "{component}" pods has in its field "{field}" this text')
def one_line_with_text(release: Release, component: str, field: str, docstring: str) -> None:
    """Of all log lines of a tier that are JSON objects, one has that field with just the text below the step."""
    lines = logs.lines(release, component)
    found = [line for line in lines if (line.fields or {}).get(field) == docstring]
    must([f"{len(found)} of {len(lines)} lines have it in {field}, not 1"] if len(found) != 1 else [], of="log lines")
    note(str(found[0]))


@assertion(
    'a "{component}" line of the level "{level}" holds a trace in its field "{field}"',
    example='a "backend" line of the level "error" holds a trace in its field "exc_info"',
)
def trace_in_field(release: Release, component: str, level: str, field: str) -> None:
    """A trace of the program's calls, which is many lines, stands in one field of one line."""
    found = [each for line in logs.lines(release, component) if (each := line.fields) and each.get("level") == level]
    traces = [each for each in found if str(each.get(field, "")).count("\n") > 1]
    note(str(some(traces, what=f"lines of the level {level} with a trace in {field}")[0][field])[-200:])


@assertion('each of these logs tells of the request once, by the id in its answer\'s header "{header}"')
def request_is_told_of(release: Release, answer: requests.Response, header: str, datatable: list[list[str]]) -> None:
    """Of a table `| log | id | method | path | status |`: in which fields a tier or `ingress controller` tells so."""
    tellings = {
        row["log"]: structured.Telling(row["id"], row["method"], row["path"], row["status"]) for row in rows(datatable)
    }
    lines = {log: logs.of(release, log) for log in some(tellings, what="logs")}
    note(f"request {structured.must_be_told(lines, tellings, answer, header)}")


@assertion('the least serious line of the "{component}" pods has the level "{level}"')
def least_level(release: Release, component: str, level: str) -> None:
    """Of the JSON log lines of each of a tier's pods, some have that level and none a less serious one."""
    lines = logs.lines(release, component)
    must(logs.not_least(lines, level), of="pods")
    note(f"{len(lines)} log lines")
