"""What the rules must see beyond plain workloads; that each rule bites at all is shown by features/posture.feature."""

from __future__ import annotations

from typing import Any

import pytest

from kube_acceptance.security.posture import RULES, THEMES, Rendered, breaches
from kube_acceptance.security.posture.labels import COMMON
from kube_acceptance.security.posture.locality import of_cloud
from kube_acceptance.security.posture.probes import same_probes

CONTAINER = {
    "name": "web",
    "image": "web:1.0",
    "resources": {"requests": {"cpu": "1", "memory": "1Mi"}, "limits": {"cpu": 1, "memory": "1Mi"}},
    "securityContext": {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    },
}
POD = {
    "serviceAccountName": "web",
    "automountServiceAccountToken": False,
    "enableServiceLinks": False,
    "containers": [CONTAINER],
}
LABELS = {"app.kubernetes.io/name": "web", "app.kubernetes.io/instance": "web"}
ACCOUNT = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "web", "labels": LABELS}}
POLICY: dict[str, Any] = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "NetworkPolicy",
    "metadata": {"name": "all", "labels": LABELS},
    "spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]},
}


def workload(kind: str = "Deployment", **pod: Any) -> dict[str, Any]:
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {**POD, **pod}}
    spec: dict[str, Any] = {"template": template}
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": "web", "labels": LABELS},
        "spec": {"jobTemplate": {"spec": spec}} if kind == "CronJob" else spec,
    }


def policy(**spec: Any) -> dict[str, Any]:
    return {**POLICY, "spec": {"podSelector": {}, **spec}}


def found(*objects: dict[str, Any]) -> list[str]:
    """What breaks the rules, but for the one on labels: many of these objects have none."""
    return [str(each) for each in breaches(Rendered(objects)) if each.rule != "common-labels"]


def test_a_sound_workload_breaks_nothing() -> None:
    assert found(workload(), ACCOUNT, POLICY) == []


def test_every_rule_has_a_theme_and_says_what_it_asks_for() -> None:
    assert {rule.theme for rule in RULES.values()} == set(THEMES)
    assert [name for name, rule in RULES.items() if not rule.asks.endswith(".")] == []


def test_every_object_says_to_which_release_it_belongs() -> None:
    one, other = ({**ACCOUNT, "metadata": {"name": "web", **more}} for more in ({"labels": {COMMON[0]: "web"}}, {}))
    assert [str(each) for each in breaches(Rendered([one, other, ACCOUNT]), "labels")] == [
        "ServiceAccount web has no label app.kubernetes.io/instance; add it to its metadata [common-labels]",
        "ServiceAccount web has no label app.kubernetes.io/name; add it to its metadata [common-labels]",
        "ServiceAccount web has no label app.kubernetes.io/instance; add it to its metadata [common-labels]",
    ]


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob"])
def test_workloads_of_every_kind_are_looked_at(kind: str) -> None:
    assert found(workload(kind, hostPID=True), ACCOUNT, POLICY) == [
        f"the pods of {kind} web have hostPID; remove it [host-namespaces]"
    ]


def test_bare_pods_and_lists_are_looked_at() -> None:
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "one"}, "spec": {**POD, "hostIPC": True}}
    listed = {"apiVersion": "v1", "kind": "List", "items": [pod, ACCOUNT, POLICY]}
    assert found(listed) == ["the pods of Pod one have hostIPC; remove it [host-namespaces]"]


def test_templates_of_other_things_are_no_workloads() -> None:
    sealed = {
        "apiVersion": "example.org/v1",
        "kind": "SealedSecret",
        "metadata": {"name": "x"},
        "spec": {"template": {"type": "Opaque"}},
    }
    assert found(sealed, workload(), ACCOUNT, POLICY) == []


