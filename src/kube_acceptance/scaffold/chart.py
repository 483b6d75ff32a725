"""What can be said of a chart before any cluster: its objects are valid, sound, and these."""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence

import kubernetes_validate

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.scaffold.holdings import Holdings, Item
from kube_acceptance.scaffold.text import Feature, Scenario
from kube_acceptance.security.posture import Breach, Rendered, breaches
from kube_acceptance.security.posture.rendered import called
from kube_acceptance.state import paths

COUNTED = (
    *("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "Service", "Ingress", "PersistentVolumeClaim"),
    *("NetworkPolicy", "PodDisruptionBudget", "HorizontalPodAutoscaler"),
)
# what somebody decided, and would miss if it changed
DECIDED = {
    "Its workloads have so many pods": (
        ("Deployment", "spec.replicas"),
        ("StatefulSet", "spec.replicas"),
        ("HorizontalPodAutoscaler", "spec.minReplicas"),
        ("HorizontalPodAutoscaler", "spec.maxReplicas"),
    ),
    "Its pods may be away so many at a time": (
        ("PodDisruptionBudget", "spec.minAvailable"),
        ("PodDisruptionBudget", "spec.maxUnavailable"),
    ),
    "Its work is done at these times": (
        ("CronJob", "spec.schedule"),
        ("CronJob", "spec.concurrencyPolicy"),
        ("CronJob", "spec.suspend"),
    ),
    "Its claims ask for so much": (
        ("StatefulSet", "spec.volumeClaimTemplates[0].spec.resources.requests.storage"),
        ("PersistentVolumeClaim", "spec.resources.requests.storage"),
    ),
    "Its Ingresses are for these hosts": (
        ("Ingress", "spec.ingressClassName"),
        ("Ingress", "spec.rules[0].host"),
    ),
}


def feature(holds: Holdings) -> Feature:
    """The feature on what the chart renders."""
    return Feature(
        "What the chart renders",
        "What can be said of the chart before it is installed anywhere: in seconds, without Docker.",
        [
            _valid(holds),
            _sound(holds),
            _made_of(holds),
            *(_decided(holds, name, fields) for name, fields in DECIDED.items()),
        ],
    )


def _valid(holds: Holdings) -> Scenario:
    version = ".".join(kubernetes_validate.latest_version().split(".")[:2])
    strangers = sorted({item["kind"] for each in holds.files.values() for item in each.objects if _is_unknown(item)})
    left_out = [f"{file} is left out, because {why}." for file, why in holds.refused.items()]
    if strangers:
        left_out.append(f"No schema of {', '.join(strangers)} is known, so whether all is valid is not said.")
    files = [[name] for name in sorted(holds.files)]
    scenario = Scenario("<values> renders what Kubernetes takes", ["static"], " ".join(left_out), [["values"], *files])
    scenario.given('the chart with the values file "<values>"')
    if not strangers:
        scenario.then(f"every object it renders is valid for Kubernetes {version}")
    if not any(breach.rule == "requests-and-limits" for each in holds.files.values() for breach in breaches(each)):
        scenario.then("every container it renders requests CPU and memory, and has limits of both")
    return scenario


def _is_unknown(item: Item) -> bool:
    try:
        kubernetes_validate.validate(item, kubernetes_validate.latest_version(), strict=True)
    except kubernetes_validate.SchemaNotFoundError:
        return True
    except kubernetes_validate.ValidationError:
        pass  # that is for the scenario to say
    return False


def _sound(holds: Holdings) -> Scenario:
    knob = [[holds.knob.path, str(holds.knob.value)]] if holds.knob else []
    allowed = list(_allowances(holds))
    says = "Each row is something to mend, or to say in its last column why it is meant to be so." if allowed else ""
    scenario = Scenario("Its posture is sound", ["static"], says)
    if holds.refused:  # the phrase renders them all
        return scenario
    each = "the chart with each of its values files, and also with each of these values besides"
    scenario.given(each, [["path", "value"], *knob])
    if not allowed:
        return scenario.then("what it renders keeps every rule")
    return scenario.then("what it renders keeps every rule but for these", [["rule", "of", "because"], *allowed])


def _allowances(holds: Holdings) -> Iterator[list[str]]:
    """What breaks the rules today, each rule once for each object: the rule, the object, and what is wrong with it."""
    told: set[tuple[str, str]] = set()
    for rendered in holds.files.values():
        for breach in breaches(rendered):
            item = _object_of(breach, rendered)
            subject = called(item) if item else breach.said.partition(";")[0]
            if (breach.rule, subject) not in told:
                told.add((breach.rule, subject))
                shown = f"{item['kind']} {holds.shown(item['metadata']['name'])}" if item else subject
                yield [breach.rule, shown, f"so far: {breach.said.partition(subject)[2].lstrip('; ')}"]


def _object_of(breach: Breach, rendered: Rendered) -> Item | None:
    """The object that a breach names: that of the longest name, since one may begin like another."""
    named = [item for item in rendered.objects if called(item) in breach.said]
    return max(named, key=lambda item: len(called(item)), default=None)


def _made_of(holds: Holdings) -> Scenario:
    scenario = Scenario("It is made of these objects", ["static"])
    scenario.given(f'the chart with the values file "{holds.values_file}"')
    counts = Counter(item["kind"] for item in holds.rendered.objects)
    for kind in COUNTED:
        if count := counts[kind]:
            scenario.then(f"it renders {count} {kind} object{'s' if count > 1 else ''}")
    return scenario


def _decided(holds: Holdings, name: str, fields: Sequence[tuple[str, str]]) -> Scenario:
    scenario = Scenario(name, ["static"])
    scenario.given(f'the chart with the values file "{holds.values_file}"')
    for kind, field in fields:
        for item in holds.of_kind(kind):
            with contextlib.suppress(AcceptanceError):  # it leaves that to Kubernetes
                value = json.dumps(paths.at(item, field, what=kind), ensure_ascii=False)
                scenario.then(f'the {holds.called(item)} that it renders has "{field}" equal to {value}')
    return scenario
