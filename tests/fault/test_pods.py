"""Pods deleted or replaced: nothing selected is no fault, and what is replaced is told by UIDs."""

from __future__ import annotations

from types import SimpleNamespace as Object
from typing import Any

import pytest
from fault_objects import pod, unwatched

from kube_acceptance.errors import FaultError, ReleaseError, WaitError
from kube_acceptance.fault import delete_pods, pods, replaced


class Release:
    """A release whose pods are replaced by those of the next round when one is deleted."""

    name = namespace = "shop"

    def __init__(self, *rounds: list[Any]) -> None:
        self._rounds = list(rounds)
        self.deleted: list[str] = []
        self.cluster = Object(new_client=None, core=Object(delete_namespaced_pod=self._delete))

    def serving_pods(self, component: str = "") -> list[Any]:
        if self._rounds[0] is None:
            raise ReleaseError("release shop has no web pod in namespace shop")
        return list(self._rounds[0])

    def _delete(self, name: str, namespace: str) -> None:
        self.deleted.append(name)
        self._rounds = self._rounds[1:] or self._rounds


@pytest.fixture(autouse=True)
def _unwatched(monkeypatch: pytest.MonkeyPatch) -> None:
    unwatched(monkeypatch, pods)


def test_deleting_no_pod_is_no_fault() -> None:
    release: Any = Release([])
    with pytest.raises(FaultError) as caught:
        delete_pods(release, "web", within=1)
    assert str(caught.value) == "no web pod of release shop runs, so none can be deleted"


def test_replacing_no_pod_is_no_fault() -> None:
    release: Any = Release([])
    with pytest.raises(FaultError) as caught, replaced(release, "web", "upgraded", within=1):
        pytest.fail("nothing must happen to a release without pods")
    assert str(caught.value) == "no web pod of release shop runs, so none can be upgraded"


def test_replaced_means_as_many_others_and_none_of_the_old_ready_or_not() -> None:
    release: Any = Release([pod(uid="1")], [pod(uid="2")])
    assert delete_pods(release, "web", within=1) == {"web": "1"}
    assert release.deleted == ["web"]


@pytest.mark.parametrize(
    ("now", "said"),
    [
        ([pod(uid="1"), pod(uid="2", name="other")], "1 old and 1 new pods run"),
        ([], "0 old and 0 new pods run"),
        (None, "release shop has no web pod in namespace shop"),
    ],
)
def test_what_is_not_replaced(now: Any, said: str) -> None:
    release: Any = Release([pod(uid="1")], now)
    with pytest.raises(WaitError) as caught:
        delete_pods(release, "web", within=0.01)
    assert caught.value.summary == f"{said} (waited for 1 deleted pods to be replaced; not within 0.01 s)"
