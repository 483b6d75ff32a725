"""The catalogue: what the command prints."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kube_acceptance.cli import app
from kube_acceptance.errors import ConfigurationError
from kube_acceptance.vocabulary import catalogue

CONFTEST = '''
"""The shop's own phrases."""
from pytest_bdd import parsers, then

@then(parsers.parse('the shop sells "{thing}"'))
def sells(thing):
    """The shelf holds it."""
'''


def asked(*words: str) -> str:
    result = CliRunner().invoke(app, ["steps", *words])
    assert result.exit_code == 0, result.output
    return result.output


def test_words_choose_phrases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = json.loads(asked("endpoints", "count", "--json"))
    assert [one["pattern"] for one in found] == ['the Service "{name}" has {count:d} endpoint(s)']
    assert found[0]["example"] == 'the Service "${RELEASE}-backend" has 2 endpoints'
    assert found[0]["timed"] is True


def test_in_a_pipe_it_is_plain_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    lines = asked("frozen").splitlines()
    assert lines[:3] == [
        "Faults: something breaks, each time with the proof that it broke.",
        "",
        '  When every process of every "{component}" container is frozen',
    ]


def test_a_projects_own_phrases_are_listed_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST)
    monkeypatch.chdir(tmp_path)
    [one] = json.loads(asked("sells", "--json"))
    assert one | {"line": 0} == {
        "topic": "The shop's own phrases.",
        "kind": "Then",
        "pattern": 'the shop sells "{thing}"',
        "example": 'the shop sells "{thing}"',
        "says": "The shelf holds it.",
        "timed": False,
        "file": "conftest.py",
        "line": 0,
    }


def test_phrases_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("import no_such_module")
    with pytest.raises(ConfigurationError, match=r"^the project's own phrases cannot be read: ModuleNotFoundError: "):
        catalogue.own(tmp_path)


def test_no_phrase_with_these_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["steps", "unicorns"])
    assert result.exit_code == 1
    assert str(result.exception).startswith("no phrase has all of these words: unicorns")


def test_a_document_has_a_table_for_each_topic() -> None:
    text = catalogue.markdown(catalogue.entries(catalogue.general(), Path.cwd()))
    assert "## Volumes: which claim a tier uses" in text
    assert "| When | `the release is uninstalled` |  |" in text
    assert "| Then | `the answer has the status {status:d}` ✗ | `the answer has the status 200` |" in text
