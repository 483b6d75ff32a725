"""The run as one HTML page that needs nothing else: no network, no script from elsewhere, no font to load."""

from __future__ import annotations

import base64
import hashlib
import re
import shlex
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import get_args

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from kube_acceptance.report.model import (
    STATUSES,
    Feature,
    Outcome,
    Requirement,
    Rule,
    Run,
    Scenario,
    ScenarioStatus,
    Step,
    Wait,
)

_HERE = Path(__file__).parent
_SLOWEST = 8
"""How many scenarios, steps and waits the lists of the slowest name."""
_TIGHT, _GENEROUS = 0.8, 0.1
"""The parts of its budget past which a wait may soon fail, and below which its budget would hide a slowdown."""
_WORTH_A_LOOK = 30.0
"""Seconds of budget below which a generous wait is no news."""
_WRAPPED_AT = 72
"""Columns by which a line of a description was broken because it was full."""
_OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
_SAID: dict[ScenarioStatus, tuple[str, str]] = {
    "failed": ("failed", "failed"),
    "broken": ("is broken", "are broken"),
    "undefined": ("is undefined", "are undefined"),
    "pending": ("is pending", "are pending"),
    "flaky": ("is flaky", "are flaky"),
    "skipped": ("was skipped", "were skipped"),
    "not run": ("did not run", "did not run"),
}


@dataclass(frozen=True)
class _Group:
    """Scenarios that share the same trouble, so that a reviewer reads it once."""

    headline: str
    status: ScenarioStatus
    scenarios: tuple[Scenario, ...]


@dataclass(frozen=True)
class _Chapter:
    """Requirements that belong together."""

    name: str
    requirements: tuple[Requirement, ...]

    @property
    def open(self) -> bool:
        """Whether this run says something about any of it."""
        return any(requirement.scenarios for requirement in self.requirements)


@dataclass(frozen=True)
class _Segment:
    """A part of a bar, in percent of its width."""

    status: str
    start: float
    width: float


def render(run: Run) -> str:
    """The page for a run, as HTML.

    It shows what `run` holds: redact before. Links to evidence are relative to the page.
    """
    scenarios = list(run.scenarios())
    template = _environment().get_template("template.html.j2")
    style = _source("style.css")
    script = _source("script.js")
    return template.render(
        run=run,
        scenarios={scenario.id: scenario for scenario in scenarios},
        anchors=_anchors(scenarios),
        sentence=sentence(run),
        reach=reach(run.requirements),
        seconds=(run.finished - run.started).total_seconds(),
        failures=_groups(scenarios, ("failed", "broken")),
        gaps=_groups(scenarios, ("skipped", "not run")),
        chapters=[_Chapter(name, tuple(part)) for name, part in groupby(run.requirements, lambda each: each.chapter)],
        all_tags=sorted({tag for scenario in scenarios for tag in scenario.tags}),
        proved=sorted({name for scenario in scenarios for name in scenario.requirements}),
        slow_scenarios=sorted(scenarios, key=lambda each: -each.duration)[:_SLOWEST],
        slow_steps=_slow_steps(scenarios),
        waits=list(_notable_waits(scenarios)),
        style=style,
        script=script,
        policy=f"default-src 'none'; style-src {_digest(style)}; script-src {_digest(script)}",
    )


def sentence(run: Run) -> str:
    """What came of the run, in one or two sentences."""
    total = sum(run.totals.values())
    passed = run.totals["passed"]
    rest = [f"{count} {_SAID[status][count > 1]}" for status, count in run.totals.items() if count and status in _SAID]
    if run.left_out:
        rest.append(f"{run.left_out} {'was' if run.left_out == 1 else 'were'} left out")
    if not total:
        said = f"{'; '.join(['No scenario ran', *rest])}."
    elif not rest:
        said = f"All {total} scenarios passed." if total > 1 else "The only scenario passed."
    else:
        said = f"{passed} of {_counted(total, 'scenario')} passed; {', '.join(rest)}."
    if run.problems:
        said += f" {_counted(len(run.problems), 'problem')} kept the run from being whole."
    return said


def reach(requirements: Sequence[Requirement]) -> str:
    """How far the requirements are proved, so that a passed run is not taken for more than it is."""
    found = _coverage(requirements)
    said = f"It proves {found.get('passed', 0)} of {_counted(len(requirements), 'requirement')}"
    if part := found.get("passed in part", 0):
        said += f", and {part} in part"
    uncovered = found.get("not yet covered", 0)
    return f"{said}; for {uncovered} there is no scenario yet." if uncovered else f"{said}."


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {
        "bytes": _bytes,
        "css": lambda status: status.replace(" ", "-"),
        "duration": duration,
        "lines": _lines,
        "quoted": shlex.quote,
        "segments": _segments,
        "values": _values,
        "when": _when,
    }
    environment.globals |= {
        "coverage": _coverage,
        "example": _example,
        "failed_step": failed_step,
        "outline": _outline,
        "tally": _tally,
    }
    return environment


def _source(name: str) -> Markup:
    return Markup((_HERE / name).read_text(encoding="utf-8"))  # ours, not the run's


