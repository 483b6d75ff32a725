"""The files of a claim, copied out and in by a small pod of the harness's own that mounts it and goes at once.

The pod runs as the user whose files they are: others may not be able to read them, and what is copied in is theirs.
"""

from __future__ import annotations

import base64
import contextlib
import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.probe.containers import PYTHON, SECURITY, agent_container, await_running
from kube_acceptance.release import Release

FOLDER = "/files"
CONTAINER = "files"
STARTS_WITHIN = 120.0  # seconds; a claim that waits for its first pod gets its volume only then

_READ = f"""
import base64, json, os, stat
found = {{}}
for where, _, names in os.walk({FOLDER!r}):
    for name in names:
        path = os.path.join(where, name)
        status = os.lstat(path)
        with open(path, "rb") as file:
            content = base64.b64encode(file.read()).decode()
        found[os.path.relpath(path, {FOLDER!r})] = [content, stat.S_IMODE(status.st_mode), status.st_uid]
print(json.dumps(found))
"""
_WRITE = f"""
import base64, json, os, sys
os.umask(0o077)
for name, content in json.load(sys.stdin).items():
    with open(os.path.join({FOLDER!r}, name), "wb") as file:
        file.write(base64.b64decode(content))
"""


@dataclass(frozen=True)
class File:
    """A file: what it holds, its permissions (`0o600`) and the number of the user that it belongs to."""

    content: bytes = field(repr=False)
    mode: int
    user: int


@dataclass(frozen=True)
class Files:
    """The files of a claim, by their paths on it, and the user as whom they were read."""

    claim: str
    user: int
    found: Mapping[str, File]


def read(release: Release, image: str, claim: str, user: int) -> Files:
    """Copy all files of a claim of the release's namespace off the cluster.

    Args:
        release: The release.
        image: The probe image.
        claim: The claim.
        user: The number of the user who may read them.

    Raises:
        CommandError: A file may not be read.
        ProbeError: The pod does not start.
    """
    with _mounted(release, image, claim, user) as pod:
        said: dict[str, list[Any]] = json.loads(_run(release, pod, _READ))
    found = {name: File(base64.b64decode(content), mode, owner) for name, (content, mode, owner) in said.items()}
    return Files(claim, user, found)


def write(release: Release, image: str, claim: str, user: int, contents: Mapping[str, bytes]) -> None:
    """Copy files into a claim of the release's namespace, for one user alone; see `read`.

    Raises:
        AcceptanceError: There are none.
        CommandError: A file cannot be written.
        ProbeError: The pod does not start.
    """
    if not contents:
        raise AcceptanceError(f"there are no files to be copied into the claim {claim}")
    given = json.dumps({name: base64.b64encode(content).decode() for name, content in contents.items()})
    with _mounted(release, image, claim, user) as pod:
        _run(release, pod, _WRITE, given.encode())


def differences(before: Files, now: Files) -> Iterator[str]:
    """What is not the same in two looks at a claim, a sentence for each file."""
    for name in sorted(before.found.keys() | now.found.keys()):
        old, new = before.found.get(name), now.found.get(name)
        if old is None:
            yield f"{name} is on the claim {now.claim}, which it was not before"
        elif new is None:
            yield f"{name} is no longer on the claim {now.claim}"
        elif old != new:
            yield f"{name} on the claim {now.claim} is another than before"


@contextlib.contextmanager
def _mounted(release: Release, image: str, claim: str, user: int) -> Iterator[str]:
    """A pod that mounts a claim, for as long as this block; it carries no label of the release."""
    core, namespace = release.cluster.core, release.namespace
    pod = f"files-{secrets.token_hex(3)}"
    core.create_namespaced_pod(namespace, pod_manifest(pod, image, claim, user))
    try:
        await_running(core, namespace, pod, CONTAINER, within=STARTS_WITHIN)
        yield pod
    finally:
        core.delete_namespaced_pod(pod, namespace)


def pod_manifest(name: str, image: str, claim: str, user: int) -> dict[str, Any]:
    """A pod that waits beside a claim's files; small, restricted, and gone within a second when deleted."""
    container = agent_container(CONTAINER, image, "wait")
    container["securityContext"] = {**SECURITY, "runAsUser": user, "runAsGroup": user}
    container["resources"] = {
        "requests": {"cpu": "10m", "memory": "32Mi"},
        "limits": {"cpu": "500m", "memory": "128Mi"},
    }
    container["volumeMounts"] = [{"name": "files", "mountPath": FOLDER}]
    return {
        "metadata": {"name": name, "annotations": {"kube-acceptance/task": "T-518"}},
        "spec": {
            "containers": [container],
            "volumes": [{"name": "files", "persistentVolumeClaim": {"claimName": claim}}],
            "securityContext": {"fsGroup": user, "fsGroupChangePolicy": "OnRootMismatch"},
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "restartPolicy": "Never",
            "terminationGracePeriodSeconds": 1,
        },
    }


def _run(release: Release, pod: str, script: str, given: bytes | None = None) -> str:
    where = ["--namespace", release.namespace, pod, "--container", CONTAINER]
    words = ["exec", *(["--stdin"] if given is not None else []), *where, "--", *PYTHON, "-c", script]
    return release.cluster.kubectl(*words, input=given).stdout
