"""`kube-acceptance images`: what it prints, and which images it is about."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from kube_acceptance import cli, session
from kube_acceptance.config import Config, ImageConfig, PreviousConfig
from kube_acceptance.errors import ConfigurationError
from kube_acceptance.images import kept
from kube_acceptance.images.kept import Kept
from kube_acceptance.session import PROBE, all_sources


@pytest.fixture
def found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    images: dict[str, str] = {}
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(session, "connect", lambda: None)
    monkeypatch.setattr(kept, "built", lambda *_, **__: images)
    return images


def said(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(cli.app, ["images", *words])
    return done.exit_code, done.stdout


def test_what_is_built(found: dict[str, str]) -> None:
    assert said() == (0, "none of the project's images is built\n")
    found |= {"web:1": "b", "api:1": "a"}
    assert said() == (0, "api:1\nweb:1\n")


def test_loads_before_it_looks_and_keeps(found: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    def load(folder: Path) -> list[Path]:
        found["web:1"] = "a"
        return [folder / "one.tar"]

    monkeypatch.setattr(kept, "load", load)
    monkeypatch.setattr(kept, "save", lambda images, folder: Kept(folder / "two.tar", tuple(images), True))
    assert said("--load", "in", "--save", "out") == (0, "loaded in/one.tar\nweb:1\nkept: out/two.tar\n")
    monkeypatch.setattr(kept, "save", lambda images, folder: Kept(folder / "two.tar", tuple(images), False))
    assert said("--save", "out") == (0, "web:1\nthey are kept already: out/two.tar\n")


def test_those_of_the_version_before_are_kept_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    web, old = (ImageConfig(dockerfile=Path(name), context=Path(), value="image") for name in ("web", "old"))
    config = Config(release="shop", images={"web": web}, previous=PreviousConfig(revision="0" * 40))

    def unpack(config: Config, folder: Path) -> tuple[Config, str]:
        return Config(root=folder, release="shop", images={"web": old}), "0" * 40

    def names() -> list[tuple[str, Any]]:
        return [(each.name, each.dockerfile) for each in all_sources(config, tmp_path)]

    monkeypatch.setattr(session, "unpack", unpack)
    probe = Path(session.__file__).parent / "probe/image/Dockerfile"
    today = [("shop-web", Path("web")), (PROBE, probe)]
    assert names() == [*today, ("shop-web", tmp_path / "old")]

    def shallow(*_: object) -> Any:
        raise ConfigurationError("the repository has no commit 000")

    monkeypatch.setattr(session, "unpack", shallow)
    assert names() == today
