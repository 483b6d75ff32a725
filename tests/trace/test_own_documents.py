"""What this project's own documents, files and features say of each other."""

from __future__ import annotations

from pathlib import Path

import pytest

from kube_acceptance.trace import (
    Finding,
    Trace,
    check_clauses,
    check_edition,
    check_files,
    check_headers,
    check_ownership,
    check_scenarios,
    check_tasks,
    load,
    project_files,
    read_scenarios,
)

ROOT = Path(__file__).parents[2]
DEPLOYMENT = ("docker", "deploy", "charts")
OTHERS = ("app", "src", "features", "steps", "mutants", "tests", "benchmarks")


@pytest.fixture(scope="module")
def trace() -> Trace:
    return load(ROOT)


@pytest.fixture(scope="module")
def files() -> list[str]:
    return project_files(ROOT)


def texts(findings: list[Finding]) -> list[str]:
    return [str(finding) for finding in findings]


def test_clauses_requirements_and_tasks_agree(trace: Trace) -> None:
    assert texts([*check_clauses(trace), *check_tasks(trace), *check_edition(trace)]) == []


def test_tasks_and_files_agree(trace: Trace, files: list[str]) -> None:
    assert texts([*check_files(trace, files), *check_ownership(trace, files, (*DEPLOYMENT, *OTHERS))]) == []


def test_deployment_files_name_the_tasks_that_list_them(trace: Trace, files: list[str]) -> None:
    assert texts(check_headers(trace, files, DEPLOYMENT)) == []


def test_requirements_and_scenarios_agree(trace: Trace) -> None:
    assert texts(check_scenarios(trace, read_scenarios(ROOT / "features"))) == []
