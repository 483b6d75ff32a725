"""What the kernel grants a container: the limits of its control group, whichever version of them the node has."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.release import Release
from kube_acceptance.release.quantities import quantity
from kube_acceptance.state import pods

# version 2 has one tree of groups, version 1 a tree for each resource
_READ = """
cd /sys/fs/cgroup
if [ -e memory.max ]; then cat memory.max cpu.max
else cat memory/memory.limit_in_bytes; echo $(cat cpu/cpu.cfs_quota_us cpu/cpu.cfs_period_us); fi
"""
UNLIMITED = "max"


def limits(said: str) -> tuple[int | None, Decimal | None]:
    """Bytes of memory and processors, None where there is no limit, from what the group's files say.

    Raises:
        AcceptanceError: They say something else.
    """
    try:
        memory, cpu = said.splitlines()
        quota, period = cpu.split()
        bytes_ = None if memory == UNLIMITED else int(memory)
        share = None if quota in (UNLIMITED, "-1") else Decimal(int(quota)) / int(period)
    except (ValueError, ArithmeticError):
        raise AcceptanceError(f"the control group says nothing of limits: {said!r}") from None
    return bytes_, share


def others(release: Release, component: str, memory: str, cpu: str) -> Iterator[str]:
    """The containers of a tier that the kernel grants something else, a sentence each.

    Args:
        release: The release.
        component: The tier; it has a container that runs.
        memory: The limit of memory, such as `256Mi`.
        cpu: The limit of processors, such as `500m`.
    """
    for container in pods.running(release, component):
        said = release.execute(container.pod, "sh", "-c", _READ, container=container.name)
        bytes_, share = limits(said)
        if bytes_ != quantity(memory):
            yield f"{container} is granted {bytes_ or 'any number of'} bytes of memory, not {memory}"
        if share != quantity(cpu):
            yield f"{container} is granted {share or 'all'} processors, not {cpu}"