def test_a_sidecar_serves_and_an_init_container_does_not() -> None:
    listening = {**CONTAINER, "name": "side", "ports": [{"containerPort": 1}]}
    sidecar = workload(initContainers=[{**listening, "restartPolicy": "Always"}])
    assert found(sidecar, ACCOUNT, POLICY) == [
        f"container side of Deployment web has ports but no {probe}; add one [{rule}]"
        for probe, rule in (
            ("readinessProbe", "readiness-probe"),
            ("livenessProbe", "liveness-probe"),
            ("startupProbe", "startup-probe"),
        )
    ]
    assert found(workload(initContainers=[listening]), ACCOUNT, POLICY) == []
    assert found(workload("Job", containers=[listening]), ACCOUNT, POLICY) == []


@pytest.mark.parametrize(
    ("pod", "account", "mounted"),
    [(None, None, True), (None, True, True), (None, False, False), (True, False, True), (False, True, False)],
)
def test_the_pod_decides_on_its_token_and_else_its_account(
    pod: bool | None, account: bool | None, mounted: bool
) -> None:
    spec = {} if pod is None else {"automountServiceAccountToken": pod}
    item = workload(**spec)
    if pod is None:
        del item["spec"]["template"]["spec"]["automountServiceAccountToken"]
    its = ACCOUNT if account is None else {**ACCOUNT, "automountServiceAccountToken": account}
    expected = ["the pods of Deployment web are given a token; set automountServiceAccountToken to false [no-token]"]
    assert found(item, its, POLICY) == (expected if mounted else [])


def test_the_container_decides_on_its_context_and_else_its_pod() -> None:
    bare = {**CONTAINER, "securityContext": {**CONTAINER["securityContext"]}}  # type: ignore[dict-item]
    del bare["securityContext"]["runAsNonRoot"]  # type: ignore[attr-defined]
    said = "container web of Deployment web may run as root; set securityContext.runAsNonRoot to true [non-root]"
    assert found(workload(containers=[bare]), ACCOUNT, POLICY) == [said]
    assert found(workload(containers=[bare], securityContext={"runAsNonRoot": True}), ACCOUNT, POLICY) == []
    against = {**CONTAINER, "securityContext": {**CONTAINER["securityContext"], "runAsNonRoot": False}}  # type: ignore[dict-item]
    assert found(workload(containers=[against], securityContext={"runAsNonRoot": True}), ACCOUNT, POLICY) == [said]


@pytest.mark.parametrize(
    ("spec", "directions"),
    [
        ({}, ["Egress"]),  # the API server takes one without policyTypes for one of Ingress
        ({"egress": [{"to": [{"podSelector": {}}]}]}, []),
        ({"egress": []}, ["Egress"]),
        ({"policyTypes": ["Egress"]}, ["Ingress"]),
        ({"podSelector": {"matchLabels": {"app": "db"}}, "policyTypes": ["Ingress", "Egress"]}, ["Ingress", "Egress"]),
    ],
)
def test_a_pod_is_isolated_where_a_policy_selects_it(spec: dict[str, Any], directions: list[str]) -> None:
    assert found(workload(), ACCOUNT, policy(**spec)) == [
        f"no NetworkPolicy of {each} selects the pods of Deployment web; add one that denies by default"
        f" [isolated-{each.lower()}]"
        for each in directions
    ]


@pytest.mark.parametrize(
    ("expression", "selects"),
    [
        ({"operator": "In", "values": ["web", "db"]}, True),
        ({"operator": "In", "values": ["db"]}, False),
        ({"operator": "NotIn", "values": ["db"]}, True),
        ({"operator": "NotIn", "values": ["web"]}, False),
        ({"operator": "Exists"}, True),
        ({"operator": "DoesNotExist"}, False),
        ({"operator": "Similar"}, False),
    ],
)
def test_selectors_by_expressions(expression: dict[str, Any], selects: bool) -> None:
    spec = {"podSelector": {"matchExpressions": [{"key": "app", **expression}]}, "policyTypes": ["Ingress", "Egress"]}
    assert (found(workload(), ACCOUNT, policy(**spec)) == []) is selects


def test_a_policy_of_another_namespace_isolates_nothing() -> None:
    here = workload()
    here["metadata"]["namespace"] = "here"
    there = {**POLICY, "metadata": {"name": "all", "namespace": "there"}}
    assert len(found(here, ACCOUNT, there)) == 2
    assert found(here, ACCOUNT, POLICY) == []


