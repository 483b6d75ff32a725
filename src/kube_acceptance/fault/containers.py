"""The first processes of containers killed, frozen and let go on."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from tenacity import Retrying, retry_if_result, stop_after_delay, wait_fixed

from kube_acceptance.errors import FaultError
from kube_acceptance.release import Release
from kube_acceptance.wait import Seen, eventually
from kube_acceptance.wait.changes import changes

KILLED = 137  # 128 and the number of SIGKILL
FROZEN = "T"  # as the kernel calls a process that was stopped
EFFECT_WITHIN = 5.0  # seconds until a signal that stops a process, or lets it go on, has done so


def kill_containers(release: Release, component: str, *, within: float) -> list[str]:
    """Kill the first process of every container of a tier by SIGKILL, and wait until all are ready again.

    Args:
        release: The release.
        component: The tier.
        within: Seconds.

    Returns:
        The proof, a line a container: it ended with exit status 137, and was restarted once more.

    Raises:
        FaultError: No container of the tier runs, or one was not killed.
        WaitError: One was not restarted in time.
    """
    doomed = list(_running(release, component))
    if not doomed:
        raise FaultError(f"no {component} container of release {release.name} runs, so none can be killed")
    with changes(release.cluster.new_client, release.namespace) as changed:
        for pod, status in doomed:
            release.cluster.provider.signal_container(pod.spec.node_name, status.container_id, "KILL")
        before = {_key(pod, status): status.restart_count for pod, status in doomed}
        eventually(
            f"{len(doomed)} killed containers to run anew",
            lambda: _anew(release, component, before),
            within=within,
            changed=changed,
        )
    return [_proof(pod, status, before[_key(pod, status)]) for pod, status in _running(release, component)]


def freeze_containers(release: Release, component: str) -> list[str]:
    """Freeze the first process of every container of a tier by SIGSTOP; the proof is its state.

    Raises:
        FaultError: No container of the tier runs, or one was not frozen.
    """
    return _signalled(release, component, "STOP", frozen=True)


def continue_containers(release: Release, component: str) -> list[str]:
    """Let the first process of every container of a tier go on by SIGCONT; the proof is its state.

    Raises:
        FaultError: No container of the tier runs, or one is frozen still.
    """
    return _signalled(release, component, "CONT", frozen=False)


def _signalled(release: Release, component: str, signal: str, *, frozen: bool) -> list[str]:
    proof = []
    for pod, status in _running(release, component):
        send = partial(release.cluster.provider.signal_container, pod.spec.node_name, status.container_id, signal)
        # the kernel stops a process when it next runs; sent twice, these signals do what they do once
        seen = Retrying(
            retry=retry_if_result(lambda state: state.startswith(FROZEN) != frozen),
            stop=stop_after_delay(EFFECT_WITHIN),
            wait=wait_fixed(0.1),
            retry_error_callback=lambda last: last.outcome and last.outcome.result(),
        )
        state = seen(send)
        if state.startswith(FROZEN) != frozen:
            raise FaultError(f"container {status.name} of pod {pod.metadata.name} got SIG{signal}, but is {state}")
        proof.append(f"container {status.name} of pod {pod.metadata.name}: {state}")
    if not proof:
        raise FaultError(f"no {component} container of release {release.name} runs, so none can get SIG{signal}")
    return proof


def _running(release: Release, component: str) -> Iterator[tuple[Any, Any]]:
    for pod in release.serving_pods(component):
        for status in pod.status.container_statuses or []:
            if status.state.running:
                yield pod, status


def _anew(release: Release, component: str, before: dict[str, int]) -> Seen[None]:
    ready = {_key(pod, status) for pod, status in _running(release, component) if _is_anew(pod, status, before)}
    missing = sorted(before.keys() - ready)
    return Seen(not missing, f"{len(missing)} of {len(before)} containers not ready again: {', '.join(missing)}")


def _is_anew(pod: Any, status: Any, before: dict[str, int]) -> bool:
    return bool(status.ready and status.restart_count > before.get(_key(pod, status), status.restart_count))


def _proof(pod: Any, status: Any, restarts: int) -> str:
    where = f"container {status.name} of pod {pod.metadata.name}"
    ended = status.last_state.terminated
    if ended is None or ended.exit_code != KILLED or status.restart_count != restarts + 1:
        code = ended.exit_code if ended else "none"
        raise FaultError(
            f"{where} was not just killed once: exit status {code}, {status.restart_count - restarts} restarts"
        )
    return f"{where} ended with exit status {KILLED}, restarts {restarts} before, {status.restart_count} now"


def _key(pod: Any, status: Any) -> str:
    return f"{pod.metadata.name}/{status.name}"
