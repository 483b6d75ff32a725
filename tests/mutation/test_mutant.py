"""Mutants: what they change, and what is wrong with their files."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from kube_acceptance import console
from kube_acceptance.errors import ConfigurationError
from kube_acceptance.images import ImageSource
from kube_acceptance.mutation import load, load_all

HEAD = """
takes-away: the probe
requirement: REQ-1
scenario: features/a.feature::It is probed
because: has no probe
"""
DEPLOYMENT = {"kind": "Deployment", "metadata": {"name": "web"}, "spec": {"probe": 1}}
SERVICE = {"kind": "Service", "metadata": {"name": "web"}}


def mutant(folder: Path, changes: str) -> Path:
    file = folder / "no-probe.yaml"
    file.write_text(HEAD + changes)
    return file


def test_removes_objects(tmp_path: Path) -> None:
    found = load(mutant(tmp_path, "manifests: [{kind: Service, remove: true}]"))
    assert found.name == "no-probe"
    assert found.change([DEPLOYMENT, SERVICE]) == [DEPLOYMENT]


def test_patches_objects_and_leaves_the_others(tmp_path: Path) -> None:
    found = load(
        mutant(tmp_path, "manifests: [{kind: Deployment, name: web, patch: [{op: remove, path: /spec/probe}]}]")
    )
    assert found.change([DEPLOYMENT, SERVICE]) == [{**DEPLOYMENT, "spec": {}}, SERVICE]
    assert DEPLOYMENT["spec"] == {"probe": 1}


def test_a_change_that_fits_nothing_is_refused(tmp_path: Path) -> None:
    found = load(mutant(tmp_path, "manifests: [{kind: Deployment, name: api, remove: true}]"))
    with pytest.raises(ConfigurationError) as caught:
        found.change([DEPLOYMENT])
    assert str(caught.value) == "no-probe.yaml: no Deployment api is rendered, so nothing changes"


def test_a_patch_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    found = load(mutant(tmp_path, "manifests: [{kind: Deployment, patch: [{op: remove, path: /spec/none}]}]"))
    with pytest.raises(ConfigurationError, match=r"^no-probe\.yaml: the patch of Deployment does not fit: "):
        found.change([DEPLOYMENT])


def test_the_post_renderer_filters_what_helm_gives_it(tmp_path: Path) -> None:
    add = 'add: [{kind: Role, metadata: {name: r, namespace: "${NAMESPACE}"}}]'
    found = load(mutant(tmp_path, f"manifests: [{{kind: Service, remove: true}}]\n{add}"))
    arguments, env = found.post_renderer(tmp_path / "plugins", "shop-1")
    program = Path(env["HELM_PLUGINS"]) / arguments[1] / arguments[1]
    settings = {"kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"share": "1e5"}}  # a number to Helm's YAML
    rendered = yaml.safe_dump_all([DEPLOYMENT, SERVICE, settings])
    said = subprocess.run([program], input=rendered, text=True, capture_output=True, env={**os.environ, **env})
    added = {"kind": "Role", "metadata": {"name": "r", "namespace": "shop-1"}}
    assert list(yaml.safe_load_all(said.stdout)) == [DEPLOYMENT, settings, added]
    assert '"share": "1e5"' in said.stdout
    assert shutil.which(arguments[1], path=env["PATH"]) == str(program)  # where Helm 3 looks for it


def test_without_changes_of_objects_there_is_no_post_renderer(tmp_path: Path) -> None:
    found = load(mutant(tmp_path, "dockerfiles: [{image: web, find: a, put: b}]"))
    assert found.post_renderer(tmp_path, "shop-1") == ((), {})


def test_a_namespace_has_other_labels(tmp_path: Path) -> None:
    assert load(mutant(tmp_path, "namespace: {a/enforce: baseline}")).namespace == {"a/enforce": "baseline"}
    assert load(mutant(tmp_path, "manifests: [{kind: Service, remove: true}]")).namespace == {}


def test_a_dockerfile_is_changed_in_a_copy(tmp_path: Path) -> None:
    dockerfile = tmp_path / "Dockerfile"
    dockerfile.write_text("FROM alpine:3.23\nCOPY a /a\n")
    (tmp_path / "Dockerfile.dockerignore").write_text("*\n")
    source = ImageSource("web", dockerfile, tmp_path, {})
    found = load(mutant(tmp_path, "dockerfiles: [{image: web, find: '^FROM alpine.*$', put: 'FROM debian:12-slim'}]"))
    with found.patched("web", source) as changed:
        assert changed.dockerfile.read_text() == "FROM debian:12-slim\nCOPY a /a\n"
        assert changed.dockerfile.with_name("Dockerfile.dockerignore").read_text() == "*\n"
        assert changed.context == source.context
    assert dockerfile.read_text().startswith("FROM alpine")
    with found.patched("other", source) as same:
        assert same is source


def test_an_expression_that_matches_nothing_is_refused(tmp_path: Path) -> None:
    dockerfile = tmp_path / "Dockerfile"
    dockerfile.write_text("FROM alpine:3.23\n")
    found = load(mutant(tmp_path, "dockerfiles: [{image: web, find: ubuntu, put: b}]"))
    with (
        pytest.raises(ConfigurationError) as caught,
        found.patched("web", ImageSource("web", dockerfile, tmp_path, {})),
    ):
        pass
    assert str(caught.value) == "no-probe.yaml: 'ubuntu' is not in the Dockerfile of web"


def test_the_harness_is_changed_in_a_copy(tmp_path: Path) -> None:
    found = load(mutant(tmp_path, "harness: [{file: console.py, find: 'isatty\\(\\)', put: 'closed'}]"))
    env = found.crippled(tmp_path)
    said = subprocess.run(
        [sys.executable, "-c", "import kube_acceptance.console as it; print(it.__file__)"],
        env={**os.environ, **env},
        text=True,
        capture_output=True,
    )
    copy = Path(said.stdout.strip())
    assert copy.is_relative_to(tmp_path)
    assert "sys.stderr.closed" in copy.read_text()
    assert "sys.stderr.isatty()" in Path(console.__file__).read_text()


def test_a_run_with_the_whole_harness_is_refused(tmp_path: Path) -> None:
    found = load(mutant(tmp_path, "harness: [{file: console.py, find: 'isatty\\(\\)', put: 'closed'}]"))
    with pytest.raises(ConfigurationError) as caught:
        found.must_be_crippled()
    assert str(caught.value).splitlines() == [
        "the mutant no-probe changes the harness itself, and the one that runs is whole",
        "Run  kube-acceptance mutants no-probe  which makes the run with a copy.",
    ]
    check = f"from kube_acceptance.mutation import load; from pathlib import Path; load(Path({str(found.file)!r}))"
    env = {**os.environ, **found.crippled(tmp_path)}
    subprocess.run([sys.executable, "-c", f"{check}.must_be_crippled()"], env=env, check=True)


def test_an_expression_that_is_not_in_the_harness_is_refused(tmp_path: Path) -> None:
    found = load(mutant(tmp_path, "harness: [{file: console.py, find: 'no such line', put: ''}]"))
    with pytest.raises(ConfigurationError) as caught:
        found.crippled(tmp_path)
    assert str(caught.value) == "no-probe.yaml: 'no such line' is not in console.py"


def test_without_changes_of_the_harness_it_is_our_own(tmp_path: Path) -> None:
    assert load(mutant(tmp_path, "manifests: [{kind: Service, remove: true}]")).crippled(tmp_path) == {}


def test_the_chart_is_changed_in_a_copy(tmp_path: Path) -> None:
    chart = tmp_path / "shop"
    chart.mkdir()
    (chart / "values.yaml").write_text("replicas: 2\n")
    found = load(mutant(tmp_path, "chart: [{file: values.yaml, find: '2$', put: '1'}]"))
    copy = found.charted(chart, tmp_path / "scratch")
    assert copy.name == "shop"
    assert (copy / "values.yaml").read_text() == "replicas: 1\n"
    assert (chart / "values.yaml").read_text() == "replicas: 2\n"


def test_without_changes_of_the_chart_it_is_the_projects(tmp_path: Path) -> None:
    found = load(mutant(tmp_path, "manifests: [{kind: Service, remove: true}]"))
    assert found.charted(tmp_path, tmp_path / "scratch") == tmp_path


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("takes-away: x", r"^no-probe\.yaml: requirement: Field required$"),
        (HEAD + "extra: 1", r"^no-probe\.yaml: extra: Extra inputs are not permitted$"),
        ("[", r"^no-probe\.yaml is no mutant: "),
    ],
)
def test_says_what_is_wrong_with_a_file(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "no-probe.yaml").write_text(text)
    with pytest.raises(ConfigurationError, match=sentence):
        load(tmp_path / "no-probe.yaml")


def test_a_mutant_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(tmp_path / "none.yaml")
    assert str(caught.value) == f"there is no mutant none: none.yaml is not in {tmp_path.name}/"


def test_no_mutants_at_all(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_all(tmp_path)
    assert str(caught.value) == f"there are no mutants in {tmp_path.name}/"
