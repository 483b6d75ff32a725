from __future__ import annotations

from pathlib import Path

import pytest

from kube_acceptance.errors import ImageError
from kube_acceptance.images.dockerfile import Dockerfile

TEXT = r"""# syntax is not set
ARG PYTHON=3.13
ARG BASE="python:${PYTHON}-alpine"
ARG EXTRA

FROM --platform=$BUILDPLATFORM ${BASE} AS Build
ARG REVISION
RUN --mount=type=secret,id=ca,target=/ca.crt \
    # a comment inside
    --mount=type=secret,target=/etc/pip.conf \
    --mount=type=cache,target=/c --mount=type=bind,from=tools:1,target=/t \

    pip install   x && \
    echo done
run <<SQL
FROM nowhere
SQL
FROM build AS test
COPY --from=0 /a /b
FROM alpine:${MISSING:-3.23}${PYTHON:+}
ARG CREATED=unknown
COPY --from=build --chown=1 /x /x
COPY --from=nginx:1 /y /y
FROM scratch
"""


def parsed(text: str) -> Dockerfile:
    return Dockerfile(Path("docker/Dockerfile"), text)


def test_bases_are_images_and_not_stages() -> None:
    assert parsed(TEXT).bases({}) == ("python:3.13-alpine", "tools:1", "alpine:3.23", "nginx:1")


def test_build_arguments_replace_defaults() -> None:
    assert parsed(TEXT).bases({"PYTHON": "3.14"})[0] == "python:3.14-alpine"
    assert parsed(TEXT).bases({"BASE": "other:1", "REVISION": "x"})[0] == "other:1"


def test_a_variable_without_a_value() -> None:
    with pytest.raises(ImageError) as caught:
        parsed("ARG BASE\nFROM ${BASE}:3\n").bases({})
    assert str(caught.value) == (
        "docker/Dockerfile line 2 uses ${BASE}, but ARG BASE has no value\n"
        "Give ARG BASE a default before the first FROM, or pass it as a build argument."
    )


def test_an_argument_of_a_stage_is_not_for_from() -> None:
    with pytest.raises(ImageError, match="line 3 uses \\$B, but ARG B has no value"):
        parsed("FROM a\nARG B=1\nFROM $B\n").bases({})


def test_arguments_and_secrets() -> None:
    assert parsed(TEXT).arguments == {"PYTHON", "BASE", "EXTRA", "REVISION", "CREATED"}
    assert parsed(TEXT).secrets == {"ca", "pip.conf"}


def test_the_line_of_a_step() -> None:
    step = (
        "RUN --mount=type=secret,id=ca,target=/ca.crt     --mount=type=secret,target=/etc/pip.conf "
        "--mount=type=cache,target=/c --mount=type=bind,from=tools:1,target=/t     pip install   x &&     echo done"
    )
    assert parsed(TEXT).line_of(step) == 8
    assert parsed(TEXT).line_of("COPY --from=nginx:1 /y /y") == 23
    assert parsed(TEXT).line_of("COPY something else") is None


def test_another_escape_character_and_stray_quotes() -> None:
    text = "# escape=`\nARG A=it's\nFROM a`\n  AS b\nRUN dir c:\\\nRUN x\n"
    assert [(each.line, each.name) for each in parsed(text).instructions] == [
        (2, "ARG"),
        (3, "FROM"),
        (5, "RUN"),
        (6, "RUN"),
    ]
    assert parsed(text).bases({}) == ("a",)
    assert parsed(text).arguments == {"A"}


@pytest.mark.parametrize("text", ["", "# only a comment\n\n"])
def test_a_file_without_instructions(tmp_path: Path, text: str) -> None:
    path = tmp_path / "Dockerfile"
    path.write_text(text)
    with pytest.raises(ImageError) as caught:
        Dockerfile.at(path, image="app")
    assert str(caught.value) == f"{path} holds no instruction\nBegin it with FROM."
