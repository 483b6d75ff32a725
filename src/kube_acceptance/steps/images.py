"""Phrases on images: read from their layers, with no container started."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import pytest
from pytest_bdd import given, parsers, then

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.images import (
    BuiltImage,
    Finding,
    ImageContents,
    alpine_findings,
    hygiene_findings,
    layer_ids,
    open_image,
    same_image,
)
from kube_acceptance.release import Release
from kube_acceptance.report import note
from kube_acceptance.session import Session
from kube_acceptance.steps.phrases import must, some

Images = Mapping[str, ImageContents]


@pytest.fixture(scope="session")
def opened(session: Session) -> Iterator[Callable[[str], ImageContents]]:
    """Opens images of the local engine, each once."""
    known: dict[str, ImageContents] = {}

    def open_once(reference: str) -> ImageContents:
        if reference not in known:
            known[reference] = open_image(session.engine, reference)
        return known[reference]

    yield open_once
    for contents in known.values():
        contents.close()


@given("the images that the project builds", target_fixture="images")
def project_images(built_images: dict[str, BuiltImage], opened: Callable[[str], ImageContents]) -> Images:
    some(built_images, what="images that the project builds")
    return {name: opened(image.reference) for name, image in built_images.items()}


@given(parsers.parse('the image "{reference}"'), target_fixture="images")
def one_image(reference: str, opened: Callable[[str], ImageContents]) -> Images:
    return {reference: opened(reference)}


@given("the images that its pods run", target_fixture="images")
def running_images(release: Release, opened: Callable[[str], ImageContents]) -> Images:
    # a status names any tag of the image; what was asked for stands in the specification
    running = [
        (pod.metadata.name, container, next(s for s in pod.status.container_statuses if s.name == container.name))
        for pod in release.serving_pods()
        for container in pod.spec.containers
    ]
    some(running, what="running containers")
    images = {container.image: opened(container.image) for _, container, _ in running}
    must(
        (
            f"container {container.name} of pod {pod} runs {status.image_id}, not this machine's {container.image}"
            for pod, container, status in running
            if not same_image(status.image_id, images[container.image])
        ),
        of="containers",
    )
    note(f"{len(running)} containers run {len(images)} images")
    return images


@then(parsers.parse('the layers of each start with those of "{base}"'))
def layers_start_with(images: Images, base: str, session: Session) -> None:
    _must_keep(images, {"base-layers"}, _alpine(session, base))


@then("each names Alpine in its os-release")
def names_alpine(images: Images, session: Session) -> None:
    _must_keep(images, {"os-release"}, _alpine(session))


@then(parsers.parse('each has a filled apk database with "musl" and "alpine-baselayout"'))
def has_packages(images: Images, session: Session) -> None:
    _must_keep(images, {"apk-database"}, _alpine(session))


@then("each has the musl loader and no part of glibc")
def has_musl(images: Images, session: Session) -> None:
    _must_keep(images, {"musl-loader", "no-glibc"}, _alpine(session))


@then("the program that each starts is loaded by musl")
def program_is_musl(images: Images, session: Session) -> None:
    _must_keep(images, {"executable"}, _alpine(session))


@then("each names a numeric user that is not root")
def numeric_user(images: Images) -> None:
    _must_keep(images, {"non-root-user"}, _hygiene)


@then("none has a setuid or setgid file")
def no_setuid(images: Images) -> None:
    _must_keep(images, {"no-setuid"}, _hygiene)


@then("none holds compilers, headers or package managers")
def no_build_tools(images: Images) -> None:
    _must_keep(images, {"no-build-tools", "no-headers", "no-package-managers"}, _hygiene)


@then("no layer of the project's own holds caches or repositories")
def no_caches(images: Images, session: Session) -> None:
    base = layer_ids(session.engine, "alpine:3.23")
    _must_keep(images, {"no-caches", "no-repository"}, lambda contents: hygiene_findings(contents, base=base))


@then(parsers.parse('it is refused as an Alpine image because of "{rules}"'))
def is_not_alpine(images: Images, session: Session, rules: str) -> None:
    [contents] = images.values()
    refused = {finding.rule for finding in _alpine(session, "alpine:3.23")(contents) if not finding.ok}
    must(
        (f"the rule {rule} takes {contents.reference} for Alpine" for rule in rules.split(", ") if rule not in refused),
        of="rules",
    )


@then("the images that the project builds are among them, by their digests")
def built_images_run(
    images: Images, built_images: dict[str, BuiltImage], opened: Callable[[str], ImageContents]
) -> None:
    running = {contents.config_digest for contents in images.values()}
    some(built_images, what="images that the project builds")
    must(
        (
            f"no pod runs the {name} image that was built ({image.reference})"
            for name, image in built_images.items()
            if opened(image.reference).config_digest not in running
        ),
        of="images",
    )


@then("every process of its containers belongs to a user that is not root")
def no_root_process(release: Release) -> None:
    for pod in some(release.serving_pods(), what="running pods"):
        for container in pod.spec.containers:  # type: ignore[attr-defined]
            _check_users(release, pod.metadata.name, container.name)  # type: ignore[attr-defined]


def _check_users(release: Release, pod: str, container: str) -> None:
    # real and effective user of every process, as the kernel tells it
    said = release.execute(pod, "sh", "-c", "cat /proc/[0-9]*/status", container=container)
    users = [line.split()[1:3] for line in said.splitlines() if line.startswith("Uid:")]
    some(users, what=f"processes in container {container} of pod {pod}")
    if any("0" in ids for ids in users):
        raise AcceptanceError(f"container {container} of pod {pod} has a process of root")
    note(f"{container} of {pod}: {len(users)} processes of user {', '.join(sorted({ids[0] for ids in users}))}")


def _alpine(session: Session, base: str = "alpine:3.23") -> Callable[[ImageContents], list[Finding]]:
    bases = [layer_ids(session.engine, base)]
    return lambda contents: alpine_findings(contents, bases=bases)


def _hygiene(contents: ImageContents) -> list[Finding]:
    return hygiene_findings(contents, base=())


def _must_keep(images: Images, rules: set[str], look: Callable[[ImageContents], list[Finding]]) -> None:
    for name, contents in images.items():
        # a rule may be about one program, and then is named after it
        found = [finding for finding in look(contents) if finding.rule.split()[0] in rules]
        some(found, what=f"findings on {', '.join(sorted(rules))}")
        must((f"image {name}: {finding.said}" for finding in found if not finding.ok), of="rules")
        for finding in found:
            note(f"{name}: {finding.said}")