def _digest(source: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"


def _anchors(scenarios: Sequence[Scenario]) -> dict[str, str]:
    """An anchor for each scenario id, the same from run to run."""
    anchors: dict[str, str] = {}
    for scenario in scenarios:
        slug = re.sub(r"[^a-zA-Z0-9]+", "-", scenario.id).strip("-").lower()
        taken = sum(anchor == slug or anchor.startswith(f"{slug}--") for anchor in anchors.values())
        anchors[scenario.id] = f"{slug}--{taken + 1}" if taken else slug
    return anchors


def _outline(feature: Feature) -> list[tuple[Rule | None, list[Scenario]]]:
    """The scenarios of a feature below the rule that they belong to."""
    rules = {rule.name: rule for rule in feature.rules}
    return [(rules.get(name), list(part)) for name, part in groupby(feature.scenarios, lambda each: each.rule)]


def _example(scenario: Scenario) -> dict[str, str]:
    """The values of an outline's row that the name does not say already."""
    words = scenario.name.split()
    return {name: value for name, value in scenario.example.items() if value not in words}


def failed_step(scenario: Scenario) -> Step | None:
    """The step that a scenario failed in, if it was one."""
    return next((step for step in scenario.steps if step.status in ("failed", "undefined")), None)


def _groups(scenarios: Iterable[Scenario], statuses: Sequence[ScenarioStatus]) -> list[_Group]:
    found: dict[tuple[ScenarioStatus, str], list[Scenario]] = {}
    for scenario in scenarios:
        if scenario.status in statuses:
            headline = scenario.failure.first_line if scenario.failure else scenario.reason or "no reason was given"
            found.setdefault((scenario.status, headline), []).append(scenario)
    order = sorted(found.items(), key=lambda entry: statuses.index(entry[0][0]))
    return [_Group(headline, status, tuple(members)) for (status, headline), members in order]


def _coverage(requirements: Iterable[Requirement]) -> dict[str, int]:
    found = Counter(requirement.outcome for requirement in requirements)
    return {outcome: found[outcome] for outcome in _OUTCOMES if found[outcome]}


def _tally(scenarios: Iterable[Scenario]) -> dict[str, int]:
    found = Counter(scenario.status for scenario in scenarios)
    return {status: found[status] for status in STATUSES if found[status]}


def _slow_steps(scenarios: Iterable[Scenario]) -> list[tuple[Scenario, Step]]:
    steps = [(scenario, step) for scenario in scenarios for step in scenario.steps if step.duration]
    return sorted(steps, key=lambda entry: -entry[1].duration)[:_SLOWEST]


def _notable_waits(scenarios: Iterable[Scenario]) -> Iterator[tuple[Scenario, Wait, str]]:
    """Of the waits for the same condition, the one that came closest to its limit."""
    found = [(scenario, wait) for scenario in scenarios for step in scenario.steps for wait in step.waits]
    found.sort(key=lambda entry: _used(entry[1]))
    waits = list({wait.what: (scenario, wait) for scenario, wait in found}.values())
    waits.sort(key=lambda entry: -_used(entry[1]))
    for scenario, wait in [entry for entry in waits if _used(entry[1]) > _TIGHT][:_SLOWEST]:
        yield scenario, wait, "close to its limit"
    idle = [(scenario, wait) for scenario, wait in waits if _used(wait) < _GENEROUS and wait.budget >= _WORTH_A_LOOK]
    for scenario, wait in idle[-_SLOWEST:]:
        yield scenario, wait, "limit is generous"


def _used(wait: Wait) -> float:
    return wait.seconds / wait.budget if wait.budget else 1.0


def _segments(counts: dict[str, int]) -> Iterator[_Segment]:
    total = sum(counts.values()) or 1
    start = 0.0
    for status, count in counts.items():
        if count:
            width = 100 * count / total
            yield _Segment(status, round(start, 3), round(width, 3))
            start += width


def duration(seconds: float) -> str:
    """Seconds as a person says them; nothing for what took no time that counts."""
    if seconds < 0.0005:
        return ""
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if rest else f"{minutes} min"


def _bytes(size: int) -> str:
    if size < 1000:
        return f"{size} B"
    return f"{size / 1000:.1f} kB" if size < 1_000_000 else f"{size / 1_000_000:.1f} MB"


def _when(moment: datetime) -> str:
    moment = moment.astimezone(UTC)
    return f"{moment.day} {moment:%B %Y, %H:%M} UTC"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _values(text: str) -> Markup:
    """Step text in which what stands in quotation marks is set apart."""
    return Markup(re.sub(r"&#34;(.+?)&#34;", r'<span class="value">&#34;\1&#34;</span>', str(escape(text))))


def _lines(description: str) -> list[list[str]]:
    """Paragraphs of lines: a line that was broken only because it was full is joined with the next."""
    paragraphs = []
    for block in re.split(r"\n\s*\n", description.strip()):
        lines: list[str] = []
        previous = ""
        for line in (line.strip() for line in block.splitlines()):
            was_full = len(previous) + 1 + len(line.split(" ", 1)[0]) > _WRAPPED_AT
            if lines and was_full and not line.startswith(("- ", "* ")):
                lines[-1] += f" {line}"
            else:
                lines.append(re.sub(r"^[-*] ", "• ", line))
            previous = line
        if any(lines):
            paragraphs.append(lines)
    return paragraphs
