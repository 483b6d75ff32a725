"""Where the values of Secrets stand, and who may read them.

No mutant holds a value of a Secret: charts make such values by chance, another one at each rendering, and a mutant must
be the same in every run. One that shows a real value refers to the Secret, by the name that is mounted; one that would
write it down plainly writes a made-up one. That a volume of a Secret is mounted to be written to is no mutant: kubelet
mounts all of them read-only (https://kubernetes.io/docs/concepts/configuration/secret/).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kube_acceptance.mutation.derived import Concern, Derived
from kube_acceptance.mutation.operators import Object
from kube_acceptance.mutation.operators.place import Place, called, containers_of, of_kind, pods

MADE_UP = "kube-acceptance-made-up"
MODE = 0o644  # of the files of a Secret where nothing is said
OTHERS = 0o007
READ_BY_ALL = 0o444


def environment(objects: Sequence[Object]) -> Iterator[Derived]:
    """Each value that a container mounts, in its environment besides: by reference, and written down plainly."""
    for pod, index, volume in _volumes(objects):
        secret = volume["secret"]["secretName"]
        for container in _mounting(pod, volume):
            for key in _keys(objects, volume):
                variable = _variable(secret, key)
                reference = {"name": variable, "valueFrom": {"secretKeyRef": {"name": secret, "key": key}}}
                # the Secret's name is another where the values name another
                named = {
                    "op": "copy",
                    "from": pod.at("volumes", index, "secret", "secretName"),
                    "path": container.at("env", 0, "valueFrom", "secretKeyRef", "name"),
                }
                yield container.derive(
                    "secret-in-environment",
                    Concern.SECRET,
                    part=f"{secret} {key}",
                    takes_away=f"the absence of {key} of Secret {secret} from the environment of {container}",
                    unnoticed=f"the environment of {container} holds {key} of Secret {secret}",
                    patch=[container.append("env", reference), named],
                    signs=[variable, f"value of {key}"],
                )
                yield container.derive(
                    "secret-inlined",
                    Concern.SECRET,
                    part=f"{secret} {key}",
                    takes_away=f"the difference of variable and Secret; {container} has its {key} written down plainly",
                    unnoticed=f"the variable {variable} of {container} has its value written down plainly",
                    patch=[container.append("env", {"name": variable, "value": MADE_UP})],
                    signs=[variable],
                )


def spread(objects: Sequence[Object]) -> Iterator[Derived]:
    """Each Secret mounted where it was not: more of its keys, another container of the pod, other workloads."""
    for pod, index, volume in _volumes(objects):
        secret, items = volume["secret"]["secretName"], volume["secret"].get("items") or []
        place = pod.within(f"volume {volume['name']}", "volumes", index, value=volume)
        holders = list(_mounting(pod, volume))
        # a file that has another name than its key would no longer be where it is looked for
        if items and all(item["key"] == item["path"] for item in items):
            kept = ", ".join(item["key"] for item in items)
            yield place.derive(
                "secret-wholly-mounted",
                Concern.SECRET,
                takes_away=f"the choice of {kept} among the keys of Secret {secret} in {place}",
                unnoticed=f"{place} holds every key of Secret {secret}, not {kept} alone",
                patch=[place.remove("secret", "items")],
                signs=[each.part for each in holders],
            )
        mount = next((one for each in holders for one in _mounts(each, volume)), None)
        for container in containers_of(pod) if mount else ():
            if mount and not any(one["mountPath"] == mount["mountPath"] for one in _mounts(container)):
                yield container.derive(
                    "secret-in-other-container",
                    Concern.SECRET,
                    part=volume["name"],
                    takes_away=f"the ignorance of {container}, which mounts Secret {secret} too",
                    unnoticed=f"{container} holds Secret {secret}, which it does not need",
                    patch=[container.append("volumeMounts", dict(mount))],
                    signs=[f"Secret {secret}"],
                )
    for secret in of_kind(objects, "Secret"):
        name = secret.item["metadata"]["name"]
        for pod in pods(objects):
            if name not in _used(pod):
                container = next(each for each in containers_of(pod) if "/containers/" in each.path)
                # with other values there may be another Secret instead
                volume = {"name": "kube-acceptance-secret", "secret": {"secretName": name, "optional": True}}
                mount = {"name": volume["name"], "mountPath": f"/run/kube-acceptance/{name}", "readOnly": True}
                yield container.derive(
                    "secret-in-other-workload",
                    Concern.SECRET,
                    part=name,
                    takes_away=f"the ignorance of {container}, which mounts {secret} too",
                    unnoticed=f"{container} holds {secret}, which it does not need",
                    patch=[pod.append("volumes", volume), container.append("volumeMounts", mount)],
                    signs=[f"{secret}"],
                )


def protection(objects: Sequence[Object]) -> Iterator[Derived]:
    """The files of each Secret readable by everybody; its data in a ConfigMap besides; it no longer immutable."""
    for pod, index, volume in _volumes(objects):
        place = pod.within(f"volume {volume['name']}", "volumes", index, value=volume)
        mode = int(volume["secret"].get("defaultMode", MODE))
        if not mode & OTHERS:
            yield place.derive(
                "secret-readable-by-all",
                Concern.SECRET,
                takes_away=f"the mode {mode:o} of the files of {place}",
                unnoticed=f"every user may read the files of {place}, whose mode is not {mode:o}",
                patch=[place.put("secret", "defaultMode", value=mode | READ_BY_ALL)],
                signs=[each.part for each in _mounting(pod, volume)],
            )
    for secret in of_kind(objects, "Secret"):
        keys = [*(secret.value.get("data") or {}), *(secret.value.get("stringData") or {})]
        if keys:
            plain = {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {"name": f"{secret.item['metadata']['name']}-plain"},
                "data": dict.fromkeys(keys, MADE_UP),
            }
            yield secret.derive(
                "secret-in-config-map",
                Concern.SECRET,
                takes_away=f"the difference of Secret and ConfigMap; one has the keys of {secret}",
                unnoticed=f"{called(plain)} holds what {secret} is there for: {', '.join(keys)}",
                add=[plain],
            )
        if secret.value.get("immutable"):
            yield secret.derive(
                "secret-mutable",
                Concern.SECRET,
                takes_away=f"that {secret} is immutable",
                unnoticed=f"{secret} can be changed under the pods that use it",
                patch=[secret.remove("immutable")],
                signs=["immutable"],
            )


def _volumes(objects: Sequence[Object]) -> Iterator[tuple[Place, int, Mapping[str, Any]]]:
    """The volumes that hold a Secret, with their pods and places."""
    for pod in pods(objects):
        for index, volume in enumerate(pod.value.get("volumes") or []):
            if (volume.get("secret") or {}).get("secretName"):
                yield pod, index, volume


def _mounts(container: Place, volume: Mapping[str, Any] | None = None) -> list[Mapping[str, Any]]:
    """What a container mounts, or what it mounts of a volume."""
    found = container.value.get("volumeMounts") or []
    return [each for each in found if volume is None or each["name"] == volume["name"]]


def _mounting(pod: Place, volume: Mapping[str, Any]) -> Iterator[Place]:
    return (each for each in containers_of(pod) if _mounts(each, volume))


def _keys(objects: Sequence[Object], volume: Mapping[str, Any]) -> list[str]:
    """The keys of a Secret that a volume holds, as far as they are known."""
    if items := volume["secret"].get("items"):
        return [item["key"] for item in items]
    for secret in of_kind(objects, "Secret"):
        if secret.item["metadata"]["name"] == volume["secret"]["secretName"]:
            return [*(secret.value.get("data") or {}), *(secret.value.get("stringData") or {})]
    return []


def _used(pod: Place) -> set[str]:
    """The Secrets that pods use in any way."""
    found = {one["name"] for one in pod.value.get("imagePullSecrets") or []}
    for volume in pod.value.get("volumes") or []:
        found.add((volume.get("secret") or {}).get("secretName", ""))
        for source in (volume.get("projected") or {}).get("sources") or []:
            found.add((source.get("secret") or {}).get("name", ""))
    for container in containers_of(pod):
        for one in container.value.get("env") or []:
            found.add(((one.get("valueFrom") or {}).get("secretKeyRef") or {}).get("name", ""))
        for one in container.value.get("envFrom") or []:
            found.add((one.get("secretRef") or {}).get("name", ""))
    return found


def _variable(secret: str, key: str) -> str:
    return re.sub(r"[^A-Z0-9]", "_", f"{secret}_{key}".upper())


OPERATORS = (environment, spread, protection)
