"""Phrases that break something, each with the proof that it broke."""

from __future__ import annotations

from pytest_bdd import parsers, then, when

from kube_acceptance import fault
from kube_acceptance.errors import AcceptanceError
from kube_acceptance.release import Release
from kube_acceptance.report import note
from kube_acceptance.steps.phrases import must, seconds, some

WITHIN = r"within (?P<count>\d+) (?P<unit>seconds?|minutes?)"


@when(parsers.re(rf'every "(?P<component>[^"]+)" pod is deleted and replaced {WITHIN}'), target_fixture="deleted")
def pods_of_tier_deleted(release: Release, component: str, count: str, unit: str) -> dict[str, str]:
    return fault.delete_pods(release, component, within=seconds(count, unit))


@when(parsers.re(rf"every pod is deleted and replaced {WITHIN}"), target_fixture="deleted")
def all_pods_deleted(release: Release, count: str, unit: str) -> dict[str, str]:
    return fault.delete_pods(release, within=seconds(count, unit))


@then(parsers.parse('the new "{component}" pods have new UIDs'))
def new_uids_of_tier(release: Release, deleted: dict[str, str], component: str) -> None:
    _must_be_new(release, deleted, component)


@then("the new pods have new UIDs")
def new_uids(release: Release, deleted: dict[str, str]) -> None:
    _must_be_new(release, deleted, "")


@when(parsers.re(rf'the node of the "(?P<component>[^"]+)" restarts and its containers run anew {WITHIN}'))
def node_restarts(release: Release, component: str, count: str, unit: str) -> None:
    nodes = {pod.spec.node_name for pod in release.serving_pods(component)}
    if len(nodes) != 1:
        raise AcceptanceError(f"the {component} pods run on {len(nodes)} nodes, not on one")
    note(fault.restart_node(release, nodes.pop(), within=seconds(count, unit)))


def _must_be_new(release: Release, deleted: dict[str, str], component: str) -> None:
    some(deleted, what="deleted pods")
    pods = some(release.serving_pods(component), what="running pods")
    uids = {str(pod.metadata.uid): pod.metadata.name for pod in pods}  # type: ignore[attr-defined]
    must((f"pod {uids[uid]} still has the UID {uid}" for uid in uids if uid in deleted.values()), of="pods")
    note(f"{len(deleted)} pods deleted, {len(uids)} others run")
