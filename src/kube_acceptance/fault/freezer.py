"""Whole containers frozen, with every process in them, and thawed."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

from kube_acceptance.cluster import Provider
from kube_acceptance.cluster.runtime import GROUP, PID, name_on_node
from kube_acceptance.command import CommandError
from kube_acceptance.errors import FaultError
from kube_acceptance.fault.containers import none_runs, running
from kube_acceptance.release import Release

FROZEN, THAWED = "FROZEN", "THAWED"
# containerd freezes the container's control group; whether it did is asked of the kernel, whose versions 1 and 2 of
# control groups keep it in different places. A container that is gone has no process that could be thawed.
_SCRIPT = (
    f"{PID}\n{GROUP}"
    + r"""
[ "$pid" ] && [ -d "/proc/$pid" ] || { echo GONE; exit; }
said=$(ctr --namespace k8s.io tasks "$2" "$1" 2>&1) || true
if group=$(group freezer); then
  state=$(cat "$group/freezer.state")
else
  group=$(group "") || { echo "no control group of process $pid" >&2; exit 1; }
  state=THAWED
  if grep -q '^frozen 1$' "$group/cgroup.events"; then state=FROZEN; fi
fi
echo "$state" "$(wc -l <"$group/cgroup.procs")" "$said"
"""
)


@dataclass(frozen=True)
class Frozen:
    """A container that was frozen: its words, its node, its ID as the API gives it, and its restarts before."""

    where: str
    node: str
    container: str
    restarts: int


def freeze_containers(
    release: Release, component: str, container: str = "", *, pod: str = "", afterwards: contextlib.ExitStack
) -> tuple[list[Frozen], list[str]]:
    """Freeze every process of containers, until they are thawed; the proof is what the kernel says.

    Kubelet goes on probing them. containerd refuses probes by exec; kubelet takes that for no answer, and nothing
    follows. Those by HTTP and TCP fail: thaw such a container before its liveness probe has failed as often as it may.

    Args:
        release: The release.
        component: The tier.
        container: The container's name; every container of the tier's pods when empty.
        pod: The name of the one pod that is meant; all when empty.
        afterwards: Is given what thaws them, however the scenario ends.

    Returns:
        The frozen containers, and the proof, a line a container.

    Raises:
        FaultError: No such container runs, or one was not frozen.
    """
    found = [
        Frozen(
            f"container {status.name} of pod {its.metadata.name}",
            its.spec.node_name,
            status.container_id,
            status.restart_count,
        )
        for its, status in running(release, component, container)
        if pod in ("", its.metadata.name)
    ]
    if not found:
        raise FaultError(f"{none_runs(release, component, container)}, so none can be frozen")
    provider = release.cluster.provider
    proof = []
    for each in found:
        # before it is frozen: it may be, and the answer lost
        afterwards.callback(_thaw, provider, each)
        state, processes, said = _ask(provider, each, "pause")
        if state != FROZEN:
            raise FaultError(f"{each.where} was not frozen, it is {state}: {said}")
        if not processes:
            raise FaultError(f"{each.where} was frozen, but has no process")
        proof.append(f"{each.where}: {processes} processes {state}")
    return found, proof


def thaw_containers(release: Release, frozen: Sequence[Frozen]) -> list[str]:
    """Let frozen containers go on; the proof is the kernel's state, and that none was killed in its sleep.

    Raises:
        FaultError: One was killed meanwhile, or is frozen still; all others have been thawed.
    """
    answers = [(each, *_thaw(release.cluster.provider, each)) for each in frozen]
    now = {status.container_id: status.restart_count for _, status in running(release, "")}
    for each, state, _, said in answers:
        if state == "GONE" or now.get(each.container) != each.restarts:
            raise FaultError(f"{each.where} was killed while it was frozen, so it did not go on but was started anew")
        if state != THAWED:
            raise FaultError(f"{each.where} was not thawed, it is {state}: {said}")
    return [f"{each.where}: {processes} processes {state}" for each, state, processes, _ in answers]


def _thaw(provider: Provider, frozen: Frozen) -> tuple[str, int, str]:
    return _ask(provider, frozen, "resume")


def _ask(provider: Provider, frozen: Frozen, verb: str) -> tuple[str, int, str]:
    """A container's state and number of processes, by the kernel, after a verb of containerd; and the verb's words."""
    name = name_on_node(frozen.container)
    try:
        answered = provider.on_node(frozen.node, "sh", "-s", name, verb, input=_SCRIPT.encode())
    except CommandError as error:
        raise FaultError(f"{frozen.where} cannot be looked at on node {frozen.node}", details=error.details) from error
    state, _, rest = answered.strip().partition(" ")
    processes, _, said = rest.partition(" ")
    return state, int(processes or 0), said
