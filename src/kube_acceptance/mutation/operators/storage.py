"""Where data are kept: on which volumes, where containers find these, and what becomes of them.

A claim that cannot be bound, or a pod without its claim, is no mutant: nothing would ever run. Nor is a container that
cannot write where it must: where a volume is moved, one that keeps nothing takes its place. Volumes of ConfigMaps and
Secrets are read-only whatever a mount says (https://kubernetes.io/docs/concepts/storage/volumes/).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kube_acceptance.mutation.derived import Concern, Derived
from kube_acceptance.mutation.operators import Object
from kube_acceptance.mutation.operators.place import Patch, Place, containers_of, of_kind, pods

ELSEWHERE = "/kube-acceptance-elsewhere"
SCRATCH = "kube-acceptance-scratch"
POLICY = "helm.sh/resource-policy"
RETENTION = "persistentVolumeClaimRetentionPolicy"
TINY = "1Mi"
NARROWER = {"ReadWriteOncePod": "ReadWriteOnce", "ReadWriteMany": "ReadWriteOnce", "ReadOnlyMany": "ReadWriteOnce"}
"""The access mode that a claim has instead; every class of storage has this one."""
WRITABLE = ("persistentVolumeClaim", "emptyDir", "hostPath", "csi", "nfs", "ephemeral")


def volumes(objects: Sequence[Object]) -> Iterator[Derived]:
    """Each claim that pods use, also those that are made for them, replaced by a volume that goes with its pod."""
    for pod in pods(objects):
        for index, volume in enumerate(pod.value.get("volumes") or []):
            if "persistentVolumeClaim" in volume:
                claim = volume["persistentVolumeClaim"]["claimName"]
                place = pod.within(f"volume {volume['name']}", "volumes", index, value=volume)
                users = _mounting(pod, volume["name"])
                yield place.derive(
                    "claim-to-scratch",
                    Concern.STORAGE,
                    takes_away=f"the PersistentVolumeClaim of {place}; an emptyDir is in its place",
                    unnoticed=f"what is written to {place} goes with the pod"
                    if users
                    else f"{pod} do not bind PersistentVolumeClaim {claim}, though {place} has nothing else to do",
                    patch=[{"op": "replace", "path": place.path, "value": {"name": volume["name"], "emptyDir": {}}}],
                    signs=_signs(claim, users),
                )
        for index, template in enumerate(_templates(pod)):
            name = template["metadata"]["name"]
            place = _root(pod).within(
                f"volumeClaimTemplate {name}", "spec", "volumeClaimTemplates", index, value=template
            )
            yield place.derive(
                "claim-to-scratch",
                Concern.STORAGE,
                takes_away=f"the {place}; an emptyDir is in its place",
                unnoticed=f"what is written to volume {name} of {pod} goes with the pod",
                patch=[*_without(pod, place), pod.append("volumes", {"name": name, "emptyDir": {}})],
                signs=_signs(f"volume {name}", _mounting(pod, name)),
            )


def mounts(objects: Sequence[Object]) -> Iterator[Derived]:
    """Each volume that keeps data mounted beside where they are written, wholly, or writable; scratch space gone."""
    for pod in pods(objects):
        kinds = {each["name"]: each for each in pod.value.get("volumes") or []}
        kinds |= {each["metadata"]["name"]: {"persistentVolumeClaim": {}} for each in _templates(pod)}
        for container in containers_of(pod):
            context = container.value.get("securityContext") or {}
            for index, mount in enumerate(container.value.get("volumeMounts") or []):
                volume = kinds.get(mount["name"], {})
                where = mount["mountPath"]
                place = container.within(f"mount of {mount['name']} at {where}", "volumeMounts", index, value=mount)
                signs = (f"volume {mount['name']}", where)
                if "persistentVolumeClaim" in volume and not mount.get("readOnly"):
                    yield place.derive(
                        "mount-moved",
                        Concern.STORAGE,
                        takes_away=f"the {place}; it is at {ELSEWHERE}, and at {where} an emptyDir",
                        unnoticed=f"what {container} writes to {where} is not on volume {mount['name']}",
                        patch=[
                            place.put("mountPath", value=ELSEWHERE),
                            container.append("volumeMounts", {"name": SCRATCH, "mountPath": where}),
                            pod.append("volumes", {"name": SCRATCH, "emptyDir": {}}),
                        ],
                        signs=signs,
                    )
                if mount.get("subPath"):
                    yield place.derive(
                        "subpath-removed",
                        Concern.STORAGE,
                        takes_away=f"the subPath of the {place}",
                        unnoticed=f"{container} has all of volume {mount['name']}, not {mount['subPath']} alone",
                        patch=[place.remove("subPath")],
                        signs=(*signs, "subPath"),
                    )
                if mount.get("readOnly") and any(kind in volume for kind in WRITABLE):
                    yield place.derive(
                        "mount-writable",
                        Concern.STORAGE,
                        takes_away=f"the readOnly of the {place}",
                        unnoticed=f"{container} may write to volume {mount['name']}",
                        patch=[place.remove("readOnly")],
                        signs=(*signs, "readOnly"),
                    )
                # without a read-only root the container writes there all the same
                if "emptyDir" in volume and not mount.get("readOnly") and context.get("readOnlyRootFilesystem"):
                    only = len(container.value["volumeMounts"]) == 1
                    yield place.derive(
                        "scratch-unmounted",
                        Concern.STORAGE,
                        takes_away=f"the {place}",
                        unnoticed=f"{container} cannot write to {where}",
                        patch=[container.remove("volumeMounts") if only else place.remove()],
                        signs=signs,
                    )


def claims(objects: Sequence[Object]) -> Iterator[Derived]:
    """Each claim that is rendered, or made from a template: too small, of another class, for other pods than before."""
    for place in _claims(objects):
        spec = place.value["spec"]
        size = ((spec.get("resources") or {}).get("requests") or {}).get("storage")
        if size:
            yield place.derive(
                "claim-tiny",
                Concern.STORAGE,
                takes_away=f"the size of {place}",
                unnoticed=f"{place} asks for {TINY}, not {size}",
                patch=[place.put("spec", "resources", "requests", "storage", value=TINY)],
            )
        if "storageClassName" in spec:
            yield place.derive(
                "claim-class-unsaid",
                Concern.STORAGE,
                takes_away=f"the storageClassName of {place}",
                unnoticed=f"{place} is of whichever class is the default, not of {spec['storageClassName']}",
                patch=[place.remove("spec", "storageClassName")],
                signs=("storageClassName",),
            )
        modes = spec.get("accessModes") or []
        if len(modes) == 1 and modes[0] in NARROWER:
            yield place.derive(
                "claim-mode-other",
                Concern.STORAGE,
                takes_away=f"the access mode of {place}, which is {NARROWER[modes[0]]}",
                unnoticed=f"{place} has the access mode {NARROWER[modes[0]]}, not {modes[0]}",
                patch=[place.put("spec", "accessModes", value=[NARROWER[modes[0]]])],
                signs=("accessModes", *modes),
            )


def retention(objects: Sequence[Object]) -> Iterator[Derived]:
    """What is kept after an uninstallation, or when pods are fewer, thrown away."""
    for item in objects:
        if POLICY in (item["metadata"].get("annotations") or {}):
            place = next(of_kind([item], item["kind"]))
            yield place.derive(
                "not-kept",
                Concern.STORAGE,
                takes_away=f"the {POLICY} of {place}",
                unnoticed=f"{place} goes when the release is uninstalled",
                patch=[place.remove("metadata", "annotations", POLICY)],
                signs=(POLICY,),
            )
    for pod in pods(objects):
        place = _root(pod)
        if _templates(pod):
            kept = place.value["spec"].get(RETENTION) or {}
            for field, when in (("whenDeleted", "it is deleted"), ("whenScaled", "it has fewer pods")):
                if kept.get(field, "Retain") == "Retain":
                    yield place.derive(
                        "claims-deleted",
                        Concern.STORAGE,
                        part=field,
                        takes_away=f"the {field} of the {RETENTION} of {place}",
                        unnoticed=f"the PersistentVolumeClaims of {place} go when {when}",
                        patch=[place.put("spec", RETENTION, field, value="Delete")],
                        signs=(RETENTION, field),
                    )


def _root(pod: Place) -> Place:
    """The workload that pods belong to."""
    return next(of_kind([pod.item], pod.item["kind"]))


def _templates(pod: Place) -> list[Mapping[str, Any]]:
    """The templates of the claims that are made for pods."""
    return (pod.item.get("spec") or {}).get("volumeClaimTemplates") or []


def _without(pod: Place, template: Place) -> Patch:
    """What removes a template of claims, and what would be left of them without any."""
    if len(_templates(pod)) > 1:
        return [template.remove()]
    workload = _root(pod)
    kept = [workload.remove("spec", RETENTION)] if RETENTION in workload.value["spec"] else []
    return [workload.remove("spec", "volumeClaimTemplates"), *kept]


def _claims(objects: Sequence[Object]) -> Iterator[Place]:
    yield from of_kind(objects, "PersistentVolumeClaim")
    for pod in pods(objects):
        for index, template in enumerate(_templates(pod)):
            part = f"volumeClaimTemplate {template['metadata']['name']}"
            place = _root(pod).within(part, "spec", "volumeClaimTemplates", index, value=template)
            yield place


def _mounting(pod: Place, volume: str) -> list[Place]:
    """The containers that mount a volume."""
    return [
        each
        for each in containers_of(pod)
        if any(mount["name"] == volume for mount in each.value.get("volumeMounts") or [])
    ]


def _signs(claim: str, users: Sequence[Place]) -> tuple[str, ...]:
    return (claim, "acknowledged writes", *(each.part for each in users))


OPERATORS = (volumes, mounts, claims, retention)
