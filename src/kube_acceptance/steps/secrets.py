"""Secrets and ConfigMaps: what they hold, who is given them, and where their values must not stand."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from kube_acceptance.errors import AcceptanceError, ConfigurationError
from kube_acceptance.fixtures import install
from kube_acceptance.images import ImageContents
from kube_acceptance.plugin import redactor_key
from kube_acceptance.release import Release
from kube_acceptance.report import note
from kube_acceptance.security import canary, plant
from kube_acceptance.security.canary import Canary, Look
from kube_acceptance.security.inside import look_inside
from kube_acceptance.security.places import ANSWERS, HISTORY, look_at_image, look_at_logs, look_at_objects
from kube_acceptance.session import PROBE, Session
from kube_acceptance.state import logs, objects, pods, secrets
from kube_acceptance.state.inside import Answer, Inside
from kube_acceptance.vocabulary import assertion, given, must, rows, when


@dataclass(frozen=True)
class Canaries:
    """The canaries that a release was given, and the Secret that holds them."""

    secret: str
    canaries: list[Canary]


@dataclass(frozen=True)
class Planted:
    """The canary that is planted, and the image that holds it."""

    canary: Canary
    image: str


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


@given(
    'a namespace of its own, in whose Secret "{name}" each of the keys "{keys}" holds a canary',
    target_fixture="secret",
    example='a namespace of its own, in whose Secret "tokens" each of the keys "read, write" holds a canary',
)
def secret_of_canaries(empty_release: Release, name: str, keys: str) -> Canaries:
    """A namespace for this scenario alone, with a Secret of random values; nothing is installed there yet."""
    found = [canary.new(key) for key in keys.split(", ")]
    body: dict[str, Any] = {"metadata": {"name": name}, "stringData": {each.name: each.value for each in found}}
    empty_release.cluster.core.create_namespaced_secret(empty_release.namespace, body)
    return Canaries(name, found)


@given(
    'the chart is installed there with "{path}" set to {value:value}',
    target_fixture="release",
    example='the chart is installed there with "auth.existingSecret" set to "tokens"',
)
def installed_there(empty_release: Release, pytestconfig: pytest.Config, path: str, value: Any) -> Release:
    """Installs the chart in the namespace that an earlier step has made, with one value of its own."""
    empty_release.chart = empty_release.chart.using(**{path: value})
    install(empty_release, pytestconfig.stash[redactor_key])
    return empty_release


@given("a canary is planted in every kind of place", target_fixture="planted")
def planted(release: Release, session: Session, request: pytest.FixtureRequest) -> Planted:
    """A further random value stands where no secret may, so that the look which finds no other is shown to look."""
    decoy, stack = canary.new(canary.PLANTED), ExitStack()
    image = stack.enter_context(plant.planted(decoy, release, session.images[PROBE].reference, session.engine))
    request.addfinalizer(stack.close)
    return Planted(decoy, image)


@when("the pods are asked for these addresses", target_fixture="answered")
def asked(inside: Inside, planted: Planted, datatable: list[list[str]]) -> list[Answer]:
    """Every pod of a tier is sent a GET from inside, for each row of `| component | address |`; all must answer."""
    wanted = [(row["component"], row["address"]) for row in rows(datatable)]
    return [
        answer
        for component, address in [*wanted, (canary.PLANTED, plant.URL)]
        for answer in inside.get(component, address)
    ]


@assertion("the canaries stand in these places and nowhere else")
def only_there(
    release: Release,
    secret: Canaries,
    planted: Planted,
    answered: list[Answer],
    opened: Callable[[str], ImageContents],
    datatable: list[list[str]],
) -> None:
    """Every canary is looked for, plain and encoded, wherever one may stand in the namespace of the release.

    The table `| place | … |` has a column for each key of the Secret, and must name every place that there is: each is
    `there` or `not there`. What is said to be nowhere counts only where the same look has found the planted one.
    """
    expected = {row.pop("place"): {key: _there(cell) for key, cell in row.items()} for row in rows(datatable)}
    look = Look([*secret.canaries, planted.canary])
    cluster, namespace = release.cluster, release.namespace
    look_at_objects(look, cluster, namespace, secret.secret)
    look_at_logs(look, cluster, namespace)
    look_inside(look, cluster, namespace, secret.secret)
    images = {container.image for pod in release.pods() for container in pod.spec.containers}
    for reference in sorted(images | {planted.image}):
        look_at_image(look, reference, opened(reference))
    for answer in answered:
        look.at(ANSWERS, f"the answer {answer.status} to {answer.url}", answer.body)
    must(look.findings(expected), of="findings")
    must((f"not recognised {form}" for form in look.unrecognised(plant.EVERY_FORM)), of="forms")
    for place in expected:
        note(f"{place}: {look.looked[place]} looked at")


def _there(cell: str) -> bool:
    if cell not in ("there", "not there"):
        raise ConfigurationError(f"a canary is there or not there, not {cell!r}")
    return cell == "there"


@assertion(
    'the values of the Secret "{name}" stand in Helm\'s history',
    example='the values of the Secret "${RELEASE}-database" stand in Helm\'s history',
)
def in_history(release: Release, name: str) -> None:
    """Helm has kept what it rendered: each value of the Secret stands in its record of some revision."""
    look = Look(canary.of_secret(name, objects.read(release, "Secret", name)))
    look_at_objects(look, release.cluster, release.namespace, name)
    seen = {each.canary: each for each in look.seen if each.place == HISTORY}
    missing = [each.name for each in look.canaries if each.name not in seen]
    must((f"the value of {each} stands in none of Helm's records" for each in missing), of="values")
    for each in seen.values():
        note(str(each))


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
