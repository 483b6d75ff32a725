"""What is true inside running containers: who their processes are, what they are kept from, and what they may write.

A specification says what should be; only the kernel says what is. Images without a shell are looked into as well: the
harness's agent joins the container's process namespace as the container's user.
"""

from __future__ import annotations

import copy
import signal
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kubernetes.client.exceptions import ApiException

from kube_acceptance.api_errors import said_by_api
from kube_acceptance.errors import AcceptanceError
from kube_acceptance.probe.containers import await_running
from kube_acceptance.probe.ephemeral import Joined
from kube_acceptance.probe.place import Place
from kube_acceptance.release import Release
from kube_acceptance.security import templates
from kube_acceptance.security.templates import Spec
from kube_acceptance.state import pods
from kube_acceptance.state.inside import run_beside

LOOK = Path(__file__).with_name("within.py").read_text(encoding="utf-8")
STAYING = ("Deployment", "StatefulSet", "DaemonSet")
ENDING = ("Job", "CronJob")
STAND_IN = "stand-in"
LIVES = 600  # seconds after which a stand-in ends also when nobody deletes it
CAPABILITIES = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")
FILTERED = "2"  # SECCOMP_MODE_FILTER
SIGTERM = 1 << (signal.SIGTERM - 1)  # its bit in the kernel's sets of signals
READ_ONLY = "EROFS"
WRITTEN = "written"


@dataclass(frozen=True)
class Inside:
    """What was seen in one container.

    Args:
        where: The container, in words.
        threads: What /proc says of every thread of it, by the kernel's names (proc_pid_status(5)).
        root: How attempts to write to its root file system ended, by folder.
        control: How the attempt ended where it is meant to write, by folder.
        closed: Why its file systems could not be looked at; empty when they could.
    """

    where: str
    threads: list[Mapping[str, str]]
    root: Mapping[str, str]
    control: Mapping[str, str]
    closed: str = ""

    @classmethod
    def told(cls, where: str, said: Mapping[str, Any]) -> Inside:
        """What the agent told; raises AcceptanceError when it saw nothing."""
        if problem := said.get("error"):
            raise AcceptanceError(f"{where} cannot be looked into: {problem}")
        if not said["threads"]:
            raise AcceptanceError(f"{where} shows no process, so nothing can be said of it")
        return cls(where, said["threads"], said.get("root", {}), said.get("control", {}), said.get("closed", ""))


def users(seen: Inside) -> set[str]:
    """The effective users of its threads."""
    return {thread["Uid"].split()[1] for thread in seen.threads}


def rooted(seen: Inside) -> Iterator[str]:
    """The threads that are root's or of root's group: by any of the real, effective, saved and file system IDs."""
    for thread in seen.threads:
        for field, what in (("Uid", "user"), ("Gid", "group")):
            if "0" in thread[field].split():
                yield f"{_thread(seen, thread)} has the {what} 0 ({field} {' '.join(thread[field].split())})"
        if "0" in thread["Groups"].split():
            yield f"{_thread(seen, thread)} is in the group 0 (Groups {thread['Groups'].strip()})"


def capable(seen: Inside) -> Iterator[str]:
    """The threads that have a capability, or could get one by executing a program."""
    for thread in seen.threads:
        held = [f"{field} {thread[field].strip()}" for field in CAPABILITIES if int(thread[field], 16)]
        if held:
            yield f"{_thread(seen, thread)} has capabilities or may gain some ({', '.join(held)})"


def gaining(seen: Inside) -> Iterator[str]:
    """The threads that may gain privileges by executing a program, such as a setuid one."""
    for thread in seen.threads:
        if thread["NoNewPrivs"].strip() != "1":
            yield f"{_thread(seen, thread)} may gain privileges (NoNewPrivs {thread['NoNewPrivs'].strip()})"


def unfiltered(seen: Inside) -> Iterator[str]:
    """The threads that may make any system call."""
    for thread in seen.threads:
        if thread["Seccomp"].strip() != FILTERED:
            yield f"{_thread(seen, thread)} has no seccomp filter (Seccomp {thread['Seccomp'].strip()})"


def deaf(seen: Inside) -> Iterator[str]:
    """Why the first process would not end when it is told to: for it the kernel drops a signal that it does not catch.

    Of signals without a handler only SIGKILL ends the first process of a PID namespace; see pid_namespaces(7).
    """
    first = next((thread for thread in seen.threads if thread["Pid"].strip() == "1"), None)
    if first is None:
        yield f"the first process of {seen.where} is not to be seen, so nothing can be said of it"
    elif not int(first["SigCgt"], 16) & SIGTERM:
        caught = first["SigCgt"].strip()
        yield f"{_thread(seen, first)} does not catch SIGTERM (SigCgt {caught}), so only SIGKILL ends it"


def writable(seen: Inside) -> Iterator[str]:
    """Why the root file system is not read-only, or why that cannot be said."""
    if seen.closed:
        yield f"the file systems of {seen.where} cannot be looked at: {seen.closed}"
    for folder, ended in seen.control.items():
        if ended != WRITTEN:
            yield f"{seen.where} cannot write to {folder} either ({ended}), so nothing can be said of its root"
    for folder, ended in seen.root.items():
        if ended == WRITTEN:
            yield f"{seen.where} can write to {folder} of its root file system"
        elif ended != READ_ONLY:
            yield f"the root file system of {seen.where} is not read-only: writing to {folder} ended with {ended}"
    if not seen.closed and not (seen.root and seen.control):
        yield f"nothing was written in {seen.where}, so nothing can be said of its root file system"


