"""Builds: what a change of the sources changes, whether building again gives the same, and whose code is packaged."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import NamedTuple

import pytest

from kube_acceptance.images import BuiltImage, Finding, ImageContents, copied, difference, packaged, rebuilt
from kube_acceptance.images.rebuilt import Build
from kube_acceptance.images.source import ImageSource
from kube_acceptance.images.workshop import Change, Workshop
from kube_acceptance.report import note
from kube_acceptance.sbom import locked
from kube_acceptance.session import Session
from kube_acceptance.steps.images import must_be_kept
from kube_acceptance.vocabulary import assertion, given, must, rows, when

Opened = Callable[[str], ImageContents]


class Twins(NamedTuple):
    """One image, built twice."""

    name: str
    one: ImageContents
    other: ImageContents


@pytest.fixture(scope="session")
def workshop(session: Session, built_images: dict[str, BuiltImage]) -> Iterator[Workshop]:
    """Builds images from copies of their sources, and removes them at the end; never while the run's own are built."""
    with Workshop(session.build_one, session.source, session.engine) as made:
        yield made


@pytest.fixture
def source_of(session: Session, afterwards: ExitStack) -> Callable[[str], ImageSource]:
    """What one of the project's images is built from, by the project's name for it."""
    return lambda name: afterwards.enter_context(session.source(name))


# ---- changes


@given('the image "{image}" and a copy of its sources', target_fixture="change")
def image_and_copy(image: str, session: Session, opened: Opened, workshop: Workshop, afterwards: ExitStack) -> Change:
    """One of the project's images as the run has it, and a copy of its sources to be changed."""
    built = session.image(image)
    return afterwards.enter_context(workshop.change(image, Build(built, opened(built.reference))))


@given('the image "{image}" built without the build cache, and a copy of its sources', target_fixture="change")
def image_without_cache(image: str, workshop: Workshop, afterwards: ExitStack) -> Change:
    """One of the project's images, every step of whose build has really run, and a copy of its sources."""
    before = workshop.anew(image)
    note(f"built without the build cache in {before.image.seconds:.1f} s")
    return afterwards.enter_context(workshop.change(image, before))


@when('in "{file}" of the copy "{words}" becomes "{others}"')
def words_become(change: Change, file: str, words: str, others: str) -> None:
    """Words in a file of the copied sources are replaced by others."""
    copied.substitute(change.source, file, words, others)


@when('"{file}" of the copy gets the lines')
def gets_lines(change: Change, file: str, docstring: str) -> None:
    """A file of the copied sources is longer by some lines."""
    copied.append(change.source, file, docstring)


@when('"{file}" of the copy is merged with')
def is_merged(change: Change, file: str, docstring: str) -> None:
    """An object is merged into a JSON file of the copied sources."""
    copied.merge(change.source, file, json.loads(docstring))


@when("the copy is built")
def copy_is_built(change: Change) -> None:
    """The image is built from the copied sources as they are now, with the build cache."""
    after = change.build()
    cached = sum(step.cached for step in after.steps)
    note(f"built in {after.image.seconds:.1f} s; {cached} of {len(after.steps)} steps came from the build cache")


@assertion('the steps that run "{program}" come from the build cache, though they ran before', timed=False)
def come_from_cache(change: Change, program: str) -> None:
    """What the steps made that run a program did not have to be made again."""
    must_be_kept({change.name: [rebuilt.cached_finding(change.before, change.after, program)]})


@assertion('the layers that hold "{folder}" keep their digests', timed=False)
def keep_digests(change: Change, folder: str) -> None:
    """The layers in which something of a folder stands are the very ones that were there before the change."""
    must_be_kept({change.name: [rebuilt.kept_finding(change.before, change.after, folder)]})


@assertion('the layers that hold "{folder}" change', timed=False)
def layers_change(change: Change, folder: str) -> None:
    """The layers in which something of a folder stands are others than before the change."""
    must_be_kept({change.name: [rebuilt.changed_finding(change.before, change.after, folder)]})


@assertion('no layer holds both "{one}" and "{other}"', timed=False)
def no_layer_holds_both(change: Change, one: str, other: str) -> None:
    """Two folders stand in layers of their own."""
    must_be_kept({change.name: [rebuilt.apart_finding(change.after, one, other)]})


@assertion('"{words}" stands in a file below "{folder}", and stood in none before', timed=False)
def words_stand(change: Change, words: str, folder: str) -> None:
    """The change is in the image that was built from it."""
    must_be_kept({change.name: [rebuilt.words_finding(change.before, change.after, folder, words)]})


@assertion(
    "the steps that the build cache spares had taken at least {percent:d} % of the time of all",
    timed=False,
    example="the steps that the build cache spares had taken at least 50 % of the time of all",
)
def cache_spares(change: Change, percent: int) -> None:
    """What need not be made again was a good part of what there was to do when nothing was in the cache."""
    spared, total = rebuilt.spared_share(change.before, change.after)
    said = f"of {total:.1f} s that the steps had taken, the build cache spares {spared:.1f} s"
    must_be_kept({change.name: [Finding("spared", total > 0 and spared >= total * percent / 100, said)]})


