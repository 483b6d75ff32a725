"""Images: read from their layers, with no container started."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime

import pytest

from kube_acceptance.config import Config
from kube_acceptance.errors import ImageError
from kube_acceptance.images import (
    BuiltImage,
    Exemption,
    Finding,
    ImageContents,
    accepted,
    alpine_findings,
    broken,
    budget_findings,
    exec_form_finding,
    hygiene_findings,
    known,
    label,
    label_findings,
    open_image,
    pinned,
    port_finding,
    revision_finding,
    same_image,
    short_name,
    size_of,
    supported,
    version_of,
)
from kube_acceptance.release import Chart, Release
from kube_acceptance.release.objects import images as named_images
from kube_acceptance.report import note
from kube_acceptance.security import leaks as leaking
from kube_acceptance.security import runtime
from kube_acceptance.security.leaks import of_canary, shapes
from kube_acceptance.security.leaky import NAME, Leaky, leaky
from kube_acceptance.session import PROBE, Session, build_secrets
from kube_acceptance.state import pods
from kube_acceptance.steps.charts import NAMESPACE
from kube_acceptance.vocabulary import assertion, given, must, rows, some, when

Images = Mapping[str, ImageContents]
Look = Callable[[ImageContents], list[Finding]]


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


@pytest.fixture(scope="session")
def ports(session: Session, settings: Config) -> Mapping[str, set[str]]:
    """The images of the containers that the chart renders, by reference, each with the ports that those name."""
    objects = session.deployable_chart().render(name=settings.release, namespace=NAMESPACE)
    return dict(some(named_images(objects).items(), what="images in what the chart renders"))


@pytest.fixture(scope="session")
def project_images(built_images: dict[str, BuiltImage], opened: Callable[[str], ImageContents]) -> Images:
    """The images that the project builds, by their names in the configuration."""
    some(built_images, what="images that the project builds")
    return {name: opened(image.reference) for name, image in built_images.items()}


@pytest.fixture(scope="session")
def all_images(project_images: Images, ports: Mapping[str, set[str]], opened: Callable[[str], ImageContents]) -> Images:
    """The images that the project builds, and those that its chart names besides by their names without a tag."""
    own = {contents.reference for contents in project_images.values()}
    must((f"the chart names no image {each} that the project builds" for each in own - ports.keys()), of="images")
    return {**project_images, **{short_name(each): opened(each) for each in sorted(ports.keys() - own)}}


@given("the images that the project builds", target_fixture="images")
def images_built(project_images: Images) -> Images:
    """The images that the project builds, opened layer by layer."""
    return project_images


@given("the images that the project builds and those that its chart names", target_fixture="images")
def images_built_and_named(all_images: Images) -> Images:
    """The project's images and those of others that its chart runs; these are called by their names without a tag."""
    note(", ".join(f"{name}: {contents.reference}" for name, contents in all_images.items()))
    return all_images


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


# ---- Alpine


@assertion('the image "{base}" is one that its name is pinned to, and still gets security fixes')
def base_is_pinned(session: Session, settings: Config, base: str) -> None:
    """What has the base's name has a layer or a digest that the configuration pins; and its end of life is to come."""
    pin = settings.bases.get(base)
    found = [
        pinned(base, known(session.engine, base), pin),
        supported(base, pin, today=datetime.now(UTC).date()),
    ]
    must((each.said for each in found if not each.ok), of="rules")
    for each in found:
        note(each.said)


@assertion('the layers of each start with those of "{base}"')
def layers_start_with(images: Images, base: str, session: Session) -> None:
    """The image was built from that base: its first layers are the base's, by digest, and the base's name is pinned."""
    _must_keep(images, {"base-layers"}, _alpine(session, base))


@assertion("each names Alpine {version} in its os-release", example="each names Alpine 3.23 in its os-release")
def names_alpine(images: Images, version: str) -> None:
    """The operating system of every image is that release of Alpine, by its own word."""
    _must_keep(images, {"os-release"}, lambda contents: alpine_findings(contents, bases=(), version=version))


@assertion('each has a filled apk database with "musl" and "alpine-baselayout"')
def has_packages(images: Images) -> None:
    """Alpine's package database is there and holds what every Alpine has."""
    _must_keep(images, {"apk-database"}, _by_itself)


@assertion("each has the musl loader and no part of glibc")
def has_musl(images: Images) -> None:
    """The C library is musl, and nothing of glibc is there."""
    _must_keep(images, {"musl-loader", "no-glibc"}, _by_itself)


@assertion("the program that each starts is loaded by musl")
def program_is_musl(images: Images) -> None:
    """The program that the image starts asks for the loader of musl."""
    _must_keep(images, {"executable"}, _by_itself)


