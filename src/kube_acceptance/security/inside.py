"""Looks for canaries inside running containers, from their node: in every image, and past what a process may read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kube_acceptance.cluster import Cluster
from kube_acceptance.cluster.runtime import PID, name_on_node
from kube_acceptance.errors import AcceptanceError
from kube_acceptance.security.canary import Look
from kube_acceptance.security.places import statuses

ENVIRONMENTS = "environments of processes"
ARGUMENTS = "arguments of processes"
MOUNTS = "mounts of {}"
FILES = "other files of containers"

# The marks come by the standard input and lie in the node's memory meanwhile. A container's processes are those in its
# PID namespace; its files are those of each mount, of its own layer only what it has written: the images are looked
# at elsewhere. What grep finds it prints as path, NUL, mark.
SCRIPT = (
    f"set -eu\n{PID}\n"
    + r"""
marks=$(mktemp -p /dev/shm); trap 'rm -f "$marks"' EXIT; cat >"$marks"
namespace=$(readlink "/proc/$pid/ns/pid")
find="grep --text --only-matching --with-filename --null --fixed-strings --file=$marks --"
own() {
  find /proc/[0-9]*/ns/pid -printf '%l %h\n' 2>/dev/null |
    awk -v of="$namespace" '$1 == of { sub("/ns$", "", $2); print $2 }'
}
look() { $find "$@" 2>/dev/null || true; }
below() { find "$1" -xdev -type f -exec $find {} + 2>/dev/null || true; }
for process in $(own); do
  echo "= environment $(cat "$process/environ" 2>/dev/null | wc -c)"; look "$process/environ"
  echo "= arguments $(cat "$process/cmdline" 2>/dev/null | wc -c)"; look "$process/cmdline"
done
awk '{ for (i = 7; $i != "-"; i++); print $5, $(i + 1) }' "/proc/$pid/mountinfo" | while read -r path type; do
  case $type in proc | sysfs | cgroup* | mqueue | devpts) continue ;; esac
  case $path in / | /proc/* | /sys/*) continue ;; esac
  echo "= mount $path"; below "/proc/$pid/root$path"
done
echo "= mount /"
written=$(awk '$5 == "/"' "/proc/$pid/mountinfo" | sed -n 's/.*upperdir=\([^,]*\).*/\1/p')
below "${written:-/proc/$pid/root/}"
"""
)


def look_inside(look: Look, cluster: Cluster, namespace: str, secret: str) -> None:
    """Look at every process of every running container of a namespace, and at the files that it may read.

    Args:
        look: Told what is seen.
        cluster: The cluster.
        namespace: The namespace.
        secret: The Secret of the canaries: where it is mounted is a place of its own, as are the mounts of others.

    Raises:
        AcceptanceError: A container shows no process, or no environment.
    """
    marks = "\n".join(mark for canary in look.canaries for mark in canary.marks).encode()
    for pod in cluster.core.list_namespaced_pod(namespace).items:
        mounted = secret_mounts(pod)
        for status in statuses(pod):
            if not status.state.running:
                continue
            name = name_on_node(status.container_id)
            said = cluster.provider.on_node(pod.spec.node_name, "sh", "-c", SCRIPT, "sh", name, input=marks)
            _note(look, said, status.name, pod.metadata.name, mounted.get(status.name))


def secret_mounts(pod: Any) -> dict[str, dict[str, str]]:
    """Where the containers of a pod mount Secrets: the Secrets' names by path, by the container's name.

    Ephemeral containers are left out: they are no part of what was deployed, and have no place of their own.
    """
    volumes: dict[str, str] = {}
    for volume in pod.spec.volumes or []:
        if volume.secret:
            volumes[volume.name] = volume.secret.secret_name
        for source in (volume.projected.sources or []) if volume.projected else []:
            if source.secret:
                volumes[volume.name] = source.secret.name
    return {
        container.name: {
            # as Alpine and Debian resolve it
            mount.mount_path.rstrip("/").replace("/var/run/", "/run/"): volumes[mount.name]
            for mount in container.volume_mounts or []
            if mount.name in volumes
        }
        for container in [*(pod.spec.init_containers or []), *pod.spec.containers]
    }


def _note(look: Look, said: str, container: str, pod: str, mounted: Mapping[str, str] | None) -> None:
    of = f"container {container} of pod {pod}"
    place, where, seen = "", "", {ENVIRONMENTS: 0, ARGUMENTS: 0}
    if mounted is not None:  # a container that mounts none is looked at too
        look.looked[MOUNTS.format(container)] = look.looked.get(MOUNTS.format(container), 0) + 1
    for line in said.splitlines():
        if line.startswith("= mount "):
            path = line.removeprefix("= mount ")
            place = MOUNTS.format(container) if path in (mounted or {}) else FILES
            where = f"{path} of {of}"
            look.looked[place] = look.looked.get(place, 0) + 1
        elif line.startswith("= "):
            kind, length = line.removeprefix("= ").split()
            place = ENVIRONMENTS if kind == "environment" else ARGUMENTS
            where = f"the {kind} of a process of {of}"
            if int(length):
                seen[place] += 1
                look.looked[place] = look.looked.get(place, 0) + 1
        elif "\0" in line:
            look.mark(place, where, line.partition("\0")[2])
    for kind, count in seen.items():
        if not count:
            raise AcceptanceError(f"{of} shows no {kind}, so nothing can be said of them")
