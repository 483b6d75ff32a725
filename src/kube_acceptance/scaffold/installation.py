"""What can be said of the running release that nothing has struck yet."""

from __future__ import annotations

from kube_acceptance.config import FILE
from kube_acceptance.scaffold.holdings import LASTING, Holdings, Item, claims_of
from kube_acceptance.scaffold.text import Feature, Scenario

CLUSTER = ["cluster"]
INSTALLED = "the chart is installed"
# by the rule of posture that says the same of what is rendered
INSIDE = {
    "non-root": "no process in them belongs to root or root's group",
    "dropped-capabilities": "no process in them has a capability, or may gain one",
    "privilege-escalation": "no process in them may gain privileges",
    "seccomp": "every process in them has a seccomp filter",
    "read-only-root": "their root file systems refuse to be written to",
}
# each takes one protection away that the restricted standard asks for, and the standard's own words for it
CHANGES = [
    ["change", "refused because of"],
    ["is privileged", "privileged, allowPrivilegeEscalation != false"],
    ["has a folder of the node", "restricted volume types"],
    ["does not drop all capabilities", "unrestricted capabilities"],
    ["may run as root", "runAsNonRoot != true"],
]
IDENTITY = ("no-wildcard", "no-secret-reading", "no-escalation", "namespaced-rights")


def feature(holds: Holdings) -> Feature:
    """The feature on the release as it was installed."""
    refused = ""
    if holds.not_admitted:
        refused = (
            f"The restricted Pod Security Standard would not admit these pods, so {FILE} has the namespaces of a run "
            f"enforce the standard {holds.standard}: {holds.not_admitted[0].said}. {_more(len(holds.not_admitted) - 1)}"
        )
    scenarios = [_serves(holds), _counted(holds), _bounded(holds), _claims(holds), _services(holds), _ingress(holds)]
    return Feature(
        "Installation",
        "The chart installs on an empty namespace with nothing else to do; what it installs is complete and confined.",
        [*scenarios, _admitted(holds), _confined(holds), _rights(holds)],
        remark=refused,
    )


def _more(count: int) -> str:
    return f"So it is with {count} more, which stand in features/chart.feature." if count else ""


def _serves(holds: Holdings) -> Scenario:
    scenario = Scenario("Everything is ready", CLUSTER).given(INSTALLED)
    if any(workload.kind in (*LASTING, "Job") for workload in holds.running.workloads):
        scenario.then("every workload is rolled out with no old pod left")
    if any(item["spec"].get("selector") for item in holds.of_kind("Service")):
        scenario.then("every Service has endpoints that serve")
    if holds.labelled:
        scenario.then("no container has restarted")
    return scenario


def _counted(holds: Holdings) -> Scenario:
    scenario = Scenario("Each workload has its pods, and each Job its end", CLUSTER).given(INSTALLED)
    for workload in holds.lasting:
        count = holds.replicas(workload)
        ready = f"has {count} ready replica{'' if count == 1 else 's'}" if count else "is rolled out"
        scenario.then(f'the {workload.kind} "{holds.shown(workload.name)}" {ready}')
    for item in holds.of_kind("Job"):
        if "ttlSecondsAfterFinished" not in item["spec"]:  # otherwise it may be gone by then
            scenario.then(f"the {holds.called(item)} is rolled out")
    for item in holds.of_kind("CronJob", "PodDisruptionBudget", "HorizontalPodAutoscaler"):
        scenario.then(f"the {holds.called(item)} exists")
    return scenario


def _bounded(holds: Holdings) -> Scenario:
    scenario = Scenario("Every container that runs is bounded, and every one that serves is probed", CLUSTER)
    scenario.given(INSTALLED)
    if holds.labelled and "requests-and-limits" not in holds.broken:
        scenario.then("every container of its pods requests CPU and memory, and has limits of both")
    probes = {f"{kind}Probe" for kind in ("startup", "readiness", "liveness")}
    bare = {holds.tier(each.workload.labels) for each in holds.running.containers if not probes <= each.spec.keys()}
    if probed := [[tier] for tier in holds.tiers if tier not in bare]:
        scenario.then("every container of these tiers has startup, readiness and liveness probes", [["tier"], *probed])
    return scenario


