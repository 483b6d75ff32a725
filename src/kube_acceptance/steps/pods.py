"""Pods of a tier and their containers: how many, in which state, where, and what is true inside them."""

from __future__ import annotations

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.release import Release
from kube_acceptance.report import note
from kube_acceptance.state import granted, pods
from kube_acceptance.vocabulary import assertion, given, must, some, when
from kube_acceptance.wait.rollout import is_ready


@assertion('the "{component}" tier has {count:d} pod(s)')
def count_pods(release: Release, component: str, count: int) -> None:
    """A tier has just so many pods that are not being deleted; none only if something could make them."""
    pods.must_count(release, component, count)


@assertion('the "{component}" tier has {count:d} ready pod(s)', trouble=True)
def count_ready_pods(release: Release, component: str, count: int) -> None:
    """Just so many pods of a tier are ready."""
    pods.must_count(release, component, count, ready=True)


@assertion('every "{component}" pod is ready')
def every_pod_ready(release: Release, component: str) -> None:
    """Every pod of a tier is ready, and there is one."""
    found = release.pods(component)
    must((f"pod {pod.metadata.name} is not ready" for pod in found if not is_ready(pod)), of="pods")
    note(f"{len(found)} pods")


@assertion('every "{component}" pod is in the phase "{phase}"', trouble=True)
def every_pod_in_phase(release: Release, component: str, phase: str) -> None:
    """Every pod of a tier is in that phase, and there is one."""
    must(
        (
            f"pod {pod.metadata.name} is in the phase {pod.status.phase}, not {phase}"
            for pod in release.pods(component)
            if pod.status.phase != phase
        ),
        of="pods",
    )


@assertion(
    'every "{component}" pod has the label "{label}" with the value "{value}"',
    example='every "backend" pod has the label "app.kubernetes.io/name" with the value "shop"',
)
def every_pod_labelled(release: Release, component: str, label: str, value: str) -> None:
    """Every pod of a tier carries that label."""
    found = {pod.metadata.name: (pod.metadata.labels or {}).get(label) for pod in release.pods(component)}
    must((f"pod {name} has {label}={its}, not {value}" for name, its in found.items() if its != value), of="pods")


@assertion('the "{component}" pods run on at least {count:d} node(s)')
def on_nodes(release: Release, component: str, count: int) -> None:
    """A tier's pods are spread over so many nodes or more."""
    found = pods.nodes(release, component)
    note(f"nodes: {', '.join(sorted(found))}")
    if len(found) < count:
        raise AcceptanceError(f"the {component} pods run on {len(found)} nodes, fewer than {count}")


@given('the "{component}" pods as they are now', target_fixture="remembered_pods")
def remember_pods(release: Release, component: str) -> dict[str, str]:
    """Remembers a tier's pods by their UIDs."""
    return pods.uids(release, component)


@assertion('the "{component}" pods are the same as before')
def same_pods(release: Release, component: str, remembered_pods: dict[str, str]) -> None:
    """The pods are just those that were remembered, by UID."""
    now, before = pods.uids(release, component), some(remembered_pods, what="remembered pods")
    must((f"pod {now[uid]} is another one than before" for uid in now if uid not in before), of="pods")
    must((f"pod {remembered_pods[uid]} is gone" for uid in remembered_pods if uid not in now), of="pods")


@assertion('every "{component}" pod is another one than before')
def other_pods(release: Release, component: str, remembered_pods: dict[str, str]) -> None:
    """None of the pods is one that was remembered, by UID."""
    some(remembered_pods, what="remembered pods")
    now = pods.uids(release, component)
    must((f"pod {name} is the same as before" for uid, name in now.items() if uid in remembered_pods), of="pods")
    note(f"{len(remembered_pods)} pods before, {len(now)} others now")


@given("all pods as they are now", target_fixture="all_remembered")
def remember_all(release: Release) -> dict[str, dict[str, str]]:
    """Remembers the running pods of all tiers by their UIDs."""
    return pods.by_component(release)


@assertion('just the "{components}" pods have been replaced', example='just the "web, worker" pods have been replaced')
def just_replaced(release: Release, components: str, all_remembered: dict[str, dict[str, str]]) -> None:
    """Of the tiers whose pods were remembered, these have none of the same pods, and all others have just the same."""
    must(pods.not_just_replaced(all_remembered, pods.by_component(release), components.split(", ")), of="tiers")


