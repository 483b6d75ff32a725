"""What can be said of a chart, and what is left out because it would not be true or could not be looked at."""

from __future__ import annotations

from pathlib import Path

import pytest
from rendered_chart import holdings, labels, made, noted, steps, workload

from kube_acceptance.scaffold import chart, connections, faults, installation
from kube_acceptance.scaffold.draft import _remarks
from kube_acceptance.scaffold.section import section
from kube_acceptance.scaffold.text import Feature, Scenario, aligned

COUNTED = "Each workload has its pods, and each Job its end"
DELETED = "Every pod is deleted at once, and others take their place"
LEFT = "The release is uninstalled, and leaves only what is stated"
BUDGET = "The PodDisruptionBudget web keeps pods when all are to be evicted"


def test_names_are_those_of_any_release(tmp_path: Path) -> None:
    held = holdings(tmp_path, workload("Deployment", "web"))
    assert [held.shown(name) for name in ("shop", "shop-web", "shopping", "web")] == [
        "${RELEASE}",
        "${RELEASE}-web",
        "shopping",
        "web",
    ]


def test_an_autoscaler_decides_how_many_pods_there_are(tmp_path: Path) -> None:
    target = {"kind": "Deployment", "name": "shop-web"}
    scaler = made("HorizontalPodAutoscaler", "web", scaleTargetRef=target, minReplicas=2)
    held = holdings(tmp_path, workload("Deployment", "web"), workload("Deployment", "api", replicas=2), scaler)
    assert steps(installation.feature(held), COUNTED) == [
        "the chart is installed",
        'the Deployment "${RELEASE}-web" is rolled out',
        'the Deployment "${RELEASE}-api" has 2 ready replicas',
        'the HorizontalPodAutoscaler "${RELEASE}-web" exists',
    ]


def test_of_jobs_that_are_removed_nothing_is_said(tmp_path: Path) -> None:
    gone = workload("Job", "seed", ttlSecondsAfterFinished=60)
    held = holdings(tmp_path, workload("Job", "setup"), gone)
    assert steps(installation.feature(held), COUNTED)[1:] == ['the Job "${RELEASE}-setup" is rolled out']


def test_what_hooks_make_is_no_part_of_the_release(tmp_path: Path) -> None:
    test = noted(workload("Job", "check"), helm__hook="test")
    held = holdings(tmp_path, workload("Deployment", "web"), test)
    assert [each.name for each in held.running.workloads] == ["shop-web"]
    assert (
        steps(faults.feature(held), LEFT)[-1] == "nothing is there that was not before the installation within 1 minute"
    )
    hook = noted(workload("Job", "setup"), helm__hook="pre-install,test")
    assert steps(faults.feature(holdings(tmp_path, workload("Deployment", "web"), hook)), LEFT) == []


def test_claims_outlive_the_release_unless_they_are_told_otherwise(tmp_path: Path) -> None:
    claims = [{"metadata": {"name": "data"}, "spec": {"resources": {"requests": {"storage": "1Gi"}}}}]
    store = workload("StatefulSet", "store", replicas=2, volumeClaimTemplates=claims)
    going = {"persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Delete"}}
    cache = workload("StatefulSet", "cache", volumeClaimTemplates=claims, **going)
    secret = noted(made("Secret", "token"), helm__resource_policy="keep")
    held = holdings(tmp_path, store, cache, secret)
    [scenario] = (each for each in faults.feature(held).scenarios if each.name == LEFT)
    assert scenario.steps[-1][2] == [
        ["kind", "name"],
        ["PersistentVolumeClaim", "data-${RELEASE}-store-0"],
        ["PersistentVolumeClaim", "data-${RELEASE}-store-1"],
        ["Secret", "${RELEASE}-token"],
    ]
    assert 'the claim and volume of the "store" are the same' in steps(faults.feature(held), DELETED)
    assert steps(installation.feature(held), "Its claims have their volumes")[1:] == [
        'the claim "data-${RELEASE}-store-0" is bound',
        'the claim "data-${RELEASE}-store-1" is bound',
        'the claim "data-${RELEASE}-cache-0" is bound',
    ]


