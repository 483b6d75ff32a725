"""Vulnerabilities: what is known of the packages in images, by whom, and what the gate says of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import NoReturn

import pytest

from kube_acceptance import sbom
from kube_acceptance.config import Config, ExceptionConfig, VulnerabilitiesConfig
from kube_acceptance.errors import AcceptanceError
from kube_acceptance.images import ImageContents
from kube_acceptance.images.finding import some as named
from kube_acceptance.report import attach, note
from kube_acceptance.session import Session
from kube_acceptance.steps.images import Images
from kube_acceptance.vocabulary import assertion, given, must, rows, some, when
from kube_acceptance.vulnerability import Assessment, Scanner, Subject, Verdict, assess, judge, scanners_of, trial
from kube_acceptance.vulnerability.controls import read_all
from kube_acceptance.vulnerability.grype import MISSING
from kube_acceptance.vulnerability.scanners import grype_of, program

Assessments = Sequence[Assessment]
REQUIRED = "Get a scanner and its database (docs/vulnerabilities.md), or run with --assessment optional."


@pytest.fixture
def scanners(session: Session, settings: Config) -> list[Scanner]:
    """The project's scanners; their database is brought up to date once a run."""
    wanted = settings.vulnerabilities
    if wanted.update and "grype" in wanted.scanners:
        problem = session.shared.once("vulnerabilities", lambda: grype_of(settings).update())
        if problem:
            note(f"the database of vulnerabilities could not be brought up to date: {problem}")
    return scanners_of(settings)


@pytest.fixture
def gate(settings: Config) -> VulnerabilitiesConfig:
    """The project's gate."""
    return settings.vulnerabilities


@pytest.fixture(scope="session")
def subjects() -> Callable[[str, ImageContents], Subject]:
    """Makes the bills of materials of images, each once."""
    known: dict[str, Subject] = {}

    def look(name: str, contents: ImageContents) -> Subject:
        if contents.config_digest not in known:
            packages, bill = tuple(sbom.packages(contents)), sbom.bill(contents, name=name)
            known[contents.config_digest] = Subject(name, packages, bill)
        return replace(known[contents.config_digest], name=name)

    return look


@given("an image with a vulnerable package of each kind", target_fixture="images")
def bad_image(session: Session, opened: Callable[[str], ImageContents]) -> Images:
    """An image that the harness builds: an apk, a Python and a Node package with published vulnerabilities."""
    return {trial.BAD_IMAGE: opened(session.build_beside(trial.bad_image()).reference)}


@given('a scanner whose database is "{small}"', target_fixture="scanners")
def scanner_with(small: str, settings: Config, tmp_path: Path) -> list[Scanner]:
    """Grype with a small database that the harness makes; those there are are named where there is no such one."""
    found, wanted = program(settings.cache), settings.vulnerabilities
    if found is None:
        _not_assessed([MISSING], wanted)
    controls = read_all(wanted.controls)
    folder = tmp_path / "database"
    return [trial.scanner(small, folder, program=found, controls=controls, days=wanted.database_days)]


@given("package indexes that do not answer", target_fixture="scanners")
def deaf_scanners(settings: Config) -> list[Scanner]:
    """pip-audit and npm audit, which cannot reach what they ask."""
    return trial.deaf(read_all(settings.vulnerabilities.controls))


@given("these exceptions", target_fixture="gate")
def exceptions(settings: Config, datatable: list[list[str]]) -> VulnerabilitiesConfig:
    """Exceptions from the gate instead of the project's, `| id | package | reason | days |`, days from today on."""
    entries = []
    for row in rows(datatable):
        until = date.today() + timedelta(days=int(row["days"]))
        entries.append(ExceptionConfig(id=row["id"], package=row["package"], reason=row["reason"], until=until))
    return settings.vulnerabilities.model_copy(update={"exceptions": entries})


@when("their packages are assessed", target_fixture="assessments")
def assess_packages(
    images: Images,
    scanners: Sequence[Scanner],
    subjects: Callable[[str, ImageContents], Subject],
    tmp_path: Path,
) -> Assessments:
    """Asks every scanner about every package of each image, and hangs what they say on the report."""
    found = []
    for name, contents in images.items():
        subject = subjects(name, contents)
        found.append(assess(subject, scanners))
        if unknown := subject.unexplained:
            note(
                f"{name}: no package and no known program has these files, which cannot be looked up: {named(unknown)}"
            )
        file = tmp_path / f"vulnerabilities-{name.replace('/', '-').replace(':', '-')}.json"
        file.write_text(json.dumps(found[-1].told(), indent=2), encoding="utf-8")
        attach(file, f"vulnerabilities of {name}")
    return found