@assertion('it is refused as an Alpine image because of "{rules}"')
def is_not_alpine(images: Images, session: Session, rules: str) -> None:
    """An image is refused by just these rules: they can tell Alpine from others."""
    [contents] = images.values()
    bases = some(_bases(session), what="bases in the configuration")
    refused = {finding.rule for finding in alpine_findings(contents, bases=bases) if not finding.ok}
    must(
        (f"the rule {rule} takes {contents.reference} for Alpine" for rule in rules.split(", ") if rule not in refused),
        of="rules",
    )


@assertion('it is refused in the place of "{base}"')
def is_not_the_base(images: Images, settings: Config, session: Session, base: str) -> None:
    """Were it called like the base, it would not be taken for it: the pin can tell them apart."""
    [contents] = images.values()
    finding = pinned(base, known(session.engine, contents.reference), settings.bases.get(base))
    must([f"{contents.reference} would be taken for {base}: {finding.said}"] if finding.ok else [], of="images")
    note(finding.said)


# ---- contents


@assertion("each names a numeric user that is not root")
def numeric_user(images: Images, session: Session) -> None:
    """The user is a number other than 0, which Kubernetes can check."""
    _must_keep(images, {"non-root-user"}, _hygiene(session))


@assertion("none has a setuid or setgid file, in any layer")
def no_setuid(images: Images, session: Session) -> None:
    """No file lets a process become another user, also none that a later layer hides."""
    _must_keep(images, {"no-setuid"}, _hygiene(session))


@assertion("none has a path that everybody may write to, in any layer")
def no_world_writable(images: Images, session: Session) -> None:
    """No file can be changed by every user, and no folder but those with the sticky bit, such as /tmp."""
    _must_keep(images, {"no-world-writable"}, _hygiene(session))


@assertion("none holds compilers, headers or package managers")
def no_build_tools(images: Images, session: Session) -> None:
    """Nothing is there that only building needed, also not hidden in a layer."""
    _must_keep(images, {"no-build-tools", "no-headers", "no-package-managers"}, _hygiene(session))


@assertion("no layer of the project's own holds caches or repositories")
def no_caches(images: Images, session: Session) -> None:
    """No layer above the base's holds package caches or repositories."""
    _must_keep(images, {"no-caches", "no-repository"}, _hygiene(session))


@assertion("none breaks a rule on contents, in any layer, but for these")
def keeps_hygiene_but(images: Images, session: Session, datatable: list[list[str]]) -> None:
    """Every rule on contents is kept but for a table `| image | rule | because |`; a row that nothing needs fails.

    The rules: non-root-user, no-setuid, no-world-writable, no-build-tools, no-headers, no-package-managers,
    no-test-suites, no-source-maps, no-caches, no-repository.
    """
    _must_keep(images, set(), _hygiene(session), [Exemption(**row) for row in rows(datatable)])


# ---- secrets


@given('an image on "{base}" with a canary planted in each of its places', target_fixture="planted_image")
def image_with_canaries(session: Session, base: str, afterwards: ExitStack) -> Leaky:
    """Builds an image that leaks a random value in each way that images do, and secrets of each known shape."""
    return afterwards.enter_context(leaky(session.engine, base, tag=session.id))


@assertion("the search finds each of these canaries there, and secrets of every known shape")
def finds_canaries(planted_image: Leaky, datatable: list[list[str]]) -> None:
    """The control: the search finds what was planted, `| canary | place |`, and in no other place than in these."""
    wanted = [*map(of_canary, planted_image.canaries), *shapes()]
    found = leaking.leaks({NAME: planted_image.contents}, wanted)
    seen = {(each.what.removeprefix("the value of "), each.where) for each in found}
    expected = {(row["canary"], row["place"]) for row in rows(datatable)}
    must((f"the search does not find the canary in {what}: {where}" for what, where in expected - seen), of="canaries")
    missing = {shape.name for shape in shapes()} - {each.what for each in found}
    must((f"the search does not find {name}" for name in sorted(missing)), of="shapes")
    canaries = {canary.name for canary in planted_image.canaries}
    more = {(what, where) for what, where in seen - expected if what in canaries}
    must((f"the search finds the canary in {what} there too: {where}" for what, where in more), of="canaries")
    note(f"{len(expected)} canaries and {len(shapes())} shapes")


@assertion("it finds none in the images: nothing that their builds were given as a secret, and nothing of such a shape")
def finds_no_secret(images: Images, planted_image: Leaky) -> None:
    """No layer, history entry or setting holds a build secret, or what has the shape of one, by the same search."""
    given_, short = leaking.handed_in(build_secrets())
    must(leaking.leaks(images, [*given_, *shapes()]), of="secrets")
    layers = {layer.diff_id for contents in images.values() for layer in contents.layers}
    note(f"{len(given_)} values and files that builds are given, and {len(shapes())} shapes, in {len(layers)} layers")
    for each in short:
        note(each)


# ---- settings and sizes


