"""Faults: something breaks, each time with the proof that it broke.

Whether it recovers is for other phrases to say: data are judged before availability.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

from kube_acceptance import fault
from kube_acceptance.errors import AcceptanceError
from kube_acceptance.release import Release
from kube_acceptance.report import note
from kube_acceptance.session import Session
from kube_acceptance.state import pods, volumes
from kube_acceptance.vocabulary import assertion, given, must, some, when
from kube_acceptance.wait.rollout import is_ready

# ---- pods


@when('every "{component}" pod is deleted and replaced within {within:duration}', target_fixture="deleted")
def pods_of_tier_deleted(release: Release, component: str, within: float) -> dict[str, str]:
    """Deletes the running pods of a tier; others run in their place then."""
    return fault.delete_pods(release, component, within=within)


@when("every pod is deleted and replaced within {within:duration}", target_fixture="deleted")
def all_pods_deleted(release: Release, within: float) -> dict[str, str]:
    """Deletes all running pods of the release; others run in their place then."""
    return fault.delete_pods(release, within=within)


@assertion('the new "{component}" pods have new UIDs')
def new_uids_of_tier(release: Release, deleted: dict[str, str], component: str) -> None:
    """None of the deleted pods of a tier is still there."""
    _must_be_new(release, deleted, component)


@assertion("the new pods have new UIDs")
def new_uids(release: Release, deleted: dict[str, str]) -> None:
    """None of the deleted pods is still there."""
    _must_be_new(release, deleted, "")


@when("every pod is told to end, and others are ready within {within:duration}", target_fixture="endings")
def pods_told_to_end(release: Release, within: float) -> list[fault.Ending]:
    """Deletes all running pods of the release; how their containers ended is what the API server told last of them."""
    found = some(fault.end_pods(release, within=within), what="containers that ended")
    for each in found:
        note(f"{each.where}: exit status {each.code} after {each.seconds:.0f} s of {each.grace:.0f} s")
    return found


@assertion("every container ended by itself, with a quarter of its time to spare", timed=False)
def ended_by_themselves(endings: list[fault.Ending]) -> None:
    """None was killed because its time was over: each ended on the signal, well before that."""
    must(fault.not_by_itself(endings), of="containers")


# ---- containers


@when('the process of every "{component}" container is killed, and anew within {within:duration}')
def containers_killed(release: Release, component: str, within: float) -> None:
    """Kills by SIGKILL from the node; the proof is exit status 137 and just one restart more."""
    _told(fault.kill_containers(release, component, within=within))


@when(
    'the process of the container "{name}" in every "{component}" pod is killed, and anew within {within:duration}',
    example='the process of the container "web" in every "frontend" pod is killed, and anew within 1 minute',
)
def container_killed(release: Release, name: str, component: str, within: float) -> None:
    """Kills one container of each pod by SIGKILL from the node; the proof is as for a whole tier."""
    _told(fault.kill_containers(release, component, name, within=within))


@when('every process of every "{component}" container is frozen', target_fixture="frozen")
def containers_frozen(release: Release, component: str, afterwards: ExitStack) -> list[fault.Frozen]:
    """Freezes a tier's containers whole; the proof is the kernel's own word. They thaw with the scenario's end."""
    return _frozen(*fault.freeze_containers(release, component, afterwards=afterwards))


@when(
    'every process of the container "{name}" in every "{component}" pod is frozen',
    target_fixture="frozen",
    example='every process of the container "web" in every "frontend" pod is frozen',
)
def container_frozen(release: Release, name: str, component: str, afterwards: ExitStack) -> list[fault.Frozen]:
    """Freezes one container of each of a tier's pods, as for a whole tier; probes by exec do not lead to its end."""
    return _frozen(*fault.freeze_containers(release, component, name, afterwards=afterwards))


@when("what was frozen goes on")
def containers_go_on(release: Release, frozen: list[fault.Frozen]) -> None:
    """Thaws the frozen containers; the proof is the kernel's own word, and that none was started anew meanwhile."""
    _told(fault.thaw_containers(release, frozen))


@when('every "{component}" container uses up its memory, is killed for it, and runs anew within {within:duration}')
def containers_out_of_memory(release: Release, component: str, within: float) -> None:
    """Fills each container's memory from its node; the proof is that it ended as OOMKilled, and one restart more."""
    _told(fault.exhaust_memory(release, component, within=within))


