"""The run as one HTML page that needs nothing else: no network, no script from elsewhere, no font to load."""

from __future__ import annotations

import base64
import hashlib
import re
import shlex
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from itertools import groupby
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, get_args

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from kube_acceptance.report import timing
from kube_acceptance.report.attention import attention, problems_by_place
from kube_acceptance.report.comparison import files
from kube_acceptance.report.history import Track, slower, tracks, unsteady
from kube_acceptance.report.model import (
    STATUSES,
    Attachment,
    Feature,
    Outcome,
    Requirement,
    Rule,
    Run,
    Scenario,
    ScenarioStatus,
    Step,
)

if TYPE_CHECKING:  # what mutants are made of needs this package itself
    from kube_acceptance.report.mutants import Mutants

_HERE = Path(__file__).parent
_PICTURES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".gif"})
_AT_A_GLANCE = 5, 40
"""How many facts of the environment stand at the top of the page, and how many characters such a fact may have."""
_RECENT = 20
"""How many of a scenario's newest results its strip shows."""
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
_MARKS: dict[ScenarioStatus, str] = {
    "failed": "M{x} 6m.5 0l4 7m0-7l-4 7",
    "broken": "M{x} 14h5l-2.5-9z",
    "undefined": "M{x} 7h5v5h-5z",
    "pending": "M{x} 9.5l2.5-5 2.5 5-2.5 5z",
    "flaky": "M{x} 16v-6h5v6zm0-8v-6h5v6z",
    "skipped": "M{x} 9h5v1.5h-5z",
    "not run": "M{x} 15h5v1h-5z",
    "passed": "M{x} 16v-{height}h5v{height}z",
}
"""The shape of each result in a strip of results; that of a pass is as high as its time was long."""
_STRIDE, _HEIGHT = 7, 16
"""The width and height of a strip's results, in pixels."""


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
class _Trust:
    """One of the questions that decide how far a run can be trusted, and the answer."""

    status: str
    question: str
    answer: str


@dataclass(frozen=True)
class _Mark:
    """A result in a strip of results."""

    status: ScenarioStatus
    shape: str
    title: str


@dataclass(frozen=True)
class _Segment:
    """A part of a bar, in percent of its width."""

    status: str
    start: float
    width: float


