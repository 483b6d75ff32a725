"""Rollouts of Deployments, StatefulSets, DaemonSets and Jobs, and their replicas."""

from __future__ import annotations

from kube_acceptance.release import Release
from kube_acceptance.report import note
from kube_acceptance.state import workloads
from kube_acceptance.vocabulary import assertion, when


@assertion('the {kind} "{name}" is rolled out')
def rolled_out(release: Release, kind: str, name: str) -> None:
    """The newest revision is observed, complete and available with no old pod left; a Job is complete."""
    workloads.must_be_rolled_out(release, kind, name)


@assertion('the {kind} "{name}" has {count:d} ready replica(s)')
def ready_replicas(release: Release, kind: str, name: str, count: int) -> None:
    """Just so many replicas are ready."""
    workloads.must_have(release, kind, name, count, field="readyReplicas")


@assertion('the {kind} "{name}" has {count:d} available replica(s)')
def available_replicas(release: Release, kind: str, name: str, count: int) -> None:
    """Just so many replicas have been ready for as long as the workload asks."""
    workloads.must_have(release, kind, name, count, field="availableReplicas")


@when('the {kind} "{name}" is scaled to {count:d} within {within:duration}')
def scaled(release: Release, kind: str, name: str, count: int, within: float) -> None:
    """Scales a workload until it has just so many pods, all ready; fails when it has as many already."""
    note(workloads.scale(release, kind, name, count, within=within))


@when('the {kind} "{name}" is restarted and rolled out within {within:duration}')
def restarted(release: Release, kind: str, name: str, within: float) -> None:
    """Restarts a rollout; the proof is that none of the old pods is left, by UID."""
    note(workloads.restart(release, kind, name, within=within))