def _claims(holds: Holdings) -> Scenario:
    scenario = Scenario("Its claims have their volumes", CLUSTER).given(INSTALLED)
    for name in dict.fromkeys(name for workload in holds.lasting for name in claims_of(workload)):
        scenario.then(f'the claim "{holds.shown(name)}" is bound')
    for name in claims_of_sets(holds):
        scenario.then(f'the claim "{name}" is bound')
    return scenario


def claims_of_sets(holds: Holdings) -> list[str]:
    """The claims that StatefulSets make, a pod each, as features write them."""
    return [
        f"{template['metadata']['name']}-{holds.shown(item['metadata']['name'])}-{number}"
        for item in holds.of_kind("StatefulSet")
        for template in item["spec"].get("volumeClaimTemplates") or []
        for number in range(item["spec"].get("replicas", 1))
    ]


def _services(holds: Holdings) -> Scenario:
    scenario = Scenario("Each Service leads to its pods", CLUSTER).given(INSTALLED)
    for item in holds.of_kind("Service"):
        for port in item["spec"].get("ports") or []:
            scenario.then(f"the {holds.called(item)} listens on port {port['port']}")
        if tier := _tier_behind(holds, item):
            scenario.then(f'the {holds.called(item)} leads to the ready "{tier}" pods')
    return scenario


def _tier_behind(holds: Holdings, service: Item) -> str:
    """The tier whose pods, all of them and no others, a Service selects."""
    selected = holds.selected(service["spec"].get("selector"))
    tiers = {holds.tier(workload.labels) for workload in selected}
    if len(tiers) != 1 or not (tier := tiers.pop()):
        return ""
    return tier if len(selected) == sum(holds.tier(each.labels) == tier for each in holds.lasting) else ""


def _ingress(holds: Holdings) -> Scenario:
    answers = (
        "Whoever names an Ingress controller among `addons` in pyproject.toml can say more: "
        '`Then the Ingress answers 200 for the release\'s host at "/"`.'
    )
    scenario = Scenario("The Ingress leads to its Services", CLUSTER, answers).given(INSTALLED)
    for item in holds.of_kind("Ingress"):
        called = f"the {holds.called(item)}"
        if class_name := item["spec"].get("ingressClassName"):
            scenario.then(f'{called} has the class "{class_name}"')
        for path in ((item["spec"].get("rules") or [{}])[0].get("http") or {}).get("paths", []):
            if service := path["backend"].get("service"):
                to = f'the Service "{holds.shown(service["name"])}"'
                scenario.then(f'{called} sends "{path.get("path", "/")}" to {to}')
    return scenario


def _admitted(holds: Holdings) -> Scenario:
    scenario = Scenario("The namespace takes no pod with one protection less", CLUSTER).given(INSTALLED)
    if not holds.not_admitted:
        scenario.then('the namespace enforces the "restricted" Pod Security Standard')
        scenario.then("every workload of the release runs there")
        scenario.then(
            "the pods that its workloads describe are admitted there, but with none of these changes", CHANGES
        )
    return scenario


def _confined(holds: Holdings) -> Scenario:
    scenario = Scenario("The kernel confines every process of every container", CLUSTER).given(INSTALLED)
    groups = [each.effective("runAsGroup") for each in holds.running.containers]
    kept = [
        said
        for rule, said in INSIDE.items()
        if rule not in holds.broken and (rule != "non-root" or all(groups))  # an image's user may be of root's group
    ]
    if holds.labelled and kept:
        scenario.when("every container of the release is looked into")
        for said in kept:
            scenario.then(said)
    return scenario


def _rights(holds: Holdings) -> Scenario:
    scenario = Scenario("Nothing that runs has rights in the Kubernetes API", CLUSTER).given(INSTALLED)
    if holds.labelled and "no-token" not in holds.broken:
        scenario.then("no container of the release holds a token of the Kubernetes API")
    if not holds.broken & set(IDENTITY):
        scenario.then("no service account has a dangerous right")
    return scenario