def test_claims_that_only_a_job_mounts_may_wait(tmp_path: Path) -> None:
    volumes = [{"name": "data", "persistentVolumeClaim": {"claimName": "shop-data"}}, {"name": "tmp", "emptyDir": {}}]
    named = "Its claims have their volumes"
    held = holdings(tmp_path, workload("Deployment", "web", pod={"volumes": volumes}))
    assert steps(installation.feature(held), named)[1:] == ['the claim "${RELEASE}-data" is bound']
    held = holdings(tmp_path, workload("Job", "seed", pod={"volumes": volumes}))
    assert steps(installation.feature(held), named) == []


@pytest.mark.parametrize(
    ("budget", "granted"),
    [
        ({"maxUnavailable": 1}, "1 eviction is granted"),
        ({"maxUnavailable": 2}, "2 evictions is granted"),
        ({"minAvailable": 2}, "1 eviction is granted"),
        ({"maxUnavailable": "50%"}, ""),
        ({"minAvailable": 3}, ""),
        ({"maxUnavailable": 3}, ""),
    ],
)
def test_a_budget_is_tried_where_it_grants_some_and_refuses_some(
    tmp_path: Path, budget: dict[str, object], granted: str
) -> None:
    selector = {"matchLabels": labels("web")}
    held = holdings(
        tmp_path,
        workload("Deployment", "web", replicas=3),
        made("PodDisruptionBudget", "web", selector=selector, **budget),
    )
    said = [text for text in steps(faults.feature(held), BUDGET) if "refuses the others" in text]
    assert said == ([f'{granted}, and the budget "${{RELEASE}}-web" refuses the others'] if granted else [])


def test_a_service_over_two_tiers_leads_to_no_tier(tmp_path: Path) -> None:
    both = made("Service", "all", selector={"app.kubernetes.io/instance": "shop"}, ports=[{"port": 80}])
    one = made("Service", "web", selector=labels("web"), ports=[{"port": 80}, {"port": 443}])
    held = holdings(tmp_path, workload("Deployment", "web"), workload("Deployment", "api"), both, one)
    assert steps(installation.feature(held), "Each Service leads to its pods")[1:] == [
        'the Service "${RELEASE}-all" listens on port 80',
        'the Service "${RELEASE}-web" listens on port 80',
        'the Service "${RELEASE}-web" listens on port 443',
        'the Service "${RELEASE}-web" leads to the ready "web" pods',
    ]


def test_of_pods_that_are_not_found_nothing_is_said(tmp_path: Path) -> None:
    bare = workload("Deployment", "web")
    bare["spec"]["template"]["metadata"]["labels"] = {"app": "web"}
    held = holdings(tmp_path, bare)
    assert steps(faults.feature(held), DELETED) == []
    assert steps(installation.feature(held), "Everything is ready") == [
        "the chart is installed",
        "every workload is rolled out with no old pod left",
    ]
    assert _remarks(held)[-1] == (
        "not all pods have the label app.kubernetes.io/instance with the release's name, by which they are found: "
        "most that can be said of pods is left out"
    )


def test_what_is_broken_today_stands_in_a_table(tmp_path: Path) -> None:
    held = holdings(tmp_path, workload("Deployment", "web"), workload("Deployment", "web-two"))
    [scenario] = (each for each in chart.feature(held).scenarios if each.name == "Its posture is sound")
    table = [row for row in scenario.steps[-1][2] if row[0] == "read-only-root"]
    because = "so far: can write to its image; set securityContext.readOnlyRootFilesystem to true"
    assert table == [
        ["read-only-root", "Deployment ${RELEASE}-web", because],
        ["read-only-root", "Deployment ${RELEASE}-web-two", because],
    ]
    assert str(installation.feature(held)).startswith(
        "# The restricted Pod Security Standard would not admit these pods, so pyproject.toml has the\n"
        "# namespaces of a run enforce the standard baseline: "
    )
    assert steps(installation.feature(held), "The namespace takes no pod with one protection less") == []


