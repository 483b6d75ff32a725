"""Which words files say, and which files are an application's manifests."""

from __future__ import annotations

from pathlib import Path

import pytest

from kube_acceptance.security.layers import Application, mentions, trespasses

DEPLOYMENT = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "labels": {"app.kubernetes.io/name": "shop"}},
    "spec": {"template": {"spec": {"containers": [{"name": "web", "image": "shop-web:1.0"}]}}},
}


def written(root: Path, **files: str) -> list[str]:
    names = []
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        names.append(path.relative_to(root).as_posix())
    return names


@pytest.mark.parametrize("text", ["pod", "a pod.", "Pods", "POD_NAME", "pod-1", "podName", "myPod", "PODS", "the_pod"])
def test_a_word_is_found_alone_and_in_names(tmp_path: Path, text: str) -> None:
    [found] = mentions(tmp_path, written(tmp_path, app__a_dot_py=f"\n  {text}\n"), "pod")
    assert str(found) == f"app/a.py:2 says 'pod': {text}"


@pytest.mark.parametrize("text", ["tripod", "podium", "podcast", "Podcast", "hypoderm"])
def test_a_word_is_not_found_inside_another(tmp_path: Path, text: str) -> None:
    assert list(mentions(tmp_path, written(tmp_path, app__a_dot_py=text), "pod")) == []


def test_files_that_are_no_text_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "x.png").write_bytes(b"\xff\xfe pod")
    assert list(mentions(tmp_path, ["x.png"], "pod")) == []


def test_a_folder_that_says_the_word_trespasses(tmp_path: Path) -> None:
    files = written(tmp_path, app__a_dot_py="in a pod", chart__x_dot_yaml="a pod")
    assert trespasses(tmp_path, files, folder="app", word="pod", place="chart") == ["app/a.py:1 says 'pod': in a pod"]
    assert trespasses(tmp_path, files, folder="app", word="pod", place="chart", excepted=["**/a.py"]) == []


def test_a_search_that_finds_the_word_nowhere_shows_nothing(tmp_path: Path) -> None:
    files = written(tmp_path, app__a_dot_py="", chart__x_dot_yaml="")
    assert trespasses(tmp_path, files, folder="app", word="pod", place="chart") == [
        "no file below chart says 'pod' either, so the search shows nothing; name where it is said"
    ]


def test_an_exception_that_nothing_needs_is_wrong(tmp_path: Path) -> None:
    files = written(tmp_path, app__a_dot_py="", chart__x_dot_yaml="a pod")
    assert trespasses(tmp_path, files, folder="app", word="pod", place="chart", excepted=["app/*.py"]) == [
        "no file app/*.py says 'pod'; remove the exception"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "apiVersion: v1\nkind: Service\nmetadata: {labels: {app.kubernetes.io/name: shop}}\n",
        "- {apiVersion: v1, kind: Pod, spec: {containers: [{image: 'shop-web:1.0'}]}}\n",
        '{"apiVersion": "v1", "kind": "List", "metadata": {"labels": {"app.kubernetes.io/name": "shop"}}}',
        "{{ if .x }}\napiVersion: v1\nkind: Service\nimage: registry.example/shop-web@sha256:0\n{{ end }}\n",
    ],
)
def test_a_manifest_of_the_application_is_known_anywhere(tmp_path: Path, text: str) -> None:
    files = written(tmp_path, deploy__x_dot_yaml=text, charts__x_dot_yaml=text)
    application = Application([DEPLOYMENT], ["shop-web"])
    assert application.unknown() == []
    assert application.strays(tmp_path, files, homes=["charts"]) == [
        "deploy/x.yaml is a manifest of the application; move it into charts"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "apiVersion: v1\nkind: Service\nmetadata: {labels: {app.kubernetes.io/name: shopping}}\n",
        "apiVersion: v1\nkind: Pod\nspec: {containers: [{image: my-shop-web:1.0}]}\n",
        "kind: Deployment\nname: shop-web\n",
    ],
)
def test_other_files_are_not_taken_for_its_manifests(tmp_path: Path, text: str) -> None:
    files = written(tmp_path, deploy__x_dot_yaml=text)
    assert Application([DEPLOYMENT], ["shop-web"]).strays(tmp_path, files, homes=["charts"]) == []


def test_a_workload_that_would_not_be_known_is_told() -> None:
    bare = {**DEPLOYMENT, "metadata": {"name": "web"}}
    assert Application([DEPLOYMENT, bare], []).unknown() == [
        "the manifest of Deployment web would not be known for the application's;"
        " give it the label app.kubernetes.io/name"
    ]