@assertion(
    "building took less than {percent:d} % of the time that it took without the build cache",
    timed=False,
    example="building took less than 75 % of the time that it took without the build cache",
)
def took_less(change: Change, percent: int) -> None:
    """By the clock, building after the change took a fraction of the first build's time."""
    first, second = change.before.image.seconds, change.after.image.seconds
    said = f"building took {second:.1f} s, and {first:.1f} s without the build cache"
    must_be_kept({change.name: [Finding("fraction", second < first * percent / 100, said)]})


# ---- the same again


@given(
    'the image "{image}", and the same built without the build cache, in another folder, of files with other times, '
    "modes and owners",
    target_fixture="twins",
)
def twins(image: str, session: Session, opened: Opened, workshop: Workshop) -> Twins:
    """One of the project's images as the run has it, and what a build of the same sources makes elsewhere and later."""
    again = workshop.anew(image)
    note(f"built again in {again.image.seconds:.1f} s")
    return Twins(image, opened(session.image(image).reference), again.contents)


@assertion("their layers have the same digests", timed=False)
def same_digests(twins: Twins) -> None:
    """Both images consist of the same bytes; otherwise the files that differ are named."""
    _must_be_same(twins, ())


@assertion("their layers differ in nothing but", timed=False)
def differ_in_nothing_but(twins: Twins, datatable: list[list[str]]) -> None:
    """The files of a table differ, in just what its patterns match, and nothing else does."""
    exempt = [difference.Exempt(row["file"].strip("/"), row["may differ in"]) for row in rows(datatable)]
    _must_be_same(twins, exempt)


@assertion('their settings differ in nothing but times and the labels "{labels}"', timed=False)
def settings_differ(twins: Twins, labels: str) -> None:
    """The configurations of both images say the same, apart from when and from which commit they were made."""
    left = difference.settings_differences(twins.one.config, twins.other.config, labels=labels.split(", "))
    must((f"image {twins.name}: {each}" for each in left), of="settings")


# ---- what is packaged


@assertion('the Python packages of "{image}" are those of "{lock}"')
def python_packages_as_locked(
    image: str, lock: str, session: Session, opened: Opened, source_of: Callable[[str], ImageSource]
) -> None:
    """What is installed is what the lock file of the image's sources says, with nothing beside it."""
    contents = opened(session.image(image).reference)
    must_be_kept({image: [locked.python_finding(contents, source_of(image).context / lock)]})


@assertion('the npm packages of "{image}" below "{folder}" are those of "{lock}"')
def npm_packages_as_locked(
    image: str,
    folder: str,
    lock: str,
    session: Session,
    opened: Opened,
    source_of: Callable[[str], ImageSource],
) -> None:
    """What is installed is as the lock file of the image's sources has it, with all that package.json asks for."""
    contents = opened(session.image(image).reference)
    must_be_kept({image: [locked.npm_finding(contents, source_of(image).context / lock, folder)]})


@assertion('the Python packages of the copy\'s image are those of its "{lock}"', timed=False)
def changed_python_packages(change: Change, lock: str) -> None:
    """What is installed follows the lock file when that changes."""
    must_be_kept({change.name: [locked.python_finding(change.after.contents, change.source.context / lock)]})


@assertion('the npm packages of the copy\'s image below "{folder}" are those of its "{lock}"', timed=False)
def changed_npm_packages(change: Change, folder: str, lock: str) -> None:
    """What is installed follows the lock file when that changes."""
    must_be_kept({change.name: [locked.npm_finding(change.after.contents, change.source.context / lock, folder)]})


@assertion('"{folder}" of the image "{image}" holds the sources "{part}", byte for byte, and their bytecode alone')
def holds_sources(
    folder: str,
    image: str,
    part: str,
    session: Session,
    opened: Opened,
    source_of: Callable[[str], ImageSource],
) -> None:
    """A folder of the image has the working tree's files: each, unchanged, and no other but what compiling made."""
    contents = opened(session.image(image).reference)
    must_be_kept({image: packaged.packaged_findings(contents, folder, source_of(image), part)})


@assertion('"{path}" of the image "{image}" is the source "{file}", byte for byte')
def is_source(
    path: str,
    image: str,
    file: str,
    session: Session,
    opened: Opened,
    source_of: Callable[[str], ImageSource],
) -> None:
    """A file of the image is one of the working tree, unchanged."""
    must_be_kept({image: [packaged.same_file(opened(session.image(image).reference), path, source_of(image), file)]})


@assertion('"{path}" of the image "{image}" names the digest of the sources')
def names_digest(
    path: str,
    image: str,
    session: Session,
    opened: Opened,
    source_of: Callable[[str], ImageSource],
) -> None:
    """The image says from which sources it was compiled, and those are the working tree's."""
    contents = opened(session.image(image).reference)
    must_be_kept({image: [packaged.digest_finding(contents, path, source_of(image))]})


def _must_be_same(twins: Twins, exempt: Sequence[difference.Exempt]) -> None:
    found = difference.differences(twins.one, twins.other)
    left = difference.unexplained(twins.one, twins.other, found, exempt)
    must((f"image {twins.name}: {each}" for each in left), of="differences")
    one, other = ([layer.diff_id for layer in each.layers] for each in (twins.one, twins.other))
    same = sum(mine == yours for mine, yours in zip(one, other, strict=False))
    note(f"{twins.name}: {same} of {len(one)} layers have the same digests")
    for each in found:
        note(f"{twins.name}: {each}, as the table allows")
