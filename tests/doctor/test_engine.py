"""Each fault of Docker gives its line, and its fix."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace as Some
from typing import Any

import pytest
import requests
from docker.errors import DockerException, ImageNotFound

from kube_acceptance.doctor import engine
from kube_acceptance.doctor.engine import GIB, Docker
from kube_acceptance.doctor.finding import Finding, missing, ok, warning
from kube_acceptance.errors import MachineError


class Client:
    """Docker's API, as far as the checks ask it."""

    def __init__(self, *, version: str = "27.0.1", images: tuple[str, ...] = (), **info: Any) -> None:
        self._version = version
        self._info = {"OSType": "linux", **info}
        self._images = images
        self.images = self
        self.containers = Some(list=lambda filters: [])

    def version(self) -> dict[str, str]:
        return {"Version": self._version, "ApiVersion": "1.46"}

    def info(self) -> dict[str, Any]:
        return self._info

    def get(self, reference: str) -> str:
        if reference not in self._images:
            raise ImageNotFound(reference)
        return reference


def docker(**told: Any) -> Docker:
    return Docker(lambda: Client(**told))


def failing(error: Exception) -> Docker:
    def connect() -> Any:
        raise error

    return Docker(connect)


def test_engine() -> None:
    assert engine.engine(docker()) == ok("27.0.1, API 1.46, linux")
    assert engine.engine(docker(version="20.10.24+dfsg1")) == ok("20.10.24+dfsg1, API 1.46, linux")
    assert engine.engine(docker(version="19.03.8")) == missing(
        "19.03.8, API 1.46, linux is too old", "Install Docker 20.10 or newer."
    )


@pytest.mark.parametrize(
    ("error", "summary", "hint"),
    [
        (
            DockerException("Error while fetching server API version: ('Connection aborted.', FileNotFoundError(2))"),
            "Docker is not running",
            "Start Docker; on Debian and Ubuntu kube-acceptance's deploy/machine/up does, and installs it where it "
            "is missing.",
        ),
        (
            DockerException("('Connection aborted.', PermissionError(13, 'Permission denied'))"),
            "this user may not reach Docker",
            'As root: usermod -aG docker "$USER", then log in anew.',
        ),
        (requests.ReadTimeout("Read timed out."), "Docker does not answer within 4 s", "Restart Docker."),
    ],
)
def test_an_engine_that_cannot_be_reached(error: Exception, summary: str, hint: str) -> None:
    unreachable = failing(error)
    with pytest.raises(MachineError) as caught:
        engine.engine(unreachable)
    assert (caught.value.summary, caught.value.hint) == (summary, hint)
    look = engine.depending(unreachable, lambda docker: pytest.fail("it cannot be told"))
    assert look() == warning(f"cannot be told: {summary}", "See Docker engine above.")


def usage(free: float) -> Callable[[str], Any]:
    return lambda root: Some(free=int(free * GIB))


@pytest.mark.parametrize(
    ("free", "finding"),
    [
        (12, lambda root: ok(f"12.0 GiB free in {root}")),
        (
            5,
            lambda root: warning(
                f"5.0 GiB free in {root}; a first run takes about 7 GiB", "docker system df shows what takes it."
            ),
        ),
        (
            1.5,
            lambda root: missing(
                f"1.5 GiB free in {root}, and a run needs 4.0 GiB", "docker system df shows what takes it."
            ),
        ),
    ],
)
def test_disk(tmp_path: Path, free: float, finding: Callable[[Path], Finding]) -> None:
    assert engine.disk(docker(DockerRootDir=str(tmp_path)), usage(free)) == finding(tmp_path)


def test_a_disk_that_is_elsewhere() -> None:
    assert engine.disk(docker(DockerRootDir="/nowhere/docker")) == ok(
        "/nowhere/docker is not on this machine: Docker runs elsewhere or in a virtual machine"
    )


