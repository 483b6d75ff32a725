from __future__ import annotations

import json
from pathlib import Path

import pytest
from image_archives import Engine, Image, file, old_layout
from small_images import ALPINE, ELF
from typer.testing import CliRunner

from kube_acceptance import cli
from kube_acceptance.errors import ConfigurationError, ImageError


@pytest.fixture(autouse=True)
def engine(monkeypatch: pytest.MonkeyPatch) -> None:
    body = old_layout([ALPINE, [file("opt/strange", ELF, 0o755)]]).getvalue()
    known = Engine({"shop:1": Image("sha256:1", RepoDigests=[])}, {"shop:1": body})
    monkeypatch.setattr("kube_acceptance.session.connect", lambda: known)


def test_the_bill_goes_to_standard_output_and_the_unknown_to_the_other() -> None:
    done = CliRunner().invoke(cli.app, ["bill", "shop:1"])
    assert json.loads(done.stdout)["metadata"]["component"]["name"] == "shop"
    assert done.stderr == "1 programs and libraries belong to no package and are no known program\n"


def test_the_bill_goes_to_a_file(tmp_path: Path) -> None:
    done = CliRunner().invoke(cli.app, ["bill", "shop:1", "--output", str(tmp_path / "shop.cdx.json")])
    assert done.stdout == f"{tmp_path}/shop.cdx.json: 2 apk, 1 file, 1 operating-system\n"
    assert json.loads((tmp_path / "shop.cdx.json").read_text())["specVersion"] == "1.6"


def test_an_archive_needs_no_docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "shop.tar").write_bytes(old_layout([ALPINE]).getvalue())
    monkeypatch.setattr("kube_acceptance.session.connect", lambda: pytest.fail("Docker is asked"))
    done = CliRunner().invoke(cli.app, ["bill", str(tmp_path / "shop.tar")])
    assert json.loads(done.stdout)["metadata"]["component"]["name"] == "shop.tar"


def test_what_cannot_be_done_is_told(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"^Docker has no image nonsense\nBuild it first"):
        CliRunner().invoke(cli.app, ["bill", "nonsense"], catch_exceptions=False)
    with pytest.raises(ConfigurationError, match="cannot be written: No such file or directory\nName a file"):
        CliRunner().invoke(cli.app, ["bill", "shop:1", "--output", str(tmp_path / "x/y")], catch_exceptions=False)
