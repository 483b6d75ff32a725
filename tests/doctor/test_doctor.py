"""All checks run, whatever becomes of one; the lines, the JSON and the exit status say the same."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kube_acceptance import cli, doctor
from kube_acceptance import config as configuration
from kube_acceptance.doctor import Check, as_json, as_lines, checks, examine, project
from kube_acceptance.doctor.engine import Docker
from kube_acceptance.doctor.finding import Finding, missing, ok, warning
from kube_acceptance.errors import MachineError


def broken() -> Finding:
    raise ValueError("unexpected")


def refused() -> Finding:
    raise MachineError("Docker is not running", hint="Start Docker.")


@pytest.fixture
def hanging() -> Iterator[Check]:
    end = threading.Event()
    yield Check("Hanging", lambda: ok(str(end.wait())))
    end.set()


def test_a_check_that_hangs_or_breaks_costs_no_other(hanging: Check) -> None:
    several = [hanging, Check("Broken", broken), Check("Refused", refused), Check("Fine", lambda: ok("3.11"))]
    assert [finding for _, finding in examine(several, within=0.5)] == [
        missing("no answer within 0.5 s", "See what it waits for: this machine is overloaded, or Docker hangs."),
        warning("cannot be told (ValueError: unexpected)", "Tell the maintainers of kube-acceptance."),
        missing("Docker is not running", "Start Docker."),
        ok("3.11"),
    ]


FINDINGS = [
    (Check("Python", lambda: ok("3.11")), ok("3.11")),
    (Check("Docker engine", refused), missing("it is not running", "Start Docker.")),
    (Check("npm", broken), warning("not installed", "Install npm.")),
]


def test_a_line_each() -> None:
    assert as_lines(FINDINGS, colour=False) == [
        "ok       Python         3.11",
        "missing  Docker engine  it is not running. Start Docker.",
        "warning  npm            not installed. Install npm.",
        "A run cannot succeed: 1 missing; 1 warning, 1 ok.",
    ]
    assert as_lines(FINDINGS[:1], colour=False)[-1] == "A run has what it needs; 0 warnings, 1 ok."


def test_colours_only_where_they_are_asked_for() -> None:
    assert as_lines(FINDINGS, colour=True)[1] == (
        "\x1b[31mmissing\x1b[0m  Docker engine  it is not running. Start Docker."
    )


def test_json() -> None:
    assert json.loads(as_json(FINDINGS[1:2])) == {
        "ready": False,
        "checks": [{"check": "Docker engine", "mark": "missing", "found": "it is not running", "fix": "Start Docker."}],
    }


def absent() -> Docker:
    def connect() -> None:
        raise OSError("no socket")

    return Docker(connect)


def named(root: Path) -> dict[str, Finding]:
    return {check.name: check.look() for check in checks(root, docker=absent()) if check.name in ABOUT_THE_PROJECT}


ABOUT_THE_PROJECT = ("Configuration", "Chart", "Features", "Node image", "Base images", "Ingress port")
UNTOLD = warning("cannot be told: Docker is not running", "See Docker engine above.")


def test_a_folder_that_is_no_project(tmp_path: Path) -> None:
    assert named(tmp_path) == {
        "Configuration": warning(
            "this folder is no project",
            "Run this in the folder whose pyproject.toml has [tool.kube-acceptance] to check the project too.",
        )
    }


def test_a_configuration_that_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.kube-acceptance]\nchar = "charts/shop"\n')
    assert named(tmp_path) == {
        "Configuration": missing(
            "pyproject.toml: tool.kube-acceptance has no key 'char'; did you mean 'chart'?", "Correct it there."
        )
    }


def test_a_variable_that_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.kube-acceptance]\n")
    monkeypatch.setenv("KUBE_ACCEPTANCE_RELEASE", "shop")
    assert named(tmp_path)["Configuration"] == ok("pyproject.toml, KUBE_ACCEPTANCE_RELEASE")
    monkeypatch.setenv("KUBE_ACCEPTANCE_MUTATION_THRESHOLD", "many")
    assert named(tmp_path)["Configuration"] == missing(
        "KUBE_ACCEPTANCE_MUTATION_THRESHOLD=many: Input should be a valid integer, "
        "unable to parse string as an integer",
        "Correct it there.",
    )


def test_a_project_without_chart_and_features(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[tool.kube-acceptance]\nchart = "charts/shop"\ningress-value = "host"\n'
        '[tool.kube-acceptance.cluster]\nimage = "kindest/node:v1.37.0"\n'
    )
    assert named(tmp_path) == {
        "Configuration": ok("pyproject.toml"),
        "Chart": missing("charts/shop has no Chart.yaml", "Correct chart in [tool.kube-acceptance] of pyproject.toml."),
        "Features": missing("features has no .feature file", "Write one, or correct features in pyproject.toml."),
        "Node image": UNTOLD,
        "Base images": UNTOLD,
        "Ingress port": UNTOLD,
    }
    (tmp_path / "charts/shop").mkdir(parents=True)
    (tmp_path / "charts/shop/Chart.yaml").touch()
    (tmp_path / "features").mkdir()
    (tmp_path / "features/a.feature").touch()
    assert named(tmp_path)["Chart"] == ok("charts/shop")
    assert named(tmp_path)["Features"] == ok("1 in features")


def test_a_scanner_and_the_age_of_its_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("KUBE_ACCEPTANCE_CACHE", str(tmp_path / "cache"))
    config = configuration.load(tmp_path)
    assert project.scanner(config) == warning(
        "there is no Grype: packages are not assessed", "Build it: kube-acceptance's deploy/closed-network/scanner"
    )
    program = tmp_path / "grype"

    def database(**told: object) -> Finding:
        program.write_text(f"#!/bin/sh\necho '{json.dumps(told)}'\n")
        program.chmod(0o755)
        return project.scanner(config)

    fix = "grype db update, or a copy as docs/vulnerabilities.md says"
    assert database(valid=False, error="database does not exist") == warning(
        "there is no database of vulnerabilities (database does not exist)", f"Get one: {fix}"
    )
    now = datetime.now(UTC)
    built = now - timedelta(days=6)
    assert database(valid=True, built=built.isoformat()) == warning(
        f"its database was built on {built.date()}, 6 days ago, and 5 days are allowed", f"Get a newer one: {fix}"
    )
    assert database(valid=True, built=now.isoformat()) == ok(
        f"Grype ({program}), its database was built on {now.date()}, today"
    )


@pytest.mark.parametrize(("finding", "status"), [(ok("a"), 0), (warning("a", "B."), 0), (missing("a", "B."), 1)])
def test_exit_status(monkeypatch: pytest.MonkeyPatch, finding: Finding, status: int) -> None:
    monkeypatch.setattr(doctor, "checks", lambda root: [Check("One", lambda: finding)])
    assert CliRunner().invoke(cli.app, ["doctor"]).exit_code == status
    said = CliRunner().invoke(cli.app, ["doctor", "--json"])
    assert said.exit_code == status
    assert json.loads(said.stdout)["ready"] is not bool(status)
