"""CronJobs: run now or by their schedule, each time to the end of the Job that they make."""

from __future__ import annotations

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.release import Release
from kube_acceptance.report import note
from kube_acceptance.state import cron_jobs
from kube_acceptance.vocabulary import assertion, when


@when(
    'the CronJob "{name}" runs now, and its Job is complete within {within:duration}',
    target_fixture="job",
    example='the CronJob "${RELEASE}-backup" runs now, and its Job is complete within 1 minute',
)
def runs_now(release: Release, name: str, within: float) -> cron_jobs.Ended:
    """Makes a Job of the CronJob, whether it is suspended or not, and waits until it is complete."""
    return cron_jobs.must_complete(release, cron_jobs.start(release, name), within=within)


@when(
    'the CronJob "{name}" runs now, and its Job has failed within {within:duration}',
    target_fixture="job",
    example='the CronJob "${RELEASE}-backup" runs now, and its Job has failed within 1 minute',
)
def runs_in_vain(release: Release, name: str, within: float) -> cron_jobs.Ended:
    """Makes a Job of the CronJob, and waits until it has failed for good, after its own retries."""
    return cron_jobs.must_fail(release, cron_jobs.start(release, name), within=within)


@when(
    'the CronJob "{name}" next runs by its schedule, and its Job is complete within {within:duration}',
    target_fixture="job",
    example='the CronJob "${RELEASE}-backup" next runs by its schedule, and its Job is complete within 2 minutes',
)
def runs_by_schedule(release: Release, name: str, within: float) -> cron_jobs.Ended:
    """Waits for the next Job that the CronJob's controller makes, nobody's hand, and until it is complete."""
    job = cron_jobs.next_by_schedule(release, name, within=within)
    note(f"Job {job}")
    return cron_jobs.must_complete(release, job, within=within)


@assertion('that Job has said "{words}"', timed=False, example='that Job has said "backup written"')
def has_said(job: cron_jobs.Ended, words: str) -> None:
    """The pods of the Job that ended last have logged these words."""
    if words not in job.log:
        raise AcceptanceError(f"Job {job.name} has not said {words!r}", details=job.log.splitlines())
    note(next(line for line in job.log.splitlines() if words.splitlines()[0] in line))
