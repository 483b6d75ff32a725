"""Jobs of CronJobs: which count as made by the schedule, and how they end."""

from __future__ import annotations

import contextlib
from types import SimpleNamespace as Object
from typing import Any

import pytest

from kube_acceptance.errors import AcceptanceError, WaitError
from kube_acceptance.state import cron_jobs as jobs
from kube_acceptance.wait import until

SCHEDULED = {jobs.SCHEDULED: "2030-01-01T00:00:00Z"}


@pytest.fixture(autouse=True)
def without_a_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "changes", lambda *_: contextlib.nullcontext())
    monkeypatch.setattr(until, "LOOK_EVERY", 0.01)


def job(name: str, annotations: dict[str, str] | None = None, *, ended: str = "", owner: str = "cron") -> Any:
    references = [Object(uid=owner, controller=True)]
    conditions = [Object(type=ended, status="True")] if ended else []
    return Object(
        metadata=Object(name=name, uid=name, annotations=annotations, owner_references=references),
        status=Object(conditions=conditions),
    )


def release(*looks: list[Any], suspended: bool = False, log: str = "said") -> Any:
    """A release whose Jobs are what each look finds; the last look lasts."""
    left = list(looks)

    def listed(namespace: str) -> Any:
        return Object(items=left.pop(0) if len(left) > 1 else left[0])

    cron = Object(metadata=Object(uid="cron"), spec=Object(suspend=suspended))
    pod = Object(metadata=Object(name="pod"), spec=Object(init_containers=None, containers=[Object(name="it")]))
    batch = Object(
        read_namespaced_cron_job=lambda name, namespace: cron,
        list_namespaced_job=listed,
        read_namespaced_job=lambda name, namespace: next(one for one in listed("").items if one.metadata.name == name),
    )
    core = Object(list_namespaced_pod=lambda namespace, label_selector: Object(items=[pod]))
    cluster = Object(batch=batch, core=core, new_client=None)
    return Object(namespace="own", cluster=cluster, logs=lambda pod, container, lines: log)


def test_the_next_job_of_the_schedule_is_a_new_one_of_the_controller() -> None:
    old, by_hand = job("old", SCHEDULED), job("hand", {**SCHEDULED, jobs.BY_HAND: "manual"})
    stranger, new = job("stranger", SCHEDULED, owner="another"), job("new", SCHEDULED)
    found = release([old], [old, by_hand, stranger], [old, by_hand, stranger, job("plain"), new])
    assert jobs.next_by_schedule(found, "nightly", within=5) == "new"


def test_a_suspended_schedule_makes_nothing() -> None:
    with pytest.raises(AcceptanceError) as caught:
        jobs.next_by_schedule(release([], suspended=True), "nightly", within=5)
    assert str(caught.value) == "CronJob nightly is suspended, so its schedule makes no Job"


def test_no_job_in_time_is_told() -> None:
    with pytest.raises(WaitError) as caught:
        jobs.next_by_schedule(release([]), "nightly", within=0.05)
    assert caught.value.summary == (
        "CronJob nightly has made 0 Jobs (waited for CronJob nightly to make a Job by its schedule; not within 0.05 s)"
    )


def test_a_complete_job_tells_its_log() -> None:
    found = release([job("a")], [job("a", ended="Complete")])
    assert jobs.must_complete(found, "a", within=5) == jobs.Ended("a", "said")


def test_a_failed_job_is_not_complete_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    cause = Object(sentence="Job a has failed: no disk")
    monkeypatch.setattr(jobs, "Workloads", lambda *_: Object(causes=lambda: [cause]))
    with pytest.raises(WaitError, match=r"^Job a has failed: no disk \(waited for Job a to be complete; given up"):
        jobs.must_complete(release([job("a", ended="Failed")]), "a", within=5)


def test_a_job_that_should_fail_and_completes_is_told_at_once() -> None:
    with pytest.raises(WaitError, match=r"^Job a is complete, though it should have failed \(waited for Job a to fail"):
        jobs.must_fail(release([job("a", ended="Complete")]), "a", within=5)
    assert jobs.must_fail(release([job("a", ended="Failed")]), "a", within=5).log == "said"


def test_a_job_without_a_log_says_nothing() -> None:
    with pytest.raises(AcceptanceError) as caught:
        jobs.must_fail(release([job("a", ended="Failed")], log=""), "a", within=5)
    assert str(caught.value) == "Job a has logged nothing, so nothing can be said of it"
