"""Phrases on the harness itself: example projects, whose suites run as a user runs them."""

from __future__ import annotations

import datetime
import json
import shlex
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from kube_acceptance.cluster import Cluster, Minikube
from kube_acceptance.config import Config
from kube_acceptance.errors import AcceptanceError
from kube_acceptance.report import Run, note
from kube_acceptance.report.model import Scenario
from kube_acceptance.report.readback import in_data, in_junit, in_messages
from kube_acceptance.security import canary
from kube_acceptance.security.canary import Canary, Look
from kube_acceptance.settings import VARIABLES
from kube_acceptance.suite import Ended, Suite
from kube_acceptance.vocabulary import assertion, given, must, rows, some, when

if TYPE_CHECKING:
    from playwright.sync_api import Page

PROJECTS = Path(__file__).parent / "projects"
MADE = "made"  # the file that an example project leaves among its reports when its first fixture is made
ENDS_WITHIN = 300.0  # seconds; some make a cluster first
DAYS = {"yesterday": -1, "tomorrow": 1}


@pytest.fixture
def example(settings: Config, tmp_path: Path) -> Callable[..., Suite]:
    """Makes the suite of an example project, in a copy of it: one of those beside this file, or of the folder named."""

    def of(name: str, *options: str) -> Suite:
        source = settings.path(name) if "/" in name else PROJECTS / name
        root = shutil.copytree(source, tmp_path / source.name, ignore=shutil.ignore_patterns("reports"))
        file = root / "pyproject.toml"
        file.write_text(file.read_text().replace("../../..", str(settings.root)))
        return Suite(root, root / "reports", {}, options, forget=tuple(VARIABLES))

    return of


@given('the example project "{name}"', target_fixture="suite")
def example_project(example: Callable[..., Suite], name: str) -> Suite:
    return example(name)


@given('the example project "{name}" on this cluster', target_fixture="suite")
def example_project_here(example: Callable[..., Suite], cluster: Cluster, settings: Config, name: str) -> Suite:
    return on_this_cluster(example(name), cluster, settings)


def on_this_cluster(suite: Suite, cluster: Cluster, settings: Config) -> Suite:
    """The suite on the cluster of whoever runs this scenario, which is described to it in the same words."""
    if cluster.provider.lasts:
        return in_its_context(suite, cluster)
    described = settings.cluster
    options = ["--cluster-name", cluster.name, f"--cluster-image={described.image}"]
    if described.config:
        options.append(f"--cluster-config={settings.path(described.config)}")
    if isinstance(cluster.provider, Minikube):
        options += ["--cluster", "minikube", f"--cluster-minikube-image={described.minikube_image}"]
    return replace(suite, options=(*suite.options, *options))


def in_its_context(suite: Suite, cluster: Cluster) -> Suite:
    """The suite on a cluster that it takes for one that was there before, named by its context."""
    context = yaml.safe_load(cluster.kubeconfig.read_text())["current-context"]
    kubeconfig = {"KUBECONFIG": str(cluster.kubeconfig)}
    return replace(suite, options=(*suite.options, "--cluster", context), env={**suite.env, **kubeconfig})


@given("its password is a canary", target_fixture="password")
def password(suite: Suite) -> Canary:
    password = canary.new("password")
    (suite.root / "chart" / "values.yaml").write_text(json.dumps({"password": password.value}))
    return password


@given('its "{file}" is gone')
def file_is_gone(suite: Suite, file: str) -> None:
    (suite.root / file).unlink()


@given('in its "{file}" "{words}" is "{others}"')
def file_says(suite: Suite, file: str, words: str, others: str) -> None:
    text = (suite.root / file).read_text()
    if words not in text:
        raise AcceptanceError(f"{words!r} does not stand in {file}")
    (suite.root / file).write_text(text.replace(words, others.replace(r"\n", "\n")))


@given('its variable "{name}" is "{value}"', target_fixture="suite")
def its_variable(suite: Suite, name: str, value: str) -> Suite:
    return replace(suite, env={**suite.env, name: value})


