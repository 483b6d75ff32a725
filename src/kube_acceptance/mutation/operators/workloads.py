"""What workloads are made of, how many pods they have, and how old pods give way to new ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kube_acceptance.mutation.derived import Concern, Derived
from kube_acceptance.mutation.operators import Object
from kube_acceptance.mutation.operators.place import Deriver, containers_of, of_kind, pods
from kube_acceptance.mutation.operators.services import NOBODY, UNSERVED
from kube_acceptance.release.objects import match_labels, workloads

GRACE = 30  # seconds that pods have to end where they do not say
KILLED_AT_ONCE = 1  # second; 0 would take them out of the API before they have ended
MANAGED = ("Deployment", "StatefulSet", "DaemonSet")
OTHER_ORDER = {"Parallel": "OrderedReady", "OrderedReady": "Parallel"}
ORDERS = {"Parallel": "all at once", "OrderedReady": "one after the other"}
FOR_EVER = 100_000  # seconds, more than a day

_rollout = Deriver(Concern.ROLLOUT, "pods-")
_placed = Deriver(Concern.DISRUPTION, signs=("spread", "topologySpreadConstraints"))


def replicas(objects: Sequence[Object]) -> Iterator[Derived]:
    """Each workload with one pod where it has more, and with none."""
    for place in of_kind(objects, "Deployment", "StatefulSet"):
        # without a number an autoscaler says it, and the workload begins with one
        number = place.value["spec"].get("replicas")
        for fewer, words in ((1, "one pod"), (0, "no pod")):
            if number is not None and number > fewer:
                yield place.derive(
                    "replicas-one" if fewer else "replicas-none",
                    Concern.REPLICAS,
                    takes_away=f"the pods of {place} but for one" if fewer else f"the pods of {place}",
                    unnoticed=f"{place} has {words}, not {number}",
                    patch=[place.put("spec", "replicas", value=fewer)],
                    signs=("replicas", *UNSERVED),
                )


def rollout(objects: Sequence[Object]) -> Iterator[Derived]:
    """The care with which each workload replaces its pods, and with which it goes back."""
    for place in of_kind(objects, "Deployment"):
        yield _rollout(
            place,
            "recreated",
            f"the overlap of old and new pods of {place}, whose strategy is Recreate",
            f"{place} ends all old pods before it starts new ones",
            place.put("spec", "strategy", value={"type": "Recreate"}),
            signs=("strategy", *UNSERVED),
        )
        strategy = place.value["spec"].get("strategy") or {}
        if strategy.get("type", "RollingUpdate") == "RollingUpdate":
            yield _rollout(
                place,
                "all-at-once",
                f"the limit to how many pods of {place} may be gone during a rollout",
                f"{place} may end all old pods while new ones start",
                place.put("spec", "strategy", "rollingUpdate", "maxUnavailable", value="100%"),
                signs=("maxUnavailable", *UNSERVED),
            )
        if (number := place.value["spec"].get("progressDeadlineSeconds")) is not None:
            yield _rollout(
                place,
                "never-given-up",
                f"the progressDeadlineSeconds of {place}",
                f"{place} says only after {FOR_EVER} s, not {number} s, that a rollout has failed",
                place.put("spec", "progressDeadlineSeconds", value=FOR_EVER),
                signs=("progressDeadlineSeconds",),
            )
    for place in of_kind(objects, "StatefulSet", "DaemonSet"):
        yield _rollout(
            place,
            "by-hand",
            f"the replacement of the pods of {place}, whose updateStrategy is OnDelete",
            f"{place} keeps its old pods until somebody deletes them",
            place.put("spec", "updateStrategy", value={"type": "OnDelete"}),
            signs=("updateStrategy",),
        )
    for place in of_kind(objects, "StatefulSet"):
        order = place.value["spec"].get("podManagementPolicy", "OrderedReady")
        yield _rollout(
            place,
            "other-order",
            f"the podManagementPolicy of {place}, which is {OTHER_ORDER[order]}",
            f"{place} starts its pods {ORDERS[OTHER_ORDER[order]]}, not {ORDERS[order]}",
            place.put("spec", "podManagementPolicy", value=OTHER_ORDER[order]),
            signs=("podManagementPolicy",),
        )
    for place in of_kind(objects, *MANAGED):
        spec = place.value["spec"]
        if spec.get("minReadySeconds"):
            yield _rollout(
                place,
                "ready-at-once",
                f"the minReadySeconds of {place}",
                f"{place} goes on with a rollout as soon as a pod is ready, not {spec['minReadySeconds']} s later",
                place.remove("spec", "minReadySeconds"),
                signs=("minReadySeconds",),
            )
        if spec.get("revisionHistoryLimit") != 0:
            yield _rollout(
                place,
                "no-history",
                f"the history of {place}, whose revisionHistoryLimit is 0",
                f"{place} keeps none of its former versions",
                place.put("spec", "revisionHistoryLimit", value=0),
                signs=("revisionHistoryLimit",),
            )


def selectors(objects: Sequence[Object]) -> Iterator[Derived]:
    """Each workload claiming the pods of another one as its own."""
    found = list(workloads(objects))
    for place in of_kind(objects, *MANAGED):
        labels = match_labels(place.value["spec"])
        for label in labels:
            fewer = {key: value for key, value in labels.items() if key != label}
            others = [
                each
                for each in found
                if fewer.items() <= each.labels.items() and not labels.items() <= each.labels.items()
            ]
            if fewer and others:
                yield _rollout(
                    place,
                    "selects-more",
                    f"the label {label} from the selector of {place}",
                    f"{place} counts the pods of {', '.join(map(str, others))} as its own",
                    place.remove("spec", "selector", "matchLabels", label),
                    part=label,
                    signs=("selector",),
                )


def ending(objects: Sequence[Object]) -> Iterator[Derived]:
    """The time that pods have to end, and what their containers do before it and after their start."""
    for pod in pods(objects):
        inside = [each.part for each in containers_of(pod)]
        grace = pod.value.get("terminationGracePeriodSeconds", GRACE)
        if grace > KILLED_AT_ONCE:
            yield _rollout(
                pod,
                "killed-at-once",
                f"the time that {pod} have to end, but for {KILLED_AT_ONCE} s",
                f"{pod} are killed {KILLED_AT_ONCE} s after they are told to end, not {grace} s",
                pod.put("terminationGracePeriodSeconds", value=KILLED_AT_ONCE),
                signs=("terminationGracePeriodSeconds", "killed", *inside, *UNSERVED),
            )
        for container in containers_of(pod):
            hooks = container.value.get("lifecycle") or {}
            for hook in ("preStop", "postStart"):
                if hook in hooks:
                    when = "before it is told to end" if hook == "preStop" else "when it has started"
                    yield _rollout(
                        container,
                        f"{hook.lower()}-removed",
                        f"the {hook} of {container}",
                        f"{container} does nothing {when}",
                        container.remove("lifecycle", hook) if len(hooks) > 1 else container.remove("lifecycle"),
                        signs=(hook, *UNSERVED),
                    )


def companions(objects: Sequence[Object]) -> Iterator[Derived]:
    """Each container removed that initialises, or that is there beside the pod's first one, which it is named for."""
    for pod in pods(objects):
        for field, kept, operator in (("initContainers", 0, "init-removed"), ("containers", 1, "container-removed")):
            listed = pod.value.get(field) or []
            for index, spec in enumerate(listed[kept:], start=kept):
                part = f"container {spec['name']}"
                place = pod.within(part, field, index, value=spec, signs=(*pod.signs, part, spec["name"]))
                yield place.derive(
                    operator,
                    Concern.CONFIGURATION,
                    takes_away=f"{place}",
                    unnoticed=f"{place} is not there",
                    patch=[place.remove() if len(listed) > 1 else pod.remove(field)],
                )


