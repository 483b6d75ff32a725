from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from kube_acceptance.images.provenance import (
    changed_since,
    marked,
    provenance,
    revision_finding,
    still_true,
)
from kube_acceptance.images.source import ImageSource


def git(folder: Path, *words: str) -> str:
    options = ["-c", "user.name=a", "-c", "user.email=a@b.example", "-c", "commit.gpgsign=false"]
    return subprocess.run(["git", *options, *words], cwd=folder, check=True, capture_output=True, text=True).stdout


def commit(folder: Path) -> str:
    git(folder, "add", "--all", "--force")
    git(folder, "commit", "--quiet", "--message", "x", "--allow-empty")
    return git(folder, "rev-parse", "HEAD").strip()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, text in {
        "docker/Dockerfile": "FROM a:1",
        "app/main.py": "1",
        "app/tests/t.py": "1",
        "README": "1",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "docker/Dockerfile.dockerignore").write_text("*\n!main.py\n!more.py\n")
    git(tmp_path, "init", "--quiet")
    commit(tmp_path)
    return tmp_path


@pytest.fixture
def source(root: Path) -> ImageSource:
    return ImageSource("app", root / "docker/Dockerfile", root / "app")


@pytest.mark.parametrize(
    ("remote", "said"),
    [
        ("https://example.org/shop.git", "https://example.org/shop.git"),
        ("https://me:hunter2@example.org/shop.git", "https://example.org/shop.git"),
        ("git@example.org:team/shop.git", "ssh://example.org/team/shop.git"),
    ],
)
def test_sources_are_where_the_clone_came_from(root: Path, remote: str, said: str) -> None:
    git(root, "remote", "add", "origin", remote)
    assert provenance(root)["SOURCE"] == said
    assert provenance(root, source="https://shop.example")["SOURCE"] == "https://shop.example"


def test_without_a_remote_the_commit_names_its_sources(root: Path) -> None:
    head = git(root, "rev-parse", "HEAD").strip()
    told = provenance(root)
    assert told["SOURCE"] == f"swh:1:rev:{head}"
    assert told["REVISION"] == head
    git(root, "remote", "add", "origin", str(root / "elsewhere"))
    assert provenance(root)["SOURCE"] == f"swh:1:rev:{head}"


def test_nothing_is_told_outside_of_a_repository(tmp_path: Path) -> None:
    assert provenance(tmp_path) == {}


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("app/main.py", ["app/main.py"]),
        ("app/more.py", ["app/more.py"]),
        ("docker/Dockerfile", ["docker/Dockerfile"]),
        ("docker/Dockerfile.dockerignore", ["docker/Dockerfile.dockerignore"]),
        ("app/tests/t.py", []),
        ("README", []),
    ],
)
def test_what_counts_is_what_the_build_sees(root: Path, source: ImageSource, name: str, changed: list[str]) -> None:
    head = git(root, "rev-parse", "HEAD").strip()
    assert changed_since(root, source, head) == []
    (root / name).write_text("FROM a:2\n!main.py\n!more.py\n*.x" if "docker" in name else "2")
    assert changed_since(root, source, head) == changed
    told = {"REVISION": head, "CREATED": "now"}
    assert marked(root, source, told) == {**told, "REVISION": head + ("-dirty" if changed else "")}
    assert marked(root, source, {}) == {}


def test_a_file_that_is_gone_counts(root: Path, source: ImageSource) -> None:
    head = git(root, "rev-parse", "HEAD").strip()
    (root / "app/main.py").unlink()
    assert changed_since(root, source, head) == ["app/main.py"]


def test_a_dockerfile_from_elsewhere_counts(
    root: Path, source: ImageSource, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = tmp_path_factory.mktemp("mutant") / "Dockerfile"
    other.write_text("FROM b:1")
    changed = changed_since(root, ImageSource("app", other, source.context), "HEAD")
    assert [Path(path).name for path in changed] == ["Dockerfile"]


def test_an_earlier_commit_with_the_same_content_is_the_truth(root: Path, source: ImageSource) -> None:
    first = git(root, "rev-parse", "HEAD").strip()
    (root / "README").write_text("2")
    second = commit(root)
    finding = revision_finding(root, source, first)
    assert (finding.ok, finding.said) == (True, f"it has the content of {first}")
    assert still_true(root, source, first, second)
    (root / "app/main.py").write_text("2")
    third = commit(root)
    assert not still_true(root, source, first, third)
    finding = revision_finding(root, source, second)
    said = f"its revision is {second}, but app/main.py is another one there; build it again"
    assert (finding.ok, finding.said) == (False, said)


def test_what_was_not_committed_has_no_revision_until_it_is(root: Path, source: ImageSource) -> None:
    head = git(root, "rev-parse", "HEAD").strip()
    (root / "app/main.py").write_text("2")
    finding = revision_finding(root, source, f"{head}-dirty")
    said = f"it is built from {head} and from what was not committed then: app/main.py"
    assert (finding.ok, finding.said) == (True, said)
    assert still_true(root, source, f"{head}-dirty", f"{head}-dirty")
    assert not still_true(root, source, f"{head}-dirty", commit(root))


@pytest.mark.parametrize(
    ("revision", "said"),
    [
        ("", "its revision is unknown, no commit; build it in a clone"),
        ("main", "its revision is main, no commit; build it in a clone"),
        ("0" * 40, f"its revision {'0' * 40} is no commit of this repository; build it again"),
    ],
)
def test_what_is_no_commit(root: Path, source: ImageSource, revision: str, said: str) -> None:
    finding = revision_finding(root, source, revision)
    assert (finding.ok, finding.said) == (False, said)
    assert still_true(root, source, revision, "")  # nobody knows better
