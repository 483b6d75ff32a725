"""Options of pytest say settings otherwise, and slips in them are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from kube_acceptance.config import Config
from kube_acceptance.plugin import config_key

NO_FEATURES = "test_nothing.py"


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makepyprojecttoml("""
        [tool.kube-acceptance]
        release = "shop"
        values = ["charts/shop/values.yaml"]
        [tool.kube-acceptance.cluster]
        image = "kindest/node:v1.37.0"
    """)
    return pytester


def chosen(project: pytest.Pytester, *options: str) -> Config:
    return project.parseconfigure(*options, NO_FEATURES).stash[config_key]


def test_without_options_the_file_counts(project: pytest.Pytester) -> None:
    config = chosen(project)
    assert (config.release, config.said) == ("shop", {})
    assert config.history == Path("reports/history.jsonl")


def test_options_count_more_than_variables(project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBE_ACCEPTANCE_RELEASE", "store")
    monkeypatch.setenv("KUBE_ACCEPTANCE_CLUSTER_IMAGE", "kindest/node:v1.36.0")
    config = chosen(project, "--release=shed", "--values=a.yaml,b.yaml", "--values=c.yaml", "--reports=elsewhere")
    assert (config.release, config.cluster.image) == ("shed", "kindest/node:v1.36.0")
    assert config.values == [Path("a.yaml"), Path("b.yaml"), Path("c.yaml")]
    assert config.reports == Path("elsewhere")
    assert config.history == Path("reports/history.jsonl")  # one run's reports take no memory with them


def test_options_with_names_of_their_own(project: pytest.Pytester) -> None:
    config = chosen(project, "--kind-image=kindest/node:v1.30.0", "--assessment=required")
    assert (config.cluster.image, config.vulnerabilities.required) == ("kindest/node:v1.30.0", True)
    assert chosen(project, "--kind-image=a", "--cluster-image=b").cluster.image == "b"


def test_paths_are_relative_to_where_pytest_is_called(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = project.mkdir("charts")
    monkeypatch.chdir(folder)
    config = chosen(project, "--chart=shop", "--values=../a.yaml,/b.yaml", "--release=shop")
    assert config.root == project.path
    assert (config.chart, config.values) == (Path("charts/shop"), [Path("a.yaml"), Path("/b.yaml")])


@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        ("--relaese=shop", "there is no option --relaese; did you mean --release?"),
        ("--cluster-adons=a", "there is no option --cluster-adons; did you mean --cluster-addons?"),
        ("--mutation-threshold=x", "--mutation-threshold=x: Input should be a valid integer"),
        ("--images=web", "--images=web: this is not TOML: Invalid value"),
        ("--quarantine=[]", "--quarantine: quarantine is said in pyproject.toml alone"),
    ],
)
def test_mistakes(project: pytest.Pytester, option: str, sentence: str) -> None:
    with pytest.raises(pytest.UsageError, match=f"^{sentence.replace('?', '[?]').replace('[]', '')}"):
        chosen(project, option)


def test_options_of_others_are_left_alone(project: pytest.Pytester) -> None:
    project.makeconftest("def pytest_addoption(parser): parser.addoption('--releases')")
    assert chosen(project, "--releases=2").release == "shop"
