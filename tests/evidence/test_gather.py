"""What a failure leaves, what is kept out of it, and what becomes of it when the cluster does not answer."""

from __future__ import annotations

import re
import threading
from pathlib import Path
from typing import Any

import fakes
import pytest
from urllib3.exceptions import MaxRetryError

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.evidence import Folder, Redactor, gather

FIRST = [
    "describe.txt",
    "events.txt",
    "helm-history.txt",
    "helm-manifest.yaml",
    "helm-status.txt",
    "helm-values.yaml",
    "index.txt",
    "logs/web-1.setup.log",
    "logs/web-1.web.log",
    "namespace.txt",
    "network.yaml",
    "nodes.txt",
    "objects.txt",
    "objects.yaml",
    "pods-everywhere.txt",
    "usage-nodes.txt",
    "usage-pods.txt",
    "versions.txt",
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "evidence"


def gathered(folder: Path, *releases: Any, within: float = 30, **limits: int) -> str:
    redact = Redactor()
    gather(
        releases, Folder(folder, redact, **limits), redact, title="a.feature::One", failure="It broke", within=within
    )
    return (folder / "index.txt").read_text()


def files(folder: Path) -> list[str]:
    return sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file())


def test_everything_is_there_and_no_secret_is(folder: Path) -> None:
    gathered(folder, fakes.Release())
    assert files(folder) == FIRST
    for file in folder.rglob("*.*"):
        for secret in (fakes.PASSWORD, fakes.ENCODED.rstrip("="), "not in any Secret"):
            assert secret not in file.read_text(), file


def test_events_are_sorted_and_counted(folder: Path) -> None:
    gathered(folder, fakes.Release())
    assert (folder / "events.txt").read_text() == (
        "2026-11-24 12:01:00 Warning Pod web-1: BackOff: first [redacted]\n"
        "2026-11-24 12:02:00 Warning Pod web-1: BackOff: again (7 times)\n"
    )


def test_helms_record_is_without_secrets(folder: Path) -> None:
    gathered(folder, fakes.Release())
    assert (folder / "helm-values.yaml").read_text() == (
        "replicas: 2\ndatabase:\n  password: '[redacted]'\n  user: web\n"
    )
    assert (folder / "helm-manifest.yaml").read_text() == (
        "kind: Secret\nmetadata:\n  name: web\ndata:\n  password: '[redacted]'\n"
        "---\nkind: Deployment\nmetadata: {name: web}\n"
    )
    assert (folder / "helm-status.txt").read_text() == "STATUS: deployed\nNOTES: log in with [redacted]\n"


def test_a_restarted_container_tells_what_it_said_before(folder: Path) -> None:
    gathered(folder, fakes.Release(fakes.pod("web-1", restarts=2)))
    assert (folder / "logs/web-1.web.previous.log").read_text() == "before: connecting with [redacted]\n"
    assert (folder / "logs/web-1.web.log").read_text() == "connecting with [redacted]\n"
    assert not (folder / "logs/web-1.setup.previous.log").exists()


def test_ephemeral_containers_tell_too(folder: Path) -> None:
    probed = fakes.pod("web-1")
    probed.spec.ephemeral_containers = [fakes.container("probe")]
    release = fakes.Release(probed)
    release.core.logs["probe"] = "asked\n"
    gathered(folder, release)
    assert (folder / "logs/web-1.probe.log").read_text() == "asked\n"


