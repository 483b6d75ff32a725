"""What the containers of a pod, and so whoever takes one over, may do to their node and to each other.

The fields are those of the Pod Security Standards (https://kubernetes.io/docs/concepts/security/pod-security-standards/)
and some that no standard asks for. A namespace that enforces a standard would refuse pods that break it, and nothing
would be there to look into: such a mutant's namespace enforces none. Where that is itself noticed, it says nothing of
the mutant, so only words about the container, or the pods as such, are signs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from kube_acceptance.cluster import ENFORCE
from kube_acceptance.mutation.derived import Concern, Derived
from kube_acceptance.mutation.operators import Object
from kube_acceptance.mutation.operators.place import Patch, Place, called, containers, containers_of, pods

CONTEXT = "securityContext"
ENFORCES_NOTHING = {ENFORCE: "privileged"}
CAPABILITY = "NET_ADMIN"
FOLDER = "kube-acceptance-node"
MASKED = frozenset({"RuntimeDefault", "Localhost"})
"""The types of profiles that confine."""
OF_THE_NODE = {"hostNetwork": "the node's network", "hostPID": "the node's processes", "hostIPC": "the node's IPC"}

Weaker = tuple[str, str, str, Patch]
"""An operator's name, what is gone, what the place then is or does, and the patch."""


def pod_security(objects: Sequence[Object]) -> Iterator[Derived]:
    """Each protection of pods and of their containers taken away: the field denied, and the field not said at all."""
    for pod in pods(objects):
        inside = list(containers_of(pod))
        for weaker in (*_of_context(pod, inside), *_of_pod(pod)):
            yield _derived(pod, inside, weaker)
        for each in inside:
            for weaker in (*_of_context(each, [each]), *_of_container(each, pod.value.get(CONTEXT) or {})):
                yield _derived(each, [each], weaker)
        folder = pod.append("volumes", {"name": FOLDER, "hostPath": {"path": "/"}})
        said = ("node-folder-mounted", "the isolation from the node's files", "have a folder of the node", [folder])
        yield _derived(pod, inside, said, signs=[FOLDER])


def host_ports(objects: Sequence[Object]) -> Iterator[Derived]:
    """Each port of a container given to the node besides."""
    for container in containers(objects):
        for index, port in enumerate(container.value.get("ports") or []):
            if not port.get("hostPort"):
                number = port["containerPort"]
                named = f"port {number}/{port.get('protocol', 'TCP')}"
                place = container.within(named, "ports", index, value=port, signs=())
                weaker = (
                    "port-of-node",
                    "the privacy",
                    "is a port of the node too",
                    [place.put("hostPort", value=number)],
                )
                yield _derived(place, [container], weaker)


def confinement(objects: Sequence[Object]) -> Iterator[Derived]:
    """What no Pod Security Standard asks for: a root that is read-only, no group of root's, nothing shared."""
    for pod in pods(objects):
        inside = list(containers_of(pod))
        for each in inside:
            for weaker in _beyond_standards(each, pod.value.get(CONTEXT) or {}):
                yield _derived(each, [each], weaker, refused=False)
        for weaker in _shared(pod, inside):
            yield _derived(pod, inside, weaker, refused=False)


def _derived(
    place: Place, inside: Sequence[Place], weaker: Weaker, *, refused: bool = True, signs: Sequence[str] = ()
) -> Derived:
    """The mutant of a weakness; `inside` are the containers that have it, `refused` whether a standard forbids it."""
    operator, gone, becomes, patch = weaker
    if refused:
        place = replace(place, signs=(f"the pods of {called(place.item)}",))
    return place.derive(
        operator,
        Concern.POD_SECURITY,
        takes_away=f"{gone} of {place}",
        unnoticed=f"{place} {becomes}",
        patch=patch,
        signs=[*(each.part for each in inside), *signs],
        namespace=ENFORCES_NOTHING if refused else None,
    )


