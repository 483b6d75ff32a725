"""Flaky scenarios that do not fail the run for a while, because somebody has said to mend them by a day.

    [[tool.kube-acceptance.quarantine]]
    scenario = "features/persistence.feature::Every pod is deleted at once"
    owner = "Ada"
    until = 2026-11-01
    reason = "the database needs longer to stop than its grace period"

Without an owner and an end, a quarantine is where failures go to be forgotten: an entry past its day fails every run.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest
from pytest_bdd.exceptions import FeatureError, GherkinParseError
from pytest_bdd.feature import get_feature

from kube_acceptance.config import QuarantineConfig

LONGEST = timedelta(days=90)
_FILE = "pyproject.toml"


def sentences(entries: Sequence[QuarantineConfig]) -> Mapping[str, str]:
    """Who answers for each scenario in quarantine, by its id (for an outline: by the part that its rows share)."""
    return {entry.scenario: _sentence(entry) for entry in entries}


def _sentence(entry: QuarantineConfig) -> str:
    said = f"in quarantine until {entry.until}; {entry.owner} mends it"
    return f"{said}: {entry.reason}" if entry.reason else said


def mistakes(entries: Sequence[QuarantineConfig], scenarios: Collection[str], today: date) -> Iterator[str]:
    """What is wrong with the entries, a sentence each.

    Args:
        entries: The entries.
        scenarios: The ids of all scenarios; those of an outline's rows without what tells them apart.
        today: The day that counts.
    """
    for entry in entries:
        what = f'{_FILE}: the quarantine of "{entry.scenario}"'
        if not {entry.scenario, entry.scenario.rpartition("[")[0]} & set(scenarios):
            nearest = difflib.get_close_matches(entry.scenario, scenarios, n=1)
            advice = f'; did you mean "{nearest[0]}"?' if nearest else "; name one as pytest does, FILE::NAME"
            yield f"{what} names no scenario{advice}"
        if not entry.owner.strip():
            yield f"{what} has no owner; say who mends the scenario"
        if entry.until is None:
            yield f"{what} has no end; give it a date, such as until = {today + timedelta(days=30)}"
        elif entry.until < today:
            owner = entry.owner or "its owner"
            yield f"{what} ended on {entry.until}; {owner} must mend the scenario or renew it"
        elif entry.until > today + LONGEST:
            yield f"{what} lasts until {entry.until}; {today + LONGEST} is the latest, {LONGEST.days} days from today"


def ids(features: Path, root: Path) -> list[str]:
    """The ids of all scenarios below a folder, selected or not; those of an outline without their rows.

    Args:
        features: The folder.
        root: The folder that ids are relative to.
    """
    return [
        f"{file.relative_to(root).as_posix()}::{name}"
        for file in sorted(features.resolve().rglob("*.feature"))
        for name in _names(file)
    ]


def _names(file: Path) -> list[str]:
    try:
        return list(get_feature(str(file.parent), file.name).scenarios)
    except (GherkinParseError, FeatureError):
        return []  # collection is about to tell


class Quarantine:
    """The pytest plugin that refuses to start while an entry is wrong.

    Args:
        entries: The entries.
        features: The folder of all features.
    """

    def __init__(self, entries: Sequence[QuarantineConfig], features: Path) -> None:
        self._entries = entries
        self._features = features

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self, session: pytest.Session) -> None:
        """End the run before anything is started."""
        known = ids(self._features, session.config.rootpath)
        if found := list(mistakes(self._entries, known, date.today())):
            raise pytest.UsageError(*found)
