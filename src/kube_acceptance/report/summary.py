"""The run on one screen, in Markdown, for the page of a CI job."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from kube_acceptance.console import progress
from kube_acceptance.report.comparison import files
from kube_acceptance.report.html import duration, reach, sentence
from kube_acceptance.report.model import STATUSES, Run, Scenario
from kube_acceptance.report.mutants import Mutants, read
from kube_acceptance.report.wording import cause, command, store, title

SUMMARY = "summary.md"

_GITHUB = "GITHUB_STEP_SUMMARY"
"""The variable by which a job of GitHub Actions names the file whose Markdown it shows."""
_GITHUB_LIMIT = 1024 * 1024
"""Bytes; of a summary that is larger, GitHub shows nothing."""
_LISTED = 50
"""How many scenarios a list names; the whole is in the other reports."""
_LONGEST = 500
"""Characters of a text from the run."""
_SLOWEST = 5
_MARK = {"passed": "✅", "failed": "❌", "incomplete": "⚠️", "nothing proved": "❌"}


def write(run: Run, folder: Path) -> None:
    """Write `summary.md`, and add it to the summary of the GitHub job that this is part of, if any.

    Raises:
        OSError: The file cannot be written.
    """
    text = _text(run, read(folder))
    store(folder / SUMMARY, text)
    _tell_job(text)


def write_anew(run: Run, folder: Path) -> None:
    """Write `summary.md` with the mutants of a round after the run, and add them alone to the GitHub job's.

    The job may know the run already.

    Raises:
        OSError: The file cannot be written.
    """
    mutants = read(folder)
    store(folder / SUMMARY, _text(run, mutants))
    if mutants:
        tell_job_of(mutants)


def tell_job_of(mutants: Mutants) -> None:
    """Add a round of mutants to the summary of the GitHub job that this is part of, if any."""
    _tell_job("\n".join(_mutants(mutants)).lstrip() + "\n")


def _text(run: Run, mutants: Mutants | None) -> str:
    return "\n".join([*_lines(run), *(_mutants(mutants) if mutants else [])]) + "\n"


def _tell_job(text: str) -> None:
    if job := os.environ.get(_GITHUB):
        _add(f"{text}\n", Path(job))


def _add(text: str, job: Path) -> None:
    try:
        there = job.stat().st_size if job.exists() else 0
        if there + len(text.encode()) > _GITHUB_LIMIT:
            progress(f"the summary of the job is full: {SUMMARY} is not added to it")
            return
        with job.open("a", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        progress(f"{SUMMARY} is not added to the summary of the job: {job}: {error.strerror}")


def _lines(run: Run) -> Iterator[str]:
    scenarios = list(run.scenarios())
    yield f"## {_MARK[run.verdict]} {_prose(run.title)}: {run.verdict}"
    yield ""
    seconds = (run.finished - run.started).total_seconds()
    took = f" It took {duration(seconds)}." if duration(seconds) else ""
    yield f"{_prose(sentence(run))} {_prose(reach(run.requirements)) if run.requirements else ''}{took}".replace(
        "  ", " "
    )
    yield from _counts(run)
    if run.problems:
        yield from _list(
            "Problems of the run",
            [(f"**problem** {_prose(each.where)}", each.failure.first_line, []) for each in run.problems],
        )
    red = [each for each in scenarios if each.red]
    yield from _list(
        "Needs attention", [_entry(each) for each in sorted(red, key=lambda each: STATUSES.index(each.status))]
    )
    held = [each for each in scenarios if each.quarantine and not each.red]
    yield from _list("In quarantine", [_entry(each) for each in held])
    idle = [each for each in scenarios if each.status in ("skipped", "not run")]
    yield from _list("Proved nothing", [_entry(each) for each in idle])
    yield from _values_files(run)
    yield from _slowest(scenarios)


def _counts(run: Run) -> Iterator[str]:
    found = {status: count for status, count in run.totals.items() if count}
    if run.left_out:
        found |= {"left out": run.left_out}  # type: ignore[dict-item]
    if found:
        yield from _table(list(found), [[str(count) for count in found.values()]])


def _values_files(run: Run) -> Iterator[str]:
    if names := files(run.behaviours):
        yield from ("", "### Values files")
        rows = [
            [_prose(each.name), *(_prose(each.cells[name].status) if name in each.cells else "" for name in names)]
            for each in run.behaviours
        ]
        yield from _table(["behaviour", *map(_prose, names)], rows)


def _slowest(scenarios: Sequence[Scenario]) -> Iterator[str]:
    slow = sorted((each for each in scenarios if each.duration), key=lambda each: -each.duration)[:_SLOWEST]
    if slow:
        yield from ("", "### Slowest")
        rows = [[_prose(title(each)), duration(each.duration), duration(each.made_ready)] for each in slow]
        yield from _table(["scenario", "took", "of it, set-up"], rows)


def _mutants(mutants: Mutants) -> Iterator[str]:
    """The score, and in sentences what nobody notices."""
    yield from ("", "### Mutants", "", _prose(f"{mutants.told} {mutants.extent}".strip()))
    fates = mutants.by_fate
    left = [each for fate in ("survived", "killed elsewhere", "timed out") for each in fates[fate]]
    if left:
        yield ""
    for each in left[:_LISTED]:
        yield f"- **{mutants.fate(each)}** {_prose(mutants.sentence(each))}"
        yield f"  <br>{_code(f'kube-acceptance mutate {each.id}')}"
        if excuse := mutants.excuse(each):
            yield f"  <br>{_prose(excuse)}"
    if len(left) > _LISTED:
        yield f"- and {len(left) - _LISTED} more"


def _entry(scenario: Scenario) -> tuple[str, str, list[str]]:
    """A scenario for a list: its headline, why it is there, and what else there is to know."""
    about = [_prose(", ".join(scenario.requirements))] if scenario.requirements else []
    if scenario.quarantine:
        about.append(f"in quarantine: {_prose(scenario.quarantine)}")
    headline = f"**{scenario.status}** {_prose(title(scenario))}"
    return f"{headline} ({'; '.join(about)})" if about else headline, cause(scenario), [command(scenario)]


def _list(heading: str, entries: Sequence[tuple[str, str, list[str]]]) -> Iterator[str]:
    if not entries:
        return
    yield from ("", f"### {heading}", "")
    for headline, why, commands in entries[:_LISTED]:
        yield f"- {headline}"
        yield from (f"  <br>{_code(each)}" for each in (_short(why), *commands) if each)
    if len(entries) > _LISTED:
        yield f"- and {len(entries) - _LISTED} more"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield ""
    for row in (head, ["---"] * len(head), *rows):
        yield f"| {' | '.join(row)} |"


def _prose(text: str) -> str:
    """A text of the run as a text of the page: every sign that Markdown or HTML may take for its own is written out."""
    return re.sub(r"[^\w\s.,;:()'/-]|:(?=\S)|(?<=www)\.", lambda sign: f"&#{ord(sign[0])};", _short(text)).replace(
        "_", "&#95;"
    )


def _code(text: str) -> str:
    """A text of the run in letters of one width; inside, nothing has a meaning but the sign that ends it."""
    text = " ".join(text.split())
    fence = "`" * (max(map(len, re.findall(r"`+", text)), default=0) + 1)
    return f"{fence} {text} {fence}"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
