"""`kube-acceptance init` as a user calls it: what it writes for the post office's chart is checked in beside it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from kube_acceptance import cli, config
from kube_acceptance.errors import ConfigurationError, ReleaseError

TOOLS = config.cache_folder() / "tools" / "bin"
CHARTS = Path(__file__).parents[1] / "charts"
POST = CHARTS / "post"
SAID = """\
wrote features/chart.feature: What the chart renders
wrote features/installation.feature: Installation
wrote features/network_policy.feature: Network policy
wrote features/faults.feature: Faults and changes
wrote [tool.kube-acceptance] to pyproject.toml
next: pytest features/ -m static    # seconds, no Docker; then all of it: pytest features/
"""


@pytest.fixture(autouse=True)
def programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that `make tools` has brought, also in a home of the test's own."""
    monkeypatch.setenv("PATH", f"{TOOLS}:{os.environ['PATH']}")


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that has never seen the harness, with the post office's chart in it."""
    folder = tmp_path / "project"
    shutil.copytree(POST / "chart", folder / "chart")
    monkeypatch.chdir(folder)
    return folder


def init(*arguments: str) -> Result:
    return CliRunner().invoke(cli.app, ["init", *arguments], catch_exceptions=False)


def written(root: Path) -> dict[str, str]:
    files = [*root.rglob("*.feature"), *root.glob("pyproject.toml")]
    return {file.relative_to(root).as_posix(): file.read_text() for file in files}


def test_what_is_written_is_what_is_checked_in(root: Path) -> None:
    done = init("chart")
    assert done.stdout == SAID
    assert written(root) == written(POST)


def test_dry_run_prints_all_of_it_and_writes_nothing(root: Path) -> None:
    done = init("chart", "--dry-run")
    for path, text in written(POST).items():
        assert f"# ---- {path}\n{text}" in done.stdout
    assert written(root) == {}


def test_a_configuration_that_is_there_gets_the_section_at_its_end(root: Path) -> None:
    (root / "pyproject.toml").write_text('[project]\nname = "post"')
    init("chart")
    section = (POST / "pyproject.toml").read_text()
    assert (root / "pyproject.toml").read_text() == f'[project]\nname = "post"\n\n{section}'
    assert config.load(root).chart == Path("chart")


def test_the_examples_among_the_comments_are_a_configuration(root: Path) -> None:
    init("chart")
    file = root / "pyproject.toml"
    lines = file.read_text().splitlines()
    keys = [line.removeprefix("# ") for line in lines if " = " in line or "[tool" in line]
    file.write_text("\n".join(keys))
    settings = config.load(root)
    assert settings.images["python"].value == "image"
    assert settings.cluster.images == ["python:3.13-alpine"]


def test_another_values_file(root: Path) -> None:
    (root / "ci.yaml").write_text("sorter: {replicas: 3}\n")
    init("chart", "--values", "ci.yaml")
    assert config.load(root).values == [Path("ci.yaml")]
    said = (root / "features" / "chart.feature").read_text()
    assert 'Given the chart with the values file "../ci.yaml"' in said
    assert 'the Deployment "${RELEASE}-sorter" that it renders has "spec.replicas" equal to 3' in said


@pytest.mark.parametrize(
    ("there", "text", "said"),
    [
        (
            "pyproject.toml",
            "[tool.kube-acceptance]\n",
            "pyproject.toml has a section [tool.kube-acceptance] already, so nothing was written",
        ),
        (
            "pyproject.toml",
            "tool",
            "pyproject.toml is not TOML: Expected '=' after a key in a key/value pair (at end of ",
        ),
        (
            "features/own.feature",
            "Feature: Own\n",
            "there are features already, such as features/own.feature, so nothing was written",
        ),
        ("features", "", "features is there and is no folder, so nothing was written"),
    ],
    ids=["section", "no TOML", "features", "no folder"],
)
def test_nothing_is_overwritten(root: Path, there: str, text: str, said: str) -> None:
    (root / there).parent.mkdir(exist_ok=True)
    (root / there).write_text(text)
    before = written(root)
    with pytest.raises(ConfigurationError) as caught:
        init("chart")
    assert caught.value.summary.startswith(said)
    assert written(root) == before


def test_what_was_begun_is_taken_back(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Path.open

    def refuse(self: Path, mode: str = "r", **options: str) -> object:
        if mode == "a":
            raise OSError(28, "No space left on device", str(self))
        return real(self, mode, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(ConfigurationError, match=r"pyproject.toml cannot be written: No space left on device"):
        init("chart")
    assert written(root) == {}


def test_no_such_folder(root: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        init("charts/shop")
    assert str(caught.value) == "there is no folder charts/shop\nName the folder that holds Chart.yaml."


def test_a_folder_that_is_no_chart(root: Path) -> None:
    (root / "chart" / "Chart.yaml").unlink()
    with pytest.raises(ConfigurationError) as caught:
        init("chart")
    assert str(caught.value) == "chart is no chart: it has no Chart.yaml"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name: [", "chart/Chart.yaml is not YAML: while parsing a flow node"),
        ("version: 1.0.0", "chart/Chart.yaml does not say what the chart is called"),
    ],
    ids=["no YAML", "no name"],
)
def test_a_chart_without_a_name(root: Path, text: str, said: str) -> None:
    (root / "chart" / "Chart.yaml").write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        init("chart")
    assert caught.value.summary.startswith(said)


def test_a_chart_that_does_not_render(root: Path) -> None:
    (root / "chart" / "templates" / "bad.yaml").write_text('{{ fail "no host is named" }}')
    with pytest.raises(ReleaseError) as caught:
        init("chart")
    reason = "execution error at (post/templates/bad.yaml:1:3): no host is named"
    assert caught.value.summary == f"helm template refused the chart chart: {reason}"
    assert written(root) == {}


def test_no_such_values_file(root: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        init("chart", "--values", "none.yaml")
    assert str(caught.value) == "there is no values file none.yaml"


@pytest.mark.parametrize("project", ["post", "guarded"])
def test_what_is_written_is_collected_without_mistakes(
    pytester: pytest.Pytester, project: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(CHARTS / project / "chart", pytester.path / "chart")
    monkeypatch.chdir(pytester.path)
    init("chart")
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider", "features", "--plan")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["25 scenarios, *"])


def test_what_it_says_of_the_rendering_is_true(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("chart", "features", "pyproject.toml"):
        copy = shutil.copytree if (POST / name).is_dir() else shutil.copy
        copy(POST / name, pytester.path / name)
    monkeypatch.chdir(pytester.path)
    pytester.runpytest_inprocess("-p", "no:cacheprovider", "features", "-m", "static").assert_outcomes(
        passed=8, deselected=17
    )
