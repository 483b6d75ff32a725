from __future__ import annotations

import dataclasses
import tarfile
from collections.abc import Sequence
from typing import Any

import pytest
from image_archives import ALPINE_LAYER, Layer, file, folder, link, old_layout

from kube_acceptance.images import ImageContents
from kube_acceptance.images.difference import Exempt, differences, settings_differences, unexplained

KEYS = "key=[0-9a-f]+"


def image(*layers: Layer) -> ImageContents:
    return ImageContents("x:1", old_layout([ALPINE_LAYER, *layers]))


def said(mine: Sequence[Layer], yours: Sequence[Layer]) -> list[str]:
    with image(*mine) as one, image(*yours) as other:
        return [str(each) for each in differences(one, other)]


def changed(member: tuple[tarfile.TarInfo, bytes], **fields: Any) -> tuple[tarfile.TarInfo, bytes]:
    for name, value in fields.items():
        setattr(member[0], name, value)
    return member


def test_the_same_images_do_not_differ() -> None:
    layers: list[Layer] = [[folder("app"), file("app/main.py", "a")]]
    assert said(layers, layers) == []


@pytest.mark.parametrize(
    ("mine", "yours", "how"),
    [
        (file("a", "one1"), file("a", "one2"), "has other bytes from byte 4 on (4 bytes)"),
        (file("a", "one"), file("a", "one2"), "has other bytes from byte 4 on (3 and 4 bytes)"),
        (file("a", mode=0o644), file("a", mode=0o664), "has the mode 0644 in one image and 0664 in the other"),
        (file("a"), changed(file("a"), uid=7), "belongs to 0:0 in one image and 7:0 in the other"),
        (
            file("a"),
            changed(file("a"), mtime=315532800),
            "has the time 1970-01-01 00:00:00 in one image and 1980-01-01 00:00:00 in the other",
        ),
        (link("a", "b"), link("a", "c"), "leads to b in one image and c in the other"),
        (
            file("a", "one"),
            changed(file("a", "two"), gid=8),
            "belongs to 0:0 in one image and 0:8 in the other and has other bytes from byte 1 on (3 bytes)",
        ),
    ],
)
def test_how_a_file_differs(mine: Any, yours: Any, how: str) -> None:
    assert said([[mine]], [[yours]]) == [f"/a (layer 2) {how}"]


def test_bytes_that_differ_late_in_a_long_file() -> None:
    long = b"x" * (1 << 20)
    assert said([[file("a", long + b"1")]], [[file("a", long + b"2")]]) == [
        "/a (layer 2) has other bytes from byte 1048577 on (1048577 bytes)"
    ]


def test_what_only_one_image_has() -> None:
    assert said([[file("a")], [file("b")]], [[file("c")]]) == [
        "/a (layer 2) is in one of the images only",
        "/c (layer 2) is in one of the images only",
        "layer 3 is in one of the images only",
    ]


def test_another_order_is_a_difference_too() -> None:
    assert said([[file("a"), file("b")]], [[file("b"), file("a")]]) == [
        "layer 2 has the same files in both images, but its archive is packed in another way"
    ]


def test_an_exemption_is_for_what_its_pattern_matches_and_nothing_else() -> None:
    def rest(mine: Layer, yours: Layer, *exempt: Exempt) -> list[str]:
        with image(mine) as one, image(yours) as other:
            return unexplained(one, other, differences(one, other), exempt)

    one, other = [file("a", "key=01 b")], [file("a", "key=02 b")]
    differs = "/a (layer 2) has other bytes from byte 6 on (8 bytes)"
    assert rest(one, other, Exempt("a", KEYS)) == []
    assert rest(one, other) == [differs]
    assert rest(one, other, Exempt("a", "no=[0-9]")) == ["/a may differ in no=[0-9], which is not in it"]
    assert rest(one, one, Exempt("a", KEYS)) == ["/a may differ, but does not: take it from the exceptions"]
    assert rest([file("a", "key=01 b")], [file("a", "key=02 c")], Exempt("a", KEYS)) == [
        f"{differs}, and not in {KEYS} alone"
    ]
    # a file that differs in more than its bytes is not exempt
    assert rest(one, [file("a", "key=02 b", mode=0o600)], Exempt("a", KEYS)) == [
        "/a (layer 2) has the mode 0644 in one image and 0600 in the other and has other bytes from byte 6 on (8 bytes)"
    ]


def test_many_differences_are_told_in_few_sentences() -> None:
    mine = [*(file(f"a{n:02}", "1") for n in range(22)), *(file(f"b{n}", "1") for n in range(3))]
    yours = [*(file(f"a{n:02}", "2") for n in range(22)), *(changed(file(f"b{n}", "1"), mtime=9) for n in range(3))]
    with image(mine) as one, image(yours) as other:
        found = differences(one, other)
        told = unexplained(one, other, found, ())
    assert len(found) == 25
    assert told[0] == (
        "3 files and folders differ in their time alone, the first: /b0 (layer 2) has the time 1970-01-01 00:00:00 in "
        "one image and 1970-01-01 00:00:09 in the other. Set it in the stage that makes them; where the Dockerfile "
        "does, the build cache had them of an earlier one: docker builder prune"
    )
    assert told[1] == "/a00 (layer 2) has other bytes from byte 1 on (1 bytes)"
    assert told[-1] == "2 files and folders more differ"
    assert len(told) == 22


CONFIG = {
    "created": "2026-01-01",
    "architecture": "amd64",
    "config": {"User": "1:1", "Labels": {"revision": "abc", "version": "1"}},
    "history": [{"created": "2026-01-01", "created_by": "LABEL revision=abc version=1"}],
    "rootfs": {"diff_ids": ["sha256:1"]},
}


def test_settings_that_differ() -> None:
    other = {
        **CONFIG,
        "created": "2027-01-01",
        "config": {"User": "0:0", "Labels": {"revision": "def", "version": "1"}},
        "history": [{"created": "2027-01-01", "created_by": "LABEL revision=def version=1"}],
    }
    assert settings_differences(CONFIG, CONFIG, labels=[]) == []
    assert settings_differences(CONFIG, other, labels=["revision"]) == [
        'the setting config.User is "1:1" in one image and "0:0" in the other'
    ]
    assert settings_differences(CONFIG, other, labels=[]) == [
        'the setting config.Labels.revision is "abc" in one image and "def" in the other',
        'the setting config.User is "1:1" in one image and "0:0" in the other',
        'the setting history.0 is {"created_by": "LABEL revision=abc version=1"} in one image and '
        '{"created_by": "LABEL revision=def version=1"} in the other',
    ]
    without = {**CONFIG, "config": {"User": "1:1"}}
    assert settings_differences(without, CONFIG, labels=["revision"]) == [
        'the setting config.Labels.version is absent in one image and "1" in the other'
    ]


def test_a_difference_is_a_value() -> None:
    with image([file("a", "1")]) as one, image([file("a", "2")]) as other:
        [found] = differences(one, other)
    assert dataclasses.astuple(found) == ("a", 1, "has other bytes from byte 1 on (1 bytes)", "bytes")
