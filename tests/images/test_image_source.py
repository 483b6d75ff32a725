from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from kube_acceptance.errors import ImageError
from kube_acceptance.images import ImageSource, content_tag
from kube_acceptance.images.source import context_files

BASES = {"alpine:3.23": "sha256:a"}


@pytest.fixture
def source(tmp_path: Path) -> ImageSource:
    return make(tmp_path / "one")


def make(
    root: Path, dockerfile: str = "FROM alpine:3.23\nCOPY . /\n", build_args: Mapping[str, str] | None = None
) -> ImageSource:
    context = root / "app"
    (context / "src").mkdir(parents=True)
    (context / "src" / "main.py").write_text("print()\n")
    (context / "run").write_text("#!/bin/sh\n")
    (context / "link").symlink_to("run")
    (root / "Dockerfile").write_text(dockerfile)
    return ImageSource("app", root / "Dockerfile", context, build_args or {})


def tag(source: ImageSource, **more: Mapping[str, str]) -> str:
    return content_tag(source, **{"bases": BASES, **more})


def test_the_same_content_has_the_same_tag_anywhere(source: ImageSource, tmp_path: Path) -> None:
    other = make(tmp_path / "elsewhere" / "deeper")
    for path in [*other.context.rglob("*"), other.dockerfile]:
        os.utime(path, (1, 1), follow_symlinks=False)
    assert tag(source) == tag(other)
    assert len(tag(source)) == 12
    assert int(tag(source), 16) >= 0


def test_whatever_goes_into_the_image_changes_the_tag(source: ImageSource) -> None:
    seen = [tag(source)]

    def changed() -> None:
        seen.append(tag(source))
        assert len(set(seen)) == len(seen)

    (source.context / "src" / "main.py").write_text("print(1)\n")
    changed()
    (source.context / "run").chmod(0o755)
    changed()
    (source.context / "link").unlink()
    (source.context / "link").symlink_to("src")
    changed()
    (source.context / "empty").mkdir()
    changed()
    (source.context / "run").rename(source.context / "ran")
    changed()
    source.dockerfile.write_text("FROM alpine:3.23\nCOPY . /app\n")
    changed()
    seen.append(tag(source, bases={"alpine:3.23": "sha256:b"}))
    seen.append(tag(source, extra={"platform": "linux/arm64"}))
    seen.append(tag(ImageSource("app", source.dockerfile, source.context, {"A": "1"})))
    seen.append(tag(ImageSource("app", source.dockerfile, source.context, {"A": "2"})))
    assert len(set(seen)) == len(seen)


def test_permissions_past_the_executable_bit_do_not_count(source: ImageSource) -> None:
    before = tag(source)
    (source.context / "run").chmod(0o600)
    assert tag(source) == before


def test_ignored_files_do_not_count(source: ImageSource) -> None:
    ignore = source.context / ".dockerignore"
    ignore.write_text("# comment\n**/*.log\n\nnode_modules\n!src/kept.log\n")
    before = tag(source)
    (source.context / "node_modules").mkdir()
    (source.context / "node_modules" / "x.js").write_text("x")
    (source.context / "src" / "deep.log").write_text("x")
    assert tag(source) == before
    (source.context / "src" / "kept.log").write_text("x")
    assert tag(source) != before


def test_the_dockerfiles_own_ignore_file_goes_before_the_contexts(source: ImageSource) -> None:
    (source.context / ".dockerignore").write_text("src\n")
    source.dockerfile.with_name("Dockerfile.dockerignore").write_text("*\n!src\n")
    assert context_files(source) == [".dockerignore", "src", "src/main.py"]


def test_a_missing_context(source: ImageSource, tmp_path: Path) -> None:
    lost = ImageSource("app", source.dockerfile, tmp_path / "lost")
    with pytest.raises(ImageError) as caught:
        tag(lost)
    assert str(caught.value) == (
        f"The build context of app is not a folder: {tmp_path}/lost\n"
        "Create it, or correct the path in the configuration."
    )


def test_a_missing_dockerfile(source: ImageSource, tmp_path: Path) -> None:
    lost = ImageSource("app", tmp_path / "lost", source.context)
    with pytest.raises(ImageError) as caught:
        tag(lost)
    assert str(caught.value) == (
        f"The Dockerfile of app is not at {tmp_path}/lost\nCreate it, or correct the path in the configuration."
    )


def test_an_unreadable_file(source: ImageSource, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, *_: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    dockerfile = source.read_dockerfile()
    monkeypatch.setattr(ImageSource, "read_dockerfile", lambda _: dockerfile)
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(ImageError) as caught:
        tag(source)
    assert str(caught.value) == (f"{source.context}/run in the build context of app cannot be read: Permission denied")


def test_a_base_without_an_id(source: ImageSource) -> None:
    with pytest.raises(ImageError) as caught:
        content_tag(source, bases={})
    assert str(caught.value) == f"{source.dockerfile} starts from alpine:3.23, whose image ID is not known"