@assertion("the gate lets every image pass", timed=False)
def passes(assessments: Assessments, gate: VulnerabilitiesConfig) -> None:
    """Nothing is as severe as the gate, unless it is excused; what is not assessed fails, or is skipped and told."""
    verdict = _verdict(assessments, gate)
    must(verdict.refused, of="findings")
    if verdict.unassessed:
        _not_assessed(verdict.unassessed, gate)


@assertion("the gate refuses it for these vulnerabilities and no others", timed=False)
def refuses_for(assessments: Assessments, gate: VulnerabilitiesConfig, datatable: list[list[str]]) -> None:
    """What the gate refuses is just this, `| package | version | vulnerability | severity | fixed in |`."""
    expected = {tuple(row.values()) for row in rows(datatable)}
    refused = {
        (each.package.name, each.package.version, each.id, each.severity, ", ".join(each.fixed))
        for each in _verdict(assessments, gate).vulnerabilities
    }
    must((f"the gate lets this pass: {', '.join(each)}" for each in sorted(expected - refused)), of="vulnerabilities")
    must((f"the gate refuses this too: {', '.join(each)}" for each in sorted(refused - expected)), of="vulnerabilities")


@assertion("the gate says", timed=False)
def says(assessments: Assessments, gate: VulnerabilitiesConfig, datatable: list[list[str]]) -> None:
    """Words of the gate, `| of | words |`, where `of` is what it refused, excused or could not assess."""
    verdict = _verdict(assessments, gate)
    said = {"refused": verdict.refused, "excused": verdict.excused, "not assessed": verdict.unassessed}
    for row in rows(datatable):
        if not any(row["words"] in each for each in said[row["of"]]):
            raise AcceptanceError(f"nothing that is {row['of']} says {row['words']!r}", details=said[row["of"]])


@assertion('all their packages of "{kinds}" are assessed, and none is known to be vulnerable', timed=False)
def none_is_vulnerable(assessments: Assessments, kinds: str) -> None:
    """Every package of these kinds was looked up, and nothing was found: as far as these scanners know."""
    wanted = kinds.split(", ")
    for each in assessments:
        _tell(each)
        must(
            (
                f"image {each.image}: {package.name} is not assessed: {why}"
                for package, why in each.unassessed.items()
                if package.kind in wanted
            ),
            of="packages",
        )
        must((f"image {each.image}: {vulnerability}" for vulnerability in each.vulnerabilities), of="vulnerabilities")
    kinds_there = {package.kind for each in assessments for package in each.packages}
    must((f"no image has a {kind} package" for kind in wanted if kind not in kinds_there), of="kinds")


@assertion('none of their "{kinds}" packages is assessed, because "{reason}"', timed=False)
def none_is_assessed(assessments: Assessments, kinds: str, reason: str) -> None:
    """Nothing is said of any package of these kinds, and why."""
    wanted = kinds.split(", ")
    for each in assessments:
        packages = some((package for package in each.packages if package.kind in wanted), what=f"{kinds} packages")
        for package in packages:
            why = each.unassessed.get(package, "")
            if reason not in why:
                told = f"because {why}" if why else "although nobody could look it up"
                said = "is not assessed" if why else "counts as assessed"
                raise AcceptanceError(f"image {each.image}: {package.name} {said}, {told}")
        note(f"{each.image}: not assessed, {len(packages)} of {kinds}: {each.unassessed[packages[0]]}")


def _verdict(assessments: Assessments, gate: VulnerabilitiesConfig) -> Verdict:
    verdict = judge(assessments, gate, date.today())
    for said in (*verdict.passed, *verdict.excused):
        note(said)
    return verdict


def _tell(assessment: Assessment) -> None:
    for each in assessment.opinions:
        note(f"{assessment.image}: {len(each.assessed)} packages by {each.scanner}: {each.stands_on}")


def _not_assessed(reasons: Sequence[str], gate: VulnerabilitiesConfig) -> NoReturn:
    """End a step whose question nobody could answer: a failure where an answer is required, and never a success."""
    said = f"not assessed: {reasons[0]}" + (f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else "")
    for reason in reasons:
        note(f"not assessed: {reason}")
    if gate.required:
        raise AcceptanceError(said, hint=REQUIRED, details=reasons[1:])
    pytest.skip(said)
