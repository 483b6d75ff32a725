"""How containers ended, by the last state of a pod that is gone."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace as Object
from typing import Any

import pytest

from kube_acceptance.errors import FaultError
from kube_acceptance.fault import Ending, end_pods, endings, not_by_itself

TOLD = datetime(2026, 11, 28, 12, tzinfo=UTC)


def pod(uid: str = "1", *, code: int | None = 0, after: float = 3, grace: int = 30, ready: bool = True) -> Any:
    ended = None if code is None else Object(exit_code=code, finished_at=TOLD + timedelta(seconds=after))
    return Object(
        metadata=Object(name=f"web-{uid}", uid=uid),
        spec=Object(containers=[Object(name="web")], termination_grace_period_seconds=grace),
        status=Object(
            container_statuses=[Object(name="web", state=Object(terminated=ended))],
            conditions=[Object(type="Ready", status=str(ready))],
        ),
    )


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (pod(code=0, after=3), []),
        (pod(code=143, after=14), []),
        (pod(after=-0.4), []),
        (
            pod(code=137, after=30),
            ["container web of pod web-1 did not end when it was told to: it was killed after 30 s"],
        ),
        (pod(after=23), ["container web of pod web-1 took 23 s of 30 s to end: soon it would have been killed"]),
        (pod(after=1, grace=0), ["container web of pod web-1 took 1 s of 0 s to end: soon it would have been killed"]),
        (pod(code=None), ["nobody told how container web of pod web-1 ended, so nothing can be said of it"]),
    ],
)
def test_endings(found: Any, said: list[str]) -> None:
    assert list(not_by_itself(endings.endings(found, TOLD))) == said


def test_a_container_without_status_is_not_passed_over() -> None:
    found = pod()
    found.status.container_statuses = None
    assert list(endings.endings(found, TOLD)) == [Ending("container web of pod web-1", None, 0.0, 30.0)]


class Release:
    """A release whose pod is gone, and replaced by another one, once it is deleted."""

    name = namespace = "shop"

    def __init__(self, *serving: Any) -> None:
        self.serving = list(serving)
        self.gone: list[Any] = []
        self.cluster = Object(new_client=None, core=Object(delete_namespaced_pod=self._delete))

    def serving_pods(self) -> list[Any]:
        return self.serving

    def _delete(self, name: str, namespace: str) -> None:
        self.gone += [each for each in self.serving if each.metadata.name == name]
        self.serving = [pod("9")]

    @contextlib.contextmanager
    def mirrored(self, *_: object) -> Iterator[Any]:
        yield Object(changed=threading.Event(), items=lambda kind: [], gone=lambda kind: self.gone, now=lambda: TOLD)


def test_the_last_state_of_deleted_pods_is_what_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    release: Any = Release(pod("1", code=143))
    monkeypatch.setattr(endings, "mirrored", release.mirrored)
    assert end_pods(release, within=1) == [Ending("container web of pod web-1", 143, 3.0, 30.0)]


def test_no_pod_is_no_proof() -> None:
    with pytest.raises(FaultError) as caught:
        end_pods(Release(), within=1)  # type: ignore[arg-type]
    assert str(caught.value) == "no pod of release shop runs, so none can be told to end"
