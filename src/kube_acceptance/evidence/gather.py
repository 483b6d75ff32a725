"""The state of a release at the moment of a failure, as files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.evidence.redact import Redactor
from kube_acceptance.release import Release

LARGEST = 512 * 1024  # characters of one file; the end is kept, since it says why
LOG_LINES = 500
# Secrets are described by their keys alone
KINDS = "pods,deployments,statefulsets,jobs,services,endpointslices,ingresses,networkpolicies,pvc,configmaps"


def gather(release: Release, folder: Path, redact: Redactor) -> Path:
    """Write events, descriptions, logs, Helm's record and node state of a release.

    Args:
        release: The release.
        folder: Where to; made anew.
        redact: Takes secrets out of everything that is written.

    Returns:
        The folder.
    """
    redact.learn(release)
    folder.mkdir(parents=True, exist_ok=True)
    kubectl = release.cluster.kubectl
    here = ("--namespace", release.namespace)
    sources: dict[str, Callable[[], str]] = {
        "events.txt": lambda: kubectl("get", "events", *here, "--sort-by=.lastTimestamp").stdout,
        "objects.txt": lambda: kubectl("get", KINDS, *here, "-o", "wide").stdout,
        "describe.txt": lambda: kubectl("describe", KINDS, *here).stdout,
        "nodes.txt": lambda: kubectl("describe", "nodes").stdout,
        "helm-history.txt": lambda: str(release.history()),
        "objects.yaml": lambda: kubectl("get", KINDS, *here, "-o", "yaml").stdout,
    }
    for name, read in sources.items():
        _write(folder / name, read, redact)
    for pod in release.cluster.core.list_namespaced_pod(release.namespace).items:
        for container in [*(pod.spec.init_containers or []), *pod.spec.containers]:
            for previous in (False, True):
                said = release.logs(pod.metadata.name, container.name, lines=LOG_LINES, previous=previous)
                if said:
                    suffix = ".previous.log" if previous else ".log"
                    _store(folder / f"{pod.metadata.name}.{container.name}{suffix}", said, redact)
    return folder


def _write(file: Path, read: Callable[[], str], redact: Redactor) -> None:
    try:
        text = read()
    except AcceptanceError as error:
        text = f"could not be read: {error}"
    _store(file, text, redact)


def _store(file: Path, text: str, redact: Redactor) -> None:
    file.write_text(redact(text)[-LARGEST:], encoding="utf-8")
