from __future__ import annotations

import importlib.util
import marshal
import subprocess
from pathlib import Path

import pytest
from image_archives import ALPINE_LAYER, Layer, file, folder, link, old_layout

from kube_acceptance.images import Finding, ImageContents, ImageSource
from kube_acceptance.images.packaged import digest_finding, packaged_findings, same_file, source_digest

CODE = b"print('hello')\n"


@pytest.fixture
def source(tmp_path: Path) -> ImageSource:
    code = tmp_path / "app" / "code"
    code.mkdir(parents=True)
    (code / "main.py").write_bytes(CODE)
    (code / "typed").write_text("")
    (tmp_path / "app" / "package.json").write_text("{}")
    (tmp_path / "Dockerfile").write_text("FROM alpine:3.23\n")
    return ImageSource("app", tmp_path / "Dockerfile", tmp_path / "app")


def bytecode(text: bytes, flags: int = 1) -> bytes:
    code = marshal.dumps(compile(text, "main.py", "exec"))
    return importlib.util.MAGIC_NUMBER + flags.to_bytes(4, "little") + importlib.util.source_hash(text) + code


GOOD: Layer = [
    folder("app"),
    folder("app/code"),
    file("app/code/main.py", CODE),
    file("app/code/typed"),
    file("app/code/__pycache__/main.cpython-313.pyc", bytecode(CODE)),
]


def findings(source: ImageSource, *layers: Layer, part: str = "code") -> list[Finding]:
    with ImageContents("x:1", old_layout([ALPINE_LAYER, *layers])) as contents:
        return packaged_findings(contents, "app", source, part)


def wrong(source: ImageSource, *layers: Layer) -> list[str]:
    return [finding.said for finding in findings(source, *layers) if not finding.ok]


def test_sources_that_are_packaged_as_they_are(source: ImageSource) -> None:
    assert findings(source, GOOD) == [
        Finding("sources", True, "the 2 files of its sources below code stand in /app, byte for byte, and no others"),
        Finding("bytecode", True, "its 1 files of bytecode bear the hashes of just these sources"),
    ]


def test_what_is_not_as_in_the_sources(source: ImageSource) -> None:
    pyc = "app/code/__pycache__/main.cpython-313.pyc"
    assert wrong(source, GOOD, [file("app/code/main.py", CODE + b"#")]) == [
        "/app/code/main.py is not code/main.py of its sources, byte for byte"
    ]
    assert wrong(source, GOOD, [file("app/code/.wh.main.py")])[0] == "/app/code/main.py is not in it"
    assert wrong(source, GOOD, [file("app/other.py")]) == ["/app/other.py is in it, which no source is"]
    assert wrong(source, GOOD, [file("app/code/__pycache__/more.cpython-313.pyc", bytecode(CODE))]) == [
        "/app/code/__pycache__/more.cpython-313.pyc is in it, which no source is"
    ]
    assert wrong(source, GOOD, [link("app/code/typed", "/bin/busybox")]) == [
        "/app/code/typed is not code/typed of its sources, byte for byte"
    ]
    assert wrong(source, GOOD, [file(pyc, bytecode(CODE + b"#"))]) == [
        f"/{pyc} was compiled from something else than code/main.py"
    ]
    assert wrong(source, GOOD, [file(pyc, bytecode(CODE, flags=0))]) == [
        f"/{pyc} does not bear the hash of what it was compiled from"
    ]
    assert wrong(source, GOOD, [file(pyc, b"short")]) == [f"/{pyc} does not bear the hash of what it was compiled from"]


def test_no_sources_prove_nothing(source: ImageSource) -> None:
    assert findings(source, GOOD, part="none") == [
        Finding("sources", False, "the build of app sees no file below none")
    ]
    assert wrong(source) == ["/app/code/main.py is not in it, /app/code/typed is not in it"]


def test_one_file(source: ImageSource) -> None:
    def look(path: str, name: str) -> tuple[bool, str]:
        layer: Layer = [file("app/a.1.json", "{}"), file("app/b.1.json", "[]"), file("app/b.2.json", "{}")]
        with ImageContents("x:1", old_layout([ALPINE_LAYER, layer])) as contents:
            found = same_file(contents, path, source, name)
        return found.ok, found.said

    assert look("app/a.*.json", "package.json") == (True, "/app/a.1.json is package.json of its sources, byte for byte")
    assert look("app/b.1.json", "package.json") == (
        False,
        "/app/b.1.json is not package.json of its sources, byte for byte",
    )
    assert look("app/b.*.json", "package.json") == (False, "2 of its files are /app/b.*.json, not one")
    assert look("app/*", "none.json")[1] == "3 of its files are /app/*, not one"
    assert look("app/a.1.json", "none.json") == (False, "none.json is not among its sources")


def test_the_digest_is_what_a_dockerfile_gets(source: ImageSource) -> None:
    command = "find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c-64"
    shell = subprocess.run(command, shell=True, cwd=source.context, capture_output=True, text=True, check=True)
    digest = source_digest(source)
    assert digest == shell.stdout.strip()
    for said, ok in ((digest, True), (f"{digest[:16]}\n", True), (digest[:15], False), ("", False), ("f" * 64, False)):
        with ImageContents("x:1", old_layout([[file("app/ID", said)]])) as contents:
            found = digest_finding(contents, "app/ID", source)
        assert found.ok is ok
    assert found.said == f"/app/ID says {'f' * 64}, but the digest of its sources is {digest}"