def _of_context(place: Place, inside: Sequence[Place]) -> Iterator[Weaker]:
    """Fields that pods and containers both may have; a pod's counts where a container has none of its own."""
    context = place.value.get(CONTEXT) or {}

    def counts(field: str) -> bool:
        return any(each is place or field not in (each.value.get(CONTEXT) or {}) for each in inside)

    if context.get("runAsNonRoot") is True and counts("runAsNonRoot"):
        for operator, operation in (
            ("root-allowed", place.put(CONTEXT, "runAsNonRoot", value=False)),
            ("root-not-excluded", place.remove(CONTEXT, "runAsNonRoot")),
        ):
            yield operator, "runAsNonRoot", "may run as root", [operation]
    for field, word in (("seccompProfile", "seccomp"), ("appArmorProfile", "apparmor")):
        if (context.get(field) or {}).get("type") in MASKED and counts(field):
            yield (
                *(f"{word}-unconfined", f"the {field}", f"may do what no {field} forbids"),
                [place.put(CONTEXT, field, value={"type": "Unconfined"})],
            )
            yield (
                *(f"{word}-unsaid", f"the {field}", "may do what a node does not forbid of itself"),
                [place.remove(CONTEXT, field)],
            )


def _of_container(container: Place, of_pod: Mapping[str, Any]) -> Iterator[Weaker]:
    context = container.value.get(CONTEXT) or {}
    effective = {**of_pod, **context}

    def with_fields(**fields: Any) -> Patch:
        return [container.put(CONTEXT, value={**context, **fields})]

    if effective.get("runAsUser") or effective.get("runAsNonRoot"):
        # root, and allowed to be it: otherwise kubelet would not start the container
        yield "user-root", "the user", "runs as root", with_fields(runAsUser=0, runAsNonRoot=False)
    if context.get("allowPrivilegeEscalation") is False:
        field = "allowPrivilegeEscalation"
        yield "escalation-allowed", "the bar to privileges", "may gain privileges", with_fields(**{field: True})
        yield (
            *("escalation-unsaid", "the bar to privileges", "does not say that it may not gain privileges"),
            [container.remove(CONTEXT, field)],
        )
    if not context.get("privileged"):
        # one that is privileged may gain privileges, or the API server refuses it for contradicting itself
        changed = with_fields(privileged=True, allowPrivilegeEscalation=True)
        yield "privileged", "the confinement", "is privileged", changed
    capabilities = context.get("capabilities") or {}
    if capabilities.get("drop"):
        yield (
            *("capabilities-kept", "the dropping of capabilities", "keeps the runtime's capabilities"),
            [container.remove(CONTEXT, "capabilities", "drop")],
        )
    if CAPABILITY not in (capabilities.get("add") or []):
        more = {**capabilities, "add": [*(capabilities.get("add") or []), CAPABILITY]}
        yield "capability-added", "the bounds of capabilities", f"has {CAPABILITY}", with_fields(capabilities=more)


def _of_pod(pod: Place) -> Iterator[Weaker]:
    for field, shared in OF_THE_NODE.items():
        if not pod.value.get(field):
            word = f"node-{field.removeprefix('host').lower()}-shared"
            yield word, f"the isolation from {shared}", f"share {shared}", [pod.put(field, value=True)]
    if pod.value.get("hostUsers") is False:
        yield (
            "node-users-shared",
            "the isolation from the node's users",
            "share the node's users",
            [pod.remove("hostUsers")],
        )


def _beyond_standards(container: Place, of_pod: Mapping[str, Any]) -> Iterator[Weaker]:
    context = container.value.get(CONTEXT) or {}
    if context.get("readOnlyRootFilesystem") is True:
        for operator, operation in (
            ("root-writable", container.put(CONTEXT, "readOnlyRootFilesystem", value=False)),
            ("root-not-protected", container.remove(CONTEXT, "readOnlyRootFilesystem")),
        ):
            yield operator, "the read-only root file system", "can write to its image", [operation]
    if {**of_pod, **context}.get("runAsGroup"):
        put = container.put(CONTEXT, "runAsGroup", value=0)
        yield "group-root", "the group", "runs in root's group", [put]


def _shared(pod: Place, inside: Sequence[Place]) -> Iterator[Weaker]:
    context = pod.value.get(CONTEXT) or {}
    if (context.get("runAsGroup") or context.get("fsGroup")) and 0 not in (context.get("supplementalGroups") or []):
        put = pod.put(CONTEXT, "supplementalGroups", value=[*(context.get("supplementalGroups") or []), 0])
        yield "group-of-root-added", "the isolation from root's group", "are in root's group besides", [put]
    if len(inside) > 1 and not pod.value.get("shareProcessNamespace"):
        put = pod.put("shareProcessNamespace", value=True)
        yield "processes-shared", "the isolation of the containers from each other", "share their processes", [put]
    if pod.value.get("enableServiceLinks") is False:
        put = pod.remove("enableServiceLinks")
        yield "service-links-enabled", "the bounds of the environment", "have every Service in their environment", [put]


OPERATORS = (pod_security, host_ports, confinement)
