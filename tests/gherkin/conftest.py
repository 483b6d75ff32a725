from __future__ import annotations

import os

import pytest
from gherkin_project import CONFTEST, VOCABULARY, Project


@pytest.fixture
def project(
    pytester: pytest.Pytester, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Project:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "vocabulary_of_tests.py").write_text(VOCABULARY)
    pytester.syspathinsert(elsewhere)
    monkeypatch.setenv("PYTHONPATH", str(elsewhere), prepend=os.pathsep)
    pytester.makepyprojecttoml('[tool.pytest.ini_options]\ntestpaths = ["features"]\naddopts = "--strict-markers"')
    pytester.makeconftest(CONFTEST)
    pytester.mkdir("features")
    return Project(pytester)