@when('the first process of every "{component}" container is stopped, and hangs', target_fixture="hung")
def containers_hang(release: Release, component: str, afterwards: ExitStack) -> list[fault.Hung]:
    """Sends SIGSTOP from the node: the process has not ended, and does nothing; the proof is the kernel's own word."""
    found = fault.hang_containers(release, component, afterwards=afterwards)
    _told([str(each) for each in found])
    return found


@assertion("their liveness probes have them restarted within {within:duration}", timed=False)
def restarted_by_liveness(release: Release, hung: list[fault.Hung], within: float) -> None:
    """Each runs anew, restarted once, and kubelet's event says that the liveness probe led to it."""
    _told(fault.await_restart_by_liveness(release, hung, within=within))


@when(
    'a "{component}" pod is replaced by one that needs {lasting:duration} to start',
    target_fixture="slow_start",
    example='a "backend" pod is replaced by one that needs 30 seconds to start',
)
def starts_slowly(release: Release, component: str, lasting: float, afterwards: ExitStack) -> fault.Hung:
    """Deletes a pod and stops the first process of its successor as it begins, for that time, by SIGSTOP and SIGCONT.

    It must be longer than a liveness probe would wait, and is watched: the container is not restarted meanwhile.
    """
    held = fault.start_slowly(release, component, lasting=lasting, afterwards=afterwards)
    note(f"{held}, for {lasting:g} s")
    return held


@assertion("it is ready, and its container was never restarted", trouble=True)
def started_once(release: Release, slow_start: fault.Hung) -> None:
    """The container that started slowly is the same one, and serves."""
    note(fault.must_have_started_once(release, slow_start))


# ---- rollouts and releases


@when("every workload is restarted, and has new pods within {within:duration}")
def workloads_restarted(release: Release, within: float) -> None:
    """Restarts all rollouts at once; the proof is a pod of a new revision for each, by label and UID."""
    _told(fault.restart_rollouts(release, within=within))


@when(
    'the release is upgraded with "{path}" set to {value:value}, and every "{component}" pod replaced '
    "within {within:duration}",
    target_fixture="deleted",
    example='the release is upgraded with "frontend.nodePort" set to 30080, and every "frontend" pod replaced '
    "within 2 minutes",
)
def upgraded_with_new_pods(release: Release, path: str, value: Any, component: str, within: float) -> dict[str, str]:
    """Upgrades the release by a value that concerns a tier; the proof is that others run in place of its pods."""
    with fault.replaced(release, component, "upgraded", within=within) as old:
        note(f"revision {release.upgrade({path: value})}")
    return old


@when(
    'the release is rolled back to revision {revision:d}, and every "{component}" pod replaced '
    "within {within:duration}",
    target_fixture="deleted",
)
def rolled_back_with_new_pods(release: Release, revision: int, component: str, within: float) -> dict[str, str]:
    """Rolls back to a revision that differs in a tier; the proof is that others run in place of its pods."""
    with fault.replaced(release, component, "rolled back", within=within) as old:
        note(f"revision {release.rollback(revision)}")
    return old


@when(
    "the release is uninstalled, and its pods are gone within {within:duration}",
    target_fixture="uninstalled",
)
def uninstalled_with_pods(release: Release, within: float) -> list[dict[str, Any]]:
    """Uninstalls the release by Helm; the proof is that no pod of it is left. The claims that are left are told."""
    objects, proof = fault.uninstall(release, within=within)
    note(proof)
    return objects


# ---- nodes


@when(
    'the node of the "{component}" restarts and its containers run anew within {within:duration}',
    example='the node of the "database" restarts and its containers run anew within 3 minutes',
)
def node_restarts(release: Release, session: Session, component: str, within: float, afterwards: ExitStack) -> None:
    """Restarts the node; the proof is its start time, and new IDs of the containers on it.

    What else ran on that node is ready again before the scenario ends.
    """
    node = _node_of(release, component)
    lost = session.spoiled
    note(fault.restart_node(release, node, within=within, afterwards=afterwards, lost=lost))


@given("every node takes pods")
def every_node_takes_pods(session: Session, afterwards: ExitStack) -> None:
    """For this scenario no taint of an administrator, such as that of the control plane, keeps pods off a node."""
    note(fault.let_every_node_take_pods(session.cluster, labels=session.labels, afterwards=afterwards))


