"""What variables say, who counts more, and the sentences for what is wrong; what the command prints."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kube_acceptance import cli
from kube_acceptance.errors import ConfigurationError
from kube_acceptance.settings import KEYS, Said, load, otherwise, show

FILE = """
[tool.kube-acceptance]
release = "shop"
chart = "charts/shop"
[tool.kube-acceptance.cluster]
image = "kindest/node:v1.37.0"
images = ["postgres:17-alpine"]
[tool.kube-acceptance.documents]
tasks = "work.md"
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "pyproject.toml").write_text(FILE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_who_counts_more(project: Path) -> None:
    said = {"KUBE_ACCEPTANCE_RELEASE": "store", "KUBE_ACCEPTANCE_CLUSTER_IMAGE": "kindest/node:v1.30.0"}
    config = otherwise(load(project, said), [Said(KEYS["release"], "--release", "shed")])
    assert (config.release, config.cluster.image, str(config.chart), config.title) == (
        "shed",
        "kindest/node:v1.30.0",
        "charts/shop",
        "Acceptance",
    )
    assert config.cluster.images == ["postgres:17-alpine"]  # what else stands in the section stays
    assert config.documents.model_fields_set == {"tasks"}
    assert config.said == {"release": "--release", "cluster.image": "KUBE_ACCEPTANCE_CLUSTER_IMAGE"}
    assert config.where("release") == "--release"
    assert config.where("chart") == "pyproject.toml: tool.kube-acceptance.chart"


def test_variables_of_every_kind(tmp_path: Path) -> None:
    said = {
        "KUBE_ACCEPTANCE_IMAGES": "{web = {dockerfile = 'Dockerfile', context = '.', value = 'image'}}",
        "KUBE_ACCEPTANCE_VALUES": "a.yaml,b.yaml",
        "KUBE_ACCEPTANCE_CLUSTER_CONFIG": "kind.yaml",
        "KUBE_ACCEPTANCE_VULNERABILITIES_REQUIRED": "true",
        "KUBE_ACCEPTANCE_MUTATION_THRESHOLD": "80",
        "KUBE_ACCEPTANCE_PREVIOUS_REVISION": "a" * 40,
        "KUBE_ACCEPTANCE_TITLE": "",
        "KUBE_ACCEPTANCE_CACHE": "/cache",
        "KUBE_ACCEPTANCE_RUNNER_SERVICE_HOST": "10.0.0.1",
        "KUBE_ACCEPTANCE_RUNNER_PORT_80_TCP_ADDR": "10.0.0.1",
        "KUBECONFIG": "/elsewhere",
    }
    config = load(tmp_path, said)
    assert config.images["web"].value == "image"
    assert config.values == [Path("a.yaml"), Path("b.yaml")]
    assert config.cluster.config == Path("kind.yaml")
    assert config.vulnerabilities.required
    assert config.mutation.threshold == 80
    assert config.previous is not None
    assert config.previous.revision == "a" * 40
    assert config.title == "Acceptance"  # an empty variable says nothing


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        (
            "KUBE_ACCEPTANCE_RELAESE",
            "shop",
            "the variable KUBE_ACCEPTANCE_RELAESE means nothing; did you mean KUBE_ACCEPTANCE_RELEASE?",
        ),
        (
            "KUBE_ACCEPTANCE_CASHE",
            "/cache",
            "the variable KUBE_ACCEPTANCE_CASHE means nothing; did you mean KUBE_ACCEPTANCE_CACHE?",
        ),
        (
            "KUBE_ACCEPTANCE_XYZZY",
            "",
            "the variable KUBE_ACCEPTANCE_XYZZY means nothing\n"
            "Unset it; `kube-acceptance settings --json` names those there are.",
        ),
        (
            "KUBE_ACCEPTANCE_MUTATION_THRESHOLD",
            "101",
            "KUBE_ACCEPTANCE_MUTATION_THRESHOLD=101: Input should be less than or equal to 100",
        ),
        (
            "KUBE_ACCEPTANCE_VULNERABILITIES_SCANNERS",
            "grype,trivy",
            "KUBE_ACCEPTANCE_VULNERABILITIES_SCANNERS=trivy: Input should be 'grype', 'pip-audit' or 'npm-audit'",
        ),
        (
            "KUBE_ACCEPTANCE_PREVIOUS_REVISION",
            "main",
            "KUBE_ACCEPTANCE_PREVIOUS_REVISION=main: 'main' is no commit in full; `git rev-parse` prints its 40 digits",
        ),
        (
            "KUBE_ACCEPTANCE_IMAGES",
            "{web = {dockerfile = 'a', context = '.', value = 'v', valu = 'w'}}",
            "KUBE_ACCEPTANCE_IMAGES: images.web has no key 'valu'; did you mean 'value'?",
        ),
        (
            "KUBE_ACCEPTANCE_IMAGES",
            "{web = {dockerfile = 'a', context = '.'}}",
            "KUBE_ACCEPTANCE_IMAGES: images.web.value: Field required",
        ),
        (
            "KUBE_ACCEPTANCE_VULNERABILITIES_EXCEPTIONS",
            "[]",
            "KUBE_ACCEPTANCE_VULNERABILITIES_EXCEPTIONS: vulnerabilities.exceptions is said in pyproject.toml alone, "
            "where what excuses a failure is reviewed\n"
            "Write it there, in [tool.kube-acceptance], and leave KUBE_ACCEPTANCE_VULNERABILITIES_EXCEPTIONS out.",
        ),
    ],
)
def test_says_what_is_wrong_in_a_variable(tmp_path: Path, name: str, text: str, sentence: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(tmp_path, {name: text})
    assert str(caught.value) == sentence


def test_the_file_is_wrong_whoever_says_it_otherwise(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.kube-acceptance.mutation]\nthreshold = 101")
    with pytest.raises(ConfigurationError, match=r"^pyproject\.toml: tool\.kube-acceptance\.mutation\.threshold: "):
        load(tmp_path, {"KUBE_ACCEPTANCE_MUTATION_THRESHOLD": "80"})


def test_every_key_is_printed_with_who_said_it(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBE_ACCEPTANCE_CLUSTER_ADDONS", "a.yaml,b.yaml")
    said = CliRunner().invoke(cli.app, ["settings"]).stdout.splitlines()
    assert len(said) == len(KEYS)
    assert "release\tshop\tpyproject.toml" in said
    assert 'cluster.addons\t["a.yaml", "b.yaml"]\tKUBE_ACCEPTANCE_CLUSTER_ADDONS' in said
    assert "vulnerabilities.required\tfalse\tdefault" in said
    assert "cluster.config\t\tdefault" in said
    found = json.loads(CliRunner().invoke(cli.app, ["settings", "--json"]).stdout)
    assert found[2] == {
        "key": "release",
        "value": "shop",
        "from": "pyproject.toml",
        "option": "--release",
        "variable": "KUBE_ACCEPTANCE_RELEASE",
    }
    assert show.table(load(project)).row_count == len(KEYS)
