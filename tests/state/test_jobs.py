"""Jobs run as several pods at once, and pods of which it must be said that they were never ready."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace as Object
from typing import Any

import pytest

from kube_acceptance.errors import AcceptanceError, WaitError
from kube_acceptance.state import jobs, pods

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
JOB = {
    "kind": "Job",
    "metadata": {"name": "shop-migration-1", "labels": {"app.kubernetes.io/component": "migration"}},
    "spec": {"backoffLimit": 3, "template": {"spec": {"containers": [{"name": "migration"}]}}},
}


def job_pod(name: str, phase: str) -> Any:
    return Object(
        metadata=Object(name=name), status=Object(phase=phase), spec=Object(containers=[Object(name="migration")])
    )


@pytest.fixture
def _no_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    @contextlib.contextmanager
    def changes(*_: object) -> Iterator[None]:
        yield None

    monkeypatch.setattr(jobs, "changes", changes)
    monkeypatch.setattr("kube_acceptance.wait.until.LOOK_EVERY", 0.01)


class Release:
    """A release whose chart renders a Job, and in whose namespace a list of pods is seen at each look."""

    name, namespace = "shop", "own"

    def __init__(self, *looks: Sequence[Any], rendered: Sequence[dict[str, Any]] = (JOB,)) -> None:
        self.created: list[Any] = []
        self._looks = list(looks)
        self.chart = Object(folder=Object(name="shop"), render=lambda **_: list(rendered))
        core = Object(list_namespaced_pod=self._list)
        self.cluster = Object(kubectl=self._kubectl, core=core, new_client=None)

    def logs(self, pod: str, container: str, *, lines: int) -> str:
        return f"{container} of {pod}\n"

    def _kubectl(self, *words: str, input: bytes) -> None:
        assert words == ("create", "--namespace", "own", "--filename", "-")
        self.created.append(json.loads(input))

    def _list(self, namespace: str, label_selector: str) -> Any:
        assert (namespace, label_selector) == ("own", "batch.kubernetes.io/job-name=shop-migration-together")
        return Object(items=self._looks.pop(0) if len(self._looks) > 1 else self._looks[0])


def together(release: Any) -> jobs.Together:
    return jobs.Together(release, "migration", 2)


def test_a_job_is_started_as_several_pods_of_which_none_is_tried_again() -> None:
    release = Release()
    together(release)
    [created] = release.created
    assert created["metadata"]["name"] == "shop-migration-together"
    assert created["spec"] == {**JOB["spec"], "parallelism": 2, "completions": 2, "backoffLimit": 0}  # type: ignore[dict-item]
    assert JOB["metadata"]["name"] == "shop-migration-1"  # type: ignore[index]


def test_a_chart_without_such_a_job() -> None:
    with pytest.raises(AcceptanceError) as caught:
        together(Release(rendered=[{"kind": "Job", "metadata": {"name": "x"}}]))
    assert str(caught.value) == "the chart shop renders no migration Job"


@pytest.mark.usefixtures("_no_watch")
def test_how_each_of_them_ended() -> None:
    first, second = job_pod("a", "Succeeded"), job_pod("b", "Failed")
    release = Release([], [job_pod("b", "Running"), first], [second, first])
    assert together(release).wait_for_end(5) == [
        jobs.Ended("a", True, "migration of a"),
        jobs.Ended("b", False, "migration of b"),
    ]


def test_those_that_have_failed_already() -> None:
    release = Release([job_pod("a", "Running"), job_pod("b", "Failed")])
    assert together(release).failed() == [jobs.Ended("b", False, "migration of b")]


@pytest.mark.usefixtures("_no_watch")
def test_one_that_does_not_end() -> None:
    release = Release([job_pod("a", "Succeeded"), job_pod("b", "Running")])
    with pytest.raises(WaitError) as caught:
        together(release).wait_for_end(0.05)
    assert caught.value.summary == (
        "a is Succeeded, b is Running (waited for the pods of Job shop-migration-together to end; not within 0.05 s)"
    )


def web_pod(ready: str, changed: float, started: float | None = 1, restarts: int = 0) -> Any:
    """A pod whose condition Ready changed, and whose container started, so many seconds after noon."""

    def at(seconds: float) -> datetime:
        return NOON + timedelta(seconds=seconds)

    running = None if started is None else Object(started_at=at(started))
    status = Object(name="web", restart_count=restarts, state=Object(running=running, terminated=None))
    condition = Object(type="Ready", status=ready, last_transition_time=at(changed))
    return Object(metadata=Object(name="web-1"), status=Object(conditions=[condition], container_statuses=[status]))


@pytest.mark.parametrize(
    ("pod", "said"),
    [
        (web_pod("False", 0), ""),
        (web_pod("False", 0, started=None), ""),
        (web_pod("True", 5), "pod web-1 is ready"),
        (web_pod("False", 5), "pod web-1 was ready until 2026-05-04 12:00:05+00:00"),
        (
            web_pod("False", 0, restarts=1),
            "container web of pod web-1 has restarted, so nobody knows whether the pod was ready before",
        ),
    ],
)
def test_whether_a_pod_was_ever_ready(pod: Any, said: str) -> None:
    assert pods.was_ready(pod) == said