@pytest.mark.parametrize(
    ("image", "exact"),
    [
        ("web:1.0", True),
        ("postgres:17-alpine", True),
        ("localhost:5000/shop/web:v2", True),
        ("web@sha256:00", True),
        ("web:latest@sha256:00", True),
        ("web", False),
        ("localhost:5000/web", False),
        ("web:alpine", False),
        ("web:stable", False),
        ("web:latest", False),
        ("web:latest-17", False),
    ],
)
def test_which_images_are_exact(image: str, exact: bool) -> None:
    assert (found(workload(containers=[{**CONTAINER, "image": image}]), ACCOUNT, POLICY) == []) is exact


@pytest.mark.parametrize(
    ("name", "value", "secret"),
    [
        ("PASSWORD", "hunter2", True),
        ("API_KEY", "hunter2", True),
        ("DB_URL", "postgres://web:hunter2@db/web", True),
        ("DB_URL", "postgres://web@db/web", False),
        ("DB_URL", "postgres://web:$(PASSWORD)@db/web", False),
        ("PASSWORD_FILE", "/run/secrets/password", False),
        ("PASSWORD", "", False),
        ("TOKENIZER", "words", False),
        ("MONKEY", "banana", False),
    ],
)
def test_which_variables_hold_secrets(name: str, value: str, secret: bool) -> None:
    env = [{"name": name, "value": value}]
    assert (found(workload(containers=[{**CONTAINER, "env": env}]), ACCOUNT, POLICY) != []) is secret


@pytest.mark.parametrize(
    ("name", "cloud"),
    [
        ("service.beta.kubernetes.io/aws-load-balancer-type", True),
        ("alb.ingress.kubernetes.io/scheme", True),
        ("iam.gke.io/gcp-service-account", True),
        ("eks.amazonaws.com/role-arn", True),
        ("azure.workload.identity/client-id", True),
        ("load-balancer.hetzner.cloud/name", True),
        ("app.kubernetes.io/name", False),
        ("traefik.ingress.kubernetes.io/router.entrypoints", False),
        ("kubernetes.io/metadata.name", False),
        ("prometheus.io/scrape", False),
        ("laws.example/album", False),
    ],
)
def test_clouds_are_known_by_whole_words(name: str, cloud: bool) -> None:
    assert of_cloud(name) is cloud


def test_nodes_of_clouds_are_found_in_affinities() -> None:
    term = {"matchExpressions": [{"key": "topology.kubernetes.io/zone", "operator": "Exists"}]}
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}
    preferred = {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1, "preference": term}]}
    for affinity in (required, preferred):
        assert found(workload(affinity={"nodeAffinity": affinity}), ACCOUNT, POLICY) == [
            "the pods of Deployment web ask for nodes by topology.kubernetes.io/zone, which only a cloud gives them;"
            " remove it [no-cloud-node]"
        ]


def test_claims_of_stateful_sets_and_ephemeral_volumes_are_looked_at() -> None:
    item = workload("StatefulSet")
    item["spec"]["volumeClaimTemplates"] = [{"metadata": {"name": "data"}, "spec": {"storageClassName": "gp2"}}]
    assert found(item, ACCOUNT, POLICY) == [
        "claim data of StatefulSet web is for the storage class gp2 of a cloud; leave it out, or name one of the"
        " cluster [no-cloud-storage-class]"
    ]
    claim = {"volumeClaimTemplate": {"spec": {"storageClassName": "pd-ssd"}}}
    assert found(workload(volumes=[{"name": "x", "ephemeral": claim}]), ACCOUNT, POLICY) == [
        "volume x of Deployment web is for the storage class pd-ssd of a cloud; leave it out, or name one of the"
        " cluster [no-cloud-storage-class]"
    ]


def test_whether_two_probes_ask_the_same() -> None:
    def containers(liveness: dict[str, Any], readiness: dict[str, Any]) -> bool:
        probed = {**CONTAINER, "livenessProbe": liveness, "readinessProbe": readiness}
        [container] = Rendered([workload(containers=[probed])]).containers
        return same_probes(container)

    ask = {"httpGet": {"path": "/readyz"}}
    assert containers({**ask, "periodSeconds": 1}, {**ask, "periodSeconds": 2})
    assert not containers({"httpGet": {"path": "/livez"}}, ask)
    assert not containers({"exec": {"command": ["true"]}}, ask)


