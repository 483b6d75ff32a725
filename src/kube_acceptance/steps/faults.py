"""Faults: something breaks, each time with the proof that it broke."""

from __future__ import annotations

from kube_acceptance import fault
from kube_acceptance.errors import AcceptanceError
from kube_acceptance.release import Release
from kube_acceptance.report import note
from kube_acceptance.session import Session
from kube_acceptance.vocabulary import assertion, must, some, when


@when('every "{component}" pod is deleted and replaced within {within:duration}', target_fixture="deleted")
def pods_of_tier_deleted(release: Release, component: str, within: float) -> dict[str, str]:
    """Deletes the running pods of a tier; others serve in their place then."""
    return fault.delete_pods(release, component, within=within)


@when("every pod is deleted and replaced within {within:duration}", target_fixture="deleted")
def all_pods_deleted(release: Release, within: float) -> dict[str, str]:
    """Deletes all running pods of the release; others serve in their place then."""
    return fault.delete_pods(release, within=within)


@assertion('the new "{component}" pods have new UIDs')
def new_uids_of_tier(release: Release, deleted: dict[str, str], component: str) -> None:
    """None of the deleted pods of a tier is still there."""
    _must_be_new(release, deleted, component)


@assertion("the new pods have new UIDs")
def new_uids(release: Release, deleted: dict[str, str]) -> None:
    """None of the deleted pods is still there."""
    _must_be_new(release, deleted, "")


@when('the process of every "{component}" container is killed, and anew within {within:duration}')
def containers_killed(release: Release, component: str, within: float) -> None:
    """Kills by SIGKILL from the node; the proof is exit status 137 and just one restart more."""
    for line in fault.kill_containers(release, component, within=within):
        note(line)


@when('the process of every "{component}" container is frozen')
def containers_frozen(release: Release, component: str) -> None:
    """Freezes by SIGSTOP from the node; the proof is the process's state."""
    for line in fault.freeze_containers(release, component):
        note(line)


@when('the process of every "{component}" container goes on')
def containers_continue(release: Release, component: str) -> None:
    """Lets frozen processes go on by SIGCONT; the proof is the process's state."""
    for line in fault.continue_containers(release, component):
        note(line)


@when(
    'the node of the "{component}" restarts and its containers run anew within {within:duration}',
    example='the node of the "database" restarts and its containers run anew within 3 minutes',
)
def node_restarts(release: Release, component: str, within: float) -> None:
    """Restarts the node; the proof is its start time, and new IDs of the containers on it."""
    nodes = {pod.spec.node_name for pod in release.serving_pods(component)}
    if len(nodes) != 1:
        raise AcceptanceError(f"the {component} pods run on {len(nodes)} nodes, not on one")
    note(fault.restart_node(release, nodes.pop(), within=within))


@when("the namespace of the release is destroyed, and its volumes are gone within {within:duration}")
def namespace_destroyed(release: Release, session: Session, within: float) -> None:
    """Deletes the namespace with all that it holds; the proof is that neither it nor its claims' volumes are there."""
    note(fault.destroy_namespace(release, within=within))
    session.focus = None


def _must_be_new(release: Release, deleted: dict[str, str], component: str) -> None:
    some(deleted, what="deleted pods")
    pods = some(release.serving_pods(component), what="running pods")
    uids = {str(pod.metadata.uid): pod.metadata.name for pod in pods}
    must((f"pod {uids[uid]} still has the UID {uid}" for uid in uids if uid in deleted.values()), of="pods")
    note(f"{len(deleted)} pods deleted, {len(uids)} others run")
