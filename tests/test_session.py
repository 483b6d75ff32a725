from __future__ import annotations

import os
from pathlib import Path

import pytest

from kube_acceptance.config import Config, ImageConfig
from kube_acceptance.errors import ConfigurationError
from kube_acceptance.session import Session


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
