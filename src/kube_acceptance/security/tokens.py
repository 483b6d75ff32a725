"""Tokens of service accounts: where pods are given them, and where they lie in running containers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kube_acceptance.errors import AcceptanceError, ProbeError
from kube_acceptance.probe.ephemeral import Joined
from kube_acceptance.probe.place import Place
from kube_acceptance.release import Release
from kube_acceptance.release.objects import pod_templates
from kube_acceptance.release.release import COMPONENT
from kube_acceptance.security.rbac import DEFAULT
from kube_acceptance.state.inside import run_beside

FINDER = Path(__file__).with_name("finder.py").read_text(encoding="utf-8")
OF_ACCOUNTS = "kubernetes.io/service-account-token"  # the type of Secrets that hold a token without an end
LIES = "holds a token"  # it was seen inside, as opposed to being given by the pod's specification
AT_A_TIME = 4  # containers that are looked into at the same time


@dataclass(frozen=True)
class Found:
    """A container of a pod, what gives it a token (a sentence each), and how many files in it were looked at.

    `looked` is None when it does not run, so that only what it was given is known.
    """

    component: str
    where: str
    tokens: tuple[str, ...]
    looked: int | None = None


def find(release: Release, image: str, component: str = "") -> list[Found]:
    """Look for tokens in all containers of a release's pods, or of a tier's: Jobs' pods and those that ended too.

    Args:
        release: The release.
        image: The probe image.
        component: The tier; every pod of the release when it is empty.

    Raises:
        ProbeError: A running container cannot be looked into.
        AcceptanceError: No container runs.
    """
    secrets = account_secrets(release)
    serialise: Any = release.cluster.new_client().sanitize_for_serialization
    looks: list[tuple[dict[str, Any], str, tuple[str, ...], bool]] = []
    for pod in map(serialise, release.pods(component)):
        running = {
            one["name"]
            for kind in ("initContainerStatuses", "containerStatuses")
            for one in pod["status"].get(kind) or []
            if one["state"].get("running")
        }
        looks += [(pod, name, tokens, name in running) for name, tokens in given(pod["spec"], secrets).items()]
    if not any(running for *_, running in looks):
        raise AcceptanceError(f"no {component} container of release {release.name} runs, so nothing can be said of any")
    with ThreadPoolExecutor(max_workers=AT_A_TIME, thread_name_prefix="look") as pool:
        return list(pool.map(lambda look: _look(release, image, *look), looks))


def wrong(found: Sequence[Found], holders: Sequence[str]) -> Iterator[str]:
    """Say which containers hold a token and should not, or should and do not.

    A container that should must hold it now, in its file system: being given one is not enough.

    Args:
        found: What was found.
        holders: The components whose workload needs a token.
    """
    for component in holders:
        if not any(one.component == component and one.looked is not None for one in found):
            yield f"no {component} container runs, so it holds no token"
    for one in found:
        if one.component not in holders and one.tokens:
            yield f"{one.where} {one.tokens[0]}"
        if one.component in holders and one.looked is not None and not any(LIES in said for said in one.tokens):
            yield f"{one.where} holds no token"


def asked_for(release: Release) -> list[str]:
    """The workloads of a release whose pods would be given a token, a sentence each; they need not have any pod now."""
    listed = release.cluster.core.list_namespaced_service_account(release.namespace).items
    automounting = {one.metadata.name for one in listed if one.automount_service_account_token is not False}
    return list(asking(release.objects(), automounting, account_secrets(release)))


def asking(objects: Sequence[Mapping[str, Any]], automounting: set[str], secrets: set[str]) -> Iterator[str]:
    """Say which pod templates ask for a token.

    Args:
        objects: Rendered objects.
        automounting: The accounts whose pods are given a token unless they decline.
        secrets: The Secrets that hold one.
    """
    templates = list(pod_templates(objects))
    if not templates:
        yield "the release has no workload, so nothing was checked"
    for where, spec in templates:
        account = spec.get("serviceAccountName") or DEFAULT
        wants = spec.get("automountServiceAccountToken")
        if wants or (wants is None and account in automounting):
            whose = "" if wants else f", as the service account {account} does not decline it"
            yield f"{where} has a token mounted into its pods{whose}"
        for container, tokens in given(spec, secrets).items():
            yield from (f"container {container} of {where} {token}" for token in tokens)


def account_secrets(release: Release) -> set[str]:
    """The Secrets of a release's namespace that hold a token."""
    found = release.cluster.core.list_namespaced_secret(release.namespace, field_selector=f"type={OF_ACCOUNTS}").items
    return {str(one.metadata.name) for one in found}