@assertion("no pod has been replaced since then")
def none_replaced(release: Release, all_remembered: dict[str, dict[str, str]]) -> None:
    """All pods that were remembered run, and no other pod of their tiers does."""
    must(pods.not_just_replaced(all_remembered, pods.by_component(release), []), of="tiers")
    note(f"{sum(map(len, all_remembered.values()))} pods")


@assertion('only the "{component}" pods of before are ready, and no other one ever was')
def only_those_ready(release: Release, component: str, remembered_pods: dict[str, str]) -> None:
    """The pods that were remembered are there and ready, and each of the others has been unready since it was made."""
    found = {str(pod.metadata.uid): pod for pod in release.pods(component)}
    before = some(remembered_pods, what="remembered pods")
    must((f"pod {remembered_pods[uid]} is gone" for uid in before if uid not in found), of="pods")
    must((f"pod {found[uid].metadata.name} is not ready" for uid in before if not is_ready(found[uid])), of="pods")
    others = some(
        (pod for uid, pod in found.items() if uid not in before), what=f"{component} pods but those of before"
    )
    must((problem for pod in others if (problem := pods.was_ready(pod))), of="pods")
    note(f"{len(before)} pods of before are ready; never ready: {', '.join(pod.metadata.name for pod in others)}")


@assertion(
    'the kernel grants every "{component}" container "{memory}" of memory and "{cpu}" processors',
    example='the kernel grants every "web" container "256Mi" of memory and "500m" processors',
)
def granted_by_kernel(release: Release, component: str, memory: str, cpu: str) -> None:
    """The limits of each container's control group are just these."""
    must(granted.others(release, component, memory, cpu), of="containers")


@assertion('every "{component}" container is running')
def every_container_runs(release: Release, component: str) -> None:
    """Every container of a tier's pods runs."""
    must(pods.not_running(pods.containers(release, component)), of="containers")


@assertion('no "{component}" container has restarted')
def no_container_restarted(release: Release, component: str) -> None:
    """Kubelet has restarted no container of a tier since its pod was made."""
    _restarted(release, component, 0, 0)


@given('the "{component}" containers as they are now', target_fixture="remembered_restarts")
def remember_restarts(release: Release, component: str) -> dict[tuple[str, str], int]:
    """Remembers how often kubelet has restarted each container of a tier's pods."""
    return pods.restarts(release, component)


@assertion('no "{component}" container has restarted since then')
def no_container_restarted_since(
    release: Release, component: str, remembered_restarts: dict[tuple[str, str], int]
) -> None:
    """Kubelet has restarted no container of a tier since they were remembered; one of a new pod, never."""
    now = some(pods.restarts(release, component).items(), what=f"{component} containers")
    must(
        (
            f"{container} has restarted {more} times since then"
            for (uid, container), count in now
            if (more := count - remembered_restarts.get((uid, container), 0))
        ),
        of="containers",
    )


@assertion('every "{component}" container has restarted {count:d} time(s)', trouble=True)
def containers_restarted(release: Release, component: str, count: int) -> None:
    """Kubelet has restarted every container of a tier just so often."""
    _restarted(release, component, count, count)


@assertion(
    'every "{component}" container waits because of "{reason}"',
    trouble=True,
    example='every "backend" container waits because of "ImagePullBackOff"',
)
def containers_wait(release: Release, component: str, reason: str) -> None:
    """Kubelet says that the containers cannot be started for that reason, such as ImagePullBackOff."""
    must(
        (
            f"{container} is {pods.state(container)}, and does not wait because of {reason}"
            for container in pods.containers(release, component)
            if pods.waiting_reason(container) != reason
        ),
        of="containers",
    )


@assertion('every "{component}" container ended because of "{reason}"', trouble=True)
def containers_ended_because(release: Release, component: str, reason: str) -> None:
    """The containers ended, now or the last time, for that reason, such as OOMKilled or Completed."""
    ended = [(each, pods.termination(each)) for each in pods.containers(release, component)]
    must(
        (
            f"{each} ended because of {end.reason if end else 'nothing yet'}"
            for each, end in ended
            if end is None or end.reason != reason
        ),
        of="containers",
    )


