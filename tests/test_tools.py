"""Where tools come from, and that a wrong checksum is refused."""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
from pathlib import Path

import pytest
import requests

from kube_acceptance import tools
from kube_acceptance.errors import ToolError


@pytest.fixture
def no_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    monkeypatch.setattr(tools.platform, "system", lambda: "Linux")
    monkeypatch.setattr(tools.platform, "machine", lambda: "x86_64")


def program(file: Path) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("#!/bin/sh\n")
    file.chmod(0o755)
    return file


def pinned(monkeypatch: pytest.MonkeyPatch, body: bytes, *, sha256: str = "", member: str = "") -> None:
    digest = sha256 or hashlib.sha256(body).hexdigest()
    pin = tools.Pin("1.0.0", "https://example.invalid/helm-{platform}", {"linux-amd64": digest}, member)
    monkeypatch.setattr(tools, "PINS", {"helm": pin})
    monkeypatch.setattr(tools, "_get", lambda url: body)


def test_the_users_choice_comes_first(tmp_path: Path) -> None:
    mine = program(tmp_path / "mine")
    assert tools.resolve("helm", cache=tmp_path, given=mine) == mine


def test_the_users_choice_must_be_a_program(tmp_path: Path) -> None:
    with pytest.raises(ToolError) as caught:
        tools.resolve("helm", cache=tmp_path, given=tmp_path / "none")
    assert str(caught.value) == f"{tmp_path / 'none'} is no program\nName the file of helm, or leave the option out."


def test_path_comes_before_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    on_path = program(tmp_path / "bin" / "helm")
    program(tmp_path / "cache" / "tools" / "helm-1.0.0")
    monkeypatch.setenv("PATH", str(on_path.parent))
    assert tools.resolve("helm", cache=tmp_path / "cache") == on_path


@pytest.mark.usefixtures("no_path")
def test_the_cache_comes_before_a_download(tmp_path: Path) -> None:
    cached = program(tmp_path / "tools" / "helm-4.3.1")
    assert tools.resolve("helm", cache=tmp_path) == cached


@pytest.mark.usefixtures("no_path")
def test_a_bundles_tool_comes_before_a_downloaded_one(tmp_path: Path) -> None:
    program(tmp_path / "tools" / "helm-4.2.2")
    bundled = program(tmp_path / "tools" / "bin" / "helm")
    assert tools.resolve("helm", cache=tmp_path) == bundled


@pytest.mark.usefixtures("no_path")
def test_what_is_not_pinned_is_not_downloaded(tmp_path: Path) -> None:
    with pytest.raises(ToolError) as caught:
        tools.resolve("minikube", cache=tmp_path)
    assert str(caught.value) == (
        "minikube is not here\n"
        "Install it and put it on PATH, or run kube-acceptance's deploy/closed-network/load --tools-only minikube."
    )
    bundled = program(tmp_path / "tools" / "bin" / "minikube")
    assert tools.resolve("minikube", cache=tmp_path) == bundled


@pytest.mark.usefixtures("no_path")
def test_downloads_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pinned(monkeypatch, b"the program")
    found = tools.resolve("helm", cache=tmp_path)
    assert found.read_bytes() == b"the program"
    assert os.access(found, os.X_OK)
    monkeypatch.setattr(tools, "_get", lambda url: pytest.fail("it is there already"))
    assert tools.resolve("helm", cache=tmp_path) == found


@pytest.mark.usefixtures("no_path")
def test_takes_the_program_out_of_an_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        info = tarfile.TarInfo("linux-amd64/helm")
        info.size = 3
        archive.addfile(info, io.BytesIO(b"abc"))
    pinned(monkeypatch, buffer.getvalue(), member="{platform}/helm")
    assert tools.resolve("helm", cache=tmp_path).read_bytes() == b"abc"


@pytest.mark.usefixtures("no_path")
def test_a_wrong_checksum_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pinned(monkeypatch, b"changed", sha256="0" * 64)
    with pytest.raises(ToolError) as caught:
        tools.resolve("helm", cache=tmp_path)
    assert str(caught.value) == (
        "https://example.invalid/helm-linux-amd64 does not have the pinned checksum: refused\n"
        "Somebody on the way changed it, or the pin in kube_acceptance/tools.py is wrong.\n"
        f"  expected sha256 {'0' * 64}\n"
        f"  received sha256 {hashlib.sha256(b'changed').hexdigest()}"
    )
    assert not list((tmp_path / "tools").glob("*"))


@pytest.mark.usefixtures("no_path")
def test_no_way_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(url: str) -> bytes:
        raise requests.ConnectionError

    monkeypatch.setattr(tools, "_get", refuse)
    with pytest.raises(ToolError) as caught:
        tools.resolve("helm", cache=tmp_path)
    assert str(caught.value) == (
        "helm is not on PATH and cannot be downloaded: ConnectionError\n"
        "Install helm and put it on PATH, or load a bundle: kube-acceptance's deploy/closed-network/load --tools-only."
    )
