from __future__ import annotations

from pathlib import Path

import pytest

from kube_acceptance.errors import ConfigurationError
from kube_acceptance.trace import Scenario, read_scenarios

FEATURE = """\
@static
Feature: Images
  @REQ-IMG-01
  Scenario Outline: <what>
    Then <what>
    Examples:
      | what  |
      | small |
  Rule: all
    @REQ-IMG-02
    Scenario: safe
      Then safe
"""


def test_reads_rows_rules_and_inherited_tags(tmp_path: Path) -> None:
    folder = tmp_path / "features"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "images.feature").write_text(FEATURE)
    uri = "features/deep/images.feature"
    assert read_scenarios(folder) == [
        Scenario("small", uri, 8, ("@static", "@REQ-IMG-01")),
        Scenario("safe", uri, 11, ("@static", "@REQ-IMG-02")),
    ]

    assert [scenario.uri for scenario in read_scenarios(folder / "deep" / "images.feature")] == ["images.feature"] * 2


def test_all_mistakes_in_all_files_are_told_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "features"
    folder.mkdir()
    (folder / "a.feature").write_text("Feature: a\n  Scenario: b\n    Given c\n    Hop\n    Skip\n")
    (folder / "b.feature").write_text("nothing\n")
    with pytest.raises(ConfigurationError) as caught:
        read_scenarios(folder)
    found = [(line.partition(" expected: ")[0], line.rpartition(", ")[2]) for line in str(caught.value).splitlines()]
    assert found == [
        ("features/a.feature:4:", "got 'Hop'"),
        ("  features/a.feature:5:", "got 'Skip'"),
        ("  features/b.feature:1:", "got 'nothing'"),
    ]


def test_a_folder_without_scenarios_proves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_scenarios(tmp_path)
    assert str(caught.value) == f"{tmp_path} holds no scenario\nWrite one, or name the folder of the features."
