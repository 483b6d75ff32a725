"""The memory of containers used up, so that the kernel kills them."""

from __future__ import annotations

from typing import Any

from kube_acceptance.cluster.runtime import GROUP, PID, name_on_node
from kube_acceptance.command import CommandError
from kube_acceptance.errors import FaultError
from kube_acceptance.fault.containers import KILLED, none_runs, running
from kube_acceptance.release import Release
from kube_acceptance.wait import Seen, eventually
from kube_acceptance.wait.changes import changes

OUT_OF_MEMORY = "OOMKilled"
BEYOND = 64 * 1024 * 1024  # bytes that are asked for on top of the limit
AT_MOST = 2 * 1024 * 1024 * 1024  # bytes of a limit: what is asked for in vain, the node has to give
# A process of the node's joins the container's control group, and takes memory there until there is no more. The kernel
# looks for a victim within the group, where it likes every other better, and with version 2 of control groups takes all
# of them. The process ends with the last one, or when it has got what it asked for: then nothing limits the group.
_SCRIPT = (
    f"{PID}\n{GROUP}"
    + r"""
[ "$pid" ] && [ -d "/proc/$pid" ] || { echo GONE; exit; }
if group=$(group memory); then
  limit=$(cat "$group/memory.limit_in_bytes")
else
  group=$(group "") || { echo "no control group of process $pid" >&2; exit 1; }
  limit=$(cat "$group/memory.max")
fi
[ "$limit" != max ] && [ "$limit" -le "$2" ] || { echo UNLIMITED "$limit"; exit; }
bytes=$((limit + $3))
sh -c 'echo -999 >/proc/self/oom_score_adj; echo $$ >"$1/cgroup.procs"
  head -c "$2" /dev/zero | tail -c "$2"' - "$group" "$bytes" >/dev/null 2>&1
echo TAKEN "$bytes" "$limit"
"""
)


def exhaust_memory(release: Release, component: str, *, within: float) -> list[str]:
    """Use up the memory of every container of a tier until the kernel kills it, and wait until it runs anew.

    Args:
        release: The release.
        component: The tier.
        within: Seconds.

    Returns:
        The proof, a line a container: it ended because it was out of memory, and was restarted once more.

    Raises:
        FaultError: No container runs, none limits one's memory to what may be tried, or one was not killed for it.
        WaitError: One was not killed, or does not run anew.
    """
    doomed = list(running(release, component))
    if not doomed:
        raise FaultError(f"{none_runs(release, component)}, so none can run out of memory")
    before = {(pod.metadata.uid, status.name): status.restart_count for pod, status in doomed}
    limits = {}
    with changes(release.cluster.new_client, release.namespace) as changed:
        for pod, status in doomed:
            limits[pod.metadata.uid, status.name] = _exhaust(release, pod, status)

        def look() -> Seen[list[tuple[Any, Any]]]:
            anew = [(pod, each) for pod, each in running(release, component) if _restarts(pod, each, before) > 0]
            left = before.keys() - {(pod.metadata.uid, each.name) for pod, each in anew}
            return Seen(not left, f"{len(left)} of {len(before)} containers have not ended and run anew", anew)

        found = eventually(f"{len(doomed)} containers without memory to run anew", look, within=within, changed=changed)
    return [_proof(pod, each, before, limits[pod.metadata.uid, each.name]) for pod, each in found or ()]


def _exhaust(release: Release, pod: Any, status: Any) -> int:
    """Take what there is; returns the limit in bytes."""
    where = f"container {status.name} of pod {pod.metadata.name}"
    node = pod.spec.node_name
    words = ("sh", "-s", name_on_node(status.container_id), str(AT_MOST), str(BEYOND))
    try:
        said = release.cluster.provider.on_node(node, *words, input=_SCRIPT.encode())
    except CommandError as error:
        raise FaultError(f"the memory of {where} cannot be used up", details=error.details) from error
    state, _, rest = said.strip().partition(" ")
    if state != "TAKEN":
        why = {"GONE": "it is gone", "UNLIMITED": f"its limit is {rest} bytes"}.get(state, "its node says nothing")
        raise FaultError(f"the memory of {where} cannot be used up: {why}")
    return int(rest.split()[1])


def _restarts(pod: Any, status: Any, before: dict[tuple[str, str], int]) -> int:
    return int(status.restart_count) - before.get((pod.metadata.uid, status.name), int(status.restart_count))


def _proof(pod: Any, status: Any, before: dict[tuple[str, str], int], limit: int) -> str:
    where = f"container {status.name} of pod {pod.metadata.name}"
    ended, restarts = status.last_state.terminated, _restarts(pod, status, before)
    if ended is None or (ended.reason, ended.exit_code) != (OUT_OF_MEMORY, KILLED) or restarts != 1:
        reason = f"{ended.reason}, exit status {ended.exit_code}" if ended else "nothing is told of its end"
        raise FaultError(f"{where} was not just killed once for want of memory: {reason}, {restarts} restarts")
    return f"{where} was killed at its limit of {limit // 1024**2} MiB ({OUT_OF_MEMORY}), and runs anew"
