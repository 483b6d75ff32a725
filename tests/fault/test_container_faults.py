"""Containers killed: what proves it, and what is no fault."""

from __future__ import annotations

from types import SimpleNamespace as Object
from typing import Any

import pytest
from fault_objects import pod, status

from kube_acceptance.errors import FaultError
from kube_acceptance.fault import kill_containers
from kube_acceptance.fault.containers import _anew, _proof, running


def release(*pods: Any) -> Any:
    return Object(name="shop", serving_pods=lambda _: list(pods))


def test_killing_no_container_is_no_fault() -> None:
    with pytest.raises(FaultError) as caught:
        kill_containers(release(pod(status(runs=False))), "web", within=1)
    assert str(caught.value) == "no web container of release shop runs, so none can be killed"


def test_killing_a_container_of_another_name_is_no_fault() -> None:
    with pytest.raises(FaultError) as caught:
        kill_containers(release(pod(status("app"))), "web", "sidecar", within=1)
    assert str(caught.value) == "no container sidecar of a web pod of release shop runs, so none can be killed"


def test_one_container_is_found_by_its_name() -> None:
    both = release(pod(status("app"), status("sidecar")))
    assert [one.name for _, one in running(both, "web")] == ["app", "sidecar"]
    assert [one.name for _, one in running(both, "web", "sidecar")] == ["sidecar"]


def test_anew_means_restarted_and_running_though_not_ready() -> None:
    before = {"web/app": 0}
    assert _anew(release(pod(status(restarts=1))), "web", before).met
    assert not _anew(release(pod(status(restarts=1, runs=False))), "web", before).met
    same = _anew(release(pod(status(restarts=0))), "web", before)
    assert (same.met, same.said) == (False, "1 of 1 containers do not run anew: web/app")


def test_killed_is_proved_by_the_exit_status_and_one_restart() -> None:
    killed = status(restarts=1, exit_code=137)
    said = "container app of pod web ended with exit status 137, restarts 0 before, 1 now"
    assert _proof(pod(), killed, 0) == said
    for code, restarts, told in ((0, 1, "0, 1"), (137, 2, "137, 2"), (None, 1, "none, 1")):
        with pytest.raises(FaultError) as caught:
            _proof(pod(), status(restarts=restarts, exit_code=code), 0)
        assert str(caught.value) == (f"container app of pod web was not just killed once: exit status {told} restarts")