def render(run: Run, siblings: Sequence[str] = (), mutants: Mutants | None = None) -> str:
    """The page for a run, as HTML.

    It shows what `run` holds: redact before. Links to evidence are relative to the page.

    Args:
        run: What to show.
        siblings: Names of further files beside the page that hold the same run in other forms.
        mutants: The last round of mutants, if there was one.
    """
    scenarios = list(run.scenarios())
    recorded = tracks(run)
    style, script = _source("style.css"), _source("script.js")
    policy = [
        "default-src 'none'",
        "img-src 'self' file:",
        f"style-src {_digest(style)}",
        f"script-src {_digest(script)}",
    ]
    return (
        _environment()
        .get_template("template.html.j2")
        .render(
            run=run,
            scenarios={scenario.id: scenario for scenario in scenarios},
            anchors=_anchors("", (scenario.id for scenario in scenarios)),
            mutants=mutants,
            mutant_anchors=_anchors("mutant-", (each.id for each in mutants.score.results) if mutants else ()),
            rows=_anchors("requirement-", (requirement.id for requirement in run.requirements)),
            tracks=recorded,
            recorded_runs=sorted({result.run for past in run.past.values() for result in past}),
            unsteady=unsteady(recorded),
            slower=slower(recorded),
            sentence=sentence(run),
            titles={requirement.id: requirement.title for requirement in run.requirements},
            trust=list(trust(run, mutants)),
            seconds=(run.finished - run.started).total_seconds(),
            sections=attention(scenarios),
            problems=problems_by_place(run.problems),
            chapters=[
                _Chapter(name, tuple(part)) for name, part in groupby(run.requirements, lambda each: each.chapter)
            ],
            values_files=files(run.behaviours),
            all_tags=sorted({tag for scenario in scenarios for tag in scenario.tags}),
            proved=sorted({name for scenario in scenarios for name in scenario.requirements}),
            slow_scenarios=timing.slow_scenarios(scenarios),
            slow_steps=timing.slow_steps(scenarios),
            waits=timing.waits(scenarios),
            spent=timing.spent(scenarios),
            workers=timing.workers(scenarios),
            siblings=["run.json", *siblings],
            style=style,
            script=script,
            policy="; ".join(policy),
        )
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
    return f"{said} This is {run.shard} alone." if run.shard else said


def reach(requirements: Sequence[Requirement]) -> str:
    """How far the requirements are proved, so that a passed run is not taken for more than it is."""
    found = _coverage(requirements)
    said = f"It proves {found.get('passed', 0)} of {_counted(len(requirements), 'requirement')}"
    if part := found.get("passed in part", 0):
        said += f", and {part} in part"
    uncovered = found.get("not yet covered", 0)
    return f"{said}; for {uncovered} there is no scenario yet." if uncovered else f"{said}."


def trust(run: Run, mutants: Mutants | None = None) -> Iterator[_Trust]:
    """How far the run can be trusted: whether it was whole, sound and steady, what it proves, what it would miss."""
    totals = run.totals
    total = sum(totals.values())
    missing = [
        f"{totals[status]} {_SAID[status][totals[status] > 1]}" for status in ("skipped", "not run") if totals[status]
    ]
    if run.left_out:
        missing.append(f"{run.left_out} {'was' if run.left_out == 1 else 'were'} left out")
    if run.shard:
        missing.append(f"{run.shard} is all that this tells of")
    if not total:
        yield _Trust("nothing proved", "Did all of it run?", "There was nothing to run.")
    elif missing:
        yield _Trust(
            "incomplete",
            "Did all of it run?",
            f"Of {_counted(total + run.left_out, 'scenario')}, {', '.join(missing)}.",
        )
    else:
        yield _Trust("passed", "Did all of it run?", "Every scenario ran.")

    if run.problems or totals["broken"]:
        told = [f"{_counted(len(run.problems), 'problem')} around the scenarios"] if run.problems else []
        told += [f"{_counted(totals['broken'], 'scenario')} without a verdict"] if totals["broken"] else []
        yield _Trust("broken", "Did set-up hold?", f"{', and '.join(told)}.")
    elif total:
        yield _Trust("passed", "Did set-up hold?", "Set-up and clean-up held; nothing went wrong around the scenarios.")

    if flaky := totals["flaky"]:
        held = sum(scenario.status == "flaky" and bool(scenario.quarantine) for scenario in run.scenarios())
        excused = f", {held} of them in quarantine" if held and flaky > 1 else ", and is in quarantine" if held else ""
        yield _Trust("flaky", "Is it steady?", f"{_counted(flaky, 'scenario')} passed only when repeated{excused}.")
    elif total:
        yield _Trust("passed", "Is it steady?", "Nothing passed only because it was repeated.")

    if run.requirements:
        proved = sum(requirement.outcome == "passed" for requirement in run.requirements)
        whole = proved == len(run.requirements)
        yield _Trust("passed" if whole else "passed in part", "How far does it reach?", reach(run.requirements))

    if mutants:
        status, answer = mutants.answer
        yield _Trust(status, "Would it notice?", answer)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {
        "bytes": _bytes,
        "css": lambda status: status.replace(" ", "-"),
        "date": _date,
        "duration": duration,
        "lines": _lines,
        "quoted": shlex.quote,
        "segments": _segments,
        "values": _values,
        "when": _when,
    }
    environment.tests["picture"] = _is_picture
    environment.globals |= {
        "coverage": _coverage,
        "example": _example,
        "failed_step": failed_step,
        "glance": _glance,
        "marks": _marks,
        "outline": _outline,
        "remark": timing.remark,
        "tally": _tally,
        "used": timing.used,
    }
    return environment


def _source(name: str) -> Markup:
    return Markup((_HERE / name).read_text(encoding="utf-8"))  # ours, not the run's


def _digest(source: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"


def _anchors(prefix: str, ids: Iterable[str]) -> dict[str, str]:
    """An anchor for each id, the same from run to run."""
    anchors: dict[str, str] = {}
    taken: Counter[str] = Counter()
    for id in ids:
        slug = prefix + re.sub(r"[^a-zA-Z0-9]+", "-", id).strip("-").lower()
        taken[slug] += 1
        anchors[id] = f"{slug}--{taken[slug]}" if taken[slug] > 1 else slug
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
    """The step that a scenario ended in, if it was one."""
    return next((step for step in scenario.steps if step.status in ("failed", "undefined", "pending")), None)


def _glance(environment: Mapping[str, str]) -> list[tuple[str, str]]:
    """The first facts of the environment that are short enough to be read in passing."""
    count, length = _AT_A_GLANCE
    return [(name, value) for name, value in environment.items() if len(value) <= length][:count]


def _is_picture(attachment: Attachment) -> bool:
    return PurePosixPath(attachment.path).suffix.lower() in _PICTURES


def _marks(track: Track) -> Iterator[_Mark]:
    """The newest results of a track, drawn from left to right."""
    results = track.results[-_RECENT:]
    longest = max(result.seconds for result in results) or 1.0
    for place, result in enumerate(results):
        height = round(3 + (_HEIGHT - 3) * result.seconds / longest)
        shape = _MARKS[result.status].format(x=place * _STRIDE, height=height)
        now = ", this run" if track.ran and result is results[-1] else ""
        yield _Mark(
            result.status, shape, f"{result.status}, {_date(result.run)}, {duration(result.seconds) or '0 s'}{now}"
        )


def _coverage(requirements: Iterable[Requirement]) -> dict[str, int]:
    found = Counter(requirement.outcome for requirement in requirements)
    return {outcome: found[outcome] for outcome in _OUTCOMES if found[outcome]}


def _tally(scenarios: Iterable[Scenario]) -> dict[str, int]:
    found = Counter(scenario.status for scenario in scenarios)
    return {status: found[status] for status in STATUSES if found[status]}


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
    return f"{_date(moment)}, {moment.astimezone(UTC):%H:%M} UTC"


def _date(moment: datetime) -> str:
    moment = moment.astimezone(UTC)
    return f"{moment.day} {moment:%B %Y}"


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