def given(spec: Mapping[str, Any], secrets: set[str]) -> dict[str, tuple[str, ...]]:
    """What each container of a pod's specification is given tokens by, a few words each."""
    volumes = {one["name"] for one in spec.get("volumes") or [] if _holds_token(one, secrets)}
    found = {}
    for container in [*(spec.get("initContainers") or []), *(spec.get("containers") or [])]:
        mounts = [one["mountPath"] for one in container.get("volumeMounts") or [] if one["name"] in volumes]
        sources = [one.get("secretRef") or {} for one in container.get("envFrom") or []]
        sources += [(one.get("valueFrom") or {}).get("secretKeyRef") or {} for one in container.get("env") or []]
        named = sorted({one["name"] for one in sources if one.get("name") in secrets})
        found[str(container["name"])] = (
            *(f"has a token mounted at {path}" for path in mounts),
            *(f"has a token in its environment, from Secret {name}" for name in named),
        )
    return found


def _holds_token(volume: Mapping[str, Any], secrets: set[str]) -> bool:
    sources = [volume, *((volume.get("projected") or {}).get("sources") or [])]
    return any(
        "serviceAccountToken" in one
        or (one.get("secret") or {}).get("secretName", (one.get("secret") or {}).get("name")) in secrets
        for one in sources
    )


def _look(release: Release, image: str, pod: dict[str, Any], name: str, tokens: tuple[str, ...], runs: bool) -> Found:
    component = (pod["metadata"].get("labels") or {}).get(COMPONENT, "")
    where = f"container {name} of pod {pod['metadata']['name']}"
    if not runs:
        return Found(component, where, tokens)
    seen = _seen(release, image, pod, name)
    container = next(
        one for one in [*(pod["spec"].get("initContainers") or []), *pod["spec"]["containers"]] if one["name"] == name
    )
    expected = {one["mountPath"] for one in container.get("volumeMounts") or []}
    looked, lying = judge(seen, expected, where)
    return Found(component, where, (*tokens, *lying), looked)


def judge(seen: Mapping[str, Any], expected: set[str], where: str) -> tuple[int, list[str]]:
    """How many files of a container were looked at, and which tokens lie in it, a few words each.

    Args:
        seen: What `finder` wrote.
        expected: The container's mount points, by which its file system is known.
        where: The container, in words.

    Raises:
        ProbeError: The container was not seen, or not all of it.
    """
    if seen["unseen"]:
        raise ProbeError(f"{where} cannot be looked into: {seen['unseen'][0]}")
    # kubelet resolves links such as /var/run, so the ends of the paths are compared
    places = [one for one in seen["places"] if all(_is_mounted(path, one["mounts"]) for path in expected)]
    if not places:
        raise ProbeError(f"{where} cannot be looked into: no process beside the probe has the container's mounts")
    lying = [f"{LIES} at {path}" for one in places for path in one["tokens"]]
    lying += [f"{LIES} in the variable {name}" for one in places for name in one["variables"]]
    return sum(one["looked"] for one in places), lying


def _is_mounted(path: str, mounts: Sequence[str]) -> bool:
    plain = path.rstrip("/")
    return any(mount == plain or mount == plain.removeprefix("/var") for mount in mounts)


def _seen(release: Release, image: str, pod: dict[str, Any], name: str) -> dict[str, Any]:
    meta = pod["metadata"]
    place = Place(meta["name"], meta["namespace"], meta["name"], meta["uid"], pod["status"].get("podIP", ""))
    found: dict[str, Any] = run_beside(release, image, place, FINDER, joined=Joined(name, *identity(pod, name)))
    return found


def identity(pod: Mapping[str, Any], name: str) -> tuple[int, int]:
    """The user and group that a container's first process runs as: as kubelet tells, or else as it was asked for.

    Raises:
        ProbeError: Neither is known, so the container cannot be looked into.
    """
    for kind in ("initContainerStatuses", "containerStatuses"):
        for status in pod["status"].get(kind) or []:
            if status["name"] == name and (linux := (status.get("user") or {}).get("linux")):
                return int(linux["uid"]), int(linux["gid"])
    containers = [*(pod["spec"].get("initContainers") or []), *pod["spec"]["containers"]]
    own = next(one for one in containers if one["name"] == name).get("securityContext") or {}
    asked = {**(pod["spec"].get("securityContext") or {}), **own}
    if "runAsUser" not in asked:
        raise ProbeError(f"container {name} of pod {pod['metadata']['name']} does not tell the user that it runs as")
    return int(asked["runAsUser"]), int(asked.get("runAsGroup", 0))