def inside(release: Release, image: str, labels: Mapping[str, str]) -> list[Inside]:
    """Look into every container of a release that runs, and into stand-ins for those that end.

    Of Jobs, CronJobs and initialising containers nothing runs any more, or not yet, or only for a moment: their pods
    run once more, from the same specification and image, with `sleep` in the place of the program.

    Args:
        release: The release.
        image: The probe image.
        labels: The labels of what the run makes.

    Raises:
        AcceptanceError: There is nothing to look into, or something cannot be looked into.
        ProbeError: The agent is refused or does not start.
    """
    core = release.cluster.core
    objects = release.live_objects()
    serving = pods.serving(release)
    must_all_run(objects, [pod.metadata.labels for pod in serving])
    running = [(f"pod {pod.metadata.name}", pod) for pod in serving]
    made = []
    try:
        for where, spec in ending(templates.specs(objects)).items():
            made.append((f"{STAND_IN} for {where}", _stand_in(release, where, spec, labels)))
        running += [(where, _awaited(core, pod)) for where, pod in made]
        return _look_into(release, image, running)
    finally:
        for _, pod in made:
            core.delete_namespaced_pod(pod.metadata.name, release.namespace)


def inside_running(release: Release, image: str) -> list[Inside]:
    """Look into every container of a release that runs, and into no other; arguments and failures as for `inside`."""
    serving = pods.serving(release)
    must_all_run(release.live_objects(), [pod.metadata.labels for pod in serving])
    return _look_into(release, image, [(f"pod {pod.metadata.name}", pod) for pod in serving])


def must_all_run(objects: Iterable[Mapping[str, Any]], labels: list[Mapping[str, str]]) -> None:
    """Fail unless each workload that stays has a pod among those with these labels: it would not be looked into."""
    for item in objects:
        selector = (item.get("spec") or {}).get("selector") or {}
        if item["kind"] in STAYING and not any(
            (selector.get("matchLabels") or {}).items() <= one.items() for one in labels
        ):
            what = f"{item['kind']} {item['metadata']['name']}"
            raise AcceptanceError(f"no pod of {what} runs with the release's labels, so nothing can be said of it")


def ending(specs: Mapping[str, Spec]) -> dict[str, Spec]:
    """Stand-ins for the containers that end, by what describes them: all start at once, and sleep."""
    found = {}
    for where, spec in specs.items():
        sleeping = [one for one in spec.get("initContainers") or [] if one.get("restartPolicy") != "Always"]
        if where.split()[0] in ENDING:
            sleeping += spec["containers"]
        if sleeping:
            found[where] = _sleeping(spec, sleeping)
    return found


def _sleeping(spec: Spec, containers: list[dict[str, Any]]) -> Spec:
    new = {key: copy.deepcopy(value) for key, value in spec.items() if key != "initContainers"}
    programs = ("command", "args", "lifecycle", "startupProbe", "readinessProbe", "livenessProbe")
    new["containers"] = [
        {key: value for key, value in one.items() if key not in programs} | {"command": ["sleep", str(LIVES)]}
        for one in containers
    ]
    return new | {"restartPolicy": "Never", "activeDeadlineSeconds": LIVES, "terminationGracePeriodSeconds": 1}


def _stand_in(release: Release, where: str, spec: Spec, labels: Mapping[str, str]) -> Any:
    # without the workload's labels: it is no part of any tier
    body = {"metadata": {"generateName": f"{STAND_IN}-", "labels": dict(labels)}, "spec": spec}
    try:
        return release.cluster.core.create_namespaced_pod(release.namespace, body)
    except ApiException as error:
        raise AcceptanceError(f"no stand-in for {where} can be made: {said_by_api(error)}") from error


def _awaited(core: Any, pod: Any) -> Any:
    meta = pod.metadata
    for container in pod.spec.containers:
        await_running(core, meta.namespace, meta.name, container.name)
    return core.read_namespaced_pod(meta.name, meta.namespace)


def _containers(pod: Any) -> list[str]:
    """The containers of a pod that should run, also those that start as initialising ones and stay."""
    staying = [one for one in pod.spec.init_containers or [] if one.restart_policy == "Always"]
    return [one.name for one in [*staying, *pod.spec.containers]]


def _look_into(release: Release, image: str, running: Iterable[tuple[str, Any]]) -> list[Inside]:
    found = [(pod, name, f"container {name} of {where}") for where, pod in running for name in _containers(pod)]
    with ThreadPoolExecutor(max_workers=4) as pool:
        return list(pool.map(lambda one: _look(release, image, *one), found))


def _look(release: Release, image: str, pod: Any, container: str, where: str) -> Inside:
    if pod.spec.share_process_namespace or pod.spec.host_pid:
        raise AcceptanceError(f"{where} shares its processes with others, so nothing can be said of its own")
    statuses = [*(pod.status.init_container_statuses or []), *(pod.status.container_statuses or [])]
    status = next((one for one in statuses if one.name == container), None)
    if not (status and status.state.running):
        raise AcceptanceError(f"{where} does not run, so nothing can be said of it")
    if not (status.user and status.user.linux):
        raise AcceptanceError(f"the cluster does not say as which user {where} runs", hint="Kubernetes 1.33 does.")
    meta, user = pod.metadata, status.user.linux
    place = Place(where, meta.namespace, meta.name, meta.uid, pod.status.pod_ip)
    said = run_beside(release, image, place, LOOK, joined=Joined(container, user.uid, user.gid))
    return Inside.told(where, said)


def _thread(seen: Inside, thread: Mapping[str, str]) -> str:
    return f"{thread['Name'].strip()} ({thread['Pid'].strip()}) in {seen.where}"
