"""What became of scenarios in earlier runs: a line of JSON a run, the newest last."""

from __future__ import annotations

import os
import statistics
from datetime import datetime
from pathlib import Path

from pydantic import Field, ValidationError

from kube_acceptance.console import progress
from kube_acceptance.report.model import Past, Record, Run, ScenarioStatus, Verdict

FILE = "history.jsonl"
RUNS_KEPT = 50
RUNS_EXPECTED_FROM = 5  # how many of the last passed times tell what to expect


class Result(Record):
    """What became of a scenario; see `Past`."""

    status: ScenarioStatus
    seconds: float
    attempts: int = 1


class Entry(Record):
    """One run: when it began, on which commit where that is known, and what became of each scenario, by its id."""

    started: datetime
    verdict: Verdict
    commit: str = ""
    scenarios: dict[str, Result] = Field(default_factory=dict)


class History:
    """The recorded runs of a project.

    Args:
        path: The file; it is made when the first run is added.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._told: set[int] = set()

    def past(self) -> dict[str, list[Past]]:
        """What is recorded of each scenario, by its id, oldest first."""
        found: dict[str, list[Past]] = {}
        for entry in self._entries():
            for name, result in entry.scenarios.items():
                found.setdefault(name, []).append(Past(run=entry.started, **result.to_dict()))
        return found

    def expected(self, scenario: str) -> float | None:
        """The seconds that a scenario will take: the median of the last five times it passed; None when it never did.

        Args:
            scenario: Its id.
        """
        return self.all_expected().get(scenario)

    def all_expected(self) -> dict[str, float]:
        """What `expected` says, of every scenario that has passed, by its id."""
        passed = {
            name: [past.seconds for past in results if past.status == "passed"] for name, results in self.past().items()
        }
        return {name: statistics.median(times[-RUNS_EXPECTED_FROM:]) for name, times in passed.items() if times}

    def add(self, run: Run) -> None:
        """Record a run in which something ran; the oldest ones beyond the last fifty are forgotten.

        Raises:
            OSError: The file cannot be written.
        """
        results = {
            scenario.id: Result(
                status=scenario.status,
                # what fixtures took falls on whichever scenario comes first
                seconds=round(max(0.0, scenario.duration - scenario.made_ready), 3),
                attempts=len(scenario.earlier) + 1,
            )
            for scenario in run.scenarios()
            if scenario.status not in ("not run", "skipped")
        }
        if not results:
            return
        commit = run.environment.get("Commit", "")
        new = Entry(started=run.started, verdict=run.verdict, commit=commit, scenarios=results)
        entries = [*self._entries(), new][-RUNS_KEPT:]
        self._path.parent.mkdir(parents=True, exist_ok=True)
        part = self._path.with_name(f"{self._path.name}.{os.getpid()}.part")
        part.write_text("".join(f"{entry.model_dump_json()}\n" for entry in entries), encoding="utf-8")
        part.replace(self._path)

    def write(self, run: Run, reports: Path) -> None:
        """Record a run as a report does that is written to a folder; the folder of one run is not where it is kept."""
        self.add(run)

    def _entries(self) -> list[Entry]:
        entries = []
        lines = self._path.read_bytes().splitlines() if self._path.is_file() else []
        for number, line in enumerate(lines, 1):
            try:
                entries.append(Entry.model_validate_json(line))
            except ValidationError:
                if number not in self._told:
                    self._told.add(number)
                    progress(f"{self._path}: line {number} is damaged and left out")
        return entries
