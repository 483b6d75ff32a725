"""Which nodes take pods: what is taken away, what is put back, and what a killed run has left."""

from __future__ import annotations

import json
from contextlib import ExitStack
from types import SimpleNamespace as Object
from typing import Any

import pytest

from kube_acceptance.cluster.owner import RUN_LABEL
from kube_acceptance.errors import FaultError
from kube_acceptance.fault import leftovers, let_every_node_take_pods
from kube_acceptance.fault.scheduling import BEFORE, put_back

RUN = {RUN_LABEL: "1", "kube-acceptance/host": "a"}
Taint = tuple[str, str, str]


class Cluster:
    """Nodes with taints, and what kubectl is asked for."""

    def __init__(self, *taints: list[Taint]) -> None:
        self.asked: list[tuple[str, ...]] = []
        self.volumes: list[Any] = []
        self.scripts: list[str] = []
        self.nodes = {f"node{number}": self._node(f"node{number}", each) for number, each in enumerate(taints)}
        self.policies: list[Any] = []
        self.core = self.admission = self
        self.apps = Object(list_namespaced_daemon_set=lambda *_, **__: Object(items=[]))
        self.provider = self

    @staticmethod
    def _node(name: str, taints: list[Taint]) -> Any:
        listed = [Object(key=key, value=value or None, effect=effect) for key, value, effect in taints]
        meta = Object(name=name, labels={"kept": "yes"}, annotations=None)
        return Object(metadata=meta, spec=Object(taints=listed or None, unschedulable=None))

    def list_node(self, label_selector: str = "") -> Any:
        found = [node for node in self.nodes.values() if not label_selector or label_selector in node.metadata.labels]
        return Object(items=found)

    def list_persistent_volume(self, label_selector: str) -> Any:
        return Object(items=self.volumes)

    def list_mutating_admission_policy(self, label_selector: str) -> Any:
        return Object(items=self.policies)

    def read_node(self, name: str) -> Any:
        return self.nodes[name]

    def patch_node(self, name: str, body: Any) -> None:
        meta = self.nodes[name].metadata
        for field, values in body.get("metadata", {}).items():
            now = {**(getattr(meta, field) or {}), **values}
            setattr(meta, field, {key: value for key, value in now.items() if value is not None})
        self.nodes[name].spec.unschedulable = body.get("spec", {}).get("unschedulable")

    def kubectl(self, *words: str) -> None:
        self.asked.append(words)

    def must_be_own(self, what: str) -> None:
        pass

    def too_few_nodes(self, reason: str) -> None:
        self.lacking = reason

    def on_node(self, node: str, *command: str) -> str:
        self.scripts.append(f"{node}: {command[2].splitlines()[-1]} {command[-1]}")
        return ""


def open_all(cluster: Any, afterwards: ExitStack) -> str:
    return let_every_node_take_pods(cluster, labels=RUN, afterwards=afterwards)


TAINTED: list[list[Taint]] = [
    [("control-plane", "", "NoSchedule"), ("kept", "", "PreferNoSchedule")],
    [("only", "gpu", "NoSchedule")],
    [],
]


def test_administrators_taints_are_taken_away_and_put_back() -> None:
    cluster = Cluster(*TAINTED)
    with ExitStack() as afterwards:
        said = open_all(cluster, afterwards)
        assert said == "3 nodes take pods, without the taint control-plane of node node0, only of node node1"
        assert cluster.asked == [
            ("taint", "nodes", "node0", "control-plane:NoSchedule-"),
            ("taint", "nodes", "node1", "only:NoSchedule-"),
        ]
        assert cluster.nodes["node0"].metadata.labels == {"kept": "yes", **RUN}
        assert BEFORE not in (cluster.nodes["node2"].metadata.annotations or {})
        cluster.asked.clear()
    assert cluster.asked == [
        ("taint", "nodes", "node1", "only=gpu:NoSchedule", "--overwrite"),
        ("taint", "nodes", "node0", "control-plane:NoSchedule", "--overwrite"),
    ]
    assert [(one.metadata.labels, one.metadata.annotations or {}) for one in cluster.nodes.values()] == [
        ({"kept": "yes"}, {})
    ] * 3


def test_a_node_is_put_back_once() -> None:
    cluster: Any = Cluster(*TAINTED)
    with ExitStack() as afterwards:
        open_all(cluster, afterwards)
        put_back(cluster, "node0")
        cluster.asked.clear()
        put_back(cluster, "node0")
        assert not cluster.asked


def test_nodes_without_taints_are_left_as_they_are() -> None:
    cluster = Cluster([], [])
    with ExitStack() as afterwards:
        assert open_all(cluster, afterwards) == "2 nodes take pods"
    assert not cluster.asked


def test_one_node_has_no_other_for_its_pods() -> None:
    cluster = Cluster([])
    with pytest.raises(FaultError) as caught:
        open_all(cluster, ExitStack())
    assert str(caught.value) == "the cluster has one node, so pods have nowhere else to go"
    assert cluster.lacking == "pods have nowhere else to go"


def test_a_node_that_is_not_well_takes_no_pods() -> None:
    cluster = Cluster([("control-plane", "", "NoSchedule")], [("node.kubernetes.io/not-ready", "", "NoSchedule")])
    with pytest.raises(FaultError) as caught:
        open_all(cluster, ExitStack())
    assert str(caught.value) == "node node1 takes no pods: node.kubernetes.io/not-ready"
    assert not cluster.asked


# ---- what a killed run has left


def test_what_an_ended_run_changed_is_put_back_and_no_others() -> None:
    cluster: Any = Cluster(*TAINTED)
    open_all(cluster, ExitStack())  # never closed: the run was killed
    before = {"taints": [], "labels": [RUN_LABEL]}
    for name, run in (("node1", "2"), ("node2", "1")):
        cluster.nodes[name].metadata.labels[RUN_LABEL] = run
    cluster.nodes["node2"].metadata.annotations = {BEFORE: json.dumps(before)}
    cluster.nodes["node2"].spec.unschedulable = True
    term = Object(match_expressions=[Object(key="kubernetes.io/hostname", operator="In", values=["node2"])])
    affinity = Object(required=Object(node_selector_terms=[term]))
    cluster.volumes = [
        Object(
            metadata=Object(name=f"volume{run}", labels={RUN_LABEL: run}),
            spec=Object(local=Object(path=f"/volumes/{run}"), node_affinity=affinity),
        )
        for run in "12"
    ]
    cluster.policies = [Object(metadata=Object(name=f"policy{run}", labels={RUN_LABEL: run})) for run in "12"]
    cluster.asked.clear()
    mended = leftovers.mend(cluster, lambda labels: labels[RUN_LABEL] == "1")
    assert mended == ["node node0", "node node2", "volume volume1", "admission policy policy1"]
    assert cluster.asked == [
        ("taint", "nodes", "node0", "control-plane:NoSchedule", "--overwrite"),
        ("delete", "persistentvolume", "volume1", "--wait=false", "--ignore-not-found"),
        ("delete", "mutatingadmissionpolicybinding", "policy1", "--ignore-not-found"),
        ("delete", "mutatingadmissionpolicy", "policy1", "--ignore-not-found"),
    ]
    assert cluster.scripts == ['node2: umount --lazy "$1" 2>/dev/null; rmdir "$1" 2>/dev/null; true /volumes/1']
    assert not cluster.nodes["node2"].spec.unschedulable
