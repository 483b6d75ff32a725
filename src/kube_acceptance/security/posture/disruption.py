"""What keeps enough pods running, and where: budgets, autoscalers and spreads that are about the pods they are for.

https://kubernetes.io/docs/tasks/run-application/configure-pdb/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from kube_acceptance.policy.spec import Selector
from kube_acceptance.release.objects import match_labels
from kube_acceptance.security.posture.rendered import Rendered, called, inexact
from kube_acceptance.security.posture.rule import rule

ALL, NONE = ("100%",), (0, "0%")


@rule("exact-budget")
def exact_budget(rendered: Rendered) -> Iterator[str]:
    """A PodDisruptionBudget is for the pods of one workload, by all labels by which that one knows them itself."""
    for item in rendered.of("PodDisruptionBudget"):
        guarded = [one for one in rendered.workloads if _selects(item["spec"].get("selector"), one.labels)]
        if not guarded:
            yield f"{called(item)} is for no pods of the chart; mend its selector"
        yield from inexact(item, guarded, match_labels(item["spec"]), chooses="is for")


@rule("useful-budget")
def useful_budget(rendered: Rendered) -> Iterator[str]:
    """A PodDisruptionBudget lets some pods be evicted, or no node could be drained, and not all of them."""
    for item in rendered.of("PodDisruptionBudget"):
        away, stay = (item["spec"].get(field) for field in ("maxUnavailable", "minAvailable"))
        if away in ALL or stay in NONE:
            yield f"{called(item)} lets all pods be evicted at once; lower maxUnavailable"
        if away in NONE or stay in ALL:
            yield f"{called(item)} lets no pod be evicted; raise maxUnavailable"


@rule("own-spread")
def own_spread(rendered: Rendered) -> Iterator[str]:
    """What spreads pods counts just the pods of the workload itself."""
    for workload in rendered.workloads:
        for spread in workload.spec.get("topologySpreadConstraints") or []:
            over, selector = spread.get("topologyKey"), spread.get("labelSelector")
            where = f"the spread of {workload} over {over}"
            if not _selects(selector, workload.labels):
                yield f"{where} does not count its own pods; mend its labelSelector"
            elif missing := workload.unasked(match_labels({"selector": selector})):
                yield f"{where} counts other pods too, without {missing}; add that to its labelSelector"


@rule("scaled-workload")
def scaled_workload(rendered: Rendered) -> Iterator[str]:
    """A HorizontalPodAutoscaler scales a workload of the chart."""
    for item in rendered.of("HorizontalPodAutoscaler"):
        target = item["spec"]["scaleTargetRef"]
        if not any((one.kind, one.name) == (target["kind"], target["name"]) for one in rendered.workloads):
            yield f"{called(item)} scales {target['kind']} {target['name']}, which there is not; mend scaleTargetRef"


def _selects(selector: Mapping[str, Any] | None, labels: Mapping[str, str]) -> bool:
    """Whether a selector fits labels; none, or one that the API server would refuse, fits nothing."""
    try:
        return selector is not None and Selector.model_validate(selector).matches(labels)
    except ValidationError:
        return False
