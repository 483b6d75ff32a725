"""Jobs of CronJobs: run now or by their schedule, to their end, which is the expected one or tells why not."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.release import Release
from kube_acceptance.state.jobs import JOB_NAME
from kube_acceptance.wait import Seen, eventually, rollout
from kube_acceptance.wait.changes import changes
from kube_acceptance.wait.situation import is_owned
from kube_acceptance.wait.workloads import Workloads

SCHEDULED = "batch.kubernetes.io/cronjob-scheduled-timestamp"  # the CronJob's controller says for when it made a Job
BY_HAND = "cronjob.kubernetes.io/instantiate"  # what kubectl notes on a Job that it makes of a CronJob
LINES = 1000  # of a container's log


@dataclass(frozen=True)
class Ended:
    """A Job that has come to its end, and what its pods have logged."""

    name: str
    log: str


def start(release: Release, cron_job: str) -> str:
    """Make a Job of a CronJob, as `kubectl create job --from` does; returns the Job's name."""
    name = f"{cron_job}-now-{secrets.token_hex(3)}"
    release.cluster.kubectl("create", "job", "--namespace", release.namespace, f"--from=cronjob/{cron_job}", name)
    return name


def next_by_schedule(release: Release, cron_job: str, *, within: float) -> str:
    """Wait for the next Job that a CronJob makes by its schedule, and return its name.

    Jobs that are there already do not count, nor do those that somebody made of the CronJob by hand.

    Raises:
        AcceptanceError: The CronJob is suspended, or there is none.
        WaitError: There was no Job after `within` seconds.
    """
    batch, namespace = release.cluster.batch, release.namespace
    owner = batch.read_namespaced_cron_job(cron_job, namespace)
    if owner.spec.suspend:
        raise AcceptanceError(f"CronJob {cron_job} is suspended, so its schedule makes no Job")
    before = {job.metadata.uid for job in batch.list_namespaced_job(namespace).items}

    def look() -> Seen[str]:
        made = [
            job.metadata.name
            for job in batch.list_namespaced_job(namespace).items
            if is_owned(job, owner) and job.metadata.uid not in before and by_schedule(job)
        ]
        return Seen(bool(made), f"CronJob {cron_job} has made {len(made)} Jobs", next(iter(made), None))

    with changes(release.cluster.new_client, namespace) as changed:
        found = eventually(f"CronJob {cron_job} to make a Job by its schedule", look, within=within, changed=changed)
    assert found
    return found


def by_schedule(job: Any) -> bool:
    """Whether a CronJob's controller has made a Job, and nobody's hand."""
    annotations = job.metadata.annotations or {}
    return SCHEDULED in annotations and BY_HAND not in annotations


def must_complete(release: Release, job: str, *, within: float) -> Ended:
    """Wait until a Job is complete; the first line of a failure says why it is not.

    Raises:
        WaitError: It has failed, or is not complete after `within` seconds.
    """

    def look() -> Seen[None]:
        lack = rollout.job(release.cluster.batch.read_namespaced_job(job, release.namespace))
        hopeless = _why(release, job) if lack and _has_failed(release, job) else ""
        return Seen(not lack, f"Job {job} {lack or 'is complete'}", hopeless=hopeless)

    return _ended(release, job, "to be complete", look, within)


def must_fail(release: Release, job: str, *, within: float) -> Ended:
    """Wait until a Job has failed for good.

    Raises:
        WaitError: It is complete, or has not failed after `within` seconds.
    """

    def look() -> Seen[None]:
        lack = rollout.job(release.cluster.batch.read_namespaced_job(job, release.namespace))
        complete = "" if lack else f"Job {job} is complete, though it should have failed"
        return Seen(_has_failed(release, job), f"Job {job} {lack or 'is complete'}", hopeless=complete)

    return _ended(release, job, "to fail", look, within)


def _ended(release: Release, job: str, what: str, look: Callable[[], Seen[None]], within: float) -> Ended:
    with changes(release.cluster.new_client, release.namespace) as changed:
        eventually(f"Job {job} {what}", look, within=within, changed=changed)
    return Ended(job, _log(release, job))


def _has_failed(release: Release, job: str) -> bool:
    return rollout.failed(release.cluster.batch.read_namespaced_job(job, release.namespace))


def _why(release: Release, job: str) -> str:
    """Why a Job has failed, with the last words of its container."""
    workloads = Workloads(release.cluster, release.namespace, [{"kind": "Job", "metadata": {"name": job}}])
    return next((cause.sentence for cause in workloads.causes()), f"Job {job} has failed")


def _log(release: Release, job: str) -> str:
    """All that the pods of a Job have logged; raises AcceptanceError when that is nothing."""
    selector = f"{JOB_NAME}={job}"
    found = [
        release.logs(pod.metadata.name, container.name, lines=LINES)
        for pod in release.cluster.core.list_namespaced_pod(release.namespace, label_selector=selector).items
        for container in [*(pod.spec.init_containers or []), *pod.spec.containers]
    ]
    if not any(found):
        raise AcceptanceError(f"Job {job} has logged nothing, so nothing can be said of it")
    return "".join(found)
