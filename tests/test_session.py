from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace as Object
from typing import Any

import pytest

from kube_acceptance.cluster import Kind, Minikube
from kube_acceptance.config import ClusterConfig, Config, ImageConfig
from kube_acceptance.errors import ConfigurationError
from kube_acceptance.session import MINIKUBE, Session, cluster_name, leftover, own_minikube


def test_an_image_that_the_project_does_not_build_is_told() -> None:
    image = ImageConfig.model_validate({"dockerfile": Path("a"), "context": Path("b"), "value": "image"})
    session = Session(Config(images={"web": image, "api": image}), owner=os.getpid(), cluster_name="c", tools={})
    for look in (session.image, session.source):
        with pytest.raises(ConfigurationError) as refused:
            look("worker")
        assert str(refused.value) == "the project builds no image worker\nIts images are: web, api."


def test_a_values_file_that_the_chart_has_not_is_told(tmp_path: Path) -> None:
    (tmp_path / "chart").mkdir()
    (tmp_path / "chart" / "values-dev.yaml").write_text("")
    tools = {"helm": Path("/bin/true")}
    session = Session(Config(root=tmp_path), owner=os.getpid(), cluster_name="c", tools=tools)
    with pytest.raises(ConfigurationError) as refused:
        session.values_release("values-div.yaml", lambda _: None, redact=str)
    assert str(refused.value) == "the chart has no values file values-div.yaml\nIt has values-dev.yaml."


def test_a_folders_two_clusters_have_names_of_their_own(tmp_path: Path) -> None:
    config = Config(root=tmp_path)
    assert cluster_name(config, MINIKUBE) == f"{cluster_name(config)}-minikube"


def test_minikubes_cluster_is_like_kinds(tmp_path: Path) -> None:
    (tmp_path / "kind.yaml").write_text("nodes: [{role: worker, labels: {a: b}}, {role: control-plane}]")
    for image, version in (("kindest/node:v1.30.0@sha256:1", "v1.30.0"), ("mine", "")):
        cluster = ClusterConfig.model_validate({"image": image, "config": "kind.yaml", "minikube-image": "m"})
        config = Config(root=tmp_path, cluster=cluster)
        made = own_minikube(config, "c", engine=Object(), tool=Path, strict=False)  # type: ignore[arg-type]
        assert (made._image, made._kubernetes, made._labels) == ("m", version, {"a": "b"})
    assert own_minikube(Config(root=tmp_path), "c", engine=Object(), tool=Path, strict=False)._labels == {}  # type: ignore[arg-type]


def test_who_removes_a_cluster_of_which_nothing_is_known(tmp_path: Path) -> None:
    def listed(all: bool, ignore_removed: bool, filters: dict[str, str]) -> list[str]:
        return ["node"] if filters == {"label": "name.minikube.sigs.k8s.io=adrift"} else []

    engine: Any = Object(containers=Object(list=listed))
    of = leftover(engine, Path)
    (tmp_path / "marked").mkdir()
    (tmp_path / "marked" / "minikube").touch()
    found = {name: type(of(name, tmp_path / name)) for name in ("marked", "adrift", "other")}
    assert found == {"marked": Minikube, "adrift": Minikube, "other": Kind}


def test_a_release_has_images_by_the_names_that_the_cluster_knows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = ImageConfig.model_validate({"dockerfile": Path("a"), "context": Path("b"), "value": "image"})
    tools = {"helm": Path("/bin/true")}
    session = Session(Config(root=tmp_path, images={"web": image}), owner=os.getpid(), cluster_name="c", tools=tools)

    def load(references: list[str]) -> dict[str, str]:
        return {each: f"{each}@sha256:2" for each in references}

    class Once:
        def once(self, name: str, make: Callable[[], Any]) -> Any:
            return make()

    monkeypatch.setattr(Session, "images", {"web": Object(reference="there/web:1")})
    monkeypatch.setattr(Session, "shared", Once())
    monkeypatch.setattr(Session, "_provider", Object(load=load))
    monkeypatch.setattr(Session, "cluster", property(lambda self: self._prepare()))
    named = {"image.repository": "there/web", "image.tag": "1", "image.digest": "sha256:2"}
    assert session.new_release("one").chart.overrides == named
    assert "image.digest" not in session.deployable_chart().overrides  # what is rendered without a cluster
    monkeypatch.setattr(Session, "build_one", lambda *_: Object(reference="there/web:2"))
    monkeypatch.setattr("kube_acceptance.session.another", lambda *_: None)
    assert session.other_builds == {"web": "there/web:2@sha256:2"}
