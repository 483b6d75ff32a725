"""What Kind's failures mean, and what a restart proves."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace as Object
from typing import Any

import pytest

from kube_acceptance.cluster import Kind
from kube_acceptance.errors import ClusterError, FaultError


class Node:
    """A node's container, whose start time moves unless it is stuck."""

    name = "c-worker"
    status = "running"

    def __init__(self, *, stuck: bool = False, ports: dict[str, Any] | None = None) -> None:
        self._stuck = stuck
        self.attrs = {"State": {"StartedAt": "one"}, "NetworkSettings": {"Ports": ports or {}}}

    def restart(self, timeout: int) -> None:
        pass

    def reload(self) -> None:
        if not self._stuck:
            self.attrs["State"] = {"StartedAt": "two"}


def kind(folder: Path, *nodes: Node, program: str = "exit 1") -> Kind:
    tool = folder / "kind"
    tool.write_text(f"#!/bin/sh\n{program}\n")
    tool.chmod(0o755)
    engine: Any = Object(
        containers=Object(list=lambda all, filters, ignore_removed: list(nodes)),
        networks=Object(list=lambda names: [Object(name="kind")]),
        images=Object(get=lambda name: Object(id="sha256:1")),
        info=lambda: {"CgroupVersion": "2"},
    )
    return Kind("c", folder=folder / "state", tools={"kind": tool, "kubectl": tool}, engine=engine)


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        ("write: no space left on device", "the disk is full"),
        (
            "ERROR: failed to pull image x",
            "the node image is neither here nor can it be pulled; run kube-acceptance's deploy/closed-network/auto",
        ),
        ("ERROR: could not find a log line\nmore", "could not find a log line"),
        ("nothing known", "see below what it said"),
    ],
)
def test_the_cause_comes_first(tmp_path: Path, said: str, cause: str) -> None:
    with pytest.raises(ClusterError) as caught:
        kind(tmp_path, program=f"echo '{said}' >&2; exit 1").create()
    assert caught.value.summary == f"Kind could not create the cluster: {cause}"


def test_a_restart_is_proved_by_the_start_time(tmp_path: Path) -> None:
    assert kind(tmp_path, Node()).restart_node("c-worker") == (
        "node c-worker restarted: it runs since two, before since one"
    )


def test_a_restart_that_did_not_happen_fails(tmp_path: Path) -> None:
    with pytest.raises(FaultError) as caught:
        kind(tmp_path, Node(stuck=True)).restart_node("c-worker")
    assert str(caught.value) == "node c-worker was not restarted: it still runs since one"


def test_no_such_node(tmp_path: Path) -> None:
    with pytest.raises(FaultError) as caught:
        kind(tmp_path, Node()).restart_node("other")
    assert str(caught.value) == "the Kind cluster c has no node other"


def test_the_ingress_is_where_port_80_is_mapped(tmp_path: Path) -> None:
    ports = {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "4711"}], "6443/tcp": None}
    assert kind(tmp_path, Node(), Node(ports=ports)).ingress() == ("127.0.0.1", 4711)


def test_tls_is_where_port_443_is_mapped(tmp_path: Path) -> None:
    ports = {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "1"}], "443/tcp": [{"HostIp": "::1", "HostPort": "2"}]}
    assert kind(tmp_path, Node(ports=ports)).ingress(443) == ("::1", 2)


def test_no_mapped_port(tmp_path: Path) -> None:
    with pytest.raises(ClusterError) as caught:
        kind(tmp_path, Node()).ingress()
    assert str(caught.value) == (
        "the Kind cluster c maps no host port to port 80\n"
        "Add extraPortMappings with containerPort 80 to the Kind configuration."
    )


def test_leaves_nothing_where_the_run_was_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    kind(tmp_path)
    assert not list(here.iterdir())
