"""What the recorded runs say of a scenario: how steady it was, and how long it usually takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

from kube_acceptance.report.model import RED, STATUSES, Past, Run, Scenario, ScenarioStatus

SLOWER = 1.5
"""How many times its usual time a scenario takes before it is called slower."""
_NOISE = 0.5
"""Seconds by which it must be slower besides: less is the machine's mood."""
_ENOUGH = 3
"""How many times there must be before a median says something."""


@dataclass(frozen=True)
class Track:
    """A scenario through the recorded runs, oldest first; the last result is this run's, if the scenario ran in it."""

    id: str
    results: tuple[Past, ...]
    ran: bool

    @property
    def name(self) -> str:
        """The scenario's name as far as its id tells: for one that is not part of this run."""
        return self.id.partition("::")[2] or self.id

    @property
    def usual(self) -> float | None:
        """The median of the seconds that it took when it passed in earlier runs, once there are enough of them."""
        times = _times(self.results[:-1] if self.ran else self.results)
        return median(times) if len(times) >= _ENOUGH else None

    @property
    def slower(self) -> bool:
        """Whether this run took it markedly longer than usual."""
        return self.ran and self.usual is not None and _slower(self.usual, self.results[-1].seconds)

    @property
    def trend(self) -> tuple[float, float] | None:
        """The medians of the older and the newer half of its times, if the newer one is markedly longer."""
        times = _times(self.results)
        older, newer = times[: len(times) // 2], times[len(times) // 2 :]
        if len(older) < _ENOUGH:
            return None
        before, now = median(older), median(newer)
        return (before, now) if _slower(before, now) else None

    @property
    def unsteady(self) -> dict[ScenarioStatus, int]:
        """How often it ended in each state that fails a run, from worst to best."""
        found = Counter(result.status for result in self.results)
        return {status: found[status] for status in STATUSES if status in RED and found[status]}

    @property
    def last_unsteady(self) -> Past:
        """The newest of the results that `unsteady` counts."""
        return next(result for result in reversed(self.results) if result.status in RED)


def tracks(run: Run) -> dict[str, Track]:
    """The track of every scenario that has been recorded before, by its id."""
    present = {scenario.id: scenario for scenario in run.scenarios()}
    return {id: _track(id, past, run, present.get(id)) for id, past in run.past.items() if past}


def unsteady(found: dict[str, Track]) -> list[Track]:
    """The tracks with results that fail a run, most of them first."""
    return sorted((each for each in found.values() if each.unsteady), key=lambda each: -sum(each.unsteady.values()))


def slower(found: dict[str, Track]) -> list[Track]:
    """The tracks that became slower, or were slower than usual in this run; what costs most time first."""
    return sorted((each for each in found.values() if each.slower or each.trend), key=lambda each: -max(_lost(each)))


def _track(id: str, past: list[Past], run: Run, scenario: Scenario | None) -> Track:
    if scenario is None or scenario.status == "not run":
        return Track(id, tuple(past), ran=False)
    present = Past(
        run=run.started,
        status=scenario.status,
        seconds=max(scenario.duration - scenario.made_ready, 0.0),
        attempts=len(scenario.earlier) + 1,
    )
    return Track(id, (*past, present), ran=True)


def _times(results: tuple[Past, ...]) -> list[float]:
    return [result.seconds for result in results if result.status in ("passed", "flaky")]


def _slower(before: float, now: float) -> bool:
    return now > SLOWER * before and now - before > _NOISE


def _lost(track: Track) -> Iterator[float]:
    if track.slower:
        yield track.results[-1].seconds - (track.usual or 0.0)
    if track.trend:
        yield track.trend[1] - track.trend[0]
