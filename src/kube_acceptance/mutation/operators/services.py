"""How requests find pods: which pods a Service chooses, on which port, and from where it can be reached."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from kube_acceptance.mutation.derived import Concern, Derived
from kube_acceptance.mutation.operators import Object
from kube_acceptance.mutation.operators.place import Deriver, Place, of_kind
from kube_acceptance.release.objects import Workload, workloads

NOBODY = "kube-acceptance-nobody"
"""The value of a label that no pod has."""
DISCARD = 9
"""A port at which nothing listens."""
HEADLESS = "None"
UNSERVED = ("requests failed", "requests was answered", "no answer", "answers ")
"""How failures speak of requests that were not served as they should be; they name whoever asked, not who is asked."""

_derived = Deriver(Concern.SERVICE, "service-")


def services(objects: Sequence[Object]) -> Iterator[Derived]:
    """Each Service removed, choosing no pods or more than its own, and also those that are not ready."""
    for service in _services(objects):
        spec = service.value["spec"]
        yield _derived(service, "removed", f"{service}", f"there is no {service}")
        labels = spec.get("selector") or {}
        if not labels:
            continue
        last = list(labels)[-1]
        yield _derived(
            service,
            "selects-nothing",
            f"the pods that {service} selects",
            f"{service} selects no pods",
            service.put("spec", "selector", last, value=NOBODY),
        )
        for label in labels:
            others = {key: value for key, value in labels.items() if key != label}
            if others:
                yield _derived(
                    service,
                    "selects-more",
                    f"the label {label} from the selector of {service}",
                    f"{service} also sends requests to {_more(objects, labels, others, label)}",
                    service.remove("spec", "selector", label),
                    part=label,
                )
        if spec.get("publishNotReadyAddresses"):
            yield _derived(
                service,
                "ready-only",
                f"the publishNotReadyAddresses of {service}",
                f"{service} does not name the pods that are not ready",
                service.remove("spec", "publishNotReadyAddresses"),
            )
        else:
            yield _derived(
                service,
                "unready",
                f"the restriction of {service} to pods that are ready",
                f"{service} sends requests to pods that are not ready",
                service.put("spec", "publishNotReadyAddresses", value=True),
            )


def ports(objects: Sequence[Object]) -> Iterator[Derived]:
    """Each port of a Service at another number, leading to where nothing listens or something else does, or unnamed."""
    for service in _services(objects):
        listed = service.value["spec"].get("ports") or []
        for index, port in enumerate(listed):
            number = port["port"]
            place = service.within(f"port {number}", "spec", "ports", index, value=port)
            taken = {each["port"] for each in listed}
            another = next(each for each in range(number + 1, number + len(taken) + 2) if each not in taken)
            yield _derived(
                place,
                "port-other",
                f"{place}; it is {another}",
                f"{place} is {another}",
                place.put("port", value=another),
            )
            yield _derived(
                place,
                "target-nobody",
                f"the target of {place}; nothing listens where it leads",
                f"{place} leads to port {DISCARD} of the pods, where nothing listens",
                place.put("targetPort", value=DISCARD),
            )
            for target in _other_targets(service, port, objects):
                yield _derived(
                    place,
                    "target-other",
                    f"the target of {place}; it leads to {target} of the pods instead",
                    f"{place} leads to port {target} of the pods",
                    place.put("targetPort", value=target),
                    part=str(target),
                )
            if "appProtocol" in port:
                yield _derived(
                    place,
                    "protocol-unsaid",
                    f"the appProtocol of {place}",
                    f"{place} does not say that it speaks {port['appProtocol']}",
                    place.remove("appProtocol"),
                    signs=("appProtocol",),
                )
            if "name" in port and len(listed) == 1:
                yield _derived(
                    place,
                    "port-unnamed",
                    f"the name of {place}",
                    f"{place} is not called {port['name']}",
                    place.remove("name"),
                )


def reach(objects: Sequence[Object]) -> Iterator[Derived]:
    """From where each Service can be reached, at which address, and whom requests go to among those that could do."""
    for service in _services(objects):
        spec = service.value["spec"]
        if spec.get("type", "ClusterIP") == "ClusterIP":
            headless = spec.get("clusterIP") == HEADLESS
            address = [service.remove("spec", "clusterIP")] if headless else []
            for kind, whence in (("NodePort", "a port of every node"), ("LoadBalancer", "an address of its own")):
                yield _derived(
                    service,
                    f"as-{kind.lower()}",
                    f"the privacy of {service}, whose type is {kind}",
                    f"{service} is of type {kind}: it can be reached from outside the cluster, at {whence}",
                    *address,
                    service.put("spec", "type", value=kind),
                    signs=(kind,),
                )
            if headless:
                yield _derived(
                    service,
                    "with-address",
                    f"the headlessness of {service}",
                    f"the name of {service} stands for one address, not for those of its pods",
                    *address,
                    signs=("headless",),
                )
            elif "clusterIP" not in spec:
                yield _derived(
                    service,
                    "headless",
                    f"the address of {service}, which is headless",
                    f"{service} is headless: whoever knows its name is not spread over its pods",
                    service.put("spec", "clusterIP", value=HEADLESS),
                    signs=("headless",),
                )
        if spec.get("clusterIP") == HEADLESS:
            continue  # what follows is for those who come by its address
        for field, instead, unnoticed in (
            ("sessionAffinity", "ClientIP", "{it} sends all requests of a client to the same pod"),
            ("internalTrafficPolicy", "Local", "{it} leads only to pods on the node that a request comes from"),
        ):
            if spec.get(field) != instead:
                yield _derived(
                    service,
                    f"{instead.lower()}-only",
                    f"the choice of {service} among all its pods; its {field} is {instead}",
                    unnoticed.format(it=service),
                    service.put("spec", field, value=instead),
                    signs=(field,),
                )
            else:
                yield _derived(
                    service,
                    f"not-{instead.lower()}",
                    f"the {field} {instead} of {service}",
                    f"{service} has no {field} {instead}",
                    service.remove("spec", field),
                    signs=(field,),
                )


def _services(objects: Sequence[Object]) -> Iterator[Place]:
    """The Services that lead to something, with signs that failures of its pods have too."""
    for service in of_kind(objects, "Service"):
        spec = service.value.get("spec") or {}
        if spec.get("type") != "ExternalName":
            names = (each.name for each in _chosen(objects, spec.get("selector") or {}))
            yield replace(service, signs=tuple(dict.fromkeys((*service.signs, *names, *UNSERVED))))


def _chosen(objects: Sequence[Object], labels: Mapping[str, str]) -> list[Workload]:
    """The workloads whose pods have some labels; none where there is no label."""
    return [each for each in workloads(objects) if labels and labels.items() <= each.labels.items()]


def _more(objects: Sequence[Object], labels: Mapping[str, str], fewer: Mapping[str, str], label: str) -> str:
    before = _chosen(objects, labels)
    added = [each for each in _chosen(objects, fewer) if each not in before]
    if added:
        return "the pods of " + ", ".join(str(each) for each in added)
    return f"pods whose label {label} is not {labels[label]}"


def _other_targets(service: Place, port: Mapping[str, Any], objects: Sequence[Object]) -> Iterator[int]:
    """The ports at which the chosen pods listen too, for something else."""
    target = port.get("targetPort", port["port"])
    for workload in _chosen(objects, service.value["spec"].get("selector") or {}):
        for container in workload.spec["containers"]:
            for each in container.get("ports") or []:
                if target not in (each["containerPort"], each.get("name")):
                    yield each["containerPort"]


OPERATORS = (services, ports, reach)
