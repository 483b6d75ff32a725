"""Step definitions outside of a project, where it is no mistake to leave some unused."""

from __future__ import annotations

import pytest

MODULE = "steps_elsewhere"


def define(pytester: pytest.Pytester, code: str, *, fixtures: str = "") -> None:
    """Have the project's conftest.py name a module with this code, and define fixtures that win over all others."""
    folder = pytester.path.with_name(f"{pytester.path.name}-elsewhere")
    folder.mkdir(exist_ok=True)
    (folder / f"{MODULE}.py").write_text(code.lstrip("\n"))
    pytester.makeconftest(f"import sys\nsys.path.insert(0, {str(folder)!r})\npytest_plugins = [{MODULE!r}]\n{fixtures}")
