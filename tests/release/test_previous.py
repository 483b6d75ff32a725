"""The previous version: taken from a commit of a repository, fetched where a clone lacks it, and what is wrong else."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from kube_acceptance import config
from kube_acceptance.errors import ConfigurationError
from kube_acceptance.previous import Previous, unpack

PROJECT = """
[tool.kube-acceptance]
chart = "deploy/shop"
release = "shop"
values = ["deploy/shop/values-ci.yaml"]
[tool.kube-acceptance.images.web]
dockerfile = "Dockerfile"
context = "."
value = "image"
"""
NAMES = "[tool.kube-acceptance.previous]\nrevision = '{}'\n"
KEY = "pyproject.toml: tool.kube-acceptance.previous.revision"

Commit = Callable[..., str]


def git(folder: Path, *arguments: str) -> str:
    who = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch", "main")
    git(folder, "config", "uploadpack.allowAnySHA1InWant", "true")
    return folder


@pytest.fixture
def commit(repository: Path) -> Commit:
    """Commits a version of the project in a folder of the repository, and returns the commit."""

    def make(version: str, *, project: str = PROJECT, below: str = ".") -> str:
        root = repository / below
        (root / "deploy" / "shop").mkdir(parents=True, exist_ok=True)
        (root / "pyproject.toml").write_text(project)
        (root / "deploy" / "shop" / "Chart.yaml").write_text(f"name: shop\nversion: {version}\n")
        (root / "start").write_text(f"#!/bin/sh\necho {version}\n")
        (root / "start").chmod(0o755)
        git(repository, "add", "--all")
        git(repository, "commit", "--quiet", "--message", version)
        return git(repository, "rev-parse", "HEAD")

    return make


def settings(root: Path, revision: str, text: str = PROJECT) -> config.Config:
    (root / "pyproject.toml").write_text(text + NAMES.format(revision))
    return config.load(root)


def refused(given: config.Config, folder: Path) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        unpack(given, folder)
    return caught.value


@pytest.mark.parametrize("below", [".", "projects/shop"])
def test_the_project_is_unpacked_as_it_was(repository: Path, commit: Commit, tmp_path: Path, below: str) -> None:
    before = commit("1", below=below)
    commit("2", below=below)
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "left").touch()
    earlier, revision = unpack(settings(repository / below, before), tmp_path / "there")
    assert revision == before
    assert earlier.path(earlier.chart) == tmp_path / "there" / "deploy" / "shop"
    assert (earlier.path(earlier.chart) / "Chart.yaml").read_text() == "name: shop\nversion: 1\n"
    assert sorted(each.name for each in (tmp_path / "there").iterdir()) == ["deploy", "pyproject.toml", "start"]
    assert (tmp_path / "there" / "start").stat().st_mode & 0o111


def test_its_chart_has_the_values_files_and_images_of_that_time(
    repository: Path, commit: Commit, tmp_path: Path
) -> None:
    earlier, _ = unpack(settings(repository, commit("1")), tmp_path / "there")
    previous = Previous.at(tmp_path / "there", {"web": "registry:5000/shop-web:12ab"})
    assert previous.config == earlier
    chart = previous.chart(Path("helm"))
    assert chart.values == (tmp_path / "there" / "deploy" / "shop" / "values-ci.yaml",)
    assert chart.overrides == {"image.repository": "registry:5000/shop-web", "image.tag": "12ab"}


def test_a_shallow_clone_fetches_it(repository: Path, commit: Commit, tmp_path: Path) -> None:
    before = commit("1")
    commit("2")
    git(tmp_path, "clone", "--quiet", "--depth", "1", f"file://{repository}", "clone")
    earlier, _ = unpack(settings(tmp_path / "clone", before), tmp_path / "there")
    assert "version: 1" in (earlier.path(earlier.chart) / "Chart.yaml").read_text()


def test_a_shallow_clone_that_cannot_fetch_it(repository: Path, commit: Commit, tmp_path: Path) -> None:
    before = commit("1")
    commit("2")
    git(tmp_path, "clone", "--quiet", "--depth", "1", f"file://{repository}", "clone")
    repository.rename(tmp_path / "elsewhere")
    error = refused(settings(tmp_path / "clone", before), tmp_path / "there")
    assert error.summary == f"{KEY}: the repository has no commit {before}"
    assert error.hint == f"Fetch it: git fetch --depth 1 origin {before}"
    assert "does not appear to be a git repository" in " ".join(error.details)


def test_a_whole_repository_is_not_asked_to_fetch(repository: Path, commit: Commit, tmp_path: Path) -> None:
    commit("1")
    git(repository, "remote", "add", "origin", "file:///nowhere")
    error = refused(settings(repository, "0" * 40), tmp_path / "there")
    assert str(error) == (
        f"{KEY}: the repository has no commit {'0' * 40}\nFetch it: git fetch --depth 1 origin {'0' * 40}"
    )


def test_no_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    error = refused(settings(tmp_path, "0" * 40), tmp_path / "there")
    assert error.summary == f"{KEY}: {tmp_path} is not in a git repository"


def test_no_revision_is_named(tmp_path: Path) -> None:
    error = refused(config.load(tmp_path), tmp_path / "there")
    assert str(error) == (
        "pyproject.toml names no previous version\n"
        'Add [tool.kube-acceptance.previous] with revision = "the commit of the version before".'
    )


@pytest.mark.parametrize(
    ("project", "said"),
    [
        ("[tool.kube-acceptance]\nchart = 'elsewhere'\nrelease = 'shop'", "has no chart in elsewhere"),
        (
            PROJECT.replace('release = "shop"', 'release = "store"'),
            "installs the release store, not shop, so nothing can be upgraded",
        ),
        (
            "[tool.kube-acceptance]\nchrat = 'x'",
            "cannot be used: its pyproject.toml: tool.kube-acceptance has no key 'chrat'; did you mean 'chart'?",
        ),
    ],
)
def test_a_commit_that_is_no_earlier_version(
    repository: Path, commit: Commit, tmp_path: Path, project: str, said: str
) -> None:
    before = commit("1", project=project)
    error = refused(settings(repository, before), tmp_path / "there")
    assert str(error) == f"{KEY}: {before[:7]} {said}"


def test_a_folder_that_was_not_there_then(repository: Path, commit: Commit, tmp_path: Path) -> None:
    before = commit("1")
    commit("2", below="moved")
    error = refused(settings(repository / "moved", before), tmp_path / "there")
    assert error.summary == f"{KEY}: {before[:7]} cannot be unpacked"
    assert error.details


@pytest.mark.parametrize("given", ["main", "v1.0", "abc1234", "A" * 40, ""])
def test_a_revision_that_is_no_commit(tmp_path: Path, given: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        settings(tmp_path, given)
    assert str(caught.value) == (f"{KEY}: {given!r} is no commit in full; `git rev-parse` prints its 40 digits")


def test_a_key_that_is_not_known(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        "[tool.kube-acceptance.previous]\nrevison = ''\nrevision = '%s'" % ("0" * 40)
    )
    with pytest.raises(ConfigurationError) as caught:
        config.load(tmp_path)
    assert str(caught.value) == (
        "pyproject.toml: tool.kube-acceptance.previous has no key 'revison'; did you mean 'revision'?"
    )