@given("its quarantine is")
def quarantine(suite: Suite, datatable: list[list[str]]) -> None:
    with (suite.root / "pyproject.toml").open("a") as file:
        for row in rows(datatable):
            until = datetime.date.today() + datetime.timedelta(days=DAYS[row.pop("until")])
            file.write(f"\n[[tool.kube-acceptance.quarantine]]\nuntil = {until}\n")
            file.writelines(f"{key} = {json.dumps(value)}\n" for key, value in row.items())


@given("of earlier runs it remembers")
def earlier_runs(suite: Suite, datatable: list[list[str]]) -> None:
    """Leaves a history in which each scenario has passed once, beside its pyproject.toml."""
    passed = {row["scenario"]: {"status": "passed", "seconds": float(row["seconds"])} for row in rows(datatable)}
    entry = {"started": "2026-11-01T00:00:00Z", "verdict": "passed", "scenarios": passed}
    (suite.root / "history.jsonl").write_text(json.dumps(entry) + "\n")


@when('its suite runs with "{options}"', target_fixture="ended")
def suite_runs(suite: Suite, options: str) -> Ended:
    shutil.rmtree(suite.reports, ignore_errors=True)
    ended = suite.run(*shlex.split(options), timeout=ENDS_WITHIN)
    note(f"exit status {ended.exitstatus} after {ended.seconds:.1f} s")
    return ended


@assertion("it fails before anything is made ready", timed=False)
def fails_early(ended: Ended) -> None:
    _must_end(ended, well=False)
    if (ended.reports / MADE).exists():
        raise AcceptanceError("something was made ready before the suite failed", details=ended.said.splitlines())


@assertion("it fails after something was made ready", timed=False)
def fails(ended: Ended) -> None:
    _must_end(ended, well=False)
    if not (ended.reports / MADE).exists():
        raise AcceptanceError("nothing was made ready before the suite failed", details=ended.said.splitlines())


@assertion("its scenarios fail for these reasons", timed=False)
def fail_because(ended: Ended, datatable: list[list[str]]) -> None:
    for row in rows(datatable):
        failure = _scenario(ended.run, row["scenario"]).failure
        line = failure.first_line if failure else ""
        if row["reason"] not in line:
            raise AcceptanceError(
                f'"{row["scenario"]}" fails because {line!r}' if line else f'"{row["scenario"]}" passes'
            )
        note(f"{row['scenario']}: {line}")


@assertion('it ends well, as "{verdict}"', timed=False)
def ends_well(ended: Ended, verdict: str) -> None:
    _must_end(ended, well=True)
    if ended.run.verdict != verdict:
        raise AcceptanceError(f'its verdict is "{ended.run.verdict}", not "{verdict}"')


@assertion('the title of its reports is "{title}"', timed=False)
def reports_are_titled(ended: Ended, title: str) -> None:
    if ended.run.title != title:
        raise AcceptanceError(f'their title is "{ended.run.title}"')


@assertion("it says each of these once", timed=False)
def says(ended: Ended, datatable: list[list[str]]) -> None:
    lines = ended.said.splitlines()
    for row in rows(datatable):
        found = [line for line in lines if row["line"] in line]
        if len(found) != 1:
            raise AcceptanceError(f"the suite says {row['line']!r} {len(found)} times, not once", details=lines)
        note(found[0].strip())


@assertion("its data, JUnit file, Cucumber messages and living documentation tell of each scenario", timed=False)
def reports_tell(ended: Ended, page: Page, datatable: list[list[str]]) -> None:
    folder, expected = ended.reports, {row["scenario"]: row["status"] for row in rows(datatable)}
    page.goto((folder / "living-documentation.html").as_uri())
    told = {
        "run.json": in_data(folder / "run.json"),
        "junit.xml": in_junit(folder / "junit.xml"),
        "cucumber-messages.ndjson": in_messages(folder / "cucumber-messages.ndjson"),
        "living-documentation.html": dict(page.evaluate(SHOWN)),
    }
    must((f"{file} tells of {said}" for file, said in told.items() if said != expected), of="reports")
    note(f"{len(told)} reports agree on {len(expected)} scenarios")


SHOWN = """[...document.querySelectorAll('details.scenario')].map(
    each => [each.querySelector('summary :is(h4, h5)').firstChild.textContent.trim(), each.dataset.status])"""


