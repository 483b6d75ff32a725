from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from image_archives import ALPINE_LAYER, Engine, Image, file, old_layout

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.images import BuiltImage, ImageSource
from kube_acceptance.images.workshop import Workshop


class Images(Engine):
    """An engine that knows names and removes references."""

    def __init__(self) -> None:
        super().__init__()
        self.removed: list[str] = []

    def list(self, name: str) -> list[Any]:
        found = [Image(each) for each in self.known if each.startswith(name)]
        for image in found:
            image.tags = [image.id]  # type: ignore[attr-defined]
        return found

    def remove(self, reference: str) -> None:
        self.removed.append(reference)
        del self.known[reference]


@pytest.fixture
def engine() -> Images:
    return Images()


@pytest.fixture
def calls() -> list[tuple[str, bool, str]]:
    return []


@pytest.fixture
def workshop(tmp_path: Path, engine: Any, calls: list[tuple[str, bool, str]]) -> Workshop:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "main.py").write_text("a")
    (tmp_path / "Dockerfile").write_text("FROM alpine:3.23\n")
    source = ImageSource("shop-web", tmp_path / "Dockerfile", tmp_path / "app")

    def build(source: ImageSource, *, cached: bool, heard: Callable[[str], object]) -> BuiltImage:
        text = (source.context / "main.py").read_text()
        calls.append((source.name, cached, text))
        reference = f"{source.name}:{text}"
        engine.known[reference] = Image("sha256:1", Architecture="amd64")
        engine.exports[reference] = old_layout([ALPINE_LAYER, [file("main.py", text)]]).getvalue()
        heard("#1 [1/1] COPY main.py /")
        heard("#1 DONE 1.0s")
        return BuiltImage(source.name, reference, "sha256:1", True, 1.0)

    return Workshop(build, lambda name: contextlib.nullcontext(source), engine)


def test_an_image_is_built_anew_once(workshop: Workshop, engine: Images, calls: list[tuple[str, bool, str]]) -> None:
    with workshop:
        first = workshop.anew("web")
        assert workshop.anew("web") is first
        assert [step.text for step in first.steps] == ["COPY main.py /"]
        assert engine.removed == []
    name = f"kube-acceptance-{os.getpid()}-anew-shop-web"
    assert calls == [(name, False, "a")]
    assert engine.removed == [f"{name}:a"]


def test_a_change_is_built_and_taken_away(workshop: Workshop, engine: Images, tmp_path: Path) -> None:
    with workshop, workshop.change("web", workshop.anew("web")) as change:
        with pytest.raises(AcceptanceError) as caught:
            _ = change.after
        assert str(caught.value) == "the copy of the sources of web was not built, so nothing can be told of it"
        (change.source.context / "main.py").write_text("b")
        assert change.build().contents.read("main.py") == b"b"
        assert change.before.contents.read("main.py") == b"a"
        folder = change.source.context
    assert not folder.exists()
    assert (tmp_path / "app" / "main.py").read_text() == "a"
    assert engine.known == {}


def test_what_was_built_goes_also_when_the_scenario_fails(workshop: Workshop, engine: Images) -> None:
    def fail() -> None:
        with workshop, workshop.change("web", workshop.anew("web")) as change:
            change.build()
            raise AssertionError

    with pytest.raises(AssertionError):
        fail()
    assert engine.known == {}
    assert len(engine.removed) == 2
