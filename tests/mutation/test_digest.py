"""What a verdict depends on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from making import derived, prospect

from kube_acceptance.config import FILE, Config, ImageConfig
from kube_acceptance.mutation.digest import Sources
from kube_acceptance.settings import KEYS, Said, otherwise

SCENARIOS = [prospect("A"), prospect("B")]


@pytest.fixture
def config(tmp_path: Path) -> Config:
    for folder in ("chart", "steps/__pycache__", "features", "context"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "chart" / "Chart.yaml").touch()
    (tmp_path / "features" / "a.feature").touch()
    (tmp_path / "Dockerfile").write_text("FROM alpine:3.23\n")
    (tmp_path / FILE).write_text("[tool.kube-acceptance]\n")
    image = ImageConfig(dockerfile=Path("Dockerfile"), context=Path("context"), value="image")
    return Config(root=tmp_path, images={"web": image})


def both(config: Config, **changes: object) -> tuple[str, str]:
    sources = Sources(config)
    mutant = derived(**changes)
    static, whole = (sources.of(mutant, SCENARIOS, static=only) for only in (True, False))
    return static, whole


@pytest.mark.parametrize(
    ("change", "static", "whole"),
    [
        (lambda root: (root / "chart" / "Chart.yaml").write_text("a"), False, False),
        (lambda root: (root / "chart" / "new.yaml").touch(), False, False),
        (lambda root: (root / "features" / "a.feature").write_text("a"), False, False),
        (lambda root: (root / "steps" / "new.py").touch(), False, False),
        (lambda root: (root / "conftest.py").touch(), False, False),
        (lambda root: (root / "pyproject.toml").write_text("[tool.kube-acceptance]\ntitle = 'a'"), False, False),
        (
            lambda root: (root / "pyproject.toml").write_text("[tool.kube-acceptance.mutation]\nthreshold = 9"),
            True,
            True,
        ),
        (lambda root: (root / "context" / "main.py").touch(), True, False),
        (lambda root: (root / "Dockerfile").write_text("FROM alpine:3.24\n"), True, False),
        (lambda root: (root / "features" / "b.feature").touch(), True, True),
        (lambda root: (root / "steps" / "__pycache__" / "a.pyc").touch(), True, True),
        (lambda root: (root / "README.md").touch(), True, True),
    ],
)
def test_what_counts(config: Config, change: Callable[[Path], object], static: bool, whole: bool) -> None:
    before = both(config)
    assert both(config) == before
    change(config.root)
    assert tuple(now == then for now, then in zip(both(config), before, strict=True)) == (static, whole)


def test_what_variables_say_counts(config: Config) -> None:
    before = both(config)
    for name, value, same in (("release", "other", False), ("mutation.threshold", "9", True)):
        said = otherwise(config, [Said(KEYS[name], "KUBE_ACCEPTANCE_X", value)])
        assert (both(said) == before) is same


def test_the_mutant_and_who_may_notice(config: Config) -> None:
    before = both(config)
    assert both(config, file="/elsewhere", takes_away="said otherwise", unnoticed="likewise") == before
    assert both(config, signs=("other",)) != before
    assert Sources(config).of(derived(), SCENARIOS[:1], static=True) != before[0]
    assert Sources(config).of(derived(), SCENARIOS[::-1], static=True) == before[0]
