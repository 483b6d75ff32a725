"""Nodes restarted: what proves it, and who else must be well again before the scenario ends."""

from __future__ import annotations

from contextlib import ExitStack
from types import SimpleNamespace as Object
from typing import Any

import pytest
from fault_objects import pod, status

from kube_acceptance.errors import FaultError, WaitError
from kube_acceptance.fault import restart_node
from kube_acceptance.fault.node import Running, _anew, _ready


def container(identity: str, *, ready: bool = True) -> Any:
    return Object(**{**vars(status(ready=ready)), "container_id": identity})


def release(before: list[Any], after: list[Any], nodes: int = 2, said: list[str] | None = None) -> Any:
    now = [before]
    lacking: list[str] = [] if said is None else said

    def restart(node: str) -> str:
        now[0] = after
        return f"node {node} restarted"

    listed = Object(
        list_pod_for_all_namespaces=lambda field_selector: Object(items=now[0]),
        list_node=lambda: Object(items=[None] * nodes),
    )
    provider = Object(restart_node=restart, too_few_nodes=lacking.append)
    return Object(name="shop", namespace="shop", cluster=Object(core=listed, provider=provider))


def test_restarting_a_node_without_pods_of_the_release_is_no_fault() -> None:
    others = [pod(container("1"), namespace="kube-system")]
    with pytest.raises(FaultError) as caught:
        restart_node(release(others, others), "worker", within=1, afterwards=ExitStack())
    assert str(caught.value) == "no pod of release shop runs on node worker, so its restart would prove nothing"


def test_restarted_is_proved_by_other_containers_that_need_not_be_ready() -> None:
    shop = release([pod(container("1"))], [pod(container("2", ready=False))])
    assert restart_node(shop, "worker", within=1, afterwards=ExitStack()) == "node worker restarted"
    stuck = release([pod(container("1"))], [pod(container("1"))])
    with pytest.raises(WaitError) as caught:
        restart_node(stuck, "worker", within=0.01, afterwards=ExitStack())
    assert caught.value.summary == (
        "1 of 1 containers not started anew: shop/web/app "
        "(waited for 1 containers on node worker to be started anew; not within 0.01 s)"
    )


@pytest.mark.parametrize(
    ("nodes", "lacking"), [(1, ["the pods that watch the release would be restarted with it"]), (2, [])]
)
def test_whoever_watches_needs_another_node(nodes: int, lacking: list[str]) -> None:
    said: list[str] = []
    shop = release([pod(container("1"))], [pod(container("2"))], nodes, said)
    restart_node(shop, "worker", within=1, afterwards=ExitStack())
    assert said == lacking


def test_the_others_on_the_node_are_waited_for_in_the_end() -> None:
    before = [pod(container("1")), pod(container("2"), namespace="lost"), pod(container("3"), namespace="other")]
    after = [pod(container("4")), pod(container("3"), namespace="other")]
    afterwards = ExitStack()
    restart_node(release(before, after), "worker", within=0.01, afterwards=afterwards, lost={"lost"})
    with pytest.raises(WaitError) as caught:
        afterwards.close()
    assert caught.value.summary == (
        "1 of 1 containers not ready again: other/web/app "
        "(waited for 1 other containers on node worker to be ready again; not within 0.01 s)"
    )


def test_anew_means_another_container_that_runs() -> None:
    before = {"web/app": Running("1", True), "db/sql": Running("2", True)}
    assert _anew(before, {"web/app": Running("3", False), "db/sql": Running("4", False)}).met
    assert not _anew(before, {"web/app": Running("3", True), "db/sql": Running("2", True)}).met
    assert not _anew(before, {"web/app": Running("3", True), "db/sql": Running("", False)}).met
    assert _anew(before, {"web/app": Running("3", True)}).said == "1 of 2 containers not started anew: db/sql"


def test_ready_again_means_anew_and_ready_or_deleted_by_someone_else() -> None:
    before = {"web/app": Running("1", True), "db/sql": Running("2", True)}
    assert _ready(before, {"web/app": Running("3", True)}).met
    assert not _ready(before, {"web/app": Running("1", True)}).met  # kubelet has not told yet
    seen = _ready(before, {"web/app": Running("3", True), "db/sql": Running("4", False)})
    assert (seen.met, seen.said) == (False, "1 of 2 containers not ready again: db/sql")
