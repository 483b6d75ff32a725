"""Phrases on `kube-acceptance mutate`, as a user runs it on an example project."""

from __future__ import annotations

import hashlib
import json
import os
import random
import shlex
import signal
import subprocess
import time
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from kube_acceptance import command
from kube_acceptance.errors import AcceptanceError
from kube_acceptance.mutation.score import DATA, Result, Score
from kube_acceptance.mutation.store import FILE
from kube_acceptance.report import note
from kube_acceptance.report.recorder import DOCUMENT
from kube_acceptance.suite import Suite
from kube_acceptance.vocabulary import assertion, given, must, rows, when

if TYPE_CHECKING:
    from playwright.sync_api import Page

ENDS_WITHIN = 600.0  # seconds
OWN = ("reports", "__pycache__")  # what runs of a project write into its folder
FIRST = 3.0  # seconds in which a round that is going to be killed at least runs


@dataclass(frozen=True)
class Mutated:
    """How `kube-acceptance mutate` ended on a project."""

    exitstatus: int
    said: str
    reports: Path

    @property
    def score(self) -> Score:
        """The round's score; raises AcceptanceError when it left none."""
        file = self.reports / DATA
        if not file.is_file():
            raise AcceptanceError(f"the round left no {DATA}", details=self.said.splitlines()[-15:])
        return Score.model_validate_json(file.read_text(encoding="utf-8"))


@given("its files as they are now", target_fixture="files_before")
def files_before(suite: Suite) -> dict[str, str]:
    return _files(suite.root)


@given("nobody has to notice these of its mutants until tomorrow")
def equivalents(suite: Suite, datatable: list[list[str]]) -> None:
    """Each row of `| mutant | because |` is an entry of the project's equivalents."""
    until = date.today() + timedelta(days=1)
    with (suite.root / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write("\n[tool.kube-acceptance.mutation.equivalents]\n")
        for row in rows(datatable):
            because = json.dumps(row["because"])
            file.write(f"{json.dumps(row['mutant'])} = {{ because = {because}, until = {until} }}\n")


@when('"kube-acceptance mutate" runs there with "{options}"', target_fixture="mutated")
def mutate_runs(suite: Suite, options: str) -> Mutated:
    return _mutate(suite, options)


@when(
    '"kube-acceptance mutate" is killed {count:d} times there with "{options}", and runs again',
    target_fixture="mutated",
)
def mutate_is_killed(suite: Suite, options: str, count: int) -> Mutated:
    """Killed with all that it started, so that nothing of it can tidy up, each time some seconds later."""
    kept = []
    for _ in range(count):
        with subprocess.Popen(
            _words(suite, options),
            cwd=suite.root,
            env=command.environment(suite.env),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        ) as process:
            seconds = FIRST + random.uniform(0, 2 * FIRST)
            deadline = time.monotonic() + seconds
            while process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.05)
            if process.poll() is not None:
                raise AcceptanceError(f"the round was over after {seconds:.0f} s, before it was killed")
            os.killpg(process.pid, signal.SIGKILL)
        kept.append(len(_kept(suite.reports)))
    note(f"killed {count} times; kept then: {', '.join(map(str, kept))}")
    return _mutate(suite, options)


@assertion("it ends well", timed=False)
def mutate_ends_well(mutated: Mutated) -> None:
    if mutated.exitstatus:
        raise AcceptanceError(f"exit status {mutated.exitstatus}", details=mutated.said.splitlines()[-15:])


@assertion('it ends badly, and says "{words}"', timed=False)
def mutate_ends_badly(mutated: Mutated, words: str) -> None:
    if not mutated.exitstatus or words not in mutated.said:
        raise AcceptanceError(
            f"exit status {mutated.exitstatus}, without saying {words!r}", details=mutated.said.splitlines()[-15:]
        )


@assertion("it says of each of these mutants", timed=False)
def became(mutated: Mutated, datatable: list[list[str]]) -> None:
    """What a table `| mutant | verdict | because |` says of each: the verdict, and words of what was seen."""
    results = {each.id: each for each in mutated.score.results}
    must((wrong for row in rows(datatable) if (wrong := _differs(row, results.get(row["mutant"])))), of="mutants")
    note(f"{len(results)} mutants judged")


