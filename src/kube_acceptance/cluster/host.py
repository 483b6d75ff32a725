"""What this host lacks, and what a cluster on it needs therefore; nothing on an ordinary host.

- `failCgroupV1`: a kubelet of 1.35 and newer refuses cgroup v1 otherwise.
- `SystemdCgroup = false`: on cgroup v1 runc freezes a container while systemd sets its limits, which fails under load
  ("unable to freeze", StartError); the kubelet takes over containerd's choice by itself.
- `KubeletInUserNamespace`: without CAP_SYS_RESOURCE the kubelet may not lower OOM scores or raise limits.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

CAP_SYS_RESOURCE = 24  # linux/capability.h
CGROUPFS_DRIVER = """\
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
  SystemdCgroup = false
"""


def adapt(config: dict[str, Any], *, cgroup_version: str, bounding_set: int) -> dict[str, Any]:
    """A Kind configuration made fit for this host.

    Args:
        config: The configuration as the project wrote it; not changed.
        cgroup_version: What the engine says: "1" or "2".
        bounding_set: The bits of this host's capability bounding set.
    """
    adapted = {**config, "nodes": [dict(node) for node in config.get("nodes") or [{"role": "control-plane"}]]}
    if not bounding_set >> CAP_SYS_RESOURCE & 1:
        adapted["featureGates"] = {**config.get("featureGates", {}), "KubeletInUserNamespace": True}
    if cgroup_version == "1":
        patch = yaml.safe_dump({"kind": "KubeletConfiguration", "failCgroupV1": False})
        # Kind takes kubelet's own configuration from the first control plane and gives it to every node
        node = next(node for node in adapted["nodes"] if node.get("role", "control-plane") == "control-plane")
        node["kubeadmConfigPatches"] = [*node.get("kubeadmConfigPatches", []), patch]
        adapted["containerdConfigPatches"] = [*config.get("containerdConfigPatches", []), CGROUPFS_DRIVER]
    return adapted


def minikube(*, cgroup_version: str, bounding_set: int) -> list[str]:
    """What `minikube start` is told for this host; its kubelet takes over containerd's way with groups by itself.

    Args:
        cgroup_version: As for `adapt`.
        bounding_set: As for `adapt`.
    """
    gates = [] if bounding_set >> CAP_SYS_RESOURCE & 1 else ["--feature-gates", "KubeletInUserNamespace=true"]
    return [*gates, *(["--extra-config", "kubelet.fail-cgroupv1=false"] if cgroup_version == "1" else [])]


def bounding_set(status: Path = Path("/proc/self/status")) -> int:
    """This host's capability bounding set; all of it where there is no /proc, since Docker then runs in a VM."""
    if not status.is_file():
        return -1
    line = next(line for line in status.read_text().splitlines() if line.startswith("CapBnd:"))
    return int(line.split()[1], 16)
