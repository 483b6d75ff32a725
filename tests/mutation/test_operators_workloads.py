"""What is derived from workloads, budgets, autoscalers and Jobs."""

from __future__ import annotations

from typing import Any

import pytest
from deployed import one
from stored import all_of, changed, ids

from kube_acceptance.mutation.operators import availability, jobs, workloads

WORKLOADS = all_of(*workloads.OPERATORS)
AVAILABILITY = all_of(*availability.OPERATORS)
JOBS = all_of(*jobs.OPERATORS)


@pytest.mark.parametrize(
    ("wanted", "unnoticed", "spec"),
    [
        ("replicas-one.deployment-hall", "Deployment hall has one pod, not 3", {"replicas": 1}),
        ("replicas-none.deployment-hall", "Deployment hall has no pod, not 3", {"replicas": 0}),
        (
            "pods-recreated.deployment-hall",
            "Deployment hall ends all old pods before it starts new ones",
            {"strategy": {"type": "Recreate"}},
        ),
        (
            "pods-all-at-once.deployment-hall",
            "Deployment hall may end all old pods while new ones start",
            {"strategy": {"rollingUpdate": {"maxUnavailable": "100%"}}},
        ),
        (
            "pods-other-order.statefulset-shelves",
            "StatefulSet shelves starts its pods one after the other, not all at once",
            {"podManagementPolicy": "OrderedReady"},
        ),
        (
            "pods-selects-more.deployment-hall.floor",
            "Deployment hall counts the pods of Deployment hall-upstairs as its own",
            {"selector": {"matchLabels": {"app": "hall"}}},
        ),
    ],
)
def test_a_workload_is_another(wanted: str, unnoticed: str, spec: dict[str, Any]) -> None:
    mutant = one(WORKLOADS, wanted)
    assert mutant.unnoticed == unnoticed
    found = changed(mutant)["spec"]
    assert {key: found[key] for key in spec} == spec


def test_one_pod_cannot_be_fewer() -> None:
    assert "replicas-one.deployment-hall-upstairs" not in ids(WORKLOADS)


def test_pods_have_no_time_to_end() -> None:
    mutant = one(WORKLOADS, "pods-killed-at-once.deployment-hall")
    assert mutant.unnoticed == "the pods of Deployment hall are killed 1 s after they are told to end, not 20 s"
    hook = one(WORKLOADS, "pods-prestop-removed.deployment-hall.container-door")
    assert "lifecycle" not in changed(hook)["spec"]["template"]["spec"]["containers"][0]


def test_who_is_beside_the_first_container_is_gone() -> None:
    assert [each for each in ids(WORKLOADS) if each.startswith(("init-removed", "container-removed"))] == [
        "init-removed.deployment-hall.container-sweeps",
        "container-removed.statefulset-shelves.container-watches",
    ]


def test_pods_are_not_spread() -> None:
    assert ids(WORKLOADS, "spread-") == [
        "removed.deployment-hall.spread-over-zone",
        "of-nobody.deployment-hall.spread-over-zone",
        "optional.deployment-hall.spread-over-zone",
        "field-removed.deployment-hall.spread-over-zone-mindomains",
        "field-removed.deployment-hall.spread-over-zone-nodetaintspolicy",
    ]
    optional = changed(one(WORKLOADS, "spread-optional.deployment-hall.spread-over-zone"))
    (constraint,) = optional["spec"]["template"]["spec"]["topologySpreadConstraints"]
    assert constraint["whenUnsatisfiable"] == "ScheduleAnyway"
    assert "minDomains" not in constraint  # only for what must be kept


def test_a_budget_permits_all_or_nothing() -> None:
    everything = one(AVAILABILITY, "budget-permits-all.poddisruptionbudget-hall")
    assert everything.unnoticed == "PodDisruptionBudget hall lets all pods be evicted at once"
    spec = changed(everything)["spec"]
    assert spec["maxUnavailable"] == "100%"
    assert "minAvailable" not in spec
    nothing = one(AVAILABILITY, "budget-permits-none.poddisruptionbudget-hall")
    assert nothing.unnoticed == "PodDisruptionBudget hall lets no pod be evicted, so no node can be drained"
    nobody = one(AVAILABILITY, "budget-of-nobody.poddisruptionbudget-hall")
    assert changed(nobody)["spec"]["selector"]["matchLabels"]["floor"] == "kube-acceptance-nobody"


def test_an_autoscaler_does_not_scale() -> None:
    low = one(AVAILABILITY, "autoscaler-fixed-low.horizontalpodautoscaler-hall")
    assert low.unnoticed == "HorizontalPodAutoscaler hall never has more than 2 pods, not 5"
    assert changed(low)["spec"]["maxReplicas"] == 2
    never = one(AVAILABILITY, "autoscaler-never.horizontalpodautoscaler-hall.metric-1-cpu")
    assert never.unnoticed == "HorizontalPodAutoscaler hall adds pods only at 80000 % of cpu, not 80 %"
    assert changed(never)["spec"]["metrics"][0]["resource"]["target"]["averageUtilization"] == 80000


def test_what_is_done_at_times_is_not() -> None:
    assert ids(JOBS, "schedule-") == [
        "removed.cronjob-cleaning",
        "suspended.cronjob-cleaning",
        "rarely.cronjob-cleaning",
        "concurrent.cronjob-cleaning",
        "startingdeadlineseconds-off.cronjob-cleaning",
        "failedjobshistorylimit-off.cronjob-cleaning",
    ]
    rarely = one(JOBS, "schedule-rarely.cronjob-cleaning")
    assert rarely.takes_away == "the schedule of CronJob cleaning, 0 3 * * *"
    assert changed(rarely)["spec"]["schedule"] == "0 0 1 1 *"


def test_what_is_suspended_runs() -> None:
    given = {"kind": "CronJob", "metadata": {"name": "once"}, "spec": {"schedule": "@daily", "suspend": True}}
    found = [each for each in jobs.schedules([given]) if each.operator == "schedule-resumed"]
    assert [each.unnoticed for each in found] == ["CronJob once runs, though it is suspended"]


def test_a_job_is_tried_too_often_and_leaves_too_little() -> None:
    again = one(JOBS, "job-again-and-again.cronjob-cleaning")
    assert again.unnoticed == "CronJob cleaning is tried again 100 times, not 6, when it fails"
    assert changed(again)["spec"]["jobTemplate"]["spec"]["backoffLimit"] == 100
    inside = one(JOBS, "job-restarts-inside.job-stocktaking")
    assert changed(inside)["spec"]["template"]["spec"]["restartPolicy"] == "OnFailure"


def test_a_hook_is_none_at_one_of_its_moments() -> None:
    mutant = one(JOBS, "job-hook-not-then.job-stocktaking.pre-upgrade")
    assert mutant.unnoticed == "Helm does not think of Job stocktaking at pre-upgrade"
    assert changed(mutant)["metadata"]["annotations"]["helm.sh/hook"] == "pre-install"
