"""First processes stopped, so that they hang without having ended: whoever watches them must do something about it.

A frozen control group would not do: kubelet could not kill what is in it. A stopped process is there for everybody, and
does nothing.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kube_acceptance.cluster import Provider
from kube_acceptance.errors import FaultError
from kube_acceptance.fault.containers import KILLED, none_runs, running
from kube_acceptance.release import Release
from kube_acceptance.wait import Seen, eventually
from kube_acceptance.wait.changes import changes

STOPPED = "T"  # the first letter of the kernel's word for it
STOPS_WITHIN = 10.0  # seconds: the kernel stops a process when it next has its turn
UNHEALTHY = "Unhealthy"
BY_LIVENESS = "failed liveness probe, will be restarted"  # what kubelet says when it restarts a container for that


@dataclass(frozen=True)
class Hung:
    """A container whose first process was stopped.

    Attributes:
        where: The container, in words.
        pod: Its pod's name.
        name: Its name.
        node: Its node.
        container: Its ID, as the API gives it.
        restarts: How often it had been restarted before.
        state: What the kernel says of the process.
    """

    where: str
    pod: str
    name: str
    node: str
    container: str
    restarts: int
    state: str

    def __str__(self) -> str:
        return f"{self.where}: its first process is {self.state}"


def hang_containers(release: Release, component: str, *, afterwards: contextlib.ExitStack) -> list[Hung]:
    """Stop the first process of every container of a tier; the proof is what the kernel says of them.

    Args:
        release: The release.
        component: The tier.
        afterwards: Is given what lets them go on, however the scenario ends.

    Raises:
        FaultError: No such container runs, or one was not stopped.
    """
    found = list(running(release, component))
    if not found:
        raise FaultError(f"{none_runs(release, component)}, so none can be made to hang")
    return [stop(release, pod, status, afterwards=afterwards) for pod, status in found]


def stop(release: Release, pod: Any, status: Any, *, afterwards: contextlib.ExitStack) -> Hung:
    """Stop the first process of one container; see `hang_containers`.

    Args:
        release: The release.
        pod: The pod, as the API gives it.
        status: The container's status.
        afterwards: Is given what lets it go on.
    """
    provider, node, container = release.cluster.provider, pod.spec.node_name, status.container_id
    where = f"container {status.name} of pod {pod.metadata.name}"
    afterwards.callback(_go_on, provider, node, container)  # before it is stopped: it may be, and the answer lost

    def look() -> Seen[str]:
        state = provider.signal_container(node, container, "STOP")
        return Seen(state.startswith(STOPPED), f"it is {state}", state)

    state = eventually(f"the first process of {where} to be stopped", look, within=STOPS_WITHIN)
    return Hung(where, pod.metadata.name, status.name, node, container, status.restart_count, str(state))


def go_on(release: Release, hung: Hung) -> None:
    """Let a stopped process go on; raises FaultError when it had not been stopped until now, or is gone."""
    state = release.cluster.provider.signal_container(hung.node, hung.container, "STOP")
    if not state.startswith(STOPPED):
        raise FaultError(f"{hung.where} was not stopped all the while: it is {state}")
    state = release.cluster.provider.signal_container(hung.node, hung.container, "CONT")
    if state.startswith(STOPPED) or state == "gone":
        raise FaultError(f"{hung.where} does not go on: it is {state}")


def await_restart_by_liveness(release: Release, hung: Sequence[Hung], *, within: float) -> list[str]:
    """Wait until kubelet has restarted containers that hang, because of their liveness probe.

    Args:
        release: The release.
        hung: The containers.
        within: Seconds.

    Returns:
        The proof, a line a container.

    Raises:
        FaultError: One was restarted for another reason, or more than once.
        WaitError: One was not restarted in time.
    """
    with changes(release.cluster.new_client, release.namespace) as changed:
        anew = eventually(
            f"{len(hung)} containers that hang to be restarted",
            lambda: _anew(release, hung),
            within=within,
            changed=changed,
        )
    return [_proof(release, each, status) for each, status in anew or ()]


def _anew(release: Release, hung: Sequence[Hung]) -> Seen[list[tuple[Hung, Any]]]:
    by_pod = {each.pod: each for each in hung}
    now = [
        (by_pod[pod.metadata.name], status)
        for pod, status in running(release, "")
        if pod.metadata.name in by_pod and status.name == by_pod[pod.metadata.name].name
    ]
    anew = [(each, status) for each, status in now if status.container_id != each.container]
    return Seen(len(anew) == len(hung), f"{len(anew)} of {len(hung)} containers that hung run anew", anew)


def _proof(release: Release, hung: Hung, status: Any) -> str:
    ended = status.last_state.terminated
    if status.restart_count != hung.restarts + 1 or ended is None or ended.exit_code != KILLED:
        code, more = ended.exit_code if ended else "none", status.restart_count - hung.restarts
        raise FaultError(f"{hung.where} was not just restarted once: exit status {code}, {more} restarts")
    selector = f"involvedObject.kind=Pod,involvedObject.name={hung.pod}"
    events = release.cluster.core.list_namespaced_event(release.namespace, field_selector=selector).items
    if not (said := [event.message for event in events if BY_LIVENESS in (event.message or "")]):
        told = "; ".join(sorted({f"{event.reason}: {event.message}" for event in events}))
        raise FaultError(
            f"{hung.where} was restarted, but no event says that its liveness probe led to it", details=[told]
        )
    restarts = f"restarts {hung.restarts} before, {status.restart_count} now"
    return f"{hung.where}: {said[-1]}; exit status {ended.exit_code}, {restarts}"


def _go_on(provider: Provider, node: str, container: str) -> None:
    with contextlib.suppress(FaultError):  # it is gone, as it should be
        provider.signal_container(node, container, "CONT")
