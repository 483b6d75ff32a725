"""What became of scenarios in earlier runs: a line of JSON a run, the newest last."""

from __future__ import annotations

import statistics
from datetime import datetime
from pathlib import Path

from pydantic import Field

from kube_acceptance.report.lines import Lines
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
        self._lines = Lines(path, Entry, most=RUNS_KEPT)

    def past(self) -> dict[str, list[Past]]:
        """What is recorded of each scenario, by its id, oldest first."""
        found: dict[str, list[Past]] = {}
        for entry in self._lines.read():
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
        self._lines.keep([*self._lines.read(), new])

    def write(self, run: Run, reports: Path) -> None:
        """Record a run as a report does that is written to a folder; the folder of one run is not where it is kept."""
        self.add(run)
