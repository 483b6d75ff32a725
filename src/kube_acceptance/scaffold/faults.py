"""What can be said of a release that is struck: pods end and come back, work is done, nothing is left."""

from __future__ import annotations

from kube_acceptance.scaffold.holdings import Holdings, Item
from kube_acceptance.scaffold.installation import claims_of_sets
from kube_acceptance.scaffold.text import Feature, Scenario

DISRUPTIVE = ["disruptive"]
STRUCK = "the chart is installed where faults strike"
OWN = "the chart is installed in a namespace of its own"
AGAIN = "every workload is rolled out with no old pod left within 2 minutes"
KEEP = "helm.sh/resource-policy"


def feature(holds: Holdings) -> Feature:
    """The feature on faults and on what else changes a release."""
    budgets = [_budget(holds, item) for item in holds.of_kind("PodDisruptionBudget")]
    work = [_work(holds, item) for item in holds.of_kind("CronJob")]
    return Feature(
        "Faults and changes",
        "What is struck comes back by itself, what is scheduled does its work, what is removed leaves nothing behind.",
        [_deleted(holds), _ended(holds), _killed(holds), *budgets, *work, _upgraded(holds), _uninstalled(holds)],
    )


def _deleted(holds: Holdings) -> Scenario:
    scenario = Scenario("Every pod is deleted at once, and others take their place", DISRUPTIVE).given(STRUCK)
    if holds.labelled:
        keeping = [tier for tier in holds.tiers if _keeps(holds, tier)]
        for tier in keeping:
            scenario.given(f'the claim and volume of the "{tier}"')
        scenario.when("every pod is deleted and replaced within 2 minutes")
        scenario.then("the new pods have new UIDs").then(AGAIN)
        for tier in keeping:
            scenario.then(f'the claim and volume of the "{tier}" are the same')
    return scenario


def _keeps(holds: Holdings, tier: str) -> bool:
    """Whether each pod of a tier mounts a claim of its own, and just one."""
    its = [workload for workload in holds.lasting if holds.tier(workload.labels) == tier]
    templates = {
        item["metadata"]["name"]: item["spec"].get("volumeClaimTemplates") or []
        for item in holds.of_kind("StatefulSet")
    }
    return len(its) == 1 and its[0].kind == "StatefulSet" and len(templates[its[0].name]) == 1


def _ended(holds: Holdings) -> Scenario:
    scenario = Scenario("Every pod that is told to end does so in time", DISRUPTIVE).given(OWN)
    if holds.labelled:
        scenario.when("every pod is told to end, and others are ready within 2 minutes")
        scenario.then("every container ended by itself, with a quarter of its time to spare")
    return scenario


def _killed(holds: Holdings) -> Scenario:
    tiers = [["tier"], *([tier] for tier in holds.tiers)]
    scenario = Scenario("The process of every <tier> container is killed, and runs anew", DISRUPTIVE, examples=tiers)
    scenario.given(STRUCK)
    if holds.tiers:
        scenario.when('the process of every "<tier>" container is killed, and anew within 1 minute').then(AGAIN)
    return scenario


def _budget(holds: Holdings, item: Item) -> Scenario:
    name = holds.shown(item["metadata"]["name"])
    scenario = Scenario(f"The {holds.plain(item)} keeps pods when all are to be evicted", DISRUPTIVE).given(OWN)
    selected = holds.selected((item["spec"].get("selector") or {}).get("matchLabels"))
    tier = holds.tier(selected[0].labels) if len(selected) == 1 else ""
    count = holds.replicas(selected[0]) if tier else None
    if count and 0 < (granted := _granted(item["spec"], count)) < count:
        grants = f"{granted} eviction is granted" if granted == 1 else f"{granted} evictions is granted"
        allowed = f'has "status.disruptionsAllowed" equal to {granted}'
        scenario.then(f"the {holds.called(item)} {allowed} within 1 minute")
        scenario.when(f'every "{tier}" pod is to be evicted at once')
        scenario.then(f'{grants}, and the budget "{name}" refuses the others')
        scenario.when("the refused evictions are asked for again, and granted within 2 minutes").then(AGAIN)
    return scenario


def _granted(budget: Item, count: int) -> int:
    """How many of so many pods a budget lets go at a time; 0 where it says so in percent."""
    if isinstance(away := budget.get("maxUnavailable"), int):
        return away
    return count - there if isinstance(there := budget.get("minAvailable"), int) else 0


def _work(holds: Holdings, item: Item) -> Scenario:
    says = 'Add what it must have said: `Then that Job has said "..."`.'
    scenario = Scenario(f"The {holds.plain(item)} does its work", DISRUPTIVE, says).given(OWN)
    return scenario.when(f"the {holds.called(item)} runs now, and its Job is complete within 2 minutes")


def _upgraded(holds: Holdings) -> Scenario:
    scenario = Scenario("The release is upgraded, and rolled back", DISRUPTIVE).given(OWN)
    if knob := holds.knob:
        scenario.when(f'the release is upgraded with "{knob.path}" set to {knob.value}, and ready within 2 minutes')
        scenario.then(f"the {knob.workload} has {knob.value} ready replicas")
        scenario.when("the release is rolled back to revision 1, and ready within 2 minutes")
        before = f"{knob.before} ready replica{'' if knob.before == 1 else 's'}"
        scenario.then(f"the {knob.workload} has {before} within 1 minute")
    return scenario


def _uninstalled(holds: Holdings) -> Scenario:
    scenario = Scenario("The release is uninstalled, and leaves only what is stated", DISRUPTIVE)
    scenario.given("a namespace of its own, and all that is in it")
    if holds.has_hooks or not holds.labelled:  # what hooks made is left under names that nobody knows before
        return scenario
    scenario.when("the chart is installed there")
    scenario.when("the release is uninstalled, and its pods are gone within 2 minutes")
    left = [["PersistentVolumeClaim", name] for name in _kept_claims(holds)]
    for item in holds.running.objects:
        if (item["metadata"].get("annotations") or {}).get(KEEP) == "keep":
            left.append([item["kind"], holds.shown(item["metadata"]["name"])])
    nothing = "nothing is there that was not before the installation"
    if left:
        return scenario.then(f"{nothing}, but these within 1 minute", [["kind", "name"], *left])
    return scenario.then(f"{nothing} within 1 minute")


def _kept_claims(holds: Holdings) -> list[str]:
    """The claims of StatefulSets, which Kubernetes keeps unless the StatefulSet says otherwise."""
    going = [
        holds.shown(item["metadata"]["name"])
        for item in holds.of_kind("StatefulSet")
        if (item["spec"].get("persistentVolumeClaimRetentionPolicy") or {}).get("whenDeleted") == "Delete"
    ]
    return [name for name in claims_of_sets(holds) if not any(f"-{one}-" in name for one in going)]