def test_memory_and_cpus() -> None:
    assert engine.memory_and_cpus(docker(MemTotal=8 * GIB, NCPU=4)) == ok("8.0 GiB, CPUs: 4")
    assert engine.memory_and_cpus(docker(MemTotal=8 * GIB, NCPU=1)) == warning(
        "8.0 GiB, CPUs: 1; 4.0 GiB and 2 CPUs are comfortable",
        "Give Docker (its virtual machine) more, or expect time-outs.",
    )
    assert engine.memory_and_cpus(docker(MemTotal=1 * GIB, NCPU=4)) == missing(
        "1.0 GiB, CPUs: 4; a run needs 2.0 GiB", "Give Docker (its virtual machine) more memory."
    )


def test_control_groups() -> None:
    assert engine.cgroup(docker(CgroupVersion="2")) == ok("2")
    assert engine.cgroup(docker(CgroupVersion="1")) == warning(
        "1, which a kubelet of 1.35 and newer refuses unless told otherwise (the harness tells it)",
        "Boot with systemd.unified_cgroup_hierarchy=1.",
    )


def test_images() -> None:
    here = docker(images=("alpine:3.23",))
    assert engine.images(here, ["alpine:3.23", "alpine:3.23"]) == ok("alpine:3.23")
    assert engine.images(here, []) == ok("none is needed")
    assert engine.images(here, ["alpine:3.23", "node:22-alpine", "python:3.13-alpine"]) == warning(
        "not here: node:22-alpine, python:3.13-alpine",
        "They are pulled where a registry answers; otherwise run kube-acceptance's deploy/closed-network/auto.",
    )


def docker_command(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    file = folder / "docker"
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


def test_the_command_and_the_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert engine.command() == missing(
        "not installed", "Install Docker's command (kube-acceptance's deploy/machine/up does)."
    )
    docker_command(tmp_path, monkeypatch, "echo 28.2.2, API 1.41")
    assert engine.command() == ok("28.2.2, API 1.41")
    said = "Error response from daemon: client version 1.52 is too new. Maximum supported API version is 1.41"
    docker_command(tmp_path, monkeypatch, f"echo 29.1.0, API 1.52; echo '{said}' >&2; exit 1")
    assert engine.command() == missing(
        f"command and engine do not fit: {said}", "Bring both to about the same version."
    )


def test_buildx(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert engine.buildx() == missing(
        "there is no docker command", "Install Docker's command (kube-acceptance's deploy/machine/up does)."
    )
    docker_command(tmp_path, monkeypatch, "exit 1")
    assert engine.buildx() == missing(
        "docker buildx is not installed", "Install Docker's buildx plugin (kube-acceptance's deploy/machine/up does)."
    )
    says = '[ "$2" = version ] && echo github.com/docker/buildx v0.30.1 abc || printf "Name: x\\nDriver:  {}\\n"'
    docker_command(tmp_path, monkeypatch, says.format("docker"))
    assert engine.buildx() == ok("v0.30.1, builder of the engine itself")
    docker_command(tmp_path, monkeypatch, says.format("docker-container"))
    assert engine.buildx() == warning(
        "v0.30.1, but its builder has the driver docker-container, whose images Docker does not have",
        "docker buildx use default",
    )


def test_ingress_port() -> None:
    assert engine.ingress_port(docker(), [], "mine") == warning(
        "the Kind configuration maps no port", "Add extraPortMappings with containerPort 80 to it."
    )
    assert engine.ingress_port(docker(), [{"containerPort": 80, "hostPort": 0}], "mine") == ok("any free port")
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        port = listening.getsockname()[1]
        mapping = [{"containerPort": 80, "hostPort": port, "listenAddress": "127.0.0.1"}]
        assert engine.ingress_port(docker(), mapping, "mine") == missing(
            f"another program uses port {port}",
            "End it, or give hostPort 0 in the Kind configuration for any free port.",
        )
        ours = docker()
        node = Some(ports={"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": str(port)}], "6443/tcp": None})
        ours.client.containers.list = lambda filters: [node]
        assert engine.ingress_port(ours, mapping, "mine") == ok(f"{port} (of this project's cluster)")
    assert engine.ingress_port(docker(), mapping, "mine") == ok(str(port))
