"""Rollouts restarted and releases uninstalled: what proves it, and what is no fault."""

from __future__ import annotations

from types import SimpleNamespace as Object
from typing import Any

import pytest
from fault_objects import pod, unwatched

from kube_acceptance.errors import FaultError, WaitError
from kube_acceptance.fault import removal, restart_rollouts, rollouts, uninstall

WEB = {"kind": "Deployment", "metadata": {"name": "web"}}
JOB = {"kind": "Job", "metadata": {"name": "migration"}}


def of(revision: str, *uids: str, key: str = "pod-template-hash") -> list[Any]:
    return [pod(uid=uid, labels={key: revision}) for uid in uids]


class Release:
    """A release whose pods become others when it is restarted or uninstalled."""

    name = namespace = "shop"

    def __init__(self, before: list[Any], after: list[Any], *objects: Any) -> None:
        self._objects = list(objects or (WEB, JOB))
        self._before, self._after = before, after
        claims = Object(items=[Object(metadata=Object(name="data", uid="7"))])
        core = Object(
            list_namespaced_pod=lambda namespace, label_selector: Object(items=self._before),
            list_namespaced_persistent_volume_claim=lambda namespace: claims,
        )
        self.asked: list[tuple[str, ...]] = []
        self.cluster = Object(core=core, new_client=None, kubectl=self._kubectl)

    def objects(self) -> list[Any]:
        return self._objects

    def uninstall(self) -> list[Any]:
        self._before = self._after
        return self._objects

    def _kubectl(self, *words: str) -> None:
        self.asked.append(words)
        self._before = self._after


@pytest.fixture(autouse=True)
def _unwatched(monkeypatch: pytest.MonkeyPatch) -> None:
    unwatched(monkeypatch, rollouts, removal)
    selected = {"spec": {"selector": {"matchLabels": {"app": "web"}}}}
    monkeypatch.setattr(rollouts.objects, "read", lambda *_: selected)


def test_restarted_is_proved_by_a_pod_of_a_new_revision() -> None:
    release: Any = Release(of("a", "1", "2"), [*of("a", "2"), *of("b", "3")])
    assert restart_rollouts(release, within=1) == ["Deployment web: 1 new pods of revision b, before a"]
    assert release.asked == [("rollout", "restart", "deployment/web", "--namespace", "shop")]


@pytest.mark.parametrize("after", [of("a", "1"), of("a", "2"), of("b", "1")])
def test_a_new_pod_of_the_old_revision_proves_nothing_nor_does_an_old_pod(after: list[Any]) -> None:
    release: Any = Release(of("a", "1"), after)
    with pytest.raises(WaitError) as caught:
        restart_rollouts(release, within=0.01)
    assert caught.value.summary == (
        "1 of 1 without a new pod: Deployment web "
        "(waited for 1 restarted workloads to have pods of a new revision; not within 0.01 s)"
    )


def test_restarting_nothing_is_no_fault() -> None:
    release: Any = Release([], [], JOB)
    with pytest.raises(FaultError) as caught:
        restart_rollouts(release, within=1)
    assert str(caught.value) == "release shop has no Deployment, StatefulSet, DaemonSet, so none can be restarted"
    release = Release([], [])
    with pytest.raises(FaultError) as caught:
        restart_rollouts(release, within=1)
    assert str(caught.value) == "Deployment web has no pod, so its restart would prove nothing"


def test_uninstalled_is_proved_by_pods_that_are_gone_and_the_claims_are_told() -> None:
    release: Any = Release(of("a", "1"), [])
    assert uninstall(release, within=1) == ([WEB, JOB], "1 pods are gone; claims that are left: data 7")


def test_uninstalling_what_has_no_pod_is_no_fault() -> None:
    release: Any = Release([], [])
    with pytest.raises(FaultError) as caught:
        uninstall(release, within=1)
    assert str(caught.value) == "release shop has no pod, so to uninstall it would prove nothing"


def test_a_pod_that_stays_is_named() -> None:
    release: Any = Release(of("a", "1"), of("a", "1"))
    with pytest.raises(WaitError) as caught:
        uninstall(release, within=0.01)
    assert caught.value.summary == (
        "1 pods are left: web (waited for 1 pods of release shop to be gone; not within 0.01 s)"
    )
