"""What the process is told."""

from __future__ import annotations

import socket
import tomllib
from pathlib import Path

import pytest

from todo_backend import VERSION
from todo_backend.settings import SettingsError, from_environment

GOOD = {"DATABASE_HOST": "db", "DATABASE_NAME": "todo", "DATABASE_USER": "todo", "DATABASE_PASSWORD": "p"}


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_PORT", "DATABASE_PASSWORD_FILE", "DRAIN_SECONDS", "LOG_LEVEL", "POD_NAME", "PORT"):
        monkeypatch.delenv(name, raising=False)
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)


def test_defaults() -> None:
    settings = from_environment()
    assert (settings.database_port, settings.port, settings.log_level) == (5432, 8000, "info")
    assert settings.drain_seconds == 0
    assert settings.pod_name == socket.gethostname()
    assert settings.read_password() == "p"


def test_an_empty_variable_is_one_that_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POD_NAME", "")
    assert from_environment().pod_name == socket.gethostname()


def test_the_level_is_understood_in_any_case(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOG_LEVEL", "Debug")
    assert from_environment().log_level == "debug"


def test_a_password_file_may_end_in_a_newline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text(" p w \n")
    monkeypatch.delenv("DATABASE_PASSWORD")
    monkeypatch.setenv("DATABASE_PASSWORD_FILE", str(file))
    assert from_environment().read_password() == " p w "


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("DATABASE_HOST", "", "DATABASE_HOST: Field required"),
        ("DATABASE_PORT", "0", "DATABASE_PORT: Input should be greater than or equal to 1"),
        (
            "DATABASE_PORT",
            "tcp",
            "DATABASE_PORT: Input should be a valid integer, unable to parse string as an integer",
        ),
        ("DATABASE_PASSWORD", "", "set either DATABASE_PASSWORD_FILE or DATABASE_PASSWORD"),
        ("DATABASE_PASSWORD_FILE", "/run/p", "set either DATABASE_PASSWORD_FILE or DATABASE_PASSWORD"),
        ("LOG_LEVEL", "loud", "LOG_LEVEL: Input should be 'debug', 'info', 'warning' or 'error'"),
    ],
)
def test_problems(monkeypatch: pytest.MonkeyPatch, name: str, value: str, problem: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as error:
        from_environment()
    assert str(error.value) == f"The environment is not usable: {problem}."


def test_the_version_is_the_same_everywhere() -> None:
    project = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text())["project"]
    assert project["version"] == VERSION
