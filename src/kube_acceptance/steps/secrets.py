"""Secrets and ConfigMaps: what they hold, who is given them, and where their values must not stand."""

from __future__ import annotations

import json

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.release import Release
from kube_acceptance.report import note
from kube_acceptance.state import logs, objects, pods, secrets
from kube_acceptance.vocabulary import assertion, must


@assertion(
    'the Secret "{name}" has the keys "{keys}"', example='the Secret "shop-database" has the keys "password, user"'
)
def has_keys(release: Release, name: str, keys: str) -> None:
    """A Secret has just these keys, each with a value."""
    secrets.must_have_keys(release, name, keys.split(", "))


@assertion(
    'the Secret "{name}" is mounted read-only at "{path}" in every "{component}" pod',
    example='the Secret "${RELEASE}-database" is mounted read-only at "/run/secrets" in every "backend" pod',
)
def is_mounted(release: Release, name: str, path: str, component: str) -> None:
    """Every pod of a tier has a Secret's files at that path, which no process can change."""
    for pod in release.pods(component):
        volumes = {one.name for one in pod.spec.volumes if one.secret and one.secret.secret_name == name}
        mounts = [mount for container in pod.spec.containers for mount in container.volume_mounts or []]
        if not any(one.name in volumes and one.mount_path == path and one.read_only for one in mounts):
            raise AcceptanceError(f"pod {pod.metadata.name} does not mount Secret {name} read-only at {path}")


@assertion(
    'no value of the Secret "{name}" stands in the environment of a "{component}" container',
    example='no value of the Secret "${RELEASE}-database" stands in the environment of a "web" container',
)
def not_in_environment(release: Release, name: str, component: str) -> None:
    """The environment of no process holds a value of a Secret, plain or in base64."""
    found = {
        f"the environment of {each}": json.dumps(pods.environment(release, each))
        for each in pods.running(release, component)
    }
    must(secrets.leaks(release, name, found), of="environments")
    note(f"{len(found)} environments")


@assertion(
    'no value of the Secret "{name}" stands in the logs of the release',
    example='no value of the Secret "${RELEASE}-database" stands in the logs of the release',
)
def not_in_logs(release: Release, name: str) -> None:
    """No log line of any pod holds a value of a Secret, plain or in base64; no log line at all fails."""
    lines = logs.lines(release)
    found = {f"the logs of pod {pod}": _text(lines, pod) for pod in {line.pod for line in lines}}
    must(secrets.leaks(release, name, found), of="logs")
    note(f"{len(lines)} log lines")


@assertion(
    'no value of the Secret "{name}" stands in a ConfigMap of the release',
    example='no value of the Secret "${RELEASE}-database" stands in a ConfigMap of the release',
)
def not_in_config_maps(release: Release, name: str) -> None:
    """No ConfigMap holds a value of a Secret, plain or in base64; no ConfigMap at all fails."""
    items = objects.of_release(release, "ConfigMap")
    found = {f"ConfigMap {item['metadata']['name']}": json.dumps(item.get("data") or {}) for item in items}
    must(secrets.leaks(release, name, found), of="ConfigMaps")
    note(f"{len(items)} ConfigMaps")


@assertion('every "{component}" container has the variables of the ConfigMap "{name}"')
def has_variables_of(release: Release, component: str, name: str) -> None:
    """The first process of every container was started with all that a ConfigMap holds."""
    data: dict[str, str] = objects.read(release, "ConfigMap", name).get("data") or {}
    if not data:
        raise AcceptanceError(f"ConfigMap {name} is empty, so nothing was checked")
    for container in pods.running(release, component):
        given = pods.environment(release, container)
        must(
            (f"{key} in {container} is not as in {name}" for key in data if given.get(key) != data[key]), of="variables"
        )
    note(f"{len(data)} variables")


def _text(lines: list[logs.Line], pod: str) -> str:
    return "\n".join(line.text for line in lines if line.pod == pod)
