from __future__ import annotations

from datetime import date

import pytest
from image_archives import ALPINE_BASE, ALPINE_LAYER, Engine, Image, digest, old_layout

from kube_acceptance.config import BaseConfig
from kube_acceptance.errors import ImageError
from kube_acceptance.images import ImageContents, accepted, alpine_findings, known, pinned, supported, version_of
from kube_acceptance.images.contents import Known

ONE, TWO, THREE = digest(b"1"), digest(b"2"), digest(b"3")
SECTION = '[tool.kube-acceptance.bases."alpine:3.23"] of pyproject.toml'


def pin(**settings: object) -> BaseConfig:
    return BaseConfig.model_validate(settings)


@pytest.mark.parametrize(
    ("layers", "digests", "pinning", "ok", "said"),
    [
        ([ONE], [], pin(layers=[TWO, ONE]), True, f"alpine:3.23 has the layers that it is pinned to ({ONE})"),
        ([ONE, TWO], [], pin(layers=[[ONE, TWO]]), True, f"alpine:3.23 has the layers that it is pinned to ({TWO})"),
        ([ONE], [THREE], pin(layers=[TWO], digests=[THREE]), True, f"alpine:3.23 is pinned by its digest {THREE}"),
        (
            *([ONE], [THREE], pin(layers=[TWO]), True),
            f"alpine:3.23 was pulled as {THREE}; it is not pinned by digest, which {SECTION} may do",
        ),
        (
            *([ONE], [THREE], None, True),
            f"alpine:3.23 was pulled as {THREE}; it is not pinned by digest, which {SECTION} may do",
        ),
        (
            *([ONE], [THREE], pin(digests=[TWO]), False),
            f"alpine:3.23 was pulled as {THREE}, which is none of the 1 digests that it is pinned to: pull one of "
            f"those, or, if upstream has renewed it, add it to {SECTION}",
        ),
        (
            *([ONE], [], pin(layers=[TWO], digests=[THREE]), False),
            f"alpine:3.23 came out of an archive with the layers {ONE}, which it is not pinned to: load the image that "
            f"is meant, or, if this is the one, add them to {SECTION}",
        ),
    ],
)
def test_pins(layers: list[str], digests: list[str], pinning: BaseConfig | None, ok: bool, said: str) -> None:
    finding = pinned("alpine:3.23", Known(tuple(layers), tuple(digests)), pinning)
    assert (finding.ok, finding.said) == (ok, said)


def test_a_base_with_other_layers_is_refused_wherever_it_is_used() -> None:
    with pytest.raises(ImageError, match=f"alpine:3.23 came out of an archive with the layers {ONE}"):
        accepted("alpine:3.23", Known((ONE,), ()), pin(layers=[TWO]))


def test_an_image_may_be_built_from_an_earlier_one_that_is_pinned_too() -> None:
    assert accepted("alpine:3.23", Known((ONE,), ()), pin(layers=[TWO, ONE])) == [(ONE,), (TWO,)]


@pytest.mark.parametrize(
    ("pinning", "ok", "said"),
    [
        (pin(**{"end-of-life": date(2027, 11, 1)}), True, "alpine:3.23 gets security fixes until 2027-11-01"),
        (
            *(pin(**{"end-of-life": date(2026, 11, 1)}), False),
            "alpine:3.23 gets no security fixes since 2026-11-01: build from a later release",
        ),
        (pin(), False, f"until when alpine:3.23 gets security fixes is unknown: say it in {SECTION} as end-of-life"),
        (None, False, f"until when alpine:3.23 gets security fixes is unknown: say it in {SECTION} as end-of-life"),
    ],
)
def test_the_end_of_life(pinning: BaseConfig | None, ok: bool, said: str) -> None:
    finding = supported("alpine:3.23", pinning, today=date(2026, 11, 1))
    assert (finding.ok, finding.said) == (ok, said)


@pytest.mark.parametrize(
    ("reference", "version"),
    [("alpine:3.23", "3.23"), ("r.example:5000/a/alpine:3.23.1@sha256:1", "3.23.1"), ("python:3.13-alpine", "3.13")],
)
def test_the_release_that_a_tag_names(reference: str, version: str) -> None:
    assert version_of(reference) == version


@pytest.mark.parametrize("reference", ["alpine", "alpine:latest", "r.example:5000/alpine", "alpine@sha256:1"])
def test_a_tag_that_names_no_release(reference: str) -> None:
    said = f"{reference} names no release: give it a tag with a number, such as alpine:3.23"
    with pytest.raises(ImageError) as error:
        version_of(reference)
    assert error.value.summary == said


@pytest.mark.parametrize(
    ("wanted", "ok", "said"),
    [
        ("3.23", True, "/etc/os-release says alpine 3.23.6"),
        ("3.23.6", True, "/etc/os-release says alpine 3.23.6"),
        ("3.2", False, "/etc/os-release says alpine 3.23.6, which is no 3.2"),
        ("3.24", False, "/etc/os-release says alpine 3.23.6, which is no 3.24"),
    ],
)
def test_os_release_must_name_the_release_of_the_tag(wanted: str, ok: bool, said: str) -> None:
    with ImageContents("x:1", old_layout([ALPINE_LAYER], Cmd=["sh"])) as contents:
        found = {each.rule: each for each in alpine_findings(contents, bases=[ALPINE_BASE], version=wanted)}
    assert (found["os-release"].ok, found["os-release"].said) == (ok, said)


def test_what_the_engine_knows() -> None:
    attributes = {"RootFS": {"Layers": [ONE]}, "RepoDigests": [f"a@{TWO}", f"b@{TWO}"]}
    assert known(Engine({"a:1": Image("i", None, **attributes)}), "a:1") == Known((ONE,), (TWO,))  # type: ignore[arg-type]
