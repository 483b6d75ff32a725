"""What keeps enough pods running: budgets for disruptions, and autoscalers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from kube_acceptance.mutation.derived import Concern, Derived
from kube_acceptance.mutation.operators import Object
from kube_acceptance.mutation.operators.place import Deriver, Place, of_kind
from kube_acceptance.mutation.operators.services import NOBODY
from kube_acceptance.release.objects import match_labels

NEVER = 1000
"""By how much the target of an autoscaler is raised, so that no load reaches it."""

_budget = Deriver(Concern.DISRUPTION, "budget-")
_scaling = Deriver(Concern.SCALING, "autoscaler-")


def budgets(objects: Sequence[Object]) -> Iterator[Derived]:
    """Each PodDisruptionBudget removed, permitting all and nothing, for no pods and for more than its own."""
    for budget in of_kind(objects, "PodDisruptionBudget"):
        spec = budget.value["spec"]
        labels = match_labels(spec)
        other = [budget.remove("spec", "minAvailable")] if "minAvailable" in spec else []
        yield _budget(budget, "removed", f"{budget}", f"there is no {budget}")
        for operator, number, words in (
            ("permits-all", "100%", "lets all pods be evicted at once"),
            ("permits-none", 0, "lets no pod be evicted, so no node can be drained"),
        ):
            if spec.get("maxUnavailable") != number:
                yield _budget(
                    budget,
                    operator,
                    f"the bounds of {budget}, whose maxUnavailable is {number}",
                    f"{budget} {words}",
                    *other,
                    budget.put("spec", "maxUnavailable", value=number),
                    signs=("disruptionsAllowed", "maxUnavailable"),
                )
        if labels:
            last = list(labels)[-1]
            yield _budget(
                budget,
                "of-nobody",
                f"the pods that {budget} is for",
                f"{budget} is for no pods",
                budget.put("spec", "selector", "matchLabels", last, value=NOBODY),
                signs=("expectedPods",),
            )
        for label in labels if len(labels) > 1 else ():
            yield _budget(
                budget,
                "of-more",
                f"the label {label} from the selector of {budget}",
                f"{budget} also counts pods whose label {label} is not {labels[label]}",
                budget.remove("spec", "selector", "matchLabels", label),
                part=label,
                signs=("expectedPods",),
            )
        if spec.get("unhealthyPodEvictionPolicy") == "AlwaysAllow":
            yield _budget(
                budget,
                "guards-unhealthy",
                f"the unhealthyPodEvictionPolicy of {budget}",
                f"{budget} lets pods that are not ready block the drain of their node",
                budget.remove("spec", "unhealthyPodEvictionPolicy"),
                signs=("unhealthyPodEvictionPolicy",),
            )


def autoscalers(objects: Sequence[Object]) -> Iterator[Derived]:
    """Each HorizontalPodAutoscaler removed, never scaling, scaling always, down to one pod, and without moderation."""
    for place in of_kind(objects, "HorizontalPodAutoscaler"):
        spec = place.value["spec"]
        target = spec["scaleTargetRef"]["name"]
        scaler = replace(place, signs=(*place.signs, target))
        least, most = spec.get("minReplicas", 1), spec["maxReplicas"]
        yield _scaling(scaler, "removed", f"{scaler}", f"there is no {scaler}")
        if least < most:
            yield _scaling(
                scaler,
                "fixed-low",
                f"the room of {scaler}, whose maxReplicas is its minReplicas, {least}",
                f"{scaler} never has more than {least} pods, not {most}",
                scaler.put("spec", "maxReplicas", value=least),
                signs=("maxReplicas",),
            )
            yield _scaling(
                scaler,
                "fixed-high",
                f"the room of {scaler}, whose minReplicas is its maxReplicas, {most}",
                f"{scaler} never has fewer than {most} pods, not {least}",
                scaler.put("spec", "minReplicas", value=most),
                signs=("minReplicas",),
            )
        if least > 1:
            yield _scaling(
                scaler,
                "down-to-one",
                f"the minReplicas of {scaler}",
                f"{scaler} leaves one pod where there is no load, not {least}",
                scaler.put("spec", "minReplicas", value=1),
                signs=("minReplicas", "replicas"),
            )
        yield _scaling(
            scaler,
            "of-nobody",
            f"the workload that {scaler} is for",
            f"{scaler} scales nothing",
            scaler.put("spec", "scaleTargetRef", "name", value=NOBODY),
            signs=("scaleTargetRef",),
        )
        if "behavior" in spec:
            yield _scaling(
                scaler,
                "unmoderated",
                f"the behavior of {scaler}",
                f"{scaler} scales as quickly as it does by default",
                scaler.remove("spec", "behavior"),
                signs=("behavior",),
            )
        yield from _metrics(scaler)


def _metrics(scaler: Place) -> Iterator[Derived]:
    """Each metric removed where there are others, and raised beyond reach."""
    listed = scaler.value["spec"].get("metrics") or []
    for index, metric in enumerate(listed):
        source = metric.get(metric["type"][0].lower() + metric["type"][1:]) or {}
        name = source.get("name") or (source.get("metric") or {}).get("name") or metric["type"]
        place = scaler.within(f"metric {index + 1}, {name}", "spec", "metrics", index, value=metric)
        if len(listed) > 1:
            yield _scaling(place, "metric-removed", f"{place}", f"{scaler} does not look at {name}", place.remove())
        target = source.get("target") or {}
        if isinstance(percent := target.get("averageUtilization"), int):
            kind = metric["type"][0].lower() + metric["type"][1:]
            yield _scaling(
                place,
                "never",
                f"the target of {place}, {percent} %",
                f"{scaler} adds pods only at {percent * NEVER} % of {name}, not {percent} %",
                place.put(kind, "target", "averageUtilization", value=percent * NEVER),
            )
            if percent > 1:
                yield _scaling(
                    place,
                    "always",
                    f"the target of {place}, {percent} %",
                    f"{scaler} adds pods at 1 % of {name} already, not {percent} %",
                    place.put(kind, "target", "averageUtilization", value=1),
                )


OPERATORS = (budgets, autoscalers)
