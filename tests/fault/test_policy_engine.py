"""A policy engine that is stopped, and started again whatever happens."""

from __future__ import annotations

from contextlib import ExitStack
from types import SimpleNamespace as Object
from typing import Any

import pytest

from kube_acceptance.cluster.owner import RUN_LABEL
from kube_acceptance.errors import FaultError, WaitError
from kube_acceptance.fault import policy_engine
from kube_acceptance.fault.leftovers import mend
from kube_acceptance.fault.policy_engine import NOWHERE, stop

LABELS = {RUN_LABEL: "1"}


class Cluster:
    """Two nodes, on which the engine has pods unless it is told to be nowhere."""

    def __init__(self, name: str = "kindnet", *, stubborn: bool = False) -> None:
        self.provider = Object(must_be_own=lambda _: None)
        self.core = Object(list_node=lambda **_: Object(items=[]), list_persistent_volume=lambda **_: Object(items=[]))
        self.core.delete_collection_namespaced_pod = lambda *_, **how: self.ended.append(how)
        self.ended: list[Any] = []
        self.admission = Object(list_mutating_admission_policy=lambda **_: Object(items=[]))
        self.apps = self
        self.engine: Any = Object(metadata=Object(name=name, labels={"app": name}, generation=1))
        self.engine.spec = Object(selector=Object(match_labels={"app": name}))
        self._stubborn = stubborn
        self._run(2)

    def _run(self, count: int) -> None:
        self.runs = count
        self.engine.status = Object(
            observed_generation=self.engine.metadata.generation,
            desired_number_scheduled=count,
            current_number_scheduled=count,
            number_misscheduled=0,
            number_ready=count,
        )

    def list_namespaced_daemon_set(self, namespace: str, label_selector: str = "app") -> Any:
        return Object(items=[self.engine] if label_selector in self.engine.metadata.labels else [])

    def read_namespaced_daemon_set(self, name: str, namespace: str) -> Any:
        return self.engine

    def patch_namespaced_daemon_set(self, name: str, namespace: str, patch: Any) -> None:
        labels = self.engine.metadata.labels | patch["metadata"]["labels"]
        self.engine.metadata.labels = {key: value for key, value in labels.items() if value is not None}
        self.engine.metadata.generation += 1
        nowhere = patch["spec"]["template"]["spec"]["nodeSelector"][NOWHERE]
        self._run(0 if nowhere and not self._stubborn else 2)


@pytest.mark.parametrize("name", ["kindnet", "kube-network-policies"])
def test_it_is_stopped_while_the_scenario_lasts(name: str) -> None:
    cluster: Any = Cluster(name)
    with ExitStack() as afterwards:
        assert stop(cluster, labels=LABELS, afterwards=afterwards) == f"DaemonSet {name} is stopped"
        assert (cluster.runs, cluster.engine.metadata.labels) == (0, {"app": name, **LABELS})
        assert cluster.ended == [{"label_selector": f"app={name}", "grace_period_seconds": 1}]
    assert (cluster.runs, cluster.engine.metadata.labels) == (2, {"app": name})


def test_what_an_ended_run_stopped_is_started() -> None:
    cluster: Any = Cluster()
    stop(cluster, labels=LABELS, afterwards=ExitStack())  # never closed: the run was killed
    assert mend(cluster, lambda labels: labels[RUN_LABEL] == "2") == []
    assert mend(cluster, lambda labels: labels[RUN_LABEL] == "1") == ["policy engine kindnet"]
    assert (cluster.runs, cluster.engine.metadata.labels) == (2, {"app": "kindnet"})


def test_no_engine_that_is_known() -> None:
    cluster: Any = Cluster("weave-net")
    with ExitStack() as afterwards, pytest.raises(FaultError) as caught:
        stop(cluster, labels=LABELS, afterwards=afterwards)
    assert str(caught.value) == "there is no policy engine that is known among the DaemonSets weave-net"
    assert cluster.runs == 2


def test_pods_that_do_not_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policy_engine, "WITHIN", 0.0)
    cluster: Any = Cluster(stubborn=True)
    with ExitStack() as afterwards, pytest.raises(WaitError, match="the pods of DaemonSet kindnet to be gone"):
        stop(cluster, labels=LABELS, afterwards=afterwards)
    assert cluster.engine.metadata.labels == {"app": "kindnet"}
