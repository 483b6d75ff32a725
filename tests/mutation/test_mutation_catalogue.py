"""All mutants of a project, and the choice among them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from making import derived

from kube_acceptance.config import Config, ImageConfig
from kube_acceptance.errors import ConfigurationError
from kube_acceptance.mutation import catalogue
from kube_acceptance.mutation.catalogue import Deployment, changed, named, sample

MUTANTS = [derived("web"), derived("shop"), derived("web", operator="policy-widened")]


class Chart:
    """Renders one object more with each values file."""

    def __init__(self, folder: Path, file: str = "") -> None:
        self.folder, self._file = folder, file

    def using(self, file: Path) -> Chart:
        return Chart(self.folder, file.name)

    def render(self, *, name: str, namespace: str) -> list[dict[str, Any]]:
        names = ["web", *([self._file] if self._file else [])]
        return [{"kind": "Service", "metadata": {"name": each}, "spec": {"of": self._file}} for each in names]


@pytest.fixture
def config(tmp_path: Path) -> Config:
    (tmp_path / "values-big.yaml").touch()
    (tmp_path / "context").mkdir()
    (tmp_path / "Dockerfile").write_text("FROM alpine:3.23\nUSER 1000\n")
    image = ImageConfig(dockerfile=Path("Dockerfile"), context=Path("context"), value="image")
    return Config(root=tmp_path, images={"web": image})


def test_operators_see_what_every_values_file_renders(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[object] = []
    monkeypatch.setattr(catalogue, "OPERATORS", (lambda objects: seen.extend(objects) or [derived()],))
    monkeypatch.setattr(catalogue, "from_dockerfile", lambda image, text: [derived(object=f"{image} {len(text)}")])
    deployment = Deployment(config, Chart(config.root))  # type: ignore[arg-type]
    assert [each.object for each in deployment.mutants()] == ["NetworkPolicy web", "web 27"]
    # what runs install comes first
    assert seen == deployment.objects
    assert [(each["metadata"]["name"], each["spec"]["of"]) for each in deployment.objects] == [
        ("web", ""),
        ("values-big.yaml", "values-big.yaml"),
    ]


def test_what_is_as_it_was_is_known_by_its_digest(config: Config) -> None:
    before = Deployment(config, Chart(config.root)).digests()  # type: ignore[arg-type]
    assert list(before) == ["Service web", "Service values-big.yaml", "image web"]
    (config.root / "Dockerfile").write_text("FROM alpine:3.23\n")
    after = Deployment(config, Chart(config.root)).digests()  # type: ignore[arg-type]
    assert [name for name in after if after[name] != before[name]] == ["image web"]
    mutants = [derived(object="Service web"), derived(object="image web"), derived(object="Service new")]
    assert changed(mutants, {**after, "Service new": "1"}, before) == mutants[1:]


def test_by_name() -> None:
    assert named(MUTANTS, []) == MUTANTS
    assert named(MUTANTS, ["policy-removed.*"]) == MUTANTS[:2]
    assert named(MUTANTS, ["*.networkpolicy-shop", "policy-widened.*"]) == MUTANTS[1:]
    with pytest.raises(ConfigurationError) as caught:
        named(MUTANTS, ["*", "probe-*"])
    assert str(caught.value) == "no mutant is called probe-*\nSee what there is:  kube-acceptance mutate --list"


def test_by_chance() -> None:
    assert sample(MUTANTS, 2, seed=1) == sample(MUTANTS, 2, seed=1)
    assert {len(sample(MUTANTS, count, seed=1)) for count in (3, 9)} == {3}
    assert all(sample(MUTANTS, 2, seed=each) in (MUTANTS[:2], MUTANTS[1:], MUTANTS[::2]) for each in range(9))


def test_what_was_deployed_at_a_commit(config: Config, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[Any] = []

    def unpack(given: Config, folder: Path) -> tuple[Config, str]:
        asked.append((given.previous, folder))
        return config, "1"

    monkeypatch.setattr(catalogue, "unpack", unpack)
    found = catalogue.before(config, "0" * 40, tmp_path / "x", lambda earlier: Chart(earlier.root))  # type: ignore[arg-type,return-value]
    assert [(previous.revision, folder) for previous, folder in asked] == [("0" * 40, tmp_path / "x")]
    assert list(found.digests()) == ["Service web", "Service values-big.yaml", "image web"]
