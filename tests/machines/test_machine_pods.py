"""What becomes of the pods of a suite, in a cluster that is played."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace as Of
from typing import Any

import pytest
from kubernetes.client.exceptions import ApiException
from urllib3.exceptions import MaxRetryError

from kube_acceptance.command import CommandError, Completed
from kube_acceptance.errors import ClusterError
from kube_acceptance.machines import pods as module
from kube_acceptance.machines.pods import INDEX, Pods


def pod(name: str, index: int, phase: str = "Running", *, ready: bool = False) -> Any:
    conditions = [Of(type="Ready", status=str(ready))]
    return Of(metadata=Of(name=name, annotations={INDEX: str(index)}), status=Of(phase=phase, conditions=conditions))


class Cluster:
    """A cluster whose pods are, look after look, those of a list."""

    def __init__(self, *looks: list[Any], ended: str = "") -> None:
        self.looks = iter(looks)
        self.ended = ended
        self.called: list[tuple[str, ...]] = []
        self.name, self.kubeconfig = "staging", Path("kubeconfig")
        self.fails: Iterator[bool] = iter(())
        self.left = len(looks)
        self.core = Of(list_namespaced_pod=self._list)
        self.batch = Of(read_namespaced_job=self._job)

    def _list(self, namespace: str, label_selector: str) -> Any:
        assert (namespace, label_selector) == ("shards-1", "job-name=suite")
        self.left -= 1
        return Of(items=next(self.looks), metadata=Of(resource_version="1"))

    def _job(self, name: str, namespace: str) -> Any:
        over = self.ended and self.left == 1
        return Of(status=Of(conditions=[Of(type=self.ended, status="True")] if over else None))

    def kubectl(self, *words: str, timeout: float = 60) -> None:
        self.called.append(words)
        if words[0] == "cp":
            if next(self.fails, False):
                raise CommandError("kubectl cp failed", Completed(words, 1, "", "", 0.0))
            Path(words[-1]).mkdir()
            (Path(words[-1]) / "run.json").write_text("{}")


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    def follow(self: Any, name: str) -> None:
        (self._folder / f"{name}.log").write_text('noise\nbegun: "a.feature::A"\nmore\nbegun: "a.feature::B"\nbegun')

    monkeypatch.setattr(Pods, "_follow", follow)
    monkeypatch.setattr("threading.Thread", Started)


class Started:
    """A thread that is over as soon as it is started."""

    def __init__(self, target: Callable[..., None], args: list[str], daemon: bool) -> None:
        self.start = lambda: target(*args)


def pods(cluster: Cluster, folder: Path, shards: int = 2) -> Pods:
    return Pods(cluster, "shards-1", shards=shards, folder=folder, changed=lambda _: None)  # type: ignore[arg-type]


def test_reports_are_fetched_when_a_pod_is_ready(tmp_path: Path) -> None:
    cluster = Cluster(
        [pod("a", 0, "Pending")],
        [pod("a", 0), pod("b", 1, ready=True)],
        [pod("a", 0, ready=True), pod("b", 1, "Succeeded")],
    )
    assert pods(cluster, tmp_path).reports() == [tmp_path / "b", tmp_path / "a"]
    where = ("--namespace", "shards-1", "--container", "shard")
    assert cluster.called == [
        call
        for name in "ba"
        for call in (
            ("cp", *where, f"{name}:/reports", str(tmp_path / name)),
            ("exec", *where, name, "--", "sh", "-c", "echo > /scratch/fetched"),
        )
    ]


@pytest.mark.parametrize("gone", [[], [pod("a", 0, "Failed")]])
def test_a_pod_that_is_lost_leaves_what_it_had_begun(tmp_path: Path, gone: list[Any]) -> None:
    cluster = Cluster(
        [pod("a", 0), pod("b", 1, ready=True)],
        [*gone, pod("c", 0, "Pending")],
        [*gone, pod("c", 0, ready=True)],
    )
    assert pods(cluster, tmp_path).reports() == [tmp_path / "b", tmp_path / "c", tmp_path / "a-lost"]
    lines = (tmp_path / "a-lost" / "begun.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == [[1, 2], "a.feature::A", "a.feature::B"]


def test_reports_that_cannot_be_fetched_are_fetched_at_the_next_look(tmp_path: Path) -> None:
    cluster = Cluster(*[[pod("a", 0, ready=True)]] * 2)
    cluster.fails = iter([True])
    assert pods(cluster, tmp_path, shards=1).reports() == [tmp_path / "a"]
    assert [words[0] for words in cluster.called] == ["cp", "cp", "exec"]


def test_a_job_that_has_given_up_ends_it(tmp_path: Path) -> None:
    cluster = Cluster([pod("a", 0), pod("b", 1, ready=True)], [pod("a", 0, "Failed")], ended="Failed")
    playing = pods(cluster, tmp_path)
    assert playing.reports() == [tmp_path / "b", tmp_path / "a-lost"]
    assert playing.last_words()[-1] == "begun"


def test_a_cluster_that_vanishes_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cluster = Cluster([pod("a", 0), pod("b", 1, ready=True)])
    played, hiccups = cluster._list, iter(["", "the cluster staging does not answer any more: nobody is there"])

    def list_pods(*given: Any, **also: Any) -> Any:
        if not cluster.left:
            raise MaxRetryError(None, "/pods")  # type: ignore[arg-type]
        return played(*given, **also)

    cluster.core.list_namespaced_pod = list_pods
    monkeypatch.setattr(module, "silence", lambda *_: next(hiccups))
    assert pods(cluster, tmp_path).reports() == [tmp_path / "b", tmp_path / "a-lost"]
    assert list(hiccups) == []
    told = capsys.readouterr()
    assert "the cluster staging does not answer any more: nobody is there" in told.out + told.err


def test_a_job_that_is_gone(tmp_path: Path) -> None:
    cluster = Cluster([])

    def gone(*_: str) -> None:
        raise ApiException(404, "Not Found")

    cluster.batch = Of(read_namespaced_job=gone)
    with pytest.raises(ClusterError) as error:
        pods(cluster, tmp_path).reports()
    assert str(error.value) == "the Job of the suite cannot be seen any more: Not Found"