@assertion("it lists mutants of each of these kinds, and {count:d} at least", timed=False)
def lists(mutated: Mutated, datatable: list[list[str]], count: int) -> None:
    """Each row of `| mutant | takes away |` is a line of what it lists."""
    lines = mutated.said.splitlines()
    for row in rows(datatable):
        if not any(line.split() and line.split()[0] == row["mutant"] and row["takes away"] in line for line in lines):
            raise AcceptanceError(f"no line is about {row['mutant']} and {row['takes away']}", details=lines[-20:])
    if len(lines) < count:
        raise AcceptanceError(f"{len(lines)} mutants are listed")
    note(lines[-1])


@assertion("its living documentation says what became of these mutants", timed=False)
def became_in_document(suite: Suite, page: Page, datatable: list[list[str]]) -> None:
    """Each row of `| fate | sentence |` stands under the heading of that fate."""
    told = _page(suite, page).evaluate(FATES)
    must(
        (
            f"{row['sentence']!r} is not told of a mutant that was {row['fate']}"
            for row in rows(datatable)
            if not any(row["sentence"] in each for each in told.get(row["fate"], ()))
        ),
        of="sentences",
    )


@assertion("its living documentation says how many were killed of the mutants of each of these", timed=False)
def killed_in_document(suite: Suite, page: Page, datatable: list[list[str]]) -> None:
    """Each row of `| part | killed |` is one of the tables of requirements and of objects."""
    told = _page(suite, page).evaluate(PARTS)
    must(
        (
            f"of {row['part']}: {told.get(row['part'], 'nothing')!r}, not {row['killed']!r}"
            for row in rows(datatable)
            if told.get(row["part"]) != row["killed"]
        ),
        of="parts",
    )


FATES = """Object.fromEntries([...document.querySelectorAll('section:has(> h3[id^=mutants-])')].map(section => [
    section.querySelector('h3').id.replace('mutants-noticed', 'mutants-killed').replace('mutants-', ''),
    [...section.querySelectorAll('ul.mutants > li')].map(each => each.textContent)]))"""

PARTS = """Object.fromEntries([...document.querySelectorAll('table.parts > tbody > tr')].map(row => [
    row.cells[0].firstChild.textContent.trim(), row.cells[1].textContent.trim()]))"""


def _page(suite: Suite, page: Page) -> Page:
    page.goto((suite.reports / DOCUMENT).as_uri())
    return page


@assertion("its files are the same as before", timed=False)
def files_are_the_same(suite: Suite, files_before: dict[str, str]) -> None:
    now = _files(suite.root)
    differ = sorted(name for name in now.keys() | files_before.keys() if now.get(name) != files_before.get(name))
    must((f"{name} is not as it was" for name in differ), of="files")
    note(f"{len(now)} files")


@assertion("no mutant was judged twice", timed=False)
def judged_once(suite: Suite, mutated: Mutated) -> None:
    kept = [each.id for each in _kept(suite.reports)]
    twice = sorted(name for name, count in Counter(kept).items() if count > 1)
    must((f"{name} was judged more than once" for name in twice), of="mutants")
    if len(kept) != mutated.score.planned:
        raise AcceptanceError(f"{len(kept)} mutants were judged, of {mutated.score.planned}")


@assertion("nothing of it is kept", timed=False)
def nothing_kept(suite: Suite) -> None:
    if found := _kept(suite.reports):
        raise AcceptanceError(f"{len(found)} results were kept, such as that of {found[0].id}")


def _mutate(suite: Suite, options: str) -> Mutated:
    done = command.run(_words(suite, options), timeout=ENDS_WITHIN, check=False, cwd=suite.root, env=suite.env)
    note(f"exit status {done.returncode} after {done.seconds:.1f} s")
    return Mutated(done.returncode, done.stdout + done.stderr, suite.reports)


def _words(suite: Suite, options: str) -> list[str]:
    return suite.program("mutate", *shlex.split(options))


def _files(root: Path) -> dict[str, str]:
    found = (file for file in root.rglob("*") if file.is_file() and not set(OWN) & set(file.relative_to(root).parts))
    return {str(file.relative_to(root)): hashlib.sha256(file.read_bytes()).hexdigest() for file in found}


def _kept(reports: Path) -> list[Result]:
    file = reports / FILE
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    return [Result.model_validate(json.loads(line)) for line in lines if line.endswith("}")]


def _differs(row: dict[str, str], result: Result | None) -> str:
    if result is None:
        return f"{row['mutant']} was not judged"
    if result.verdict != row["verdict"] or row["because"] not in result.seen:
        return f"{row['mutant']}: {result.verdict}: {result.seen!r}"
    return ""
