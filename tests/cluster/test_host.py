"""What a Kind cluster gets on which host."""

from __future__ import annotations

from pathlib import Path

import yaml

from kube_acceptance.cluster import host

PLAIN = {"kind": "Cluster", "nodes": [{"role": "worker"}, {"role": "control-plane"}]}


def test_an_ordinary_host_needs_nothing() -> None:
    assert host.adapt(PLAIN, cgroup_version="2", bounding_set=-1) == PLAIN


def test_cgroup_v1() -> None:
    adapted = host.adapt(PLAIN, cgroup_version="1", bounding_set=-1)
    worker, control_plane = adapted["nodes"]
    assert "kubeadmConfigPatches" not in worker
    assert yaml.safe_load(control_plane["kubeadmConfigPatches"][0]) == {
        "kind": "KubeletConfiguration",
        "failCgroupV1": False,
    }
    assert "SystemdCgroup = false" in adapted["containerdConfigPatches"][0]
    assert "featureGates" not in adapted


def test_what_the_project_sets_by_itself_stays() -> None:
    patches = ["kind: KubeletConfiguration\nsyncFrequency: 10s\n"]
    config = {"nodes": [{"role": "control-plane", "kubeadmConfigPatches": patches}], "containerdConfigPatches": ["own"]}
    adapted = host.adapt(config, cgroup_version="1", bounding_set=-1)
    assert adapted["nodes"][0]["kubeadmConfigPatches"][:-1] == patches
    assert adapted["containerdConfigPatches"][:-1] == ["own"]
    assert (len(patches), config["containerdConfigPatches"]) == (1, ["own"])


def test_without_the_capability() -> None:
    adapted = host.adapt({**PLAIN, "featureGates": {"Own": True}}, cgroup_version="2", bounding_set=~(1 << 24))
    assert adapted["featureGates"] == {"Own": True, "KubeletInUserNamespace": True}


def test_no_nodes_means_one_control_plane() -> None:
    assert host.adapt({}, cgroup_version="2", bounding_set=-1)["nodes"] == [{"role": "control-plane"}]


def test_reads_the_bounding_set(tmp_path: Path) -> None:
    status = tmp_path / "status"
    status.write_text("Name:\tx\nCapBnd:\t0000000000000003\n")
    assert host.bounding_set(status) == 3
    assert host.bounding_set(tmp_path / "none") == -1