def placement(objects: Sequence[Object]) -> Iterator[Derived]:
    """What says where pods run, how they are spread, and who gives way to whom: each removed, and each part."""
    for pod in pods(objects):
        constraints = pod.value.get("topologySpreadConstraints") or []
        for index, constraint in enumerate(constraints):
            key = constraint["topologyKey"]
            place = pod.within(f"spread over {key}", "topologySpreadConstraints", index, value=constraint)
            gone = place.remove() if len(constraints) > 1 else pod.remove("topologySpreadConstraints")
            yield _placed(place, "spread-removed", f"the {place}", f"{pod} may all run where {key} is the same", gone)
            yield _placed(
                place,
                "spread-of-nobody",
                f"the pods that the {place} is for",
                f"the {place} counts no pods",
                place.put("labelSelector", value={"matchLabels": {"app.kubernetes.io/name": NOBODY}}),
            )
            if constraint.get("whenUnsatisfiable") == "DoNotSchedule":
                # some fields are only for those that must be kept
                fewer = {each: value for each, value in constraint.items() if each != "minDomains"}
                yield _placed(
                    place,
                    "spread-optional",
                    f"the force of the {place}",
                    f"{pod} are also started where the {place} is broken",
                    {"op": "replace", "path": place.path, "value": {**fewer, "whenUnsatisfiable": "ScheduleAnyway"}},
                )
            for field in ("matchLabelKeys", "minDomains", "nodeAffinityPolicy", "nodeTaintsPolicy"):
                if field in constraint:
                    yield _placed(
                        place,
                        "spread-field-removed",
                        f"the {field} of the {place}",
                        f"the {place} has no {field}",
                        place.remove(field),
                        part=field,
                    )
        for field in ("affinity", "nodeSelector", "tolerations", "priorityClassName"):
            if pod.value.get(field):
                yield _placed(
                    pod,
                    f"{field.lower()}-removed",
                    f"the {field} of {pod}",
                    f"{pod} have no {field}",
                    pod.remove(field),
                )


OPERATORS = (replicas, rollout, selectors, ending, companions, placement)
