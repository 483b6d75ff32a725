"""Containers killed and frozen: what proves it, and what is no fault."""

from __future__ import annotations

from types import SimpleNamespace as Object
from typing import Any

import pytest

from kube_acceptance.errors import FaultError
from kube_acceptance.fault import containers, continue_containers, freeze_containers, kill_containers
from kube_acceptance.fault.containers import _anew, _proof


def pod(*, restarts: int = 0, exit_code: int | None = None, ready: bool = True) -> Any:
    ended = None if exit_code is None else Object(exit_code=exit_code)
    status = Object(
        name="app",
        ready=ready,
        restart_count=restarts,
        container_id="containerd://1",
        state=Object(running=True),
        last_state=Object(terminated=ended),
    )
    return Object(
        metadata=Object(name="web"), spec=Object(node_name="worker"), status=Object(container_statuses=[status])
    )


def release(*pods: Any, state: str = "S (sleeping)") -> Any:
    provider = Object(signal_container=lambda *_: state)
    return Object(name="shop", serving_pods=lambda _: list(pods), cluster=Object(provider=provider))


@pytest.mark.parametrize("fault", [freeze_containers, continue_containers])
def test_signalling_no_container_is_no_fault(fault: Any) -> None:
    with pytest.raises(FaultError, match=r"^no web container of release shop runs, so none can get SIG"):
        fault(release(), "web")


def test_killing_no_container_is_no_fault() -> None:
    with pytest.raises(FaultError, match=r"^no web container of release shop runs, so none can be killed$"):
        kill_containers(release(), "web", within=1)


def test_frozen_is_proved_by_the_state_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(containers, "EFFECT_WITHIN", 0)
    assert freeze_containers(release(pod(), state="T (stopped)"), "web") == ["container app of pod web: T (stopped)"]
    with pytest.raises(FaultError, match=r"^container app of pod web got SIGSTOP, but is S \(sleeping\)$"):
        freeze_containers(release(pod()), "web")
    with pytest.raises(FaultError, match=r"^container app of pod web got SIGCONT, but is T \(stopped\)$"):
        continue_containers(release(pod(), state="T (stopped)"), "web")


def test_a_process_that_is_not_stopped_at_once_is_looked_at_again() -> None:
    states = iter(["R (running)", "T (stopped)"])
    stopping = release(pod())
    stopping.cluster.provider.signal_container = lambda *_: next(states)
    assert freeze_containers(stopping, "web") == ["container app of pod web: T (stopped)"]


def test_anew_means_ready_and_restarted() -> None:
    before = {"web/app": 0}
    assert _anew(release(pod(restarts=1)), "web", before).met
    assert not _anew(release(pod(restarts=0)), "web", before).met
    assert not _anew(release(pod(restarts=1, ready=False)), "web", before).met


def test_killed_is_proved_by_the_exit_status_and_one_restart() -> None:
    [status] = pod(restarts=1, exit_code=137).status.container_statuses
    said = "container app of pod web ended with exit status 137, restarts 0 before, 1 now"
    assert _proof(pod(), status, 0) == said
    for code, restarts in ((0, 1), (137, 2), (None, 1)):
        [status] = pod(restarts=restarts, exit_code=code).status.container_statuses
        with pytest.raises(FaultError, match=r"^container app of pod web was not just killed once: exit status "):
            _proof(pod(), status, 0)