@assertion(
    'every "{component}" container ended with the exit status {status:d}',
    trouble=True,
    example='every "backend" container ended with the exit status 137',
)
def containers_ended_with(release: Release, component: str, status: int) -> None:
    """The containers ended, now or the last time, with that exit status."""
    ended = [(each, pods.termination(each)) for each in pods.containers(release, component)]
    must(
        (
            f"{each} ended with {end.exit_code if end else 'nothing yet'}, not {status}"
            for each, end in ended
            if end is None or end.exit_code != status
        ),
        of="containers",
    )


@assertion(
    'every "{component}" container has the environment variable "{name}" set to "{value}"',
    example='every "backend" container has the environment variable "LOG_LEVEL" set to "info"',
)
def has_variable(release: Release, component: str, name: str, value: str) -> None:
    """The first process of every container was started with that variable, as the kernel gives it."""
    found = {str(each): pods.environment(release, each).get(name) for each in pods.running(release, component)}
    must(
        (f"{name} in {where} is {its!r}, not {value!r}" for where, its in found.items() if its != value),
        of="containers",
    )


@assertion(
    'no "{component}" container has the environment variable "{name}"',
    example='no "backend" container has the environment variable "DATABASE_PASSWORD"',
)
def lacks_variable(release: Release, component: str, name: str) -> None:
    """The first process of no container has that variable; the control is that it has others."""
    found = {str(each): pods.environment(release, each) for each in pods.running(release, component)}
    must((f"{where} has the variable {name}" for where, its in found.items() if name in its), of="containers")


@assertion('every process of the "{component}" containers belongs to the user {user:d}')
def processes_belong_to(release: Release, component: str, user: int) -> None:
    """Real and effective user of every process are that number, as the kernel tells it."""
    for container in pods.running(release, component):
        found = pods.users(release, container)
        must(
            (
                f"{container} has a process of the users {', '.join(sorted(set(ids)))}"
                for ids in found
                if set(ids) != {str(user)}
            ),
            of="users",
        )


@assertion(
    '"{path}" in every "{component}" container is read-only, unlike "{writable}"',
    example='"/app" in every "backend" container is read-only, unlike "/tmp"',
)
def is_read_only(release: Release, component: str, path: str, writable: str) -> None:
    """A folder refuses to be written to, while the same attempt at another one succeeds."""
    for container in pods.running(release, component):
        pods.must_be_read_only(release, container, path, writable)


@assertion(
    'the file "{path}" in every "{component}" container contains "{words}"',
    example='the file "/etc/os-release" in every "backend" container contains "ID=alpine"',
)
def file_contains(release: Release, component: str, path: str, words: str) -> None:
    """A file holds these words, read inside of every container of a tier."""
    for container in pods.running(release, component):
        if words not in release.execute(container.pod, "cat", path, container=container.name):
            raise AcceptanceError(f"{path} in {container} does not contain {words!r}")


@when('the command "{command}" runs in a "{component}" pod', target_fixture="command_ended")
def run_command(release: Release, component: str, command: str) -> tuple[int, str]:
    """Runs a command, without a shell, in the first container of a tier's first pod."""
    return pods.run(release, component, command)


@assertion("it ends with the exit status {status:d}", timed=False, example="it ends with the exit status 0")
def command_status(command_ended: tuple[int, str], status: int) -> None:
    """The command that ran ended so."""
    found, said = command_ended
    if found != status:
        raise AcceptanceError(
            f"the command ended with the exit status {found}, not {status}", details=said.splitlines()
        )


@assertion('it prints "{words}"', timed=False, example='it prints "10001"')
def command_printed(command_ended: tuple[int, str], words: str) -> None:
    """The command that ran printed these words."""
    _, said = command_ended
    if words not in said:
        raise AcceptanceError(f"the command does not print {words!r}", details=said.splitlines())
    note(said.strip()[:200])


def _restarted(release: Release, component: str, least: int, most: int) -> None:
    must(
        (
            f"{each} has restarted {each.status.restart_count if each.status else 0} times"
            for each in pods.containers(release, component)
            if each.status is None or not least <= each.status.restart_count <= most
        ),
        of="containers",
    )
