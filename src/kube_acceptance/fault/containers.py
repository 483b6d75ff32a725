"""The first processes of containers killed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kube_acceptance.errors import FaultError
from kube_acceptance.release import Release
from kube_acceptance.wait import Seen, eventually
from kube_acceptance.wait.changes import changes

KILLED = 137  # 128 and the number of SIGKILL


def kill_containers(release: Release, component: str, container: str = "", *, within: float) -> list[str]:
    """Kill the first process of containers by SIGKILL, and wait until they run anew; ready they need not be.

    Args:
        release: The release.
        component: The tier.
        container: The container's name; every container of the tier's pods when empty.
        within: Seconds.

    Returns:
        The proof, a line a container: it ended with exit status 137, and was restarted once more.

    Raises:
        FaultError: No such container runs, or one was not killed.
        WaitError: One was not restarted in time.
    """
    doomed = list(running(release, component, container))
    if not doomed:
        raise FaultError(f"{none_runs(release, component, container)}, so none can be killed")
    with changes(release.cluster.new_client, release.namespace) as changed:
        for pod, status in doomed:
            release.cluster.provider.signal_container(pod.spec.node_name, status.container_id, "KILL")
        before = {_key(pod, status): status.restart_count for pod, status in doomed}
        anew = eventually(
            f"{len(doomed)} killed containers to run anew",
            lambda: _anew(release, component, before),
            within=within,
            changed=changed,
        )
    return [_proof(pod, status, before[_key(pod, status)]) for pod, status in anew or ()]


def running(release: Release, component: str, container: str = "") -> Iterator[tuple[Any, Any]]:
    """The containers of a tier that run, of one name when it is given, each with its pod, as the API gives them."""
    for pod in release.serving_pods(component):
        for status in pod.status.container_statuses or []:
            if status.state.running and container in ("", status.name):
                yield pod, status


def none_runs(release: Release, component: str, container: str = "") -> str:
    """The beginning of the sentence that says that a fault selected nothing."""
    if container:
        return f"no container {container} of a {component} pod of release {release.name} runs"
    return f"no {component} container of release {release.name} runs"


def _anew(release: Release, component: str, before: dict[str, int]) -> Seen[list[tuple[Any, Any]]]:
    anew = [(pod, status) for pod, status in running(release, component) if _is_anew(pod, status, before)]
    missing = sorted(before.keys() - {_key(pod, status) for pod, status in anew})
    return Seen(not missing, f"{len(missing)} of {len(before)} containers do not run anew: {', '.join(missing)}", anew)


def _is_anew(pod: Any, status: Any, before: dict[str, int]) -> bool:
    return bool(status.restart_count > before.get(_key(pod, status), status.restart_count))


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
