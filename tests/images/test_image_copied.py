from __future__ import annotations

import json
from pathlib import Path

import pytest

from kube_acceptance.errors import ConfigurationError
from kube_acceptance.images import ImageSource, content_tag
from kube_acceptance.images.copied import TIME, append, copied, merge, substitute

BASES = {"alpine:3.23": "sha256:alpine"}


@pytest.fixture
def source(tmp_path: Path) -> ImageSource:
    context = tmp_path / "app"
    (context / "code" / "empty").mkdir(parents=True)
    (context / "code" / "main.py").write_text("one\ntwo\none\n")
    (context / "code" / "start").write_text("#!/bin/sh\n")
    (context / "code" / "start").chmod(0o755)
    (context / "code" / "link").symlink_to("main.py")
    (context / "lock.json").write_text('{"a": {"b": 1, "c": 2}}')
    (context / "secret").write_text("not for the build")
    (tmp_path / "Dockerfile").write_text("FROM alpine:3.23\n")
    (tmp_path / "Dockerfile.dockerignore").write_text("secret\n")
    return ImageSource("app", tmp_path / "Dockerfile", context)


@pytest.fixture
def copy(source: ImageSource, tmp_path: Path) -> ImageSource:
    (tmp_path / "elsewhere").mkdir()
    return copied(source, tmp_path / "elsewhere", name="copy")


def test_a_copy_is_the_same_content_and_looks_otherwise(source: ImageSource, copy: ImageSource) -> None:
    assert content_tag(copy, bases=BASES) == content_tag(source, bases=BASES)
    assert (copy.name, copy.context.parent) == ("copy", copy.dockerfile.parent)
    assert not (copy.context / "secret").exists()
    modes = {path: (copy.context / path).stat().st_mode & 0o777 for path in ("code", "code/main.py", "code/start")}
    assert modes == {"code": 0o700, "code/main.py": 0o600, "code/start": 0o700}
    for path in ("", "code", "code/empty", "code/main.py", "code/link"):
        assert (copy.context / path).lstat().st_mtime == TIME


def test_an_ignore_file_of_the_context_goes_with_the_copy(source: ImageSource, tmp_path: Path) -> None:
    source.dockerfile.with_name("Dockerfile.dockerignore").rename(source.context / ".dockerignore")
    (tmp_path / "third").mkdir()
    copy = copied(source, tmp_path / "third", name="copy")
    assert not (copy.context / "secret").exists()
    assert content_tag(copy, bases=BASES) == content_tag(source, bases=BASES)


def test_changes_leave_the_sources_alone(source: ImageSource, copy: ImageSource) -> None:
    append(copy, "code/main.py", "three\n")
    substitute(copy, "code/main.py", "one", "1")
    merge(copy, "lock.json", {"a": {"b": None, "c": 3, "d": {"e": [4]}}})
    assert (copy.context / "code/main.py").read_text() == "1\ntwo\n1\nthree\n"
    assert json.loads((copy.context / "lock.json").read_text()) == {"a": {"c": 3, "d": {"e": [4]}}}
    assert (source.context / "code/main.py").read_text() == "one\ntwo\none\n"
    assert content_tag(copy, bases=BASES) != content_tag(source, bases=BASES)


def test_what_changes_nothing_is_refused(copy: ImageSource) -> None:
    for change, said in (
        (lambda: append(copy, "secret", "x"), "The build of copy sees no file secret, so a change of it says nothing"),
        (lambda: append(copy, "code", "x"), "The build of copy sees no file code, so a change of it says nothing"),
        (
            lambda: substitute(copy, "code/main.py", "four", "4"),
            '"four" is not in code/main.py of copy, so nothing changes',
        ),
        (
            lambda: substitute(copy, "code/main.py", "one", "one"),
            '"one" is not in code/main.py of copy, so nothing changes',
        ),
        (
            lambda: merge(copy, "lock.json", {"a": {"b": 1}}),
            "lock.json of copy says all of that already, so nothing changes",
        ),
        (lambda: merge(copy, "code/main.py", {}), "code/main.py of copy is not JSON: "),
    ):
        with pytest.raises(ConfigurationError) as caught:
            change()
        assert caught.value.summary.startswith(said)
