"""Images: read from their layers, with no container started."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import pytest

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
from kube_acceptance.state import pods
from kube_acceptance.vocabulary import assertion, given, must, some

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
    """The images that the project builds, opened layer by layer."""
    some(built_images, what="images that the project builds")
    return {name: opened(image.reference) for name, image in built_images.items()}


@given('the image "{reference}"', target_fixture="images")
def one_image(reference: str, opened: Callable[[str], ImageContents]) -> Images:
    """An image of the local engine, opened layer by layer."""
    return {reference: opened(reference)}


@given("the images that its pods run", target_fixture="images")
def running_images(release: Release, opened: Callable[[str], ImageContents]) -> Images:
    """The images that the release's pods run, which must be this machine's by digest."""
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


@assertion('the layers of each start with those of "{base}"')
def layers_start_with(images: Images, base: str, session: Session) -> None:
    """The image was built from that base: its first layers are the base's, by digest."""
    _must_keep(images, {"base-layers"}, _alpine(session, base))


@assertion("each names Alpine in its os-release")
def names_alpine(images: Images, session: Session) -> None:
    """The operating system of every image is Alpine by its own word."""
    _must_keep(images, {"os-release"}, _alpine(session))


@assertion('each has a filled apk database with "musl" and "alpine-baselayout"')
def has_packages(images: Images, session: Session) -> None:
    """Alpine's package database is there and holds what every Alpine has."""
    _must_keep(images, {"apk-database"}, _alpine(session))


@assertion("each has the musl loader and no part of glibc")
def has_musl(images: Images, session: Session) -> None:
    """The C library is musl, and nothing of glibc is there."""
    _must_keep(images, {"musl-loader", "no-glibc"}, _alpine(session))


@assertion("the program that each starts is loaded by musl")
def program_is_musl(images: Images, session: Session) -> None:
    """The program that the image starts asks for the loader of musl."""
    _must_keep(images, {"executable"}, _alpine(session))


@assertion("each names a numeric user that is not root")
def numeric_user(images: Images) -> None:
    """The user is a number other than 0, which Kubernetes can check."""
    _must_keep(images, {"non-root-user"}, _hygiene)


@assertion("none has a setuid or setgid file")
def no_setuid(images: Images) -> None:
    """No file lets a process become another user."""
    _must_keep(images, {"no-setuid"}, _hygiene)


@assertion("none holds compilers, headers or package managers")
def no_build_tools(images: Images) -> None:
    """Nothing is there that only building needed."""
    _must_keep(images, {"no-build-tools", "no-headers", "no-package-managers"}, _hygiene)


@assertion("no layer of the project's own holds caches or repositories")
def no_caches(images: Images, session: Session) -> None:
    """No layer above the base's holds package caches or repositories."""
    base = layer_ids(session.engine, "alpine:3.23")
    _must_keep(images, {"no-caches", "no-repository"}, lambda contents: hygiene_findings(contents, base=base))


@assertion('it is refused as an Alpine image because of "{rules}"')
def is_not_alpine(images: Images, session: Session, rules: str) -> None:
    """An image is refused by just these rules: they can tell Alpine from others."""
    [contents] = images.values()
    refused = {finding.rule for finding in _alpine(session, "alpine:3.23")(contents) if not finding.ok}
    must(
        (f"the rule {rule} takes {contents.reference} for Alpine" for rule in rules.split(", ") if rule not in refused),
        of="rules",
    )


@assertion("the images that the project builds are among them, by their digests")
def built_images_run(
    images: Images, built_images: dict[str, BuiltImage], opened: Callable[[str], ImageContents]
) -> None:
    """The images that run are those that were built, by digest."""
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


@assertion("every process of its containers belongs to a user that is not root")
def no_root_process(release: Release) -> None:
    """No process of any container belongs to root, as the kernel tells it."""
    for container in pods.running(release):
        users = pods.users(release, container)
        must((f"{container} has a process of root" for ids in users if "0" in ids), of="processes")
        note(f"{container}: processes of user {', '.join(sorted({real for real, _ in users}))}")


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
