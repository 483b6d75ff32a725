"""Secrets in images: found in whichever layer and setting they stand, told by their place and never by their value."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from image_archives import Layer, file, oci_layout, old_layout

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.images import ImageContents
from kube_acceptance.security import canary
from kube_acceptance.security.leaks import SHAPES, Leak, Wanted, handed_in, leaks, of_canary, shapes

VALUE = "s3cr3t0123456789abcdef"
SECRET = of_canary(canary.Canary("token", VALUE))


def said(layers: Sequence[Layer], wanted: Sequence[Wanted] = (SECRET,), **settings: Any) -> list[str]:
    with ImageContents("x:1", old_layout(layers, **settings)) as contents:
        return [str(each) for each in leaks({"web": contents}, wanted)]


def test_a_file_of_any_layer() -> None:
    layers: list[Layer] = [[file("a")], [file("etc/x", VALUE)], [file("etc/.wh.x"), file("etc/y", f"is {VALUE}.")]]
    assert said(layers) == [
        "the value of token stands in /etc/x in layer 2 of image web, which a later layer hides",
        "the value of token stands in /etc/y in layer 3 of image web",
    ]


def test_the_name_of_a_file() -> None:
    assert said([[file("a"), file(f"tmp/{VALUE}")]]) == [
        f"the value of token stands in the name of /tmp/{VALUE} in layer 1 of image web"
    ]


def test_other_forms() -> None:
    assert said([[file("a", base64.b64encode(f"user:{VALUE}".encode()))]]) == [
        "the value of token stands in /a in layer 1 of image web"
    ]


def test_far_into_a_file_and_across_the_parts_that_are_read() -> None:
    for before in ((1 << 20) - 512 - 5, 3 << 20):
        assert len(said([[file("big", b"x" * before + VALUE.encode() + b"x" * 9)]])) == 1


def test_settings() -> None:
    settings = {"Env": ["PATH=/bin", f"TOKEN={VALUE}"], "Labels": {"by": VALUE}, "Cmd": ["run", VALUE]}
    assert said([[file("a")]], **settings) == [
        "the value of token stands in the environment variable TOKEN of image web",
        "the value of token stands in the label by of image web",
        "the value of token stands in the configuration of image web",
    ]


@pytest.mark.parametrize(
    ("step", "where"),
    [
        (f"RUN |1 TOKEN={VALUE} /bin/sh -c true # buildkit", "RUN"),
        (f"/bin/sh -c #(nop)  ENV TOKEN={VALUE}", "ENV"),
        (f"/bin/sh -c echo {VALUE}", "RUN"),
    ],
)
def test_the_history(step: str, where: str) -> None:
    with ImageContents("x:1", oci_layout([[file("a")]])) as contents:
        contents.config = {**contents.config, "history": [{"created_by": "ADD x"}, {"created_by": step}]}
        found = leaks({"web": contents}, [SECRET])
    assert found == [Leak("the value of token", "web", f"the history of image web, at {where}")]


def test_a_layer_that_images_share_is_told_of_once() -> None:
    layer: Layer = [file("a", VALUE)]
    with ImageContents("x:1", old_layout([layer])) as one, ImageContents("y:1", old_layout([layer])) as two:
        assert len(leaks({"one": one, "two": two}, [SECRET])) == 1


def test_nothing_is_said_where_nothing_was_looked_for_or_through() -> None:
    with ImageContents("x:1", old_layout([[file("a")]])) as contents, pytest.raises(AcceptanceError) as error:
        leaks({"web": contents}, [])
    assert str(error.value) == "no secret is looked for, so none can be found"
    with ImageContents("x:1", old_layout([])) as contents, pytest.raises(AcceptanceError) as error:
        leaks({"web": contents}, [SECRET])
    assert str(error.value) == "image web has no files, so nothing can be said of it"


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_every_shape_is_found_by_itself_and_no_part_of_a_word(shape: Any) -> None:
    value = shape.example()
    assert said([[file("a", value)]], shapes()) == [f"{shape.name} stands in /a in layer 1 of image web"]
    if shape.name not in ("a private key", "a login of npm"):
        assert said([[file("a", f"x{value}")]], shapes()) == []
        assert said([[file("a", value[: len(value) // 2])]], shapes()) == []


def test_headers_without_a_key_are_none() -> None:
    text = f"if line == '-----BEGIN {'PRIVATE'} KEY-----' or line == '-----BEGIN RSA {'PRIVATE'} KEY-----\\n':"
    assert said([[file("a", text)]], shapes()) == []


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("[global]\nindex-url = https://me:hunter22222@pip.example/simple\n", 1),
        ('//npm.example/:_authToken=abcdefgh12345678\n//npm.example/:_password="MTIzNDU2Nzg5"\n', 2),
        ("//npm.example/:_authToken=${NPM_TOKEN}\n; password = abcdefgh12345678\n", 0),
        ("[global]\nindex-url = https://pip.example/simple\n", 0),
    ],
)
def test_the_credentials_in_what_a_build_is_given(tmp_path: Path, text: str, count: int) -> None:
    path = tmp_path / "given"
    path.write_text(text)
    wanted, short = handed_in({"pip": path})
    names = [f"credential {number} of the build secret pip" for number in range(1, count + 1)]
    assert [each.name for each in wanted] == ["the build secret pip, the file,", *names]
    assert short == []
    assert VALUE not in repr(wanted)
    found = said([[file("etc/pip.conf", text)]], wanted)
    assert found[0] == "the build secret pip, the file, stands in /etc/pip.conf in layer 1 of image web"
    assert len(found) == 1 + count


def test_escaped_and_short_credentials(tmp_path: Path) -> None:
    path = tmp_path / "given"
    path.write_text("a = https://me:p%40ss%2Fword-of-mine@pip.example/\nb = https://me:short@pip.example/\n")
    wanted, short = handed_in({"pip": path})
    assert short == ["credential 2 of the build secret pip is too short to be looked for"]
    assert len(said([[file("a", "p@ss/word-of-mine")]], wanted)) == 1


def test_a_bundle_is_known_by_its_end(tmp_path: Path) -> None:
    path = tmp_path / "bundle"
    path.write_text("a" * 9000 + "b" * 4000)
    wanted, _ = handed_in({"ca": path})
    assert said([[file("a", path.read_text())]], wanted) != []
    assert said([[file("a", "b" * 4000)]], wanted) == []
