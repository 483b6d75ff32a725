"""The table of holes names tests and scenarios that are there."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NAMED = re.findall(r"`((?:tests|features)/[^`:]+)::([^`]+)`", (ROOT / "docs/holes.md").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_what_the_table_names_is_there(file: str, name: str) -> None:
    text = (ROOT / file).read_text(encoding="utf-8")
    pattern = rf"def {name}\(" if file.endswith(".py") else rf"Scenario(?: Outline)?: {re.escape(name)}$"
    assert re.search(pattern, text, flags=re.MULTILINE), f"docs/holes.md names {file}::{name}, which is not there"


def test_every_hole_has_its_test() -> None:
    rows = [line for line in (ROOT / "docs/holes.md").read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    told = [row for row in rows if not row.startswith(("| Hole", "| Ask", "| ---"))]
    assert len(told) == 9 + 15
    assert [row for row in told if "::" not in row.rpartition(" | ")[2]] == []


def test_pytest_and_pytest_bdd_are_pinned_together() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        wanted = tomllib.load(file)["project"]["dependencies"]
    locked = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    for name in ("pytest", "pytest-bdd"):
        [requirement] = [each for each in wanted if re.match(rf"{name}[<>=]", each)]
        assert "<" in requirement
        assert re.search(rf"^{name}==\S+ \\\n    --hash=sha256:", locked, flags=re.MULTILINE)