def test_the_index_names_the_causes_the_files_and_what_is_lacking(folder: Path) -> None:
    release = fakes.Release(fakes.pod("web-1", ready=False))
    del release.core.logs["web"]
    index = re.sub(r"\d+-\d+-\d+ \d+:\d+:\d+ UTC, gathered in [\d.]+ s", "WHEN", gathered(folder, release))
    index = re.sub(r" +\d+ B ", " SIZE ", index)
    assert (
        index
        == """a.feature::One

Failure
  It broke

Likely causes
  container web of pod web-1 crashes again and again

Seen
  release web in namespace shared-1 of cluster dev
  WHEN
  secrets stand as [redacted]

Files
  events.txt SIZE  events of the namespace, the oldest first
  objects.txt SIZE  the objects, a line each
  logs/web-1.setup.log SIZE  what it says
  describe.txt SIZE  the objects as kubectl describes them
  network.yaml SIZE  endpoints, policies, Services and Ingresses in full
  usage-pods.txt SIZE  CPU and memory of the containers
  helm-history.txt SIZE  Helm's revisions
  helm-status.txt SIZE  Helm's status and notes
  helm-values.yaml SIZE  the values, without secret ones
  helm-manifest.yaml SIZE  what Helm installed, without the data of Secrets
  versions.txt SIZE  versions of client and server, and the images that run
  objects.yaml SIZE  the objects in full
  namespace.txt SIZE  the namespace
  nodes.txt SIZE  the nodes as kubectl describes them
  pods-everywhere.txt SIZE  the pods of all namespaces
  usage-nodes.txt SIZE  CPU and memory of the nodes

Not gathered
  logs/web-1.web.log: container is waiting to start
"""
    )


def test_pods_that_are_ready_explain_nothing(folder: Path) -> None:
    index = gathered(folder, fakes.Release(fakes.pod("web-1"), fakes.pod("job-1", ready=False, phase="Succeeded")))
    assert "Likely causes\n  not in the pods: all 2 are ready or have completed\n" in index


def test_several_releases(folder: Path) -> None:
    own = fakes.Release(fakes.pod("web-1", ready=False), namespace="own-1")
    index = gathered(folder, own, fakes.Release())
    assert (
        "Likely causes\n"
        "  own-1: container web of pod web-1 crashes again and again\n"
        "  shared-1: not in the pods: all 1 are ready or have completed\n"
    ) in index
    about_the_cluster = {"nodes.txt", "pods-everywhere.txt", "usage-nodes.txt", "index.txt"}
    assert files(folder) == sorted([*FIRST, *(f"shared-1/{name}" for name in FIRST if name not in about_the_cluster)])


def test_a_cluster_that_is_gone_is_a_sentence(folder: Path) -> None:
    release = fakes.Release()

    def gone(namespace: str, **_: Any) -> Any:
        raise MaxRetryError(None, "/api/v1", OSError("Connection refused"))  # type: ignore[arg-type]

    release.core.list_namespaced_secret = gone  # type: ignore[method-assign]
    index = gathered(folder, release)
    why = "cluster dev does not answer (OSError: Connection refused)"
    assert f"Likely causes\n  {why}: see whether its containers run (docker ps)\n" in index
    assert "Files\n  none\n" in index
    assert f"Not gathered\n  everything about release web in namespace shared-1: {why}\n" in index
    assert files(folder) == ["index.txt"]


def test_what_takes_too_long_is_left_out(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    release, end = fakes.Release(), threading.Event()
    quick = release._kubectl

    def kubectl(*arguments: str, timeout: float) -> Any:
        if arguments[:2] == ("describe", "nodes"):
            end.wait()
        return quick(*arguments, timeout=timeout)

    release.cluster.kubectl = kubectl
    try:
        index = gathered(folder, release, within=2)
    finally:
        end.set()
    assert "Not gathered\n  nodes.txt: no answer in time\n" in index
    assert files(folder) == [name for name in FIRST if name != "nodes.txt"]


def test_one_thing_that_fails_costs_no_other(folder: Path) -> None:
    release = fakes.Release()

    def helm(*_: str, timeout: float) -> Any:
        raise AcceptanceError("helm failed", details=["Error: release: not found"])

    release.chart.helm = helm
    index = gathered(folder, release)
    assert "  helm-history.txt: Error: release: not found\n" in index
    assert "events.txt" in files(folder)
