"""Whose something is: the process that stands for a run, by its number, its start and the host that numbers it.

A number alone is not enough: it is given again, and in a container it means another process than outside.
"""

from __future__ import annotations

import hashlib
import os
import platform
from collections.abc import Mapping

import psutil

RUN_LABEL = "kube-acceptance/run"
STARTED_LABEL = "kube-acceptance/started"
HOST_LABEL = "kube-acceptance/host"
# Seconds by which one start may be told differently: it is counted from the boot, by a clock that is set now and then.
CLOCK = 2.0


def labels(pid: int) -> dict[str, str]:
    """The labels of what a run makes, by which leftovers are known."""
    return {RUN_LABEL: str(pid), STARTED_LABEL: started(pid), HOST_LABEL: host()}


def has_ended(labels: Mapping[str, str]) -> bool:
    """Whether the run has ended that made something with these labels; never of a run on another host."""
    if labels.get(HOST_LABEL, host()) != host() or not labels.get(RUN_LABEL, "").isdigit():
        return False
    return not lives(int(labels[RUN_LABEL]), labels.get(STARTED_LABEL, ""))


def lives(pid: int, start: str = "") -> bool:
    """Whether a process runs, and, where its start is known, is still the same one."""
    try:
        process = psutil.Process(pid)
        same = not start or abs(process.create_time() - float(start)) < CLOCK
        return same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def started(pid: int) -> str:
    """When a process began, in seconds; raises psutil.NoSuchProcess when it has ended."""
    return repr(psutil.Process(pid).create_time())


def host() -> str:
    """Whoever numbers the processes: this machine, or the container that this runs in."""
    try:
        space = os.readlink("/proc/self/ns/pid")  # noqa: PTH115 - it links to no path
    except OSError:
        space = ""
    return hashlib.sha256(f"{platform.node()} {space}".encode()).hexdigest()[:12]
