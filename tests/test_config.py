"""The configuration, and the sentences for what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from kube_acceptance import config
from kube_acceptance.errors import ConfigurationError


def write(folder: Path, text: str) -> Path:
    (folder / "pyproject.toml").write_text(text)
    return folder


def test_defaults_without_a_file(tmp_path: Path) -> None:
    settings = config.load(tmp_path)
    assert settings.release == "app"
    assert settings.path("features") == tmp_path / "features"


def test_reads_images_and_cluster(tmp_path: Path) -> None:
    text = """
    [tool.kube-acceptance]
    release = "shop"
    [tool.kube-acceptance.images.web]
    dockerfile = "Dockerfile"
    context = "."
    value = "image"
    build-args = {A = "1"}
    [tool.kube-acceptance.cluster]
    addons = ["ingress.yaml"]
    """
    settings = config.load(write(tmp_path, text))
    assert settings.images["web"].build_args == {"A": "1"}
    assert settings.cluster.addons == [Path("ingress.yaml")]


def test_the_values_that_name_images(tmp_path: Path) -> None:
    text = "[tool.kube-acceptance.images.web]\ndockerfile='a'\ncontext='.'\nvalue='images.web'"
    values = config.load(write(tmp_path, text)).image_values({"web": "registry:5000/shop-web:12ab"})
    assert values == {"images.web.repository": "registry:5000/shop-web", "images.web.tag": "12ab"}
    known = config.load(write(tmp_path, text)).image_values({"web": "registry:5000/shop-web:12ab@sha256:34"})
    assert known == {**values, "images.web.digest": "sha256:34"}


def test_what_bases_may_be(tmp_path: Path) -> None:
    one, two = ("sha256:" + digit * 64 for digit in "12")
    text = f"[tool.kube-acceptance.bases.'a:1']\nlayers=['{one}', ['{one}', '{two}']]\nend-of-life=2027-11-01"
    found = config.load(write(tmp_path, text)).bases["a:1"]
    assert found.layers == [(one,), (one, two)]
    assert str(found.end_of_life) == "2027-11-01"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "[tool.kube-acceptance.bases.'a:1']\nlayers=['sha256:12']",
            "pyproject.toml: tool.kube-acceptance.bases.a:1.layers: 'sha256:12' is no digest; `docker image inspect` "
            "prints them: sha256: and 64 digits",
        ),
        (
            "[tool.kube-acceptance.bases.'a:1']\nlayer=[]",
            "pyproject.toml: tool.kube-acceptance.bases.a:1 has no key 'layer'; did you mean 'layers'?",
        ),
        (
            "[tool.kube-acceptance]\nrelaese = 'x'",
            "pyproject.toml: tool.kube-acceptance has no key 'relaese'; did you mean 'release'?",
        ),
        (
            "[tool.kube-acceptance.cluster]\nadons = []",
            "pyproject.toml: tool.kube-acceptance.cluster has no key 'adons'; did you mean 'addons'?",
        ),
        (
            "[tool.kube-acceptance.images.web]\ndockerfile='a'\ncontext='.'\nvalue='v'\nvalu='w'",
            "pyproject.toml: tool.kube-acceptance.images.web has no key 'valu'; did you mean 'value'?",
        ),
        (
            "[tool.kube-acceptance]\nvalues = 3",
            "pyproject.toml: tool.kube-acceptance.values: Input should be a valid list",
        ),
    ],
)
def test_says_what_is_wrong(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        config.load(write(tmp_path, text))
    assert str(caught.value) == sentence


def test_says_that_it_is_not_toml(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"^pyproject\.toml is not TOML: "):
        config.load(write(tmp_path, "tool = ["))
