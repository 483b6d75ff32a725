from __future__ import annotations

from pathlib import Path

import pytest
from report_project import CONFTEST, Project

from kube_acceptance.config import cache_folder
from kube_acceptance.report import cucumber


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Project:
    """An empty project; the plugins of this environment, this package's own included, stay out of it."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makeconftest(CONFTEST)
    return Project(pytester)


@pytest.fixture(scope="session")
def packages() -> Path:
    """The cache that holds Cucumber's npm packages; they are fetched like a run does it, or it fails."""
    cucumber.installed(again=True)
    return cache_folder()