@assertion('the scenario "{name}" is told as flaky after {count:d} failed attempt(s)', timed=False)
def told_as_flaky(ended: Ended, name: str, count: int) -> None:
    scenario = _scenario(ended.run, name)
    if (scenario.status, len(scenario.earlier)) != ("flaky", count):
        raise AcceptanceError(f'"{name}" is {scenario.status} after {len(scenario.earlier)} attempts')
    note(f"before: {scenario.earlier[0].failure.first_line if scenario.earlier[0].failure else ''}")


@assertion("its {count:d} scenarios ran on {workers:d} workers, of which some overlapped", timed=False)
def ran_on_workers(ended: Ended, count: int, workers: int) -> None:
    ran = [scenario for scenario in ended.run.scenarios() if scenario.status == "passed"]
    used = {scenario.worker for scenario in ran}
    if (len(ran), len(used)) != (count, workers):
        raise AcceptanceError(f"{len(ran)} scenarios passed, on the workers {sorted(used)}")
    some(_together(ended), what="scenarios that overlapped")


@assertion("they used {count:d} releases: one that they shared and one for the disruptive scenario alone", timed=False)
def used_releases(ended: Ended, count: int) -> None:
    users: dict[str, set[str]] = {}
    for _, namespace, name in _diary(ended):
        users.setdefault(namespace, set()).add(name)
    if len(users) != count or {"The shop is rebuilt"} not in users.values():
        raise AcceptanceError(f"the releases were used so: {users}")
    note("; ".join(f"{namespace}: {len(names)} scenarios" for namespace, names in users.items()))


@assertion('no scenario ran while "{name}" did', timed=False)
def ran_alone(ended: Ended, name: str) -> None:
    some((each for _, _, each in _diary(ended) if each == name), what=f'runs of "{name}"')
    must((f'"{name}" ran while {others} did' for others in _together(ended) if name in others), of="scenarios")


@assertion('the evidence of "{name}" holds these files', timed=False)
def evidence_holds(ended: Ended, name: str, datatable: list[list[str]]) -> None:
    folder = ended.reports / _evidence(ended, name)
    must((f"{row['file']} is not in it" for row in rows(datatable) if not (folder / row["file"]).is_file()), of="files")
    note(f"{len(list(folder.iterdir()))} files")


@assertion('a log among it says "{words}"', timed=False)
def log_says(ended: Ended, words: str) -> None:
    logs = some(ended.reports.rglob("*.log"), what="logs")
    some((log for log in logs if words in Path(str(log)).read_text()), what=f"logs that say {words!r}")


@assertion("none of its reports holds the password in any form", timed=False)
def password_is_nowhere(ended: Ended, password: Canary) -> None:
    files = some((file for file in ended.reports.rglob("*") if file.is_file()), what="reports")
    look = Look([password])
    for file in files:
        look.at("reports", file.name, file.read_bytes())
    must(look.seen, of="sightings")
    note(f"{len(files)} files")


def _must_end(ended: Ended, *, well: bool) -> None:
    if (ended.exitstatus == 0) is not well:
        raise AcceptanceError(f"the suite ended with status {ended.exitstatus}", details=ended.said.splitlines())


def _scenario(run: Run, name: str) -> Scenario:
    found = [scenario for scenario in run.scenarios() if scenario.name == name]
    if not found:
        raise AcceptanceError(f'the report has no scenario "{name}"')
    return found[0]


def _evidence(ended: Ended, name: str) -> str:
    links = [file.path for file in _scenario(ended.run, name).attachments if file.name == "evidence"]
    return str(some(links, what=f'evidence of "{name}"')[0])


def _diary(ended: Ended) -> list[tuple[str, str, str]]:
    """What the scenarios of the example project wrote down: begin or end, namespace, name."""
    entries = [tuple(line.split(" ", 2)) for line in (ended.reports / "diary.txt").read_text().splitlines()]
    return [(event, namespace, name) for event, namespace, name in entries]


def _together(ended: Ended) -> list[set[str]]:
    """The sets of scenarios that ran at the same time."""
    running: set[str] = set()
    found = []
    for event, _, name in _diary(ended):
        running = running | {name} if event == "begin" else running - {name}
        if len(running) > 1:
            found.append(running)
    return found