@when(
    'the node of the "{component}" is drained of the release within {within:duration}',
    target_fixture="drained",
    example='the node of the "database" is drained of the release within 2 minutes',
)
def node_drained(
    release: Release, session: Session, component: str, within: float, afterwards: ExitStack
) -> fault.Drained:
    """Cordons the node and evicts the release's pods, and no others; the proof is the node's spec, and the UIDs."""
    node = _node_of(release, component)
    drained = fault.drain_node(release, node, within=within, labels=session.labels, afterwards=afterwards)
    note(str(drained))
    return drained


@assertion('every "{component}" pod is ready on another node than the drained one', trouble=True)
def ready_elsewhere(release: Release, component: str, drained: fault.Drained) -> None:
    """The pods of a tier are ready, none of them on the drained node."""
    found = some(release.pods(component), what=f"{component} pods")
    must((f"pod {each.metadata.name} is not ready" for each in found if not is_ready(each)), of="pods")
    here = (each.metadata.name for each in found if each.spec.node_name == drained.node)
    must((f"pod {name} is on node {drained.node}, which was drained" for name in here), of="pods")
    note(f"{len(found)} pods on {', '.join(sorted({each.spec.node_name for each in found}))}")


@assertion(
    'the "{component}" waits for the drained node, where its volume is',
    trouble=True,
    example='the "database" waits for the drained node, where its volume is',
)
def waits_for_volume(release: Release, component: str, drained: fault.Drained) -> None:
    """The scheduler cannot place the tier's pod anywhere, because its volume is on that node."""
    note(volumes.must_wait_for_node(release, component, drained.node))


@when("the drained node takes pods again")
def takes_pods_again(release: Release, drained: fault.Drained) -> None:
    """Uncordons the drained node."""
    note(fault.uncordon(release.cluster, drained.node))


# ---- volumes


@given(
    'a volume of just "{size}" with the storage class "{storage_class}" for the claim "{claim}"',
    example='a volume of just "128Mi" with the storage class "bounded" for the claim "data-${RELEASE}-database-0"',
)
def bounded_volume(
    afterwards: ExitStack, empty_release: Release, session: Session, size: str, storage_class: str, claim: str
) -> None:
    """Makes a volume with a hard limit for a claim of the release that is installed next; it goes with the scenario."""
    where = fault.bounded_volume(
        empty_release.cluster,
        name=f"bounded-{empty_release.namespace}",
        size=size,
        claim=claim,
        namespace=empty_release.namespace,
        storage_class=storage_class,
        labels=session.labels,
        afterwards=afterwards,
    )
    note(where)


@when('the volume of the "{component}" is filled', example='the volume of the "database" is filled')
def volume_filled(release: Release, component: str, afterwards: ExitStack) -> None:
    """Fills the volume from its node, if it has a file system of its own; the proof is that no write finds room."""
    note(fault.fill_volume(release, component, afterwards=afterwards))


@when('the volume of the "{component}" has room again', example='the volume of the "database" has room again')
def volume_emptied(release: Release, component: str) -> None:
    """Takes away what filled the volume; the proof is the room that its file system tells of."""
    note(fault.empty_volume(release, component))


def _node_of(release: Release, component: str) -> str:
    nodes = pods.nodes(release, component)
    if len(nodes) != 1:
        raise AcceptanceError(f"the {component} pods run on {len(nodes)} nodes, not on one")
    return nodes.pop()


def _frozen(frozen: list[fault.Frozen], proof: list[str]) -> list[fault.Frozen]:
    _told(proof)
    return frozen


def _told(proof: list[str]) -> None:
    for line in proof:
        note(line)


@when("the namespace of the release is destroyed, and its volumes are gone within {within:duration}")
def namespace_destroyed(release: Release, session: Session, within: float) -> None:
    """Deletes the namespace with all that it holds; the proof is that neither it nor its claims' volumes are there."""
    note(fault.destroy_namespace(release, within=within))
    session.focus = None


def _must_be_new(release: Release, deleted: dict[str, str], component: str) -> None:
    some(deleted, what="deleted pods")
    running = some(release.serving_pods(component), what="running pods")
    uids = {str(pod.metadata.uid): pod.metadata.name for pod in running}
    must((f"pod {uids[uid]} still has the UID {uid}" for uid in uids if uid in deleted.values()), of="pods")
    note(f"{len(deleted)} pods deleted, {len(uids)} others run")
