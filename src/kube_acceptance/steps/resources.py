"""CPU and memory: what all pods request together, what they use of their limits under load, and running out of them."""

from __future__ import annotations

from typing import Any

from kube_acceptance.release import Release, capacity
from kube_acceptance.release.quantities import cores, mebibytes
from kube_acceptance.report import note
from kube_acceptance.session import Session
from kube_acceptance.state import quotas, usage
from kube_acceptance.vocabulary import assertion, given, must, rows, some, when

# ---- what is requested


@assertion(
    'all pods that it may run at once request at most "{cpu}" CPU and "{memory}" of memory',
    example='all pods that it may run at once request at most "1" CPU and "1536Mi" of memory',
)
def rendered_requests(objects: list[dict[str, Any]], cpu: str, memory: str) -> None:
    """Grown as far as its autoscalers let it, in the middle of an upgrade, and while its Jobs and CronJobs run."""
    found = some(capacity.demands(objects), what="workloads")
    must(capacity.beyond(found, cpu, memory), of="resources")
    cpus, size = capacity.totals(found)
    note(f"{cores(cpus)} CPU and {mebibytes(size)} of memory together")
    for each in found:
        note(str(each))


@assertion(
    'the cluster itself requests at most "{cpu}" CPU and "{memory}" of memory of a node that runs it all',
    example='the cluster itself requests at most "1" CPU and "512Mi" of memory of a node that runs it all',
)
def cluster_requests(release: Release, cpu: str, memory: str) -> None:
    """What every pod that no run has made requests, add-ons among them; of each DaemonSet one pod."""
    found = some(quotas.of_cluster(release.cluster), what="pods of the cluster itself")
    must(capacity.beyond(found, cpu, memory), of="resources")
    cpus, size = capacity.totals(found)
    note(f"{len(found)} pods: {cores(cpus)} CPU and {mebibytes(size)} of memory together")


@given(
    'a namespace of its own, whose pods may request "{cpu}" CPU and "{memory}" of memory together',
    example='a namespace of its own, whose pods may request "1" CPU and "1536Mi" of memory together',
)
def namespace_with_quota(empty_release: Release, session: Session, cpu: str, memory: str) -> None:
    """A namespace for this scenario alone, where the API server refuses what goes beyond; nothing is in it yet."""
    quotas.grant(empty_release, cpu, memory, labels=session.labels)


@assertion("its pods request what they may of it, and no pod that asks for the rest and more is let in")
def quota_holds(release: Release) -> None:
    """The quota counts every pod of the release, and refuses one that would go beyond it: it can tell."""
    note(quotas.must_hold(release))


# ---- what is used


@when(
    "the use of CPU and memory is measured {count:d} time(s) anew within {within:duration}",
    target_fixture="uses",
    example="the use of CPU and memory is measured 2 times anew within 2 minutes",
)
def use_measured(release: Release, count: int, within: float) -> list[usage.Use]:
    """The metrics server measures every container that runs; the highest of each counts."""
    return usage.measure(release, count, within=within)


@assertion("no container used more of its limits than these percent of CPU and memory", timed=False)
def used_at_most(uses: list[usage.Use], datatable: list[list[str]]) -> None:
    """A table `| component | cpu | memory |`, with a row for everything that ran; the margin is told."""
    most = {row["component"]: {name: float(row[name]) for name in usage.RESOURCES} for row in rows(datatable)}
    must(usage.above(some(uses, what="containers"), most), of="containers")
    for each in uses:
        note(str(each))


@assertion("no container used more memory than it requests", timed=False)
def used_as_requested(uses: list[usage.Use]) -> None:
    """What is requested is what is needed: a full node evicts first what uses more."""
    must(usage.unrequested(some(uses, what="containers")), of="containers")


@assertion(
    'every "{component}" container used at least "{cpu}" CPU',
    timed=False,
    example='every "backend" container used at least "20m" CPU',
)
def used_at_least(uses: list[usage.Use], component: str, cpu: str) -> None:
    """The load reached each of them: what an idle one uses says nothing of limits."""
    of_component = some((use for use in uses if use.component == component), what=f"{component} containers")
    must(usage.idle(of_component, cpu), of="containers")
