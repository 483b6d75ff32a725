"""Containers as the runtime of their node knows them."""

from __future__ import annotations

PID = "pid=$(crictl inspect --output go-template --template '{{.info.pid}}' \"$1\")"
"""The beginning of scripts on a node: the number of the first process of the container whose name there is `$1`."""


def name_on_node(container_id: str) -> str:
    """A container's name on its node, by its ID as the API gives it, such as `containerd://0a1b`."""
    return container_id.rpartition("/")[2]