LESS = "Service web selects by less than Deployment web, without {}; add that to its selector [exact-selector]"


@pytest.mark.parametrize(
    ("selector", "said"),
    [
        ({"app": "web", "part": "server"}, []),
        (
            {"app": "web"},
            [
                "Service web selects the pods of Deployment web and Deployment other; say in its selector which "
                "[exact-selector]",
                LESS.format("part"),
            ],
        ),
        (
            {"part": "server"},
            [LESS.format("app")],
        ),
    ],
)
def test_a_service_selects_one_workload_by_all_that_it_is_known_by(selector: dict[str, str], said: list[str]) -> None:
    def deployment(name: str, part: str) -> dict[str, Any]:
        made = workload()
        labels = {"app": "web", "part": part}
        template = {**made["spec"]["template"], "metadata": {"labels": labels}}
        return {**made, "metadata": {"name": name}, "spec": {"selector": {"matchLabels": labels}, "template": template}}

    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": {"selector": selector}}
    assert found(deployment("web", "server"), deployment("other", "worker"), service, ACCOUNT, POLICY) == said


def test_readiness_gives_up_within_a_minute() -> None:
    probe = {"httpGet": {"path": "/", "port": 80}, "periodSeconds": 5}
    container = {**CONTAINER, "readinessProbe": {**probe, "failureThreshold": 13}}
    assert found(workload(containers=[container]), ACCOUNT, POLICY) == [
        "the readinessProbe of container web of Deployment web gives up after 65 s; lower its failureThreshold "
        "[prompt-probes]"
    ]
    assert not found(
        workload(containers=[{**container, "readinessProbe": {**probe, "failureThreshold": 12}}]), ACCOUNT, POLICY
    )


def replaced(kind: str, **spec: Any) -> dict[str, Any]:
    item = workload(kind)
    return {**item, "spec": {**item["spec"], **spec}}


SCALER: dict[str, Any] = {
    "apiVersion": "autoscaling/v2",
    "kind": "HorizontalPodAutoscaler",
    "metadata": {"name": "web", "labels": LABELS},
    "spec": {"maxReplicas": 3, "scaleTargetRef": {"kind": "Deployment", "name": "web"}},
}


@pytest.mark.parametrize(
    ("objects", "said"),
    [
        ([replaced("Deployment", strategy={"type": "Recreate"})], ""),
        (
            [replaced("Deployment", strategy={"type": "Recreate"}), SCALER],
            "Deployment web ends all its pods before an update starts new ones; set strategy RollingUpdate "
            "[rolling-update]",
        ),
        ([replaced("StatefulSet", updateStrategy={"type": "RollingUpdate"})], ""),
        (
            [replaced("DaemonSet", updateStrategy={"type": "OnDelete"})],
            "DaemonSet web keeps its old pods at an update; set updateStrategy RollingUpdate [rolling-update]",
        ),
        ([replaced("Job", ttlSecondsAfterFinished=60)], ""),
        ([replaced("CronJob")], ""),
    ],
)
def test_how_pods_are_replaced(objects: list[dict[str, Any]], said: str) -> None:
    assert found(ACCOUNT, POLICY, *objects) == ([said] if said else [])


def test_the_job_of_a_schedule_may_vanish_too() -> None:
    item = workload("CronJob")
    item["spec"]["jobTemplate"]["spec"]["ttlSecondsAfterFinished"] = 5
    assert found(ACCOUNT, POLICY, item) == [
        "CronJob web is removed 5 s after its end; raise ttlSecondsAfterFinished [kept-job]"
    ]


def test_who_asks_for_the_addresses_alone_may_see_those_that_are_not_ready() -> None:
    spec = {"clusterIP": "None", "publishNotReadyAddresses": True}
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "labels": LABELS}, "spec": spec}
    assert found(service) == []