@assertion("each, and each of its layers, keeps within these sizes")
def keeps_budget(images: Images, datatable: list[list[str]]) -> None:
    """The files of every image and layer are no bigger than a table `| image | in all | a layer |` allows."""
    budgets = {row["image"]: (size_of(row["in all"]), size_of(row["a layer"])) for row in rows(datatable)}
    must((f"image {name} has no budget; give it one" for name in images.keys() - budgets.keys()), of="images")
    must((f"there is no image {name} with a budget" for name in budgets.keys() - images.keys()), of="images")
    found = {
        name: budget_findings(contents, total=budgets[name][0], layer=budgets[name][1])
        for name, contents in images.items()
    }
    must_be_kept(found)


@assertion("each is labelled with its source, its revision, the chart's version and the time of its making")
def is_labelled(images: Images, session: Session, settings: Config, chart: Chart) -> None:
    """OCI's labels are there and true: the revision is a commit of this repository with the content that was built."""
    version = chart.app_version
    found = {name: label_findings(contents, version=version) for name, contents in images.items()}
    with ExitStack() as stack:
        for name, source in session.sources().items():
            if name in images:
                revision = label(images[name], "revision")
                found[name].append(revision_finding(settings.root, stack.enter_context(source), revision))
    must_be_kept(found)


@assertion("each exposes just the ports that the chart names for its containers")
def exposes_ports(images: Images, ports: Mapping[str, set[str]]) -> None:
    """What an image says it listens on is what the chart's containers of it name, no port more and none less."""
    must_be_kept({name: [port_finding(contents, ports[contents.reference])] for name, contents in images.items()})


@assertion("each starts its program without a shell before it")
def starts_in_exec_form(images: Images) -> None:
    """The entrypoint is a list of words, so that a signal reaches the program and not a shell that keeps it."""
    _must_keep(images, {"exec-form"}, lambda contents: [exec_form_finding(contents)])


# ---- what runs


@assertion("each of them is an image that was inspected, by its digest")
def were_inspected(images: Images, all_images: Images) -> None:
    """What holds of the inspected images holds of those that the pods run, because they are the same ones."""
    inspected = {contents.config_digest for contents in all_images.values()}
    must(
        (
            f"{name} runs, but the image that was inspected is another one"
            for name, each in images.items()
            if each.config_digest not in inspected
        ),
        of="images",
    )


@when("every container that runs is looked into", target_fixture="looked_into")
def look_into_running(release: Release, session: Session) -> list[runtime.Inside]:
    """Reads what the kernel says of every running container; none is made for what has ended, or is yet to run."""
    return runtime.inside_running(release, session.images[PROBE].reference)


@assertion("the first process of each catches SIGTERM", timed=False)
def first_processes_listen(looked_into: list[runtime.Inside]) -> None:
    """The kernel has a handler of it for the first process, without which it would drop the signal."""
    must((problem for seen in looked_into for problem in runtime.deaf(seen)), of="containers")
    note(f"{len(looked_into)} containers")


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


def _alpine(session: Session, base: str) -> Look:
    bases = accepted(base, known(session.engine, base), session.config.bases.get(base))
    return lambda contents: alpine_findings(contents, bases=bases, version=version_of(base))


def _by_itself(contents: ImageContents) -> list[Finding]:
    """What an image says by itself of being Alpine, whichever base was meant."""
    return alpine_findings(contents, bases=())


def _hygiene(session: Session) -> Look:
    """The rules on contents; of the layers below, which are the base's, only what a container sees counts."""
    bases = _bases(session)
    return lambda contents: hygiene_findings(contents, base=_longest(bases, contents))


def _bases(session: Session) -> list[tuple[str, ...]]:
    """The layers that an image may start with to be built from one of the configured bases that are there."""
    found = []
    for base, pin in session.config.bases.items():
        try:
            there = known(session.engine, base)
        except ImageError:  # configured, but nothing here is built from it
            continue
        found += accepted(base, there, pin)
    return found


def _longest(bases: Sequence[tuple[str, ...]], contents: ImageContents) -> tuple[str, ...]:
    own = tuple(layer.diff_id for layer in contents.layers)
    return max((base for base in bases if own[: len(base)] == base), key=len, default=())


def _must_keep(images: Images, rules: set[str], look: Look, exempt: Sequence[Exemption] = ()) -> None:
    """Fail unless images keep rules; all that the look has, when none is named."""
    found: dict[str, list[Finding]] = {}
    for name, contents in images.items():
        # a rule may be about one program, and then is named after it
        found[name] = [finding for finding in look(contents) if not rules or finding.rule.split()[0] in rules]
        some(found[name], what=f"findings on {', '.join(sorted(rules))}")
    must_be_kept(found, exempt)


def must_be_kept(
    found: Mapping[str, Sequence[Finding]], exempt: Sequence[Exemption] = (), *, of: str = "rules"
) -> None:
    """Fail with what was found wrong in images, by their names, and otherwise say what was seen."""
    must(broken(found, exempt), of=of)
    for name, several in found.items():
        for finding in several:
            reason = next((each.because for each in exempt if (each.image, each.rule) == (name, finding.rule)), "")
            note(f"{name}: {finding.said}" + (f" ({reason})" if reason else ""))
