"""Containers as the runtime of their node knows them."""

from __future__ import annotations

PID = "pid=$(crictl inspect --output go-template --template '{{.info.pid}}' \"$1\")"
"""The beginning of scripts on a node: the number of the first process of the container whose name there is `$1`."""

# A node may have a namespace of control groups that programs which are run there have not: they see the path from the
# host's root on, of which the node mounts the end.
GROUP = r"""
group() { # CONTROLLER, nothing for version 2: the folder of the process's control group; fails where there is none
  path=$(sed -n "s/^[0-9]*:$1://p" "/proc/$pid/cgroup")
  [ "$path" ] || return 1
  while [ ! -d "/sys/fs/cgroup/$1$path" ]; do
    case $path in /*/*) path=/${path#/*/} ;; *) return 1 ;; esac
  done
  echo "/sys/fs/cgroup/$1$path"
}
"""
"""A function of such scripts, for a process `pid`."""


def name_on_node(container_id: str) -> str:
    """A container's name on its node, by its ID as the API gives it, such as `containerd://0a1b`."""
    return container_id.rpartition("/")[2]
