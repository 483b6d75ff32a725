"""kind, kubectl and helm: on PATH, else in the cache (also from a bundle), else downloaded at a pinned checksum.

Others, such as minikube, are not downloaded.
"""

from __future__ import annotations

import hashlib
import io
import os
import platform
import shutil
import tarfile
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import requests
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_fixed

from kube_acceptance.console import progress
from kube_acceptance.errors import ToolError


@dataclass(frozen=True)
class Pin:
    """A released program: where it is downloaded from and the SHA-256 of what must arrive, by platform."""

    version: str
    url: str
    sha256: Mapping[str, str]
    member: str = ""  # the program's place in the archive; empty: the download is the program


@dataclass(frozen=True)
class Located:
    """A program that was found, and where, in words."""

    path: Path
    place: str


BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

# Checksums: the ones published beside each release.
PINS: Mapping[str, Pin] = {
    "kind": Pin(
        "0.31.0",
        "https://github.com/kubernetes-sigs/kind/releases/download/v{version}/kind-{platform}",
        {
            "linux-amd64": "eb244cbafcc157dff60cf68693c14c9a75c4e6e6fedaf9cd71c58117cb93e3fa",
            "linux-arm64": "8e1014e87c34901cc422a1445866835d1e666f2a61301c27e722bdeab5a1f7e4",
        },
    ),
    "kubectl": Pin(
        "1.35.0",
        "https://dl.k8s.io/release/v{version}/bin/{os}/{arch}/kubectl",
        {
            "linux-amd64": "a2e984a18a0c063279d692533031c1eff93a262afcc0afdc517375432d060989",
            "linux-arm64": "58f82f9fe796c375c5c4b8439850b0f3f4d401a52434052f2df46035a8789e25",
        },
    ),
    "helm": Pin(
        "4.2.2",
        "https://get.helm.sh/helm-v{version}-{platform}.tar.gz",
        {
            "linux-amd64": "9adafecab4d406853bba163a70e9f104f47dbbf65ce24b7653bae7e36150bcb6",
            "linux-arm64": "78803142087a0069fa4b50d3f32a84d3ef25c14d1ee8a40fbccf86a6216d2f36",
        },
        "{platform}/helm",
    ),
    # the oldest Helm that is supported, for scenarios that ask for it
    "helm3": Pin(
        "3.10.3",
        "https://get.helm.sh/helm-v{version}-{platform}.tar.gz",
        {
            "linux-amd64": "950439759ece902157cf915b209b8d694e6f675eaab5099fb7894f30eeaee9a2",
            "linux-arm64": "260cda5ff2ed5d01dd0fd6e7e09bc80126e00d8bdc55f3269d05129e32f6f99d",
        },
        "{platform}/helm",
    ),
}


def resolve(name: str, *, cache: Path, given: Path | None = None) -> Path:
    """Find a program.

    Args:
        name: One of `PINS`, which are downloaded where they are nowhere, or another.
        cache: The folder whose `tools/` holds what was downloaded or taken from a bundle.
        given: The user's own choice; then nothing else is tried.

    Raises:
        ToolError: It is nowhere, or a download does not have the pinned checksum.
    """
    if given is not None:
        if not os.access(given, os.X_OK):
            raise ToolError(f"{given} is no program", hint=f"Name the file of {name}, or leave the option out.")
        return given.absolute()
    if found := locate(name, cache=cache):
        return found.path
    if name not in PINS:
        raise ToolError(
            f"{name} is not here",
            hint="Install it and put it on PATH, or run kube-acceptance's deploy/closed-network/load --tools-only "
            f"{name}.",
        )
    return _download(name, PINS[name], cache / "tools")


def locate(name: str, *, cache: Path) -> Located | None:
    """Where a program is found without downloading anything; None when it is nowhere.

    Args:
        name: One of `PINS`.
        cache: As for `resolve`.
    """
    if found := shutil.which(name):
        return Located(Path(found), "on PATH")
    # a bundle leaves its tools under their plain names, a download under its version
    if os.access(bundled := cache / "tools" / "bin" / name, os.X_OK):
        return Located(bundled, "from a bundle")
    if cached := sorted((cache / "tools").glob(f"{name}-*")):
        return Located(cached[-1], "in the cache")
    return None


def locate_browser() -> str | None:
    """The machine's own Chromium or Chrome; None where there is none, and Playwright's may serve."""
    return next((found for name in BROWSERS if (found := shutil.which(name))), None)


def can_download(name: str) -> bool:
    """Whether a release of a program is pinned for this machine."""
    return _platform() in PINS[name].sha256


def _platform() -> str:
    system, machine = platform.system().lower(), {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), "")
    return f"{system}-{machine}"


def _download(name: str, pin: Pin, folder: Path) -> Path:
    where = _platform()
    load = "kube-acceptance's deploy/closed-network/load --tools-only"
    advice = f"Install {name} and put it on PATH, or load a bundle: {load}."
    if where not in pin.sha256:
        raise ToolError(f"{name} is not on PATH, and no release of it is pinned for {where}", hint=advice)
    words = {"version": pin.version, "platform": where, "os": where.split("-")[0], "arch": where.split("-")[1]}
    url = pin.url.format(**words)
    progress(f"downloading {name} {pin.version}")
    try:
        body = _get(url)
    except requests.RequestException as error:
        raise ToolError(
            f"{name} is not on PATH and cannot be downloaded: {type(error).__name__}", hint=advice
        ) from error
    check(body, expected=pin.sha256[where], what=url)
    if pin.member:
        with tarfile.open(fileobj=io.BytesIO(body)) as archive:
            member = archive.extractfile(pin.member.format(**words))
            assert member is not None  # the checksum says that it is this archive
            body = member.read()
    return _store(body, folder / f"{name}-{pin.version}")


@retry(
    retry=retry_if_exception_type((requests.ConnectionError, requests.Timeout)),
    stop=stop_after_attempt(2),
    wait=wait_fixed(1),
    reraise=True,
)
def _get(url: str) -> bytes:
    response = requests.get(url, timeout=(5, 60))
    response.raise_for_status()
    return response.content


def check(body: bytes, *, expected: str, what: str) -> None:
    """Refuse a download that is not the pinned one.

    Raises:
        ToolError: The SHA-256 differs.
    """
    actual = hashlib.sha256(body).hexdigest()
    if actual != expected:
        raise ToolError(
            f"{what} does not have the pinned checksum: refused",
            details=[f"expected sha256 {expected}", f"received sha256 {actual}"],
            hint="Somebody on the way changed it, or the pin in kube_acceptance/tools.py is wrong.",
        )


def _store(body: bytes, target: Path) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    # written beside and moved: another worker never sees half a program
    with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as file:
        file.write(body)
    Path(file.name).chmod(0o755)
    return Path(file.name).replace(target)