def test_the_namespaces_enforce_what_the_pods_keep(tmp_path: Path) -> None:
    bare = workload("Deployment", "web")
    assert 'pod-security = "baseline" # until' in section(holdings(tmp_path, bare), tmp_path)
    folder = workload("Deployment", "web", pod={"volumes": [{"name": "node", "hostPath": {"path": "/"}}]})
    held = holdings(tmp_path, bare, folder)
    assert 'pod-security = "privileged" # until' in section(held, tmp_path)
    assert _remarks(held)[0] == (
        "the restricted Pod Security Standard would not admit its pods, so the namespaces of a run enforce the "
        "standard privileged: the 9 reasons stand in features/chart.feature"
    )


def test_what_has_no_schema_is_told(tmp_path: Path) -> None:
    held = holdings(tmp_path, workload("Deployment", "web"), made("ServiceMonitor", "web"))
    scenario = chart.feature(held).scenarios[0]
    assert scenario.says == "No schema of ServiceMonitor is known, so whether all is valid is not said."
    assert not scenario.proves


def test_a_values_file_that_does_not_render_is_told(tmp_path: Path) -> None:
    (tmp_path / "values-prod.yaml").write_text("a: 2\n")
    held = holdings(tmp_path, workload("Deployment", "web"), refuses="values-prod.yaml")
    why = f"helm template refused the chart {tmp_path.name}: the host is missing"
    assert chart.feature(held).scenarios[0].says == f"values-prod.yaml is left out, because {why}."
    assert chart.feature(held).scenarios[0].examples == [["values"], ["values.yaml"]]
    assert steps(chart.feature(held), "Its posture is sound") == []
    assert _remarks(held)[0] == f"values-prod.yaml is left out: {why}"


def test_a_value_counts_only_if_the_rendering_follows_it(tmp_path: Path) -> None:
    held = holdings(tmp_path, workload("Deployment", "web", replicas=1), values="replicas: 1\nhost: shop.localhost\n")
    assert held.values == {"replicas": 1, "host": "shop.localhost"}
    assert held.knob is None
    assert held.ingress_value == ""


def test_without_policies_there_is_no_feature_on_them(tmp_path: Path) -> None:
    assert connections.feature(holdings(tmp_path, workload("Deployment", "web"))).is_empty


def test_of_objects_that_kubernetes_would_refuse_no_table_is_made(tmp_path: Path) -> None:
    bad = workload("Deployment", "web")
    del bad["spec"]["selector"]
    found = connections.feature(holdings(tmp_path, bad, made("NetworkPolicy", "all", podSelector={})))
    assert [scenario.name for scenario in found.scenarios] == ["The cluster enforces network policies"]


def test_without_tiers_only_the_canary_is_left(tmp_path: Path) -> None:
    bare = workload("Deployment", "web")
    bare["spec"]["template"]["metadata"]["labels"] = {"app": "web"}
    policy = made("NetworkPolicy", "all", podSelector={})
    found = connections.feature(holdings(tmp_path, bare, policy))
    assert [scenario.name for scenario in found.scenarios] == ["The cluster enforces network policies"]


def test_a_feature_as_it_is_written() -> None:
    outline = Scenario("The <tea>", ["static"], "A start.", examples=[["tea"], ["a|b"], ["mint"]])
    outline.given("water").given("a <tea>").when("it waits", [["for"], ["minutes"]]).then("it is tea")
    feature = Feature("Tea", "Hot.", [outline, Scenario("Nothing", ["static"]).given("water")], remark="Read it.")
    assert str(feature) == (
        "# Read it.\n"
        "Feature: Tea\n"
        "  Hot.\n"
        "\n"
        "  # A start.\n"
        "  @static\n"
        "  Scenario Outline: The <tea>\n"
        "    Given water\n"
        "    And a <tea>\n"
        "    When it waits\n"
        "      | for     |\n"
        "      | minutes |\n"
        "    Then it is tea\n"
        "\n"
        "    Examples:\n"
        "      | tea  |\n"
        "      | a\\|b |\n"
        "      | mint |\n"
    )


def test_columns_stand_below_each_other() -> None:
    assert aligned([["a", "bcd"], ["efg", "h"]]) == ["| a   | bcd |", "| efg | h   |"]
