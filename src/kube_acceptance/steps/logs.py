"""Logs of a tier's pods; where there is no log line, nothing was checked and that fails."""

from __future__ import annotations

from kube_acceptance.release import Release
from kube_acceptance.report import note
from kube_acceptance.state import logs
from kube_acceptance.vocabulary import assertion, must


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


@assertion('the least serious line of the "{component}" pods has the level "{level}"')
def least_level(release: Release, component: str, level: str) -> None:
    """Of the JSON log lines of each of a tier's pods, some have that level and none a less serious one."""
    lines = logs.lines(release, component)
    must(logs.not_least(lines, level), of="pods")
    note(f"{len(lines)} log lines")
